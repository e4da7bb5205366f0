// SPDX-License-Identifier: MIT
// Groups: who of a network's machines is concerned by frames for several.
//
// A frame for a group goes to the taps that have joined it. An ARP packet for all means nothing to
// most machines (RFC 826: they are not asked, and do not know the sender), so a tap may say which
// addresses it watches, and is handed only what comes from those, or asks for its own. What the
// others would count and fold is counted and folded for all of them at once.
//
// Machines change their own partition's part while it runs. The network reads all parts, but only
// while no machine runs (Partition::hand_over); what it knows then is looked up by machines that
// begin to watch an address later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "elvis/graph/address_watch.hpp"
#include "elvis/graph/frame.hpp"
#include "elvis/sim/event.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class Network;

/// A frame for several that waits until its network decides where it goes.
struct Departure : Frame {
  Departure(const Frame& frame, Time its_start, Time its_end)
      : Frame{frame}, starts{its_start}, ends{its_end} {}
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    pool::release(memory, bytes);
  }

  Time starts;  ///< What the network is like then is what counts.
  Time ends;    ///< When it leaves its sender's medium.
};

class Groups {
 public:
  Groups(const Network& network, std::size_t partitions);
  ~Groups();

  /// Whether a tap is handed every ARP packet: it did not say that it need not be, or its machine
  /// may be off, and counts what it drops then.
  static bool hears_all(const Tap& tap);

  // ----- for machines, about their own taps -----

  void join(Tap& tap, MacAddress group);
  void leave(Tap& tap, MacAddress group);
  void watch(AddressWatch& watch);
  void unwatch(AddressWatch& watch);
  /// An ARP packet for all: the news that it brings with the events by which it arrives.
  struct Announcement {
    AddressNews news;
    const Tap* from;
    Ipv4Address target;
    Message frame;  ///< Until it has arrived.
  };
  /// What is to come from `address` after the event of this time and order, in the order of coming.
  std::span<const Announcement> under_way_from(Ipv4Address address, Time now,
                                               std::uint64_t order) const;
  /// What came from there up to that event: the last of it, and whatever is not so old as to be
  /// settled.
  std::span<const Announcement> arrived_from(Ipv4Address address, Time now,
                                             std::uint64_t order) const;

  // ----- for the network, while no machine runs -----

  /// The taps that were members of `group` at `time`, in their order. Times do not go back.
  std::vector<Tap*> members(MacAddress group, Time time);
  /// Finds out which taps need not be handed every ARP packet; before any of the next ones.
  void look_at_taps();
  /// Whether there are any.
  bool is_selective() const { return is_selective_; }
  /// The taps that an ARP packet for all concerns, in any order and perhaps twice, but for those of
  /// the addresses in it.
  std::vector<Tap*> concerned_by(Ipv4Address sender) const;
  /// Keeps `announcement`, and of those from one address that arrived before `settled` the last.
  void announce(Ipv4Address sender, Announcement announcement, Time settled);
  /// What the arrival of a frame at all taps but `from` adds to the digest.
  std::uint64_t fold_for_all_but(const Tap& from, Time arrival, std::uint64_t fold) const;

  /// Forgets what machines want, as they come to their end.
  void close() { is_closed_ = true; }

 private:
  struct Member {
    Tap* tap;
    std::uint32_t uses;  // joins without a leave
    Time since;
    Time until;
  };
  struct MacHash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t mac) const { return mix(mac); }
  };
  struct AddressHash {
    using is_avalanching = void;
    std::size_t operator()(std::uint32_t address) const { return mix(address); }
  };
  // What the machines of one partition want.
  struct alignas(64) Part {
    boost::unordered_flat_map<std::uint64_t, std::vector<Member>, MacHash> members;
    boost::unordered_flat_map<std::uint32_t, AddressWatch*, AddressHash> watches;
  };

  // What came or comes from one address, by time and order.
  struct Sender {
    std::vector<Announcement> list;
    std::size_t arrived = 0;
  };

  Part& part_of(const Tap& tap);
  const Sender* sender(Ipv4Address address) const;
  static void settle(Sender& sender, Time now);

  const Network& network_;
  std::vector<std::unique_ptr<Part>> parts_;  // by partition, of those that need one
  std::vector<Tap*> hear_all_;                // unless all do
  boost::unordered_flat_map<std::uint32_t, Sender, AddressHash> announced_;
  std::vector<std::pair<Time, std::uint32_t>> arrivals_;  // of announced_, a heap: earliest first
  std::uint64_t keys_ = 0;                                // the sum of the machines' keys
  bool has_looked_ = false;
  bool is_selective_ = false;
  bool is_closed_ = false;
};

}  // namespace elvis
