// SPDX-License-Identifier: MIT
// Arp: finds the link address of an IPv4 neighbour by asking on the wire (RFC 826).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/options.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"
#include "elvis/wire/arp_packet.hpp"

namespace elvis {

/// Arguments of `[Protocol name='ARP']`.
class ArpOptions final : public Options {
 public:
  /// What becomes of the machine's addresses when it starts, and when others use them.
  enum Conflicts : int {
    ignored,    ///< Nothing.
    announced,  ///< All are told of the addresses twice, and again if somebody else uses one.
    detected,   ///< The same, after it was asked for 5 to 7 s whether anybody has them (RFC 5227).
  };

  OwnAddress local;
  Target gateway;
  int conflicts = ignored;  ///< Conflicts

  void visit(OptionVisitor& visitor) override;
};

class AddressClaim;
struct AddressNews;

/// A machine without this protocol gets link addresses from the network's own table; one with it
/// asks. Unanswered requests are repeated once a second, three in all; datagrams wait meanwhile,
/// the oldest giving way when too many do (RFC 1122, 2.3.2.2). Entries age (RFC 1122, 2.3.2.1).
class Arp final : public Protocol {
 public:
  static constexpr Duration entry_lifetime = std::chrono::minutes{1};
  static constexpr Duration retry_interval = std::chrono::seconds{1};
  static constexpr int max_requests = 3;
  static constexpr std::size_t max_waiting = 64;      ///< Datagrams for one neighbour.
  static constexpr std::size_t max_entries = 16'384;  ///< Neighbours; the oldest gives way.

  Arp(Machine& machine, const ArpOptions& options);
  ~Arp() override;

  /// Sends `datagram` to `next_hop` on `tap` when its link address is known.
  Result<> send(Tap& tap, Ipv4Address next_hop, Message&& datagram);
  /// Who takes datagrams for destinations that no attached network has; unspecified if nobody.
  Ipv4Address gateway() const { return options_.gateway.address; }

  /// How many addresses it knows, or is asking for.
  std::size_t neighbours() const { return neighbours_.size(); }
  /// Whether another machine was found to have the address of `tap` before it was used.
  bool has_lost(const Tap& tap) const;

  void machine_started() override;
  void demux(Message&& packet, Arrival& arrival) override;

 private:
  struct Neighbour;
  struct Question;
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return mix(key); }
  };

  std::uint64_t key_of(const Tap& tap, Ipv4Address address) const;
  Neighbour& neighbour(Tap& tap, Ipv4Address address);
  void learn(Neighbour& neighbour, MacAddress mac);
  void believe(Neighbour& neighbour, const AddressNews& news);
  void catch_up(Neighbour& neighbour);
  void ask(Neighbour& neighbour);
  void give_up(Neighbour& neighbour, Drop reason = Drop::arp_unresolved);
  void forget(Neighbour& neighbour);
  AddressClaim* claim_of(const Tap& tap) const;

  const ArpOptions& options_;
  SmallMap<std::uint64_t, Neighbour*, Hash> neighbours_;
  std::unique_ptr<std::deque<AddressClaim>> claims_;  // if conflicts matter
  Neighbour* oldest_ = nullptr;                       // a list in the order of learning
  Neighbour* newest_ = nullptr;
};

}  // namespace elvis
