// SPDX-License-Identifier: MIT
#include "elvis/builder/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elvis/applications/catalog.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/protocols/catalog.hpp"

namespace elvis {

using ndl::quoted;

namespace {

char lowered(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

bool is_same_name(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](char a, char b) { return lowered(a) == lowered(b); });
}

template <typename Kind>
const Kind* find(std::span<const Kind> kinds, std::string_view name) {
  for (const Kind& kind : kinds) {
    if (is_same_name(kind.name, name)) return &kind;
  }
  return nullptr;
}

}  // namespace

Catalog Catalog::standard() {
  return {protocol_kinds(), elvis::planned_protocols(), application_kinds()};
}

const ProtocolKind* Catalog::find_protocol(std::string_view name) const {
  return find(protocols, name);
}

const ApplicationKind* Catalog::find_application(std::string_view name) const {
  return find(applications, name);
}

bool Catalog::is_planned(std::string_view name) const {
  return std::any_of(planned_protocols.begin(), planned_protocols.end(),
                     [&](std::string_view planned) { return is_same_name(planned, name); });
}

// ===== ExtendedCatalog: what may be added =====

ExtendedCatalog::ExtendedCatalog(const Catalog& base)
    : protocols_{base.protocols.begin(), base.protocols.end()},
      planned_protocols_{base.planned_protocols},
      applications_{base.applications.begin(), base.applications.end()} {}

std::string ExtendedCatalog::add(std::string_view origin, std::span<const ProtocolKind> protocols,
                                 std::span<const ApplicationKind> applications) {
  ExtendedCatalog before = *this;
  std::string mistake;
  for (const ProtocolKind& kind : protocols) {
    if (mistake = mistake_in(kind); !mistake.empty()) break;
    protocols_.push_back(kind);
    origins_.push_back({kind.name, std::string{origin}});
  }
  for (const ApplicationKind& kind : applications) {
    if (!mistake.empty()) break;
    if (mistake = mistake_in(kind); !mistake.empty()) break;
    applications_.push_back(kind);
    origins_.push_back({kind.name, std::string{origin}});
  }
  if (!mistake.empty()) *this = std::move(before);
  return mistake;
}

// Needed protocols come before those that need them, so that they are made before.
std::string ExtendedCatalog::mistake_in(const ProtocolKind& kind) const {
  const std::string who = fmt::format("brings the protocol {}", quoted(kind.name));
  if (kind.name.empty()) return "brings a protocol without a name";
  if (catalog().find_protocol(kind.name) != nullptr || catalog().is_planned(kind.name)) {
    return fmt::format("{}, which is there already{}", who, origin_of(kind.name));
  }
  if (kind.make_options == nullptr || kind.add == nullptr) {
    return fmt::format("{}, which lacks `make_options` or `add`", who);
  }
  if (kind.id == ProtocolId::none) return fmt::format("{}, which has no number", who);
  // Who looks for one of ours by its number takes what it finds for that.
  for (const ProtocolKind& ours : protocol_kinds()) {
    if (ours.id != kind.id) continue;
    return fmt::format("{}, which has the number of {}", who, quoted(ours.name));
  }
  for (const std::string_view needed : kind.needs) {
    if (catalog().find_protocol(needed) != nullptr) continue;
    return fmt::format("{}, which needs {}: there is no such protocol before it", who,
                       quoted(needed));
  }
  return {};
}

std::string ExtendedCatalog::mistake_in(const ApplicationKind& kind) const {
  const std::string who = fmt::format("brings the application {}", quoted(kind.name));
  if (kind.name.empty()) return "brings an application without a name";
  if (catalog().find_application(kind.name) != nullptr) {
    return fmt::format("{}, which is there already{}", who, origin_of(kind.name));
  }
  if (kind.make_options == nullptr || kind.run == nullptr) {
    return fmt::format("{}, which lacks `make_options` or `run`", who);
  }
  for (const std::string_view needed : kind.needs) {
    if (catalog().find_protocol(needed) != nullptr) continue;
    return fmt::format("{}, which needs {}: there is no such protocol", who, quoted(needed));
  }
  return {};
}

std::string ExtendedCatalog::origin_of(std::string_view name) const {
  for (const Origin& origin : origins_) {
    if (is_same_name(origin.name, name)) return ", from " + quoted(origin.from);
  }
  return {};
}

}  // namespace elvis
