// SPDX-License-Identifier: MIT
#include "elvis/protocols/shared_prefixes.hpp"

#include <algorithm>

#include "route_trie.hpp"

namespace elvis {

// By the first bits of the address; the tap of a hop is the prefix's number.
struct SharedPrefixes::Tries {
  static constexpr unsigned bits = 12;

  std::vector<RouteTrie> all{std::size_t{1} << bits};
};

SharedPrefixes::SharedPrefixes(std::span<const Prefix> prefixes)
    : prefixes_{prefixes.begin(), prefixes.end()}, tries_{std::make_unique<Tries>()} {
  std::vector<RouteList::Entry> entries;
  std::vector<std::uint32_t> holders;  // of the next prefix, each in the one before
  for (std::uint32_t i = 0; i < prefixes_.size(); ++i) {
    const auto [address, length] = prefixes_[i];
    while (!holders.empty() && !entries[holders.back()].holds(address)) holders.pop_back();
    around_.push_back(holders.empty() ? none : holders.back());
    holders.push_back(i);
    entries.emplace_back(
        Route{Ipv4Address{address}, static_cast<std::uint8_t>(length), {Ipv4Address{}, i}, 0});
  }
  auto next = entries.begin();
  std::vector<const RouteList::Entry*> short_ones;  // that hold the slot, each in the one before
  for (std::uint32_t slot = 0; slot < tries_->all.size(); ++slot) {
    const std::uint32_t first = slot << (32 - Tries::bits);
    while (!short_ones.empty() && !short_ones.back()->holds(first)) short_ones.pop_back();
    for (; next != entries.end() && next->address == first && next->length <= Tries::bits; ++next) {
      short_ones.push_back(&*next);
    }
    const auto end = std::find_if(next, entries.end(), [&](const RouteList::Entry& entry) {
      return entry.address >> (32 - Tries::bits) != slot;
    });
    tries_->all[slot].make({next, end}, Tries::bits,
                           short_ones.empty() ? nullptr : short_ones.back());
    next = end;
  }
}

SharedPrefixes::~SharedPrefixes() = default;

std::uint32_t SharedPrefixes::find(std::uint32_t address, unsigned length) const {
  const auto key = [](const Prefix& prefix) {
    return std::uint64_t{prefix.address} << 6 | prefix.length;
  };
  const Prefix wanted{address, length};
  const auto found = std::ranges::lower_bound(prefixes_, key(wanted), {}, key);
  if (found == prefixes_.end() || *found != wanted) return none;
  return static_cast<std::uint32_t>(found - prefixes_.begin());
}

std::uint32_t SharedPrefixes::longest(std::uint32_t address) const {
  const auto found = tries_->all[address >> (32 - Tries::bits)].lookup(address, Tries::bits);
  return found ? found->tap : none;
}

std::size_t SharedPrefixes::memory_bytes() const {
  std::size_t bytes = prefixes_.size() * (sizeof(Prefix) + sizeof(std::uint32_t));
  for (const RouteTrie& trie : tries_->all) bytes += sizeof trie + trie.memory_bytes();
  return bytes;
}

}  // namespace elvis
