// SPDX-License-Identifier: MIT
// Addresses in ranges: which are free, when others are taken. Four billion cost as much as one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "elvis/ndl/values.hpp"

namespace elvis {

/// Sorts `ranges` and joins those that touch or overlap.
void join_ranges(std::vector<ndl::AddressRange>& ranges);

/// Whether one of `joined`, which join_ranges() made, has `address`.
bool contains(std::span<const ndl::AddressRange> joined, std::uint32_t address);

/// Addresses that no machine may have: of "this" network, loopback, groups, broadcast (RFC 1122,
/// 3.2.1.3; RFC 5771).
std::span<const ndl::AddressRange> unusable_addresses();

/// Whether every address of `range` is unusable.
bool is_unusable(ndl::AddressRange range);

/// Gives out the addresses of some ranges, those of the first range first, each one once.
class FreeAddresses {
 public:
  FreeAddresses() = default;
  /// Leaves out `taken` and the unusable ones.
  FreeAddresses(std::vector<ndl::AddressRange> ranges, std::vector<ndl::AddressRange> taken);

  /// The next consecutive free addresses, 1 to `most` of them, or nothing if all are given.
  std::optional<ndl::AddressRange> take(std::uint64_t most);

 private:
  std::vector<ndl::AddressRange> ranges_;
  std::vector<ndl::AddressRange> taken_;  // joined
  std::size_t range_ = 0;
  std::uint64_t next_ = 0;  // in the range; beyond its end when it is used up
};

}  // namespace elvis
