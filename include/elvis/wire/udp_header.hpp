// SPDX-License-Identifier: MIT
// The UDP header (RFC 768).
//
//   0               2               4               6               8
//   +---------------+---------------+---------------+---------------+
//   |  source port  |  destination  |    length     |   checksum    |
//   +---------------+---------------+---------------+---------------+
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/system/result.hpp>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

struct UdpHeader {
  static constexpr std::size_t size = 8;
  static constexpr std::size_t max_payload = 65'507;  ///< 65,535 less the IPv4 and UDP headers.

  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t length = size;  ///< Header and payload, in bytes.
  std::uint16_t checksum = 0;   ///< As on the wire; 0 says that the sender made none.

  /// Reads a header from the first 8 of `available` bytes. A length below 8 is
  /// FormatError::bad_length, one above `available` FormatError::truncated. The checksum is read,
  /// not verified: that needs the payload and the pseudo header.
  static boost::system::result<UdpHeader, FormatError> parse(const std::uint8_t* bytes,
                                                             std::size_t available);
  /// Writes the 8 bytes.
  void emit(std::uint8_t* bytes) const;
  /// The partial sum of the 8 bytes (checksum.hpp).
  std::uint64_t partial_sum() const {
    return std::uint64_t{source_port} + destination_port + length + checksum;
  }

  friend bool operator==(const UdpHeader&, const UdpHeader&) = default;
};

inline boost::system::result<UdpHeader, FormatError> UdpHeader::parse(const std::uint8_t* bytes,
                                                                      std::size_t available) {
  if (available < size) return FormatError::truncated;
  const UdpHeader header{.source_port = load16(bytes),
                         .destination_port = load16(bytes + 2),
                         .length = load16(bytes + 4),
                         .checksum = load16(bytes + 6)};
  if (header.length < size) return FormatError::bad_length;
  if (header.length > available) return FormatError::truncated;
  return header;
}

inline void UdpHeader::emit(std::uint8_t* bytes) const {
  store64(bytes, std::uint64_t{source_port} << 48 | std::uint64_t{destination_port} << 32 |
                     std::uint64_t{length} << 16 | checksum);
}

}  // namespace elvis
