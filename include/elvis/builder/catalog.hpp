// SPDX-License-Identifier: MIT
// Catalog: everything that a scenario can name.
#pragma once

#include <span>
#include <string>
#include <string_view>

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

/// What `elvis list` prints: one line for each name and each of its arguments, with type, default
/// and meaning.
std::string list_protocols(const Catalog& catalog);
std::string list_applications(const Catalog& catalog);
std::string list_links();

}  // namespace elvis
