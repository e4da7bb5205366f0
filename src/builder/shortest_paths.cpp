// SPDX-License-Identifier: MIT
#include "shortest_paths.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "path_finder.hpp"
#include "path_graph.hpp"
#include "path_search.hpp"
#include "plan_addresses.hpp"

namespace elvis {

namespace {

using Node = PathGraph::Node;
using Hop = PathGraph::Hop;

// Ways are looked for when they are needed if there are so many prefixes, or so many pairs of a
// prefix and who wants a route to it.
constexpr std::size_t many_prefixes = 1'024;
constexpr std::uint64_t many_routes = std::uint64_t{1} << 20;

// What tables take that lookups and forwarding add to, where there is not much traffic.
constexpr std::uint64_t bytes_of_one_route = 320;
constexpr std::uint64_t bytes_of_ways = 2'048;

// `askers` are the machines'. Hosts that need little more than their gateway are counted one by
// one, as each has a table.
bool are_many(const PathGraph& graph, const std::vector<Node>& askers, std::size_t prefixes) {
  std::uint64_t wanting = graph.askers();
  for (const Node asker : askers) {
    if (asker != PathGraph::nobody && graph.has_one_hop(asker)) ++wanting;
  }
  return prefixes >= many_prefixes || prefixes * wanting >= many_routes;
}

// The prefixes of networks, and of their machines' addresses that no prefix has.
std::vector<PathDestination> destinations_of(const Plan& plan) {
  const PlanAddresses addresses{plan};
  std::vector<PathDestination> all;
  for (std::uint32_t i = 0; i < plan.networks.size(); ++i) {
    const std::vector<Ipv4Prefix> prefixes = prefixes_of(plan.networks[i]);
    for (const Ipv4Prefix& prefix : prefixes) all.push_back({prefix, i});
    for (const ndl::AddressRange& range : addresses.ranges(i)) {
      for (std::uint64_t at = range.first; at <= range.last;) {
        const Ipv4Address address{static_cast<std::uint32_t>(at)};
        const auto known = std::ranges::find_if(
            prefixes, [&](const Ipv4Prefix& one) { return one.holds(address); });
        if (known != prefixes.end()) {
          at = (std::uint64_t{known->address.value()} | ~known->mask()) + 1;
          continue;
        }
        // The largest aligned block that begins here and does not end behind the range.
        int bits = at == 0 ? 32 : std::countr_zero(at);
        while (bits > 0 && at + (std::uint64_t{1} << bits) - 1 > range.last) --bits;
        all.push_back({{address, static_cast<std::uint8_t>(32 - bits)}, i});
        at += std::uint64_t{1} << bits;
      }
    }
  }
  std::ranges::sort(all, [](const PathDestination& a, const PathDestination& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.network < b.network;
  });
  return all;
}

// Of each network, whether longer prefixes are in those of its own.
std::vector<bool> holders(const Plan& plan, const std::vector<PathDestination>& destinations) {
  std::vector<bool> all(plan.networks.size());
  bool is_around = false;
  // What a prefix holds comes right behind it, and behind others that are the same.
  for (std::size_t i = destinations.size(); i-- > 1;) {
    const Ipv4Prefix& prefix = destinations[i - 1].prefix;
    const Ipv4Prefix& next = destinations[i].prefix;
    if (prefix != next) is_around = prefix.holds(next.address);
    all[destinations[i - 1].network] = all[destinations[i - 1].network] || is_around;
  }
  return all;
}

// ===== Routes: tables of few routes, each machine's its own =====

class Routes {
 public:
  Routes(const PathGraph& graph, const std::vector<PathDestination>& destinations);

  /// Halves of a prefix that are reached the same way are joined, unless it is among `taken`: those
  /// that the asker has routes to already, sorted.
  std::vector<Route> of(Node asker, std::span<const Ipv4Prefix> taken) const;

 private:
  struct Part {
    Ipv4Prefix prefix;
    Hop hop;
  };

  std::vector<Part> parts_of(Node asker, std::span<const Ipv4Prefix> taken) const;
  static void join_last(std::vector<Part>& parts, std::span<const Ipv4Prefix> taken);

