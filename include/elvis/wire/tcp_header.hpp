// SPDX-License-Identifier: MIT
// The TCP header (RFC 9293, 3.1).
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------------------------------+-------------------------------+
//   |          source port          |       destination port        |
//   +-------------------------------+-------------------------------+
//   |                        sequence number                        |
//   +---------------------------------------------------------------+
//   |                    acknowledgement number                     |
//   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//   | offset| rsvd  |C|E|U|A|P|R|S|F|            window             |
//   +-------+-------+-+-+-+-+-+-+-+-+-------------------------------+
//   |           checksum            |        urgent pointer         |
//   +-------------------------------+-------------------------------+
//   |                  options, padded to 4 bytes                   |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/system/result.hpp>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

struct TcpHeader {
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_size = 60;

  // Bits of `flags`.
  static constexpr std::uint16_t fin = 0x01;
  static constexpr std::uint16_t syn = 0x02;
  static constexpr std::uint16_t rst = 0x04;
  static constexpr std::uint16_t psh = 0x08;
  static constexpr std::uint16_t ack = 0x10;
  static constexpr std::uint16_t urg = 0x20;
  static constexpr std::uint16_t ece = 0x40;  ///< RFC 3168: congestion was met.
  static constexpr std::uint16_t cwr = 0x80;  ///< RFC 3168: the sender has slowed down.
  static constexpr std::uint16_t ae = 0x100;  ///< RFC 9768: accurate ECN.
  static constexpr std::uint16_t reserved = 0xf00;

  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t flags = 0;     ///< The low 12 bits, the reserved ones included.
  std::uint16_t window = 0;    ///< As on the wire, not scaled.
  std::uint16_t checksum = 0;  ///< As on the wire.
  std::uint16_t urgent = 0;
  /// 0 to 40 bytes, a multiple of 4; of a parsed header, they stay where they were parsed.
  std::span<const std::uint8_t> options{};

  bool has(std::uint16_t bits) const { return (flags & bits) == bits; }
  std::size_t header_size() const { return min_size + options.size(); }

  /// Reads a header; `bytes` holds min(available, max_size) bytes at least. A header length below
  /// 20 is FormatError::bad_length, one above `available` FormatError::truncated. The checksum is
  /// read, not verified: that needs the payload and the pseudo header.
  static boost::system::result<TcpHeader, FormatError> parse(const std::uint8_t* bytes,
                                                             std::size_t available);
  /// Writes header_size() bytes, the checksum as it stands.
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const TcpHeader& left, const TcpHeader& right);
};

inline boost::system::result<TcpHeader, FormatError> TcpHeader::parse(const std::uint8_t* bytes,
                                                                      std::size_t available) {
  if (available < min_size) return FormatError::truncated;
  const std::uint16_t word = load16(bytes + 12);
  const std::size_t size = std::size_t{4} * (word >> 12);
  if (size < min_size) return FormatError::bad_length;
  if (size > available) return FormatError::truncated;
  return TcpHeader{.source_port = load16(bytes),
                   .destination_port = load16(bytes + 2),
                   .sequence = load32(bytes + 4),
                   .acknowledgement = load32(bytes + 8),
                   .flags = static_cast<std::uint16_t>(word & 0xfff),
                   .window = load16(bytes + 14),
                   .checksum = load16(bytes + 16),
                   .urgent = load16(bytes + 18),
                   .options = {bytes + min_size, size - min_size}};
}

}  // namespace elvis
