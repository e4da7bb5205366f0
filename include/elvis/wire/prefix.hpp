// SPDX-License-Identifier: MIT
// Ipv4Prefix: the addresses that begin with the same bits (RFC 4632, 3.1).
#pragma once

#include <compare>
#include <cstdint>

#include "elvis/wire/address.hpp"

namespace elvis {

struct Ipv4Prefix {
  Ipv4Address address{};    ///< Bits behind the prefix are 0.
  std::uint8_t length = 0;  ///< 0 to 32.

  /// For example 0xffffff00 for a length of 24.
  constexpr std::uint32_t mask() const {
    return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  }
  constexpr bool holds(Ipv4Address one) const {
    return ((one.value() ^ address.value()) & mask()) == 0;
  }
  /// Whether `one` means all machines of the prefix (RFC 919). Prefixes of one or two addresses
  /// have no such address (RFC 3021).
  constexpr bool has_broadcast(Ipv4Address one) const {
    return length < 31 && one.value() == (address.value() | ~mask());
  }
  friend constexpr auto operator<=>(const Ipv4Prefix&, const Ipv4Prefix&) = default;
};

}  // namespace elvis