  const PathGraph& graph_;
  const std::vector<PathDestination>& destinations_;
  std::vector<std::vector<Hop>> hops_;  // by network and asker
};

Routes::Routes(const PathGraph& graph, const std::vector<PathDestination>& destinations)
    : graph_{graph}, destinations_{destinations}, hops_(graph.networks()) {
  PathSearch search{graph};
  for (const PathDestination& one : destinations) {
    if (hops_[one.network].empty()) hops_[one.network] = search.tree(one.network);
  }
}

std::vector<Routes::Part> Routes::parts_of(Node asker, std::span<const Ipv4Prefix> taken) const {
  std::vector<Part> parts;
  // Where all goes to one router, only what is in a prefix at hand needs a route besides that.
  const bool has_one_hop = graph_.has_one_hop(asker);
  if (has_one_hop) parts.push_back({{}, 1});
  const Ipv4Prefix* last = nullptr;  // that has a part; it may have been joined
  const Ipv4Prefix* own = nullptr;   // the outermost at hand that was met last
  for (const PathDestination& one : destinations_) {
    const bool is_inside = own != nullptr && own->holds(one.prefix.address);
    if (graph_.is_attached(asker, one.network)) {
      if (!is_inside) own = &one.prefix;
      continue;
    }
    const Hop hop = hops_[one.network][asker];
    if (hop == PathGraph::no_hop || (has_one_hop && !is_inside)) continue;
    if (last != nullptr && *last == one.prefix) continue;  // the first network wins
    last = &one.prefix;
    parts.push_back({one.prefix, hop});
    join_last(parts, taken);
  }
  return parts;
}

void Routes::join_last(std::vector<Part>& parts, std::span<const Ipv4Prefix> taken) {
  while (parts.size() >= 2) {
    const Part& left = parts[parts.size() - 2];
    const Part& right = parts.back();
    if (left.prefix.length == 0 || left.prefix.length != right.prefix.length) return;
    if (left.hop != right.hop) return;
    const auto length = static_cast<std::uint8_t>(left.prefix.length - 1);
    const Ipv4Prefix joined{left.prefix.address, length};
    if ((left.prefix.address.value() & ~joined.mask()) != 0 ||
        !joined.holds(right.prefix.address) || std::ranges::binary_search(taken, joined)) {
      return;
    }
    parts.pop_back();
    parts.back().prefix = joined;
    // Nothing is left of the whole for a route of its own.
    if (parts.size() >= 2 && parts[parts.size() - 2].prefix == joined) {
      parts.erase(parts.end() - 2);
    }
  }
}

std::vector<Route> Routes::of(Node asker, std::span<const Ipv4Prefix> taken) const {
  const std::vector<Part> parts = parts_of(asker, taken);
  std::vector<Route> routes;
  routes.reserve(parts.size());
  for (const Part& part : parts) {
    const auto [link, tap] = graph_.step(asker, part.hop);
    routes.push_back({part.prefix.address, part.prefix.length, {link.address, tap}, 0});
  }
  return routes;
}

std::vector<Ipv4Prefix> connected(const Plan& plan, std::span<const std::uint32_t> networks) {
  std::vector<Ipv4Prefix> all;
  for (const std::uint32_t network : networks) {
    for (const Ipv4Prefix& prefix : prefixes_of(plan.networks[network])) all.push_back(prefix);
  }
  std::ranges::sort(all);
  return all;
}

std::vector<Ipv4Prefix> prefixes_in(const RouteTable& table) {
  std::vector<Ipv4Prefix> all;
  for (const Route& route : table.own_routes()) {
    all.push_back({route.destination, route.prefix_length});
  }
  return all;
}

// ===== What routes will take =====

// Those of a few machines stand for all.
std::uint64_t expected_table_bytes(const Plan& plan, const PathGraph& graph, const Routes& routes) {
  constexpr std::size_t most_tables = 16;
  const std::size_t count = std::min<std::size_t>(graph.askers(), most_tables);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto asker = static_cast<Node>(i * graph.askers() / count);
    const std::vector<Ipv4Prefix> taken = connected(plan, graph.networks_of(asker));
    RouteTable table;
    table.assign(routes.of(asker, taken));
    for (const Ipv4Prefix& prefix : taken) table.insert({prefix.address, prefix.length, {}, 0});
    sum += table.memory_bytes();
  }
  return count == 0 ? 0 : sum / count;
}

// How many networks have machines that are no routers: what is sent goes there.
std::uint64_t networks_with_hosts(const Plan& plan, const PathGraph& graph,
                                  const std::vector<Node>& askers) {
  std::vector<bool> has_hosts(plan.networks.size());
  for (const PlannedGroup& group : plan.groups) {
    for (const Stretch& stretch : group.stretches) {
      if (askers[group.first + stretch.place] < graph.routers()) continue;
      for (const std::uint32_t network : PlanAddresses::networks_of(group, stretch.place)) {
        has_hosts[network] = true;
      }
    }
  }
  return static_cast<std::uint64_t>(std::ranges::count(has_hosts, true));
}

// A few paths stand for all: one for each application that says where it sends to, and one back.
std::uint64_t expected_path_bytes(const Plan& plan, const PathFinder& finder,
                                  std::uint64_t destinations) {
  constexpr std::size_t most_paths = 16;
  constexpr std::size_t most_hops = 64;  // where datagrams end
  const PathGraph& graph = finder.graph();
  std::uint64_t senders = 0;
  for (const PlannedGroup& group : plan.groups) {
    for (const PlannedApplication& one : group.applications) {
      if (one.section.find("to")) senders += group.count;
    }
  }
  const std::size_t count = std::min<std::size_t>(graph.askers(), most_paths);
  if (count == 0) return 0;
  std::uint64_t sum = 0;
  PathSearch search{graph};
  for (std::size_t i = 0; i < count; ++i) {
    const auto from = static_cast<Node>(i * graph.askers() / count);
    const Node to = (from + graph.askers() / 2) % graph.askers();
    for (const std::uint32_t network : graph.networks_of(to)) {
      if (graph.is_attached(from, network)) continue;
      sum += PathFinder::bytes_for_path(search.path(from, network, most_hops).size());
      break;
    }
  }
  const std::uint64_t most = destinations * std::uint64_t{finder.bytes_for_tree()};
  return std::min(2 * senders * (sum / count), most);
}

}  // namespace

