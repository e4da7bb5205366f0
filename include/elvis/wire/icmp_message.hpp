// SPDX-License-Identifier: MIT
// ICMP messages (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): their header, and the datagram that an
// error quotes.
//
//    0                   1                   2                   3
//   +---------------+---------------+-------------------------------+
//   |     type      |     code      |           checksum            |
//   +---------------+---------------+-------------------------------+
//   |  echo, timestamp: identifier  |            sequence           |
//   |  redirect: gateway address                                    |
//   |  parameter problem: pointer   |                               |
//   |  fragmentation needed: unused |   MTU of the next hop         |
//   +---------------------------------------------------------------+
//   |  timestamp: originate, receive, transmit                      |
//   |  error: IPv4 header and the begin of the datagram's data      |
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/format_error.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// The types of ICMP messages that this project speaks; others are parsed as they are.
enum class IcmpType : std::uint8_t {
  echo_reply = 0,
  destination_unreachable = 3,
  source_quench = 4,  ///< Deprecated by RFC 6633: neither sent nor obeyed.
  redirect = 5,
  echo = 8,
  time_exceeded = 11,
  parameter_problem = 12,
  timestamp = 13,
  timestamp_reply = 14,
};

/// Codes of IcmpType::destination_unreachable (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1).
enum class Unreachable : std::uint8_t {
  network = 0,
  host = 1,
  protocol = 2,
  port = 3,
  fragmentation_needed = 4,
  source_route_failed = 5,
  network_unknown = 6,
  host_unknown = 7,
  source_host_isolated = 8,
  network_prohibited = 9,
  host_prohibited = 10,
  network_for_service = 11,
  host_for_service = 12,
  prohibited = 13,
  precedence_violation = 14,
  precedence_cutoff = 15,
};

/// Codes of IcmpType::time_exceeded.
enum class TimeExceeded : std::uint8_t { in_transit = 0, in_reassembly = 1 };

/// Codes of IcmpType::redirect. RFC 1812 5.2.7.2 lets routers send those for hosts only.
enum class Redirect : std::uint8_t { network = 0, host = 1, service_network = 2, service_host = 3 };

/// The header of an ICMP message. What follows it, echo data or a quoted datagram, stays in the
/// Message.
struct IcmpMessage {
  static constexpr std::size_t size = 8;             ///< Of the header of all but the timestamps.
  static constexpr std::size_t timestamp_size = 20;  ///< Of the timestamps' header.
  /// The most bytes that an error quotes: the whole IPv4 datagram stays within 576 bytes (RFC 1812,
  /// 4.3.2.3).
  static constexpr std::size_t max_quoted_bytes = 576 - 20 - 8;
  /// Bytes of the offending datagram's payload that an error quotes at least (RFC 792).
  static constexpr std::size_t min_quoted_payload = 8;

  IcmpType type = IcmpType::echo_reply;
  std::uint8_t code = 0;
  std::uint16_t checksum = 0;            ///< As on the wire, over the header and what follows.
  std::uint32_t rest = 0;                ///< The second word; read through the functions below.
  std::array<std::uint32_t, 3> times{};  ///< Originate, receive, transmit; 0 in other messages.

  static IcmpMessage echo(std::uint16_t identifier, std::uint16_t sequence);
  /// `next_hop_mtu` belongs to Unreachable::fragmentation_needed alone (RFC 1191, 4).
  static IcmpMessage unreachable(Unreachable reason, std::uint16_t next_hop_mtu = 0);
  static IcmpMessage time_exceeded(TimeExceeded reason);
  static IcmpMessage redirect_to(Ipv4Address gateway, Redirect reason = Redirect::host);
  /// `pointer` is the position of the octet at fault in the quoted IPv4 header.
  static IcmpMessage parameter_problem(std::uint8_t pointer);
  /// Times are milliseconds since midnight UT.
  static IcmpMessage timestamp(std::uint16_t identifier, std::uint16_t sequence,
                               std::uint32_t originate);

  /// Whether it reports an error about a datagram, which it quotes; about such a message no error
  /// is ever sent (RFC 1122, 3.2.2).
  bool is_error() const;
  bool is_timestamp() const {
    return type == IcmpType::timestamp || type == IcmpType::timestamp_reply;
  }
  bool is_unreachable(Unreachable reason) const {
    return type == IcmpType::destination_unreachable && code == static_cast<std::uint8_t>(reason);
  }
  std::size_t header_size() const { return is_timestamp() ? timestamp_size : size; }

  /// Of echo and timestamp messages.
  std::uint16_t identifier() const { return static_cast<std::uint16_t>(rest >> 16); }
  std::uint16_t sequence() const { return static_cast<std::uint16_t>(rest); }
  /// Of Unreachable::fragmentation_needed; 0 from routers older than RFC 1191.
  std::uint16_t next_hop_mtu() const { return static_cast<std::uint16_t>(rest); }
  Ipv4Address gateway() const { return Ipv4Address{rest}; }
  /// Of a parameter problem of code 0.
  std::uint8_t pointer() const { return static_cast<std::uint8_t>(rest >> 24); }

  /// Reads the header from the first of `available` bytes: 8, or 20 of a timestamp. Every type and
  /// code is accepted. The checksum is read, not verified: it covers what follows as well.
  static boost::system::result<IcmpMessage, FormatError> parse(const std::uint8_t* bytes,
                                                               std::size_t available);
  /// Reads the header in front of `message` and verifies the checksum over all of it.
  static boost::system::result<IcmpMessage, FormatError> parse(const Message& message);
  /// Writes header_size() bytes, the checksum as it stands.
  void emit(std::uint8_t* bytes) const;
  /// Puts the header in front of `payload`, with the right checksum.
  void prepend_to(Message& payload) const;

  friend bool operator==(const IcmpMessage&, const IcmpMessage&) = default;
};

/// What an ICMP error tells of the datagram that it is about. Its header may be cut off behind 8
/// bytes of payload, and its checksum means nothing any more, so Ipv4Header does not read it.
struct QuotedDatagram {
  Ipv4Address source{};
  Ipv4Address destination{};
  std::uint16_t total_length = 0;  ///< Of the datagram when it was whole.
  std::uint16_t identification = 0;
  std::uint16_t fragment_offset = 0;  ///< In units of 8 bytes.
  std::uint8_t time_to_live = 0;
  std::uint8_t protocol = 0;
  std::uint8_t header_size = 20;          ///< In bytes, with options.
  std::uint8_t payload_size = 0;          ///< Of `payload` that was there, 0 to 8.
  std::array<std::uint8_t, 8> payload{};  ///< The first bytes behind the header, the rest is 0.

  /// Whether the begin of a UDP or TCP header is there: a first fragment with four bytes at least.
  bool has_ports() const { return fragment_offset == 0 && payload_size >= 4; }
  std::uint16_t source_port() const;
  std::uint16_t destination_port() const;

  /// Reads what an error quotes: `bytes` is what follows the ICMP header.
  static boost::system::result<QuotedDatagram, FormatError> parse(const std::uint8_t* bytes,
                                                                  std::size_t available);
  friend bool operator==(const QuotedDatagram&, const QuotedDatagram&) = default;
};

}  // namespace elvis
