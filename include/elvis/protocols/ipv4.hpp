// SPDX-License-Identifier: MIT
// Ipv4: the Internet Protocol of a host (RFC 791, RFC 1122), without forwarding.
#pragma once

#include <cstdint>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

class Arp;

class Ipv4 final : public Protocol {
 public:
  explicit Ipv4(Machine& machine) : Protocol{machine, ProtocolId::ipv4} {}

  /// Opens the way from a local to a remote address; ports play no part. `above` is known by the
  /// protocol number in its id. An unspecified local address becomes that of the tap which leads to
  /// the remote one. Errors: network_unreachable, address_not_available.
  Result<SessionRef> open(Protocol& above, Endpoints endpoints) override;

  /// The address that datagrams to `remote` leave with. Errors: network_unreachable.
  Result<Ipv4Address> local_address_for(Ipv4Address remote) const;
  /// Whether `address` is one of the machine's own.
  bool is_local(Ipv4Address address) const;

  /// Takes a datagram off a link and hands what it carries to the protocol with its number.
  void demux(Message&& datagram, Arrival& arrival) override;

 private:
  friend class Ipv4Session;

  // Where datagrams to an address go: out of `tap`, or back to the machine if it is null.
  struct Way {
    Tap* tap;
    Ipv4Address next_hop;
    MacAddress mac;  // unless ARP has to find it
  };

  Result<Way> way_to(Ipv4Address remote) const;
  Arp* arp() const;

  std::uint16_t identification_ = 0;
};

/// The way to one remote address.
class Ipv4Session final : public Session {
 public:
  /// Sends `payload` in a datagram. Errors: message_too_long.
  Result<> send(Message&& payload) override;

  Ipv4Address local() const { return local_; }

 private:
  friend Ipv4;

  Ipv4Session(Ipv4& ipv4, Ipv4::Way way, Ipv4Address local, Ipv4Address remote,
              std::uint8_t protocol);

  Ipv4& ipv4_;
  Ipv4::Way way_;
  Ipv4Address local_;
  Ipv4Address remote_;
  std::uint8_t protocol_;
};

}  // namespace elvis
