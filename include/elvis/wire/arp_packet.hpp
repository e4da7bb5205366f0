// SPDX-License-Identifier: MIT
// Address resolution packets for IPv4 over Ethernet (RFC 826).
//
//    0                   1                   2                   3
//   +-------------------------------+-------------------------------+
//   |       hardware type = 1       |    protocol type = 0x0800     |
//   +---------------+---------------+-------------------------------+
//   |  hw size = 6  | proto size = 4|           operation           |
//   +---------------+---------------+-------------------------------+
//   |  sender hardware (6), sender protocol (4), target hardware (6), target protocol (4)
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

struct ArpPacket {
  static constexpr std::size_t size = 28;
  static constexpr std::uint16_t request = 1;
  static constexpr std::uint16_t reply = 2;

  std::uint16_t operation = request;
  MacAddress sender_mac{};
  Ipv4Address sender_address{};
  MacAddress target_mac{};
  Ipv4Address target_address{};

  /// Reads a packet from the first 28 of `available` bytes. Other hardware or protocol types than
  /// Ethernet and IPv4 are FormatError::bad_version, other address sizes FormatError::bad_length.
  /// Any operation number is accepted here.
  static boost::system::result<ArpPacket, FormatError> parse(const std::uint8_t* bytes,
                                                             std::size_t available);
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const ArpPacket&, const ArpPacket&) = default;
};

}  // namespace elvis
