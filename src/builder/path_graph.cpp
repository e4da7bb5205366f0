// SPDX-License-Identifier: MIT
#include "path_graph.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "elvis/ndl/values.hpp"
#include "elvis/util/assert.hpp"
#include "plan_addresses.hpp"

namespace elvis {

namespace {

constexpr PathGraph::Hop never = ~PathGraph::Hop{0};  // the hop of an arc that nobody takes

bool speaks_ipv4(const PlannedGroup& group) {
  return std::ranges::any_of(group.protocols, [](const PlannedProtocol& protocol) {
    return protocol.kind->id == ProtocolId::ipv4;
  });
}

// Whether a machine is one that sends on what is for others.
bool is_router(const PlannedGroup& group, std::uint32_t place, std::string& name) {
  for (const PlannedProtocol& protocol : group.protocols) {
    if (protocol.kind->id != ProtocolId::ipv4 || !protocol.section) continue;
    const auto argument = protocol.section->read("forwarding");
    if (!argument || argument->is_broken()) return false;
    ndl::Diagnostics unheard;  // who reads the settings has told of mistakes
    std::string buffer;
    if (argument->varies()) group.declaration.write_name(place, name);
    const auto text = argument->evaluate({.index = place, .name = name}, buffer, unheard);
    if (!text) return false;
    const auto answer = ndl::read_bool(*text);
    return answer && *answer;
  }
  return false;
}

std::uint64_t cost_of(const PlannedNetwork& network) {
  // One more for each network: of paths that take equally long, the one over fewer. What takes
  // more than five hours counts as that, so that no sum is too large.
  constexpr std::uint64_t most = std::uint64_t{1} << 44;
  return std::min(static_cast<std::uint64_t>(network.properties.least_latency().count()), most) + 1;
}

}  // namespace

PathGraph::PathGraph(const Plan& plan, const World* world, const std::vector<bool>& holds_others) {
  find_routers(plan, world);
  find_hosts(plan, holds_others);
  count_hops();
  find_arcs(plan);
}

void PathGraph::find_routers(const Plan& plan, const World* world) {
  struct Placed {
    std::uint32_t network;
    Link link;
  };
  std::vector<Placed> placed;
  askers_.assign(plan.machines, nobody);
  std::string name;
  for (const PlannedGroup& group : plan.groups) {
    for (std::uint32_t place = 0; place < group.count; ++place) {
      if (!is_router(group, place, name)) continue;
      const std::uint32_t machine = group.first + place;
      const auto attached = PlanAddresses::networks_of(group, place);
      for (std::uint32_t tap = 0; tap < attached.size(); ++tap) {
        Link link{.router = routers_, .tap = tap};
        if (world != nullptr) link.address = world->machine(machine).taps()[tap].address();
        placed.push_back({attached[tap], link});
        taps_.push_back({attached[tap], 0});
      }
      first_tap_.push_back(static_cast<std::uint32_t>(taps_.size()));
      askers_[machine] = routers_++;
    }
  }
  std::ranges::sort(placed, [](const Placed& a, const Placed& b) {
    return std::tie(a.network, a.link.router, a.link.tap) <
           std::tie(b.network, b.link.router, b.link.tap);
  });
  first_link_.assign(plan.networks.size() + 1, 0);
  links_.reserve(placed.size());
  for (const Placed& one : placed) {
    links_.push_back(one.link);
    ++first_link_[one.network + 1];
  }
  std::partial_sum(first_link_.begin(), first_link_.end(), first_link_.begin());
}

void PathGraph::find_hosts(const Plan& plan, const std::vector<bool>& holds_others) {
  const auto needs_one_route = [&](std::uint32_t network) {
    const std::size_t hops = links_of(network).size();
    return hops == 0 || (hops == 1 && !holds_others[network]);
  };
  std::span<const std::uint32_t> before;  // of the host that was met last
  for (const PlannedGroup& group : plan.groups) {
    if (!speaks_ipv4(group)) continue;
    for (const Stretch& stretch : group.stretches) {
      const auto attached = PlanAddresses::networks_of(group, stretch.place);
      if (attached.empty() || (attached.size() == 1 && needs_one_route(attached[0]))) continue;
      const std::uint32_t first = group.first + stretch.place;
      for (std::uint32_t machine = first; machine < first + stretch.count; ++machine) {
        if (askers_[machine] != nobody) continue;  // a router
        if (!std::ranges::equal(attached, before)) {
          for (const std::uint32_t network : attached) taps_.push_back({network, 0});
          first_tap_.push_back(static_cast<std::uint32_t>(taps_.size()));
          before = attached;
        }
        askers_[machine] = askers() - 1;
      }
    }
  }
}

void PathGraph::count_hops() {
  for (Node asker = 0; asker < askers(); ++asker) {
    Hop hops = 0;
    for (std::uint32_t i = first_tap_[asker]; i < first_tap_[asker + 1]; ++i) {
      taps_[i].base = hops;
      hops += static_cast<Hop>(links_of(taps_[i].network).size());
    }
    most_hops_ = std::max(most_hops_, hops);
  }
}

// The hop of a router that leads to attachment `place` of the network that `link` is on.
PathGraph::Hop PathGraph::hop_over(const Link& link, std::uint32_t place) const {
  return taps_[first_tap_[link.router] + link.tap].base + place + 1;
}

void PathGraph::find_arcs(const Plan& plan) {
  std::vector<From> all;
  Node count = askers();
  std::vector<Node> node_of(networks(), nobody);
  for (std::uint32_t network = 0; network < networks(); ++network) {
    if (links_of(network).size() >= 3) node_of[network] = count++;
  }
  for (Node asker = 0; asker < askers(); ++asker) {
    for (std::uint32_t i = first_tap_[asker]; i < first_tap_[asker + 1]; ++i) {
      const std::uint32_t network = taps_[i].network;
      add_arcs(asker, taps_[i], i - first_tap_[asker], cost_of(plan.networks[network]),
               node_of[network], all);
    }
  }
  sort_arcs(all, count);
}

void PathGraph::add_arcs(Node asker, const TapOf& tap, std::uint32_t tap_number, std::uint64_t cost,
                         Node network_node, std::vector<From>& all) const {
  const std::span<const Link> links = links_of(tap.network);
  // The asker's own attachment, if it is a router.
  const auto own = std::ranges::partition_point(links, [&](const Link& link) {
    return std::tie(link.router, link.tap) < std::tie(asker, tap_number);
  });
  const Hop own_place = asker < routers() ? static_cast<Hop>(own - links.begin()) : never;
  if (network_node != nobody) {
    all.push_back({asker, tap.base + 1, {cost, network_node, own_place}});
    all.push_back({network_node, own_place, {cost, asker, tap.base + 1}});
    return;
  }
  for (std::uint32_t place = 0; place < links.size(); ++place) {
    const Link& link = links[place];
    if (link.router == asker) continue;
    const Hop there = tap.base + place + 1;
    if (own_place == never) {
      all.push_back({asker, there, {2 * cost, link.router, never}});
      all.push_back({link.router, never, {2 * cost, asker, there}});
    } else {
      all.push_back({asker, there, {2 * cost, link.router, hop_over(link, own_place)}});
    }
  }
}

void PathGraph::sort_arcs(std::vector<From>& all, Node count) {
  std::ranges::sort(all, [](const From& a, const From& b) {
    return std::tie(a.node, a.hop, a.arc.to) < std::tie(b.node, b.hop, b.arc.to);
  });
  ELVIS_ASSERT(all.size() < std::numeric_limits<std::uint32_t>::max());
  first_arc_.assign(count + 1, 0);
  arcs_.reserve(all.size());
  hops_.reserve(all.size());
  for (const From& one : all) {
    ++first_arc_[one.node + 1];
    arcs_.push_back(one.arc);
    hops_.push_back(one.hop);
  }
  std::partial_sum(first_arc_.begin(), first_arc_.end(), first_arc_.begin());
}

bool PathGraph::is_attached(Node asker, std::uint32_t network) const {
  if (asker < routers()) {
    return std::ranges::binary_search(links_of(network), asker, {}, &Link::router);
  }
  const auto taps =
      std::span{taps_}.subspan(first_tap_[asker], first_tap_[asker + 1] - first_tap_[asker]);
  return std::ranges::find(taps, network, &TapOf::network) != taps.end();
}

std::pair<const PathGraph::Link&, std::uint32_t> PathGraph::step(Node asker, Hop hop) const {
  const auto first = taps_.begin() + first_tap_[asker];
  const auto end = taps_.begin() + first_tap_[asker + 1];
  const auto tap = std::prev(std::partition_point(
      first, end, [&](const TapOf& candidate) { return candidate.base < hop; }));
  return {links_of(tap->network)[hop - 1 - tap->base], static_cast<std::uint32_t>(tap - first)};
}

std::vector<std::uint32_t> PathGraph::networks_of(Node asker) const {
  std::vector<std::uint32_t> networks;
  for (std::uint32_t i = first_tap_[asker]; i < first_tap_[asker + 1]; ++i) {
    networks.push_back(taps_[i].network);
  }
  return networks;
}

const PathGraph::Link* PathGraph::gateway_of(std::uint32_t network) const {
  const std::span<const Link> links = links_of(network);
  return links.empty() ? nullptr : &links.front();
}

std::size_t PathGraph::memory_bytes() const {
  return askers_.capacity() * sizeof(Node) + taps_.capacity() * sizeof(TapOf) +
         links_.capacity() * sizeof(Link) + arcs_.capacity() * sizeof(Arc) +
         hops_.capacity() * sizeof(Hop) +
         (first_tap_.capacity() + first_link_.capacity() + first_arc_.capacity()) *
             sizeof(std::uint32_t);
}

}  // namespace elvis
