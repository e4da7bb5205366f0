// SPDX-License-Identifier: MIT
#include "elvis/builder/catalog.hpp"

#include <algorithm>

#include "elvis/applications/catalog.hpp"
#include "elvis/protocols/catalog.hpp"

namespace elvis {

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

}  // namespace elvis
