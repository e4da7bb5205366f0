// SPDX-License-Identifier: MIT
#include "shortest_paths.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "plan_addresses.hpp"

namespace elvis {

namespace {

constexpr std::uint64_t far_away = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

Ipv4* ipv4_of(const Machine& machine) {
  return static_cast<Ipv4*>(machine.find(ProtocolId::ipv4));
}

// A router's attachment to a network, seen from either.
struct Link {
  std::uint32_t router;
  std::uint32_t network;
  std::uint32_t tap;  // among the router's
};

// The first step of a path: out of a tap, to a router. 0 means that there is none.
using Hop = std::uint64_t;
constexpr Hop no_hop = 0;
Hop hop_over(std::uint32_t tap, Ipv4Address via) {
  return (std::uint64_t{tap} + 1) << 32 | via.value();
}

struct Destination {
  Ipv4Prefix prefix;
  std::uint32_t network;
};

// What waits for its turn, by distance: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990), as
// distances never fall below the last one taken.
class WaitingNetworks {
 public:
  struct Entry {
    std::uint64_t distance;
    std::uint32_t network;
  };

  void start() { last_ = 0; }
  void add(Entry entry) { buckets_[bucket_of(entry.distance)].push_back(entry); }
  std::optional<Entry> take() {
    if (buckets_[0].empty() && !refill()) return std::nullopt;
    const Entry entry = buckets_[0].back();
    buckets_[0].pop_back();
    return entry;
  }

 private:
  std::size_t bucket_of(std::uint64_t distance) const {
    return static_cast<std::size_t>(std::bit_width(distance ^ last_));
  }
  bool refill() {
    const auto lowest = std::find_if(buckets_.begin(), buckets_.end(),
                                     [](const auto& bucket) { return !bucket.empty(); });
    if (lowest == buckets_.end()) return false;
    last_ = std::min_element(lowest->begin(), lowest->end(), [](const Entry& a, const Entry& b) {
              return a.distance < b.distance;
            })->distance;
    for (const Entry& entry : *lowest) add(entry);  // into lower ones
    lowest->clear();
    return true;
  }

  std::array<std::vector<Entry>, 65> buckets_;
  std::uint64_t last_ = 0;
};

class PathFinder {
 public:
  PathFinder(const Plan& plan, World& world);

  void lay();

 private:
  void find_routers();
  void collect_destinations(const Plan& plan);
  void search(const Machine& from);
  void reach(std::uint32_t network, std::uint64_t distance, Hop hop);
  std::vector<Route> routes() const;
  Ipv4Address address_of(const Link& link) const {
    return world_.machine(routers_[link.router]).taps()[link.tap].address();
  }

