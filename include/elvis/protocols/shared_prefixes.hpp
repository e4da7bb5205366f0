// SPDX-License-Identifier: MIT
// SharedPrefixes: prefixes that many tables have routes to. What is the same in all of them, the
// prefixes and the way to find one, is there once; a table then needs a small number for each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// Does not change, so that machines of all partitions may ask it.
class SharedPrefixes {
 public:
  struct Prefix {
    std::uint32_t address;
    std::uint32_t length;

    friend bool operator==(const Prefix&, const Prefix&) = default;
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// `prefixes` are sorted by address and then by length, and each is there once; at most 2^26 - 2.
  explicit SharedPrefixes(std::span<const Prefix> prefixes);
  ~SharedPrefixes();
  SharedPrefixes(const SharedPrefixes&) = delete;
  SharedPrefixes& operator=(const SharedPrefixes&) = delete;

  std::uint32_t size() const { return static_cast<std::uint32_t>(prefixes_.size()); }
  const Prefix& operator[](std::uint32_t number) const { return prefixes_[number]; }

  /// The number of exactly this prefix, or `none`.
  std::uint32_t find(std::uint32_t address, unsigned length) const;
  /// The number of the longest prefix that holds `address`, or `none`.
  std::uint32_t longest(std::uint32_t address) const;
  /// The longest prefix that holds prefix `number` and is another one, or `none`.
  std::uint32_t around(std::uint32_t number) const { return around_[number]; }

  std::size_t memory_bytes() const;

 private:
  struct Tries;

  std::vector<Prefix> prefixes_;
  std::vector<std::uint32_t> around_;
  std::unique_ptr<Tries> tries_;
};

}  // namespace elvis
