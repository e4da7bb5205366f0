// SPDX-License-Identifier: MIT
// Catalog: everything that a scenario can name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/graph/application.hpp"
#include "elvis/graph/protocol_kind.hpp"

namespace elvis {

/// The protocols and applications that a scenario may use. A program with some of its own hands
/// in a longer list; what the spans point to outlives every plan and world made from it.
struct Catalog {
  std::span<const ProtocolKind> protocols;  ///< Those below first.
  std::span<const std::string_view> planned_protocols;
  std::span<const ApplicationKind> applications;

  /// All that Elvis comes with.
  static Catalog standard();

  /// The kind with this name, which compares without regard to case, or null.
  const ProtocolKind* find_protocol(std::string_view name) const;
  const ApplicationKind* find_application(std::string_view name) const;
  /// Whether the language knows a protocol of this name that is not available yet.
  bool is_planned(std::string_view name) const;
};

/// A catalog with somebody else's kinds behind those that it begins with.
class ExtendedCatalog {
 public:
  explicit ExtendedCatalog(const Catalog& base = Catalog::standard());

  /// Adds kinds that `origin` brings, those below first; what they point to outlives this. Returns
  /// what is wrong with them, for people ("brings the application `capture`, which is there
  /// already"), and adds nothing then. Two protocols may have one number if it is none of ours; a
  /// machine has one of them.
  std::string add(std::string_view origin, std::span<const ProtocolKind> protocols,
                  std::span<const ApplicationKind> applications);

  /// All of them. It and what was found in it hold until add().
  Catalog catalog() const { return {protocols_, planned_protocols_, applications_}; }

 private:
  std::string mistake_in(const ProtocolKind& kind) const;
  std::string mistake_in(const ApplicationKind& kind) const;

  struct Origin {
    std::string_view name;  // of the kind
    std::string from;
  };
  std::string origin_of(std::string_view name) const;

  std::vector<ProtocolKind> protocols_;
  std::span<const std::string_view> planned_protocols_;
  std::vector<ApplicationKind> applications_;
  std::vector<Origin> origins_;
};

/// What `elvis list` prints: one line for each name and each of its arguments, with type, default
/// and meaning.
std::string list_protocols(const Catalog& catalog);
std::string list_applications(const Catalog& catalog);
std::string list_links();

}  // namespace elvis
