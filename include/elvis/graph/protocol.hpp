// SPDX-License-Identifier: MIT
// Protocol: a node of a machine's graph, with the x-Kernel's uniform interface.
//
//   open      above → below   make the session of a conversation (active)
//   listen    above → below   take what belongs to no session (passive; x-Kernel's open-enable)
//   demux     below → above   a packet comes up: to a session, else to a listener, else dropped
//   Session::send             a packet goes down
#pragma once

#include <cstdint>

#include "elvis/graph/arrival.hpp"
#include "elvis/graph/delivery_error.hpp"
#include "elvis/graph/session.hpp"
#include "elvis/util/result.hpp"
#include "elvis/wire/address.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Machine;

/// How the protocol below tells a protocol from its neighbours: the number in its header.
enum class ProtocolId : std::uint32_t {
  none = 0,  ///< Never demultiplexed to by number: applications' ends.
  arp = 0x1'0806,
  ipv4 = 0x1'0800,
  icmp = 0x2'0001,
  tcp = 0x2'0006,
  udp = 0x2'0011,
};

/// The protocol with `ethertype` over the link, and the one with `number` over IPv4.
constexpr ProtocolId over_link(std::uint16_t ethertype) {
  return static_cast<ProtocolId>(0x1'0000U | ethertype);
}
constexpr ProtocolId over_ipv4(std::uint8_t number) {
  return static_cast<ProtocolId>(0x2'0000U | number);
}

/// A datagram for those who need no more of its headers than where it came from and went to.
struct BareDatagram {
  Message&& payload;
  Endpoint remote;
  Endpoint local;
};

/// Owned by its machine for the whole run, so references to it may be kept.
class Protocol {
 public:
  Protocol(Machine& machine, ProtocolId id) : machine_{machine}, id_{id} {}
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;

  Machine& machine() const { return machine_; }
  ProtocolId id() const { return id_; }

  /// The machine starts, its applications follow; if somebody called Machine::start_protocols().
  virtual void machine_started() {}

  /// Opens the session between `endpoints` for `above`, which is handed what comes back on it.
  /// An unspecified local address or port is chosen here. Errors: address_in_use,
  /// address_not_available, network_unreachable, host_unreachable.
  virtual Result<SessionRef> open(Protocol& above, Endpoints endpoints);
  /// Hands `above` what arrives for `local` and belongs to no session. An unspecified address means
  /// any of the machine's. Errors: address_in_use, address_not_available.
  virtual Result<> listen(Protocol& above, Endpoint local);
  /// Ends listen().
  virtual void unlisten(Endpoint local);
  /// Takes a packet from below, and writes into `arrival` what its header says. Never fails: what
  /// nobody wants is dropped with a reason. (References, as a packet passes five of these.)
  virtual void demux(Message&& message, Arrival& arrival) = 0;
  /// Whether demux_bare() may be called; the answer never changes.
  virtual bool takes_bare_datagrams() const { return false; }
  /// The same as demux() of a datagram that ends its event (Arrival::ends_event).
  virtual void demux_bare(const BareDatagram& datagram);
  /// Learns that a packet of this protocol's, or of one above, did not reach its end.
  virtual void failed(const DeliveryError& error);
  /// Whether a packet that `error` tells of may be on its way; else the error is old, or forged.
  virtual bool believes(const DeliveryError& error);

 private:
  Machine& machine_;
  ProtocolId id_;
};

}  // namespace elvis
