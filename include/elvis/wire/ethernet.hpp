// SPDX-License-Identifier: MIT
// The link header: Ethernet II (RFC 894).
//
//   0                   6                   12      14
//   +-------------------+-------------------+-------+- - -
//   |    destination    |      source       | type  | payload
//   +-------------------+-------------------+-------+- - -
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

/// What a frame carries (IEEE 802 numbers).
enum class EtherType : std::uint16_t { ipv4 = 0x0800, arp = 0x0806 };

struct EthernetHeader {
  static constexpr std::size_t size = 14;

  MacAddress destination{};
  MacAddress source{};
  std::uint16_t type = 0;

  /// Reads a header from the first 14 of `available` bytes.
  static boost::system::result<EthernetHeader, FormatError> parse(const std::uint8_t* bytes,
                                                                  std::size_t available);
  /// Writes the 14 bytes.
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

inline boost::system::result<EthernetHeader, FormatError> EthernetHeader::parse(
    const std::uint8_t* bytes, std::size_t available) {
  if (available < size) return FormatError::truncated;
  return EthernetHeader{.destination = MacAddress{load48(bytes)},
                        .source = MacAddress{load48(bytes + 6)},
                        .type = load16(bytes + 12)};
}

inline void EthernetHeader::emit(std::uint8_t* bytes) const {
  store64(bytes, destination.value() << 16 | source.value() >> 32);
  store32(bytes + 8, static_cast<std::uint32_t>(source.value()));
  store16(bytes + 12, type);
}

}  // namespace elvis
