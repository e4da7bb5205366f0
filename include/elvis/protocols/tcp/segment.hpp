// SPDX-License-Identifier: MIT
// TcpSegment: what goes between the two ends of a connection, as they mean it.
#pragma once

#include <cstdint>

#include "elvis/wire/message.hpp"
#include "elvis/wire/tcp_header.hpp"
#include "elvis/wire/tcp_options.hpp"

namespace elvis {

struct TcpSegment {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t flags = 0;   ///< Bits of TcpHeader.
  std::uint16_t window = 0;  ///< As on the wire.
  std::uint16_t urgent = 0;
  bool is_ecn_capable = false;  ///< ECT(0) in the IPv4 header (RFC 3168, 5).
  std::uint8_t ecn = 0;         ///< As it arrived: the two bits of the IPv4 header (RFC 3168, 5).
  TcpOptions options;
  Message payload;

  bool has(std::uint16_t bits) const { return (flags & bits) == bits; }
  bool met_congestion() const { return ecn == 3; }  ///< CE
  /// Sequence numbers that it takes (RFC 9293, 3.4).
  std::uint32_t length() const {
    return static_cast<std::uint32_t>(payload.size()) + (has(TcpHeader::syn) ? 1 : 0) +
           (has(TcpHeader::fin) ? 1 : 0);
  }
};

/// The header of a segment without options or with timestamps alone, as it stands on the wire.
struct TcpUsualHeader {
  std::uint32_t sequence;
  std::uint32_t acknowledgement;
  std::uint16_t flags;
  std::uint16_t window;
  bool has_timestamps;
  std::uint32_t time;  ///< TSval and TSecr, if there are some.
  std::uint32_t echoed_time;
};

/// Positions in a stream: 64 bits that never wrap around. 0 is the SYN, 1 the first byte.
namespace tcp_position {

/// The position nearest to `near` whose sequence number is `sequence`, with the SYN's at `initial`.
/// May be negative, for what was before the connection.
constexpr std::int64_t from_wire(std::uint32_t sequence, std::uint32_t initial,
                                 std::uint64_t near) {
  const std::uint32_t expected = initial + static_cast<std::uint32_t>(near);
  return static_cast<std::int64_t>(near) + static_cast<std::int32_t>(sequence - expected);
}
constexpr std::uint32_t to_wire(std::uint64_t position, std::uint32_t initial) {
  return initial + static_cast<std::uint32_t>(position);
}

}  // namespace tcp_position

}  // namespace elvis
