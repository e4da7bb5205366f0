// SPDX-License-Identifier: MIT
// What a machine has of IPv4 beyond the least: routes, fragments, what it learnt of paths.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/reassembly.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/pool.hpp"
#include "tap_index.hpp"

namespace elvis {

/// Unfinished datagrams and the time that they have.
struct Ipv4::Fragments : Timer {
  explicit Fragments(Ipv4& owner)
      : Timer{[](Timer& self) { static_cast<Fragments&>(self).ipv4.expire_fragments(); }},
        ipv4{owner} {}

  static constexpr ReassemblyLimits limits{};

  Ipv4& ipv4;
  Reassembly reassembly{limits};
};

struct Ipv4::State : Pooled {
  struct PathMtu {
    Ipv4Address remote;
    std::uint32_t mtu;
    Time until;  // then a longer datagram is tried again (RFC 1191, 6.3)
  };
  struct Membership {
    Ipv4Address group;
    Tap* tap;
    std::uint32_t uses;  // joins without a leave
  };
  // A way that forwarding found. A datagram that is not longer than `mtu` needs nothing but new
  // link addresses; 0 if there is more to it: an address to be asked for, several machines.
  struct Onward {
    Ipv4Address destination;
    std::uint16_t generation = 0;
    std::uint16_t mtu = 0;
    Way way;
  };
  static_assert(sizeof(Onward) == 32, "two in a cache line");

  /// The way of datagrams for others to `destination`, if one was found in this generation and is
  /// still kept.
  const Onward* onward_to(Ipv4Address destination, std::uint16_t generation) const {
    if (onward.empty()) return nullptr;
    const Onward& slot = onward[slot_of(destination)];
    return slot.destination == destination && slot.generation == generation ? &slot : nullptr;
  }
  /// Keeps a way, in the place of another one perhaps. There are more places if that happens often.
  const Onward& keep(const Onward& found);

  RouteTable routes;
  std::unique_ptr<const TapIndex> taps;  // of machines with very many, once it is asked
  std::optional<std::bitset<256>> own;   // see ForwardPath
  std::vector<PathMtu> path_mtus;
  std::vector<Membership> memberships;
  std::unique_ptr<Fragments> fragments;
  std::vector<Onward> onward;  // 2^k places, by some bits of the destination; or none
  std::uint32_t displaced = 0;
  std::uint64_t forwarded = 0;
  bool is_router = false;
  bool forwards_broadcasts = false;

 private:
  static constexpr std::size_t least_places = 16;
  static constexpr std::size_t most_places = 8'192;

  std::size_t slot_of(Ipv4Address destination) const {
    const std::uint64_t hash = destination.value() * std::uint64_t{0x9e37'79b9};
    return (hash & 0xffff'ffff) * onward.size() >> 32;
  }
};

}  // namespace elvis
