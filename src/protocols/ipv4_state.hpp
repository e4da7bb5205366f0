// SPDX-License-Identifier: MIT
// What a machine has of IPv4 beyond the least: routes, fragments, what it learnt of paths.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/reassembly.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/pool.hpp"

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
  // A way that forwarding found, by some bits of the destination.
  struct Onward {
    Ipv4Address destination;
    std::uint16_t generation = 0;
    Way way;
  };
  static constexpr std::size_t onward_slots = 64;

  RouteTable routes;
  std::vector<PathMtu> path_mtus;
  std::unique_ptr<Fragments> fragments;
  std::unique_ptr<std::array<Onward, onward_slots>> onward;
  std::uint64_t forwarded = 0;
  bool is_router = false;
};

}  // namespace elvis
