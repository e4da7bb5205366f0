// SPDX-License-Identifier: MIT
// Udp: the User Datagram Protocol (RFC 768).
#pragma once

#include <cstdint>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/session_map.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"
#include "elvis/wire/udp_header.hpp"

namespace elvis {

class UdpSession;

class Udp final : public Protocol {
 public:
  /// Ports that are given to those who don't ask for one (RFC 6335, 6).
  static constexpr std::uint16_t first_ephemeral = 49'152;

  Udp(Machine& machine, Ipv4& ipv4) : Protocol{machine, ProtocolId::udp}, ipv4_{ipv4} {}

  /// Opens the session between `endpoints`. What comes back on it goes up to `above`.
  Result<SessionRef> open(Protocol& above, Endpoints endpoints) override;
  /// The same beside a session between these endpoints, if there is one, which hears what comes
  /// back on both: for those who share a port.
  Result<SessionRef> open_beside(Protocol& above, Endpoints endpoints);
  /// The same of a session that hears nothing: for those who are bound to an address of several.
  Result<SessionRef> open_deaf(Protocol& above, Endpoints endpoints);
  /// Sends up to `above` the datagrams for `local` that belong to no open session. The address may
  /// be that of a group or of all: what is sent to one machine is for others then.
  Result<> listen(Protocol& above, Endpoint local) override;
  void unlisten(Endpoint local) override;

  /// Who listens at exactly `local`, or null.
  Protocol* listener_at(Endpoint local) {
    Protocol** const found = listeners_.find(local);
    return found == nullptr ? nullptr : *found;
  }

  /// Whether somebody who is not to `share` the port listens at any address of it, if `local` has a
  /// certain one, or at a certain one, if `local` is at any.
  bool is_taken_beside(Endpoint local, bool (*may_share)(Protocol&));

  /// Whether a session with somebody who does not listen, and is not to share the port, has it.
  bool is_taken_by_session(Endpoint local, bool (*may_share)(Protocol&)) const;

  /// A port of this machine that nobody listens on or was given. Errors: address_not_available.
  Result<std::uint16_t> ephemeral_port();

  void demux(Message&& datagram, Arrival& arrival) override;
  /// Hands the error to whoever is above the session that sent the datagram (RFC 1122, 4.1.3.3).
  void failed(const DeliveryError& error) override;
  bool believes(const DeliveryError& error) override;

 private:
  friend UdpSession;  // takes itself out of `sessions_` when its last holder lets go

  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Endpoint& end) const {
      return mix(std::uint64_t{end.address.value()} << 16 | end.port);
    }
  };

  enum class Hears : std::uint8_t { alone, what_others_leave, nothing };
  Result<SessionRef> open(Protocol& above, Endpoints endpoints, Hears hears);
  void hand_to_several(Protocol& certain, Message&& datagram, Arrival& arrival);
  Protocol* listener_for(Endpoint local);
  static void learn_path(const Arrival& arrival, Protocol& above, bool is_from_one);
  void forget_paths();
  void count_session(std::uint16_t local_port, bool is_new);
  bool is_intact(const Message& datagram, const UdpHeader& header, const Arrival& arrival) const;

  // First, where the base leaves room.
  std::uint16_t next_ephemeral_ : 14 = 0;        // from first_ephemeral on
  std::uint16_t has_further_listeners_ : 1 = 0;  // at addresses that are not a tap's first one
  std::uint16_t service_sessions_ = 0;  // at ports below first_ephemeral; 65,535 means many
  Ipv4& ipv4_;
  SessionMap<UdpSession> sessions_;
  SmallMap<Endpoint, Protocol*, Hash> listeners_;
};
static_assert(sizeof(Udp) == 64, "a million machines have one each");

/// One end of a UDP conversation.
class UdpSession final : public Session {
 public:
  ~UdpSession() override;

  /// Sends `payload` in one datagram. Errors: message_too_long, closed, and once what fail() said.
  Result<> send(Message&& payload) override;
  /// The same of a payload whose partial_sum() is known to be `sum`.
  Result<> send(Message&& payload, std::uint64_t sum);
  /// The same of all of a constant, as part of the caller: for those who send much.
  [[gnu::always_inline]] Result<> send_constant(Chunk& payload);
  /// Who takes what comes back on this session.
  Protocol& above() const { return above_; }
  void close() override;

  const Endpoints& endpoints() const { return endpoints_; }
  /// Makes the next send() fail with `error`, unless clear_failure() comes first.
  void fail(Errc error) {
    if (trouble_ != Errc::closed) trouble_ = error;
  }
  /// Whether fail() was called and nobody was told yet.
  bool has_failed() const { return trouble_ != Errc{} && trouble_ != Errc::closed; }
  void clear_failure() {
    if (has_failed()) trouble_ = Errc{};
  }
  /// The way of its datagrams, to be changed.
  Ipv4Path& below() { return below_; }

 private:
  friend Udp;

  UdpSession(Udp& udp, Protocol& above, const Ipv4Path& below, Endpoints endpoints, bool hears);
  Result<> send_summed(Message&& payload, std::uint64_t payload_sum);
  UdpHeader header_of(std::size_t payload_bytes, std::uint64_t payload_sum) const;

  // The second line is what datagrams touch: most of below_, and what follows it.
  Endpoints endpoints_;  // first, where the base leaves room
  Udp& udp_;
  Protocol& above_;
  Ipv4Path below_;
  std::uint16_t local_port_;
  std::uint16_t remote_port_;
  std::uint16_t sum_;  // of what is equal in all datagrams' pseudo headers and headers
  Errc trouble_{};     // why nothing can be sent: closed for ever, anything else once
};
static_assert(sizeof(UdpSession) == 128, "one cache line for each message sent, one for others");

inline UdpHeader UdpSession::header_of(std::size_t payload_bytes, std::uint64_t payload_sum) const {
  const auto length = static_cast<std::uint16_t>(UdpHeader::size + payload_bytes);
  // The length counts twice: in the header and in the pseudo header.
  std::uint16_t checksum = finish_checksum(payload_sum + sum_ + 2U * length);
  if (checksum == 0) checksum = 0xffff;  // RFC 768: 0 would mean none
  return {.source_port = local_port_,
          .destination_port = remote_port_,
          .length = length,
          .checksum = checksum};
}

inline Result<> UdpSession::send_constant(Chunk& payload) {
  const std::size_t bytes = payload.capacity();
  if (trouble_ == Errc{} && bytes - 1 < UdpHeader::max_payload) [[likely]] {
    below_.machine().remember(&trouble_, 1);
    if (below_.send_constant(header_of(bytes, payload.constant_sum()), payload)) return {};
  }
  return send(Message::of_constant(payload));
}

}  // namespace elvis