void lay_shortest_paths(const Plan& plan, World& world) {
  const std::vector<PathDestination> destinations = destinations_of(plan);
  PathGraph graph{plan, &world, holders(plan, destinations)};
  const std::vector<Node> askers = graph.release_machines();
  const bool is_large = are_many(graph, askers, destinations.size());
  std::shared_ptr<const PathFinder> finder;
  std::unique_ptr<Routes> routes;
  if (is_large) {
    finder = std::make_shared<const PathFinder>(std::move(graph), destinations);
  } else {
    routes = std::make_unique<Routes>(graph, destinations);
  }
  const PathGraph& known = is_large ? finder->graph() : graph;
  std::vector<Route> own;         // of the asker that was met last
  std::vector<Ipv4Prefix> taken;  // by what it had
  Node last = PathGraph::nobody;
  for (const PlannedGroup& group : plan.groups) {
    for (std::uint32_t place = 0; place < group.count; ++place) {
      const std::uint32_t machine = group.first + place;
      auto* const ipv4 = static_cast<Ipv4*>(world.machine(machine).find(ProtocolId::ipv4));
      const auto attached = PlanAddresses::networks_of(group, place);
      if (ipv4 == nullptr || attached.empty()) continue;
      const Node asker = askers[machine];
      if (asker == PathGraph::nobody || (is_large && known.has_one_hop(asker))) {
        const PathGraph::Link* const gateway = known.gateway_of(attached[0]);
        if (gateway != nullptr) ipv4->add_routes({{{{}, 0, {gateway->address, 0}, 0}}});
      }
      if (asker == PathGraph::nobody) continue;
      if (is_large) {
        ipv4->share_routes(finder, asker);
        continue;
      }
      // A table is made, with what is connected, when the first route comes.
      const RouteTable* const table = ipv4->routes();
      auto has = table == nullptr ? connected(plan, attached) : prefixes_in(*table);
      if (asker != last || has != taken) own = routes->of(asker, has);
      last = asker;
      taken = std::move(has);
      ipv4->add_routes(own);
    }
  }
}

std::uint64_t expected_shortest_paths_bytes(const Plan& plan) {
  const std::vector<PathDestination> destinations = destinations_of(plan);
  PathGraph graph{plan, nullptr, holders(plan, destinations)};
  std::uint64_t needy = 0;    // machines that need more than one route
  std::uint64_t routers = 0;  // of them; hosts send on nothing, so they remember no ways
  const std::vector<Node> askers = graph.release_machines();
  for (const Node asker : askers) {
    needy += asker == PathGraph::nobody ? 0 : 1;
    routers += asker < graph.routers() ? 1 : 0;
  }
  const std::uint64_t bytes =
      (plan.machines - routers) * bytes_of_one_route + routers * bytes_of_ways;
  if (!are_many(graph, askers, destinations.size())) {
    return bytes + needy * expected_table_bytes(plan, graph, Routes{graph, destinations});
  }
  const std::uint64_t with_hosts = networks_with_hosts(plan, graph, askers);
  const PathFinder finder{std::move(graph), destinations};
  return bytes + finder.least_bytes() + expected_path_bytes(plan, finder, with_hosts);
}

}  // namespace elvis
