// SPDX-License-Identifier: MIT
#include "elvis/sockets/names.hpp"

#include <charconv>

#include "elvis/graph/world.hpp"

namespace elvis {

namespace {

// The machine called `name`, or null.
const Machine* find_machine(const World& world, std::string_view name) {
  for (std::size_t i = 0; i < world.group_count(); ++i) {
    const MachineGroup& group = world.group(i);
    if (!name.starts_with(group.name)) continue;
    std::string_view rest = name.substr(group.name.size());
    if (!group.is_counted) {
      if (rest.empty()) return &world.machine(group.first);
      continue;
    }
    std::uint32_t place = 0;
    const char* const end = rest.data() + rest.size();
    if (rest.size() < 2 || rest.front() != '-' || (rest[1] == '0' && rest.size() > 2)) continue;
    const auto read = std::from_chars(rest.data() + 1, end, place);
    if (read.ec == std::errc{} && read.ptr == end && place < group.count) {
      return &world.machine(group.first + place);
    }
  }
  return nullptr;
}

}  // namespace

Result<Ipv4Address> resolve(const Machine& asker, std::string_view name) {
  if (const auto address = Ipv4Address::parse(name)) return *address;
  if (name == "localhost") return Ipv4Address{127, 0, 0, 1};
  const Machine* const found = find_machine(asker.world(), name);
  if (found == nullptr) return Errc::unknown_name;
  Ipv4Address first;
  for (const Tap& tap : found->taps()) {
    if (tap.address().is_unspecified()) continue;
    if (first.is_unspecified()) first = tap.address();
    for (const Tap& own : asker.taps()) {
      if (&own.network() == &tap.network()) return tap.address();
    }
  }
  if (first.is_unspecified()) return Errc::address_not_available;
  return first;
}

}  // namespace elvis
