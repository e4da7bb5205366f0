// SPDX-License-Identifier: MIT
// RipTable: the routes that a RIP router knows, and how it comes to believe them (RFC 2453, 3.9.2).
//
// Of a second neighbour that tells of a way just as short it remembers one, and goes that way at
// once when the first is lost: the RFC leaves to a router what it keeps beyond the best. A longer
// way is not kept, as it might lead through the router itself; one that is as short cannot.
//
// It has no clock and no socket: whoever owns it says what was heard and when, asks what to tell
// the neighbours, and lets time pass by expire().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/prefix.hpp"
#include "elvis/wire/rip_packet.hpp"

namespace elvis {

class RipTable {
 public:
  /// Told whenever datagrams should go elsewhere.
  class Follower {
   public:
    virtual void found(const Route& route) = 0;
    virtual void lost(Ipv4Address destination, int prefix_length) = 0;

   protected:
    ~Follower() = default;
  };

  /// What a neighbour is not told as it is: that one can get somewhere by way of itself.
  enum class SplitHorizon : int {
    poisoned,  ///< It is told that there is no way (RFC 2453, 3.4.3).
    simple,    ///< It is told nothing.
    none,      ///< It is told all the same.
  };

  /// A route lives for `timeout` after it was last heard of, and is told of as unreachable for
  /// `garbage_time` more.
  RipTable(Duration timeout, Duration garbage_time, Follower& follower)
      : timeout_{timeout}, garbage_time_{garbage_time}, follower_{follower} {}

  static constexpr std::uint32_t no_tap = ~std::uint32_t{0};

  /// Knows a prefix by itself, for ever: the one of its network at `tap`, which that network need
  /// not be told, or one at no_tap.
  void add_own(Ipv4Prefix prefix, std::uint32_t tap);
  /// Knows that what neighbours say of `prefix` does not count, and tells nobody of it.
  void set_aside(Ipv4Prefix prefix);

  /// A neighbour that tells of a route, on the network at `tap`.
  struct Neighbour {
    Ipv4Address address;
    std::uint32_t tap;

    friend bool operator==(const Neighbour&, const Neighbour&) = default;
  };
  /// Takes a valid entry of a response from `neighbour`. Datagrams would go to `via`: the
  /// neighbour, or another router of the same network that it names.
  void take(const RipEntry& heard, Neighbour neighbour, Ipv4Address via, Time now);

  /// Learns that the network at `tap` failed, which nothing is reached by any more, or came back.
  void set_link(std::uint32_t tap, bool is_up, Time now);

  /// When expire() has something to do at the earliest; end_of_time if never.
  Time next_expiry() const { return next_expiry_; }
  /// Gives up routes that nobody told of for too long.
  void expire(Time now);

  /// Whether the metric of a route changed since forget_changes().
  bool has_changes() const { return has_changes_; }
  void forget_changes();
  /// What the network at `tap` is told: all routes, or those that changed, by address.
  std::vector<RipEntry> told_at(std::uint32_t tap, SplitHorizon horizon, bool only_changes) const;

  /// The metric of exactly this prefix; infinity if it is not known.
  std::uint32_t metric_of(Ipv4Address address, std::uint32_t mask) const;
  /// The routes that neighbours told of and that hold, by address.
  std::vector<Route> learnt() const;
  /// Prefixes that can be reached, own ones included.
  std::size_t reachable() const { return reachable_; }

 private:
  enum class Kind : std::uint8_t { learnt, own, set_aside };
  struct Known {
    Kind kind = Kind::learnt;
    bool has_changed = false;
    std::uint8_t prefix_length = 0;
    std::uint16_t tag = 0;
    std::uint32_t metric = RipEntry::infinity;
    Neighbour from{};  // of own routes only the tap counts
    Ipv4Address via;
    Time expires = end_of_time;
    // Another neighbour with the same metric, until it may not be believed any more.
    Neighbour spare{};
    Ipv4Address spare_via;
    Time spare_expires = start_of_time;
  };
  // Address and mask in one number, so that they stand in the order of addresses.
  static std::uint64_t key_of(Ipv4Address address, std::uint32_t mask) {
    return std::uint64_t{address.value()} << 32 | mask;
  }
  static Ipv4Address address_of(std::uint64_t key) {
    return Ipv4Address{static_cast<std::uint32_t>(key >> 32)};
  }

  static Route route_of(std::uint64_t key, const Known& route) {
    return {address_of(key), route.prefix_length, {route.via, route.from.tap}, route.metric};
  }
  void adopt(std::uint64_t key, Known& route, const RipEntry& heard, Time now);
  void consider_spare(Known& route, std::uint32_t metric, Neighbour neighbour, Ipv4Address via,
                      Time now);
  bool take_spare(std::uint64_t key, Known& route, Time now);
  void lose(std::uint64_t key, Known& route, Time now);
  void give_up(std::uint64_t key, Known& route, Time now);
  void set_expiry(Known& route, Time at);
  void note_change(Known& route);

  Duration timeout_;
  Duration garbage_time_;
  Follower& follower_;
  std::map<std::uint64_t, Known> routes_;
  Time next_expiry_ = end_of_time;  // or earlier: it is not put off with every route
  bool has_changes_ = false;
  std::size_t reachable_ = 0;
};

}  // namespace elvis
