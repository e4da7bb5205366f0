// SPDX-License-Identifier: MIT
// Packet: a datagram as scripts write it, whether it came from a script or off the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elvis/wire/address.hpp"

namespace elvis::packetdrill {

/// One TCP option.
struct TcpOption {
  enum class Kind : std::uint8_t {
    eol = 0,
    nop = 1,
    mss = 2,
    window_scale = 3,
    sack_permitted = 4,
    sack = 5,
    timestamp = 8,
    md5 = 19,
    fast_open = 34,
    accurate_ecn_0 = 172,          ///< RFC 9768: counters of ECT(0), CE, ECT(1).
    accurate_ecn_1 = 174,          ///< Those of ECT(1), CE, ECT(0).
    fast_open_experimental = 254,  ///< The option of RFC 6994 with the identifier 0xf989.
  };

  Kind kind = Kind::nop;
  std::uint32_t value = 0;                                      ///< MSS, shift, or TSval.
  std::uint32_t echo = 0;                                       ///< TSecr.
  bool has_any_value = false;                                   ///< `TS val ...`
  bool has_any_echo = false;                                    ///< `ecr ...`
  std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks;  ///< Of SACK.
  std::string bytes;  ///< Of all others: what follows the length.

  /// Bytes on the wire.
  std::size_t size() const;
  friend bool operator==(const TcpOption&, const TcpOption&) = default;
};

/// What of the IPv4 header's type of service a script states.
enum class ServiceCheck : std::uint8_t {
  none,
  ecn,      ///< The two bits of RFC 3168.
  ecn_any,  ///< ECT(0) or ECT(1).
  whole,
};

/// The datagram that an ICMP error quotes.
struct Quote {
  enum class Kind : std::uint8_t { tcp, udp, raw };

  Kind kind = Kind::tcp;
  std::uint32_t sequence = 0;  ///< Of TCP.
  std::uint32_t bytes = 0;     ///< Of payload.
};

struct Packet {
  enum class Kind : std::uint8_t { tcp, udp, icmp };

  // Bits of `flags`, as they stand in the TCP header.
  static constexpr std::uint16_t fin = 0x001;
  static constexpr std::uint16_t syn = 0x002;
  static constexpr std::uint16_t rst = 0x004;
  static constexpr std::uint16_t psh = 0x008;
  static constexpr std::uint16_t ack_flag = 0x010;
  static constexpr std::uint16_t urg = 0x020;
  static constexpr std::uint16_t ece = 0x040;
  static constexpr std::uint16_t cwr = 0x080;
  static constexpr std::uint16_t ae = 0x100;

  Kind kind = Kind::tcp;
  std::uint32_t payload_bytes = 0;

  // IPv4
  ServiceCheck service_check = ServiceCheck::none;
  std::uint8_t service = 0;
  std::optional<std::uint8_t> time_to_live;
  Ipv4Address source;
  Ipv4Address destination;

  // TCP and UDP; 0: not stated
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;

  // TCP
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  bool has_any_sequence = false;  ///< `...(0)`
  std::uint32_t acknowledgment = 0;
  std::optional<std::uint16_t> window;
  std::uint16_t urgent_pointer = 0;
  bool has_any_options = false;  ///< `<...>`
  std::vector<TcpOption> options;

  // ICMP
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::optional<std::uint32_t> icmp_mtu;
  std::optional<std::uint16_t> icmp_identifier;
  std::optional<Quote> quote;

  bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
  /// Sequence numbers that the segment takes up.
  std::uint32_t sequence_length() const {
    return payload_bytes + (has(syn) ? 1U : 0U) + (has(fin) ? 1U : 0U);
  }
  const TcpOption* option(TcpOption::Kind kind) const;
  TcpOption* option(TcpOption::Kind kind);
};

/// The packet in the notation of scripts: `P. 1:1001(1000) ack 1 win 257 <nop,nop,sack 1:2>`.
std::string to_text(const Packet& packet);
/// The flags alone: `P.`
std::string flags_text(std::uint16_t flags);
/// The options alone, without brackets: `mss 1460,nop,wscale 7`.
std::string options_text(const std::vector<TcpOption>& options);
/// `unreachable port` for type 3, code 3; numbers where there is no name.
std::string icmp_text(std::uint8_t type, std::uint8_t code);
/// The ICMP type that scripts call `name`, and its code; nothing if there is none.
std::optional<std::uint8_t> icmp_type_of(std::string_view name);
std::optional<std::uint8_t> icmp_code_of(std::uint8_t type, std::string_view name);

}  // namespace elvis::packetdrill
