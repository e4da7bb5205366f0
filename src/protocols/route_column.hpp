// SPDX-License-Identifier: MIT
// RouteColumn: a table's routes to prefixes that it shares with other tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/protocols/shared_prefixes.hpp"

namespace elvis {

/// For each prefix the number of its next hop, in as few bytes as the hops need.
class RouteColumn {
 public:
  /// `numbers` are of `hops`, counted from 1, by prefix; 0 is no route.
  RouteColumn(std::shared_ptr<const SharedPrefixes> prefixes, std::span<const NextHop> hops,
              std::span<const std::uint32_t> numbers);

  const SharedPrefixes& prefixes() const { return *prefixes_; }
  /// How many routes there are.
  std::size_t size() const { return size_; }

  /// The hop to prefix `number`, or null.
  const NextHop* hop_to(std::uint32_t number) const {
    std::uint32_t hop = 0;
    if (width_ == 1) {
      hop = numbers_[number];
    } else {
      hop = wide(number);
    }
    return hop == 0 ? nullptr : &hops_[hop - 1];
  }
  /// The hop to exactly this prefix, or null.
  const NextHop* find(std::uint32_t address, unsigned length) const {
    const std::uint32_t number = prefixes_->find(address, length);
    return number == SharedPrefixes::none ? nullptr : hop_to(number);
  }
  /// The hop to the longest prefix that holds `address` and is longer than `than`; -1: any.
  const NextHop* longest(std::uint32_t address, int than) const;
  /// Takes a prefix's route away; false if there is none.
  bool erase(std::uint32_t address, unsigned length);
  /// Adds all routes to `routes`, in the order of the prefixes.
  void list(std::vector<Route>& routes) const;

  std::size_t memory_bytes() const {
    return sizeof *this + numbers_.size() + hops_.size() * sizeof(NextHop);
  }

 private:
  std::uint32_t wide(std::uint32_t number) const {
    std::uint32_t hop = 0;
    for (std::size_t i = width_; i-- > 0;) hop = hop << 8 | numbers_[number * width_ + i];
    return hop;
  }

  std::shared_ptr<const SharedPrefixes> prefixes_;
  std::vector<NextHop> hops_;
  std::vector<std::uint8_t> numbers_;  // `width_` bytes each, the lowest first
  std::size_t width_ = 1;
  std::size_t size_ = 0;
};

}  // namespace elvis
