// SPDX-License-Identifier: MIT
// Icmp: the Internet Control Message Protocol (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3).
//
// Answers echo requests, reports errors about datagrams that come to their end here, and hands what
// others report to whoever sent the datagram. A machine without this protocol is silent.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"
#include "elvis/wire/icmp_message.hpp"

namespace elvis {

class Icmp final : public Protocol {
 public:
  /// Errors that a machine reports: one a millisecond, and this many at once (RFC 1812, 4.3.2.8).
  static constexpr Duration error_interval = std::chrono::milliseconds{1};
  static constexpr int error_burst = 50;

  Icmp(Machine& machine, Ipv4& ipv4) : Protocol{machine, ProtocolId::icmp}, ipv4_{ipv4} {}

  /// Hands `above` the replies, and the errors, to echo requests with the identifier `local.port`:
  /// payloads behind the ICMP header, with the identifier as the local port of their arrival and
  /// the sequence number as the remote one. The address plays no part. Errors: address_in_use.
  Result<> listen(Protocol& above, Endpoint local) override;
  void unlisten(Endpoint local) override;
  /// An identifier that nobody listens for. Errors: address_not_available.
  Result<std::uint16_t> free_identifier();

  struct EchoRequest {
    Ipv4Address destination;
    std::uint16_t identifier;
    std::uint16_t sequence;
    std::uint8_t time_to_live = 0;  ///< 0: as Way has it.
    bool dont_fragment = false;
    std::span<const std::uint8_t> options{};  ///< Of the IPv4 header.
  };
  /// Sends an echo request with `payload`. Errors: those of Ipv4::send.
  Result<> send_echo(const EchoRequest& request, Message&& payload);

  struct Way {
    Ipv4Address destination;
    std::uint8_t time_to_live = 0;  ///< 0: 64, and 1 to a group.
    bool dont_fragment = false;
    std::span<const std::uint8_t> options{};  ///< Of the IPv4 header.
  };
  /// Sends any message. Errors: those of Ipv4::send.
  Result<> send(const IcmpMessage& message, Message&& payload, const Way& way);
  /// Hands `ear` copies of all messages that come, whole, whatever else becomes of them.
  void overhear(Protocol& ear);
  void overhear_no_more(Protocol& ear);

  /// Tells the source of `datagram`, of which the header and 8 bytes at least are there, what
  /// became of it; unless nobody may be told, or too much was said already. `arrival` has its link
  /// addresses.
  void report(const IcmpMessage& error, const Message& datagram, const Arrival& arrival);

  void demux(Message&& message, Arrival& arrival) override;

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint16_t identifier) const { return mix(identifier); }
  };

  bool may_report(const QuotedDatagram& quoted, const Arrival& arrival) const;
  bool has_leave();
  void answer(IcmpMessage reply, Message&& payload, const Arrival& arrival);
  void take_reply(const IcmpMessage& message, Message&& payload, Arrival& arrival);
  void take_error(const IcmpMessage& message, const Message& quote, const Arrival& arrival);

  std::uint16_t next_identifier_ = 1;  // first, where the base leaves room
  Ipv4& ipv4_;
  Time reported_until_ = start_of_time;  // if each error took its interval
  SmallMap<std::uint16_t, Protocol*, Hash> listeners_;
  std::unique_ptr<std::vector<Protocol*>> ears_;  // mostly none
};

}  // namespace elvis
