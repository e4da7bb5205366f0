// SPDX-License-Identifier: MIT
// TapIndex: which of very many taps of a machine an address can have to do with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "elvis/graph/tap.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// From which number of taps on one is better than looking at each.
inline constexpr std::size_t least_indexed_taps = 32;

/// For each tap the addresses between the lowest and the highest that its network's prefixes and
/// machines have.
class TapIndex {
 public:
  /// Of taps whose networks know their addresses.
  explicit TapIndex(std::span<Tap> taps);

  /// The first of `taps`, those that it was made of, whose network has to do with `address` and of
  /// which `is_right` says so, or null.
  template <typename Predicate>
  Tap* find(std::span<Tap> taps, Ipv4Address address, Predicate is_right) const {
    const std::uint32_t value = address.value();
    auto at = std::ranges::upper_bound(spans_, value, {}, &Span::first);
    std::uint32_t found = none;
    while (at != spans_.begin() && (--at)->furthest >= value) {
      if (at->last >= value && at->tap < found && is_right(taps[at->tap])) found = at->tap;
    }
    return found == none ? nullptr : &taps[found];
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct Span {
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t furthest;  // `last` of this one or of one before it
    std::uint32_t tap;
  };

  std::vector<Span> spans_;  // by `first`
};

}  // namespace elvis