  World& world_;
  std::vector<std::uint32_t> routers_;           // ids of machines
  std::vector<std::uint32_t> number_;            // of each machine among the routers, or nobody
  std::vector<Link> links_;                      // by network
  std::vector<std::uint32_t> first_of_network_;  // in links_
  std::vector<std::uint32_t> networks_;          // by router
  std::vector<std::uint32_t> first_of_router_;   // in networks_
  std::vector<std::uint64_t> cost_;              // of networks
  std::vector<Destination> destinations_;        // by prefix
  // Of the present search.
  std::vector<std::uint64_t> distance_;    // of networks
  std::vector<Hop> hop_;                   // to networks; no_hop if attached or unreachable
  std::vector<std::uint8_t> is_expanded_;  // routers
  std::vector<std::uint8_t> is_attached_;  // networks
  WaitingNetworks queue_;
};

PathFinder::PathFinder(const Plan& plan, World& world) : world_{world} {
  find_routers();
  collect_destinations(plan);
}

void PathFinder::find_routers() {
  number_.assign(world_.machine_count(), nobody);
  for (std::uint32_t id = 0; id < world_.machine_count(); ++id) {
    const Machine& machine = world_.machine(id);
    const Ipv4* const ipv4 = ipv4_of(machine);
    if (ipv4 == nullptr || !ipv4->is_router()) continue;
    const auto number = static_cast<std::uint32_t>(routers_.size());
    number_[id] = number;
    routers_.push_back(id);
    first_of_router_.push_back(static_cast<std::uint32_t>(networks_.size()));
    for (std::uint32_t tap = 0; tap < machine.taps().size(); ++tap) {
      links_.push_back({number, machine.taps()[tap].network().index(), tap});
      networks_.push_back(links_.back().network);
    }
  }
  first_of_router_.push_back(static_cast<std::uint32_t>(networks_.size()));
  for (std::size_t i = 0; i < world_.network_count(); ++i) {
    // One more for each network: of paths that take equally long, the one over fewer.
    cost_.push_back(static_cast<std::uint64_t>(world_.network(i).lookahead().count()) + 1);
  }
  std::sort(links_.begin(), links_.end(), [](const Link& a, const Link& b) {
    return std::tie(a.network, a.router, a.tap) < std::tie(b.network, b.router, b.tap);
  });
  first_of_network_.assign(world_.network_count() + 1, 0);
  for (const Link& link : links_) ++first_of_network_[link.network + 1];
  for (std::size_t i = 1; i < first_of_network_.size(); ++i) {
    first_of_network_[i] += first_of_network_[i - 1];
  }
}

// The prefixes of a network, and of its machines' addresses that no prefix has.
void PathFinder::collect_destinations(const Plan& plan) {
  const PlanAddresses addresses{plan};
  for (std::uint32_t i = 0; i < world_.network_count(); ++i) {
    const auto prefixes = world_.prefixes_of(world_.network(i));
    for (const Ipv4Prefix& prefix : prefixes) destinations_.push_back({prefix, i});
    for (const ndl::AddressRange& range : addresses.ranges(i)) {
      for (std::uint64_t at = range.first; at <= range.last;) {
        const Ipv4Address address{static_cast<std::uint32_t>(at)};
        const auto known = std::find_if(prefixes.begin(), prefixes.end(),
                                        [&](const Ipv4Prefix& one) { return one.holds(address); });
        if (known != prefixes.end()) {
          at = (std::uint64_t{known->address.value()} | ~known->mask()) + 1;
          continue;
        }
        // The largest aligned block that begins here and does not end behind the range.
        int bits = at == 0 ? 32 : std::countr_zero(at);
        while (bits > 0 && at + (std::uint64_t{1} << bits) - 1 > range.last) --bits;
        destinations_.push_back({{address, static_cast<std::uint8_t>(32 - bits)}, i});
        at += std::uint64_t{1} << bits;
      }
    }
  }
  std::sort(destinations_.begin(), destinations_.end(),
            [](const Destination& a, const Destination& b) {
              return a.prefix != b.prefix ? a.prefix < b.prefix : a.network < b.network;
            });
}

void PathFinder::reach(std::uint32_t network, std::uint64_t distance, Hop hop) {
  if (distance >= distance_[network]) return;
  distance_[network] = distance;
  hop_[network] = hop;
  queue_.add({distance, network});
}

// Dijkstra over the networks: a router takes a datagram from one that it is attached to to all
// others.
void PathFinder::search(const Machine& from) {
  distance_.assign(world_.network_count(), far_away);
  hop_.assign(world_.network_count(), no_hop);
  is_expanded_.assign(routers_.size(), 0);
  is_attached_.assign(world_.network_count(), 0);
  queue_.start();
  for (std::uint32_t tap = 0; tap < from.taps().size(); ++tap) {
    const std::uint32_t network = from.taps()[tap].network().index();
    is_attached_[network] = 1;
    reach(network, cost_[network], no_hop);
  }
  if (number_[from.id()] != nobody) is_expanded_[number_[from.id()]] = 1;
  while (const auto next = queue_.take()) {
    const auto [distance, network] = *next;
    if (distance != distance_[network]) continue;
    for (std::uint32_t i = first_of_network_[network]; i < first_of_network_[network + 1]; ++i) {
      const Link& link = links_[i];
      if (std::exchange(is_expanded_[link.router], 1) != 0) continue;
      Hop hop = hop_[network];
      if (is_attached_[network] != 0) {
        std::uint32_t tap = 0;
        while (from.taps()[tap].network().index() != network) ++tap;
        hop = hop_over(tap, address_of(link));
      }
      for (std::uint32_t k = first_of_router_[link.router]; k < first_of_router_[link.router + 1];
           ++k) {
        reach(networks_[k], distance + cost_[networks_[k]], hop);
      }
    }
  }
}

// The routes that the last search found. Halves of a prefix that are reached the same way join.
std::vector<Route> PathFinder::routes() const {
  struct Part {
    Ipv4Prefix prefix;
    Hop hop;
  };
  std::vector<Part> parts;
  for (const Destination& one : destinations_) {
    if (is_attached_[one.network] != 0 || hop_[one.network] == no_hop) continue;
    const Hop hop = hop_[one.network];
    if (!parts.empty() && parts.back().prefix == one.prefix) continue;  // the first network wins
    parts.push_back({one.prefix, hop});
    while (parts.size() >= 2) {
      const Part& left = parts[parts.size() - 2];
      const Part& right = parts.back();
      if (left.prefix.length != right.prefix.length || left.hop != right.hop) break;
      const auto length = static_cast<std::uint8_t>(left.prefix.length - 1);
      const Ipv4Prefix joined{left.prefix.address, length};
      if ((left.prefix.address.value() & ~joined.mask()) != 0 ||
          !joined.holds(right.prefix.address)) {
        break;
      }
      parts.pop_back();
      parts.back().prefix = joined;
    }
  }
  std::vector<Route> routes;
  routes.reserve(parts.size());
  for (const Part& part : parts) {
    const auto tap = static_cast<std::uint32_t>((part.hop >> 32) - 1);
    routes.push_back({part.prefix.address,
                      part.prefix.length,
                      {Ipv4Address{static_cast<std::uint32_t>(part.hop)}, tap},
                      0});
  }
  return routes;
}

void PathFinder::lay() {
  const Machine* before = nullptr;  // the host that was searched from last
  std::vector<Route> found;
  const auto is_alike = [&](const Machine& machine) {
    return before != nullptr &&
           std::equal(machine.taps().begin(), machine.taps().end(), before->taps().begin(),
                      before->taps().end(),
                      [](const Tap& a, const Tap& b) { return &a.network() == &b.network(); });
  };
  for (std::uint32_t id = 0; id < world_.machine_count(); ++id) {
    Machine& machine = world_.machine(id);
    Ipv4* const ipv4 = ipv4_of(machine);
    if (ipv4 == nullptr || machine.taps().empty()) continue;
    const bool is_host = number_[id] == nobody;
    if (!is_host || !is_alike(machine)) {
      const std::uint32_t only = machine.taps().front().network().index();
      const std::uint32_t routers = first_of_network_[only + 1] - first_of_network_[only];
      if (is_host && machine.taps().size() == 1 && routers <= 1) {
        found.clear();
        if (routers == 1) {
          found.push_back({{}, 0, {address_of(links_[first_of_network_[only]]), 0}, 0});
        }
      } else {
        search(machine);
        found = routes();
      }
      if (is_host) before = &machine;
    }
    ipv4->add_routes(found);
  }
}

}  // namespace

void lay_shortest_paths(const Plan& plan, World& world) {
  PathFinder{plan, world}.lay();
}

}  // namespace elvis
