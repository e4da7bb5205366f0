// SPDX-License-Identifier: MIT
// PathGraph: who is next to whom, for whoever looks for shortest paths.
//
// Each router is a node, and so is a network with three attachments of routers or more; a network
// of two is an arc from either to the other. A host that needs more than a route to its gateway is
// a node too, one for neighbouring hosts with the same networks, where no path leads through. An
// arc from router to router has twice its network's cost, one to or from a network once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/route_list.hpp"

namespace elvis {

class PathGraph {
 public:
  using Node = std::uint32_t;
  static constexpr Node nobody = std::numeric_limits<Node>::max();

  /// A next hop by its place among those of a node, from 1, by interface and then by router; 0:
  /// there is none. Of a node that is a network: the place of an attachment, from 0.
  using Hop = std::uint32_t;
  static constexpr Hop no_hop = 0;

  /// A router's attachment to a network.
  struct Link {
    Node router;
    std::uint32_t tap;  ///< Among the router's.
    Ipv4Address address{};
  };
  struct Arc {
    std::uint64_t length;
    Node to;
    Hop back;  ///< The hop of `to` that leads over this arc to where it comes from.
  };

  /// The graph of `plan`. Without a world, which was built of it, attachments have no addresses.
  /// `holds_others` says of each network whether others are in its prefixes: its hosts need a route
  /// to these, as what they are attached to is nearer than the gateway for all the rest.
  PathGraph(const Plan& plan, const World* world, const std::vector<bool>& holds_others);

  Node routers() const { return routers_; }
  /// Those who look for ways: routers, then hosts.
  Node askers() const { return static_cast<Node>(first_tap_.size() - 1); }
  Node nodes() const { return static_cast<Node>(first_arc_.size() - 1); }
  std::uint32_t networks() const { return static_cast<std::uint32_t>(first_link_.size() - 1); }
  bool is_host(Node node) const { return node >= routers() && node < askers(); }
  bool is_network(Node node) const { return node >= askers(); }

  /// The arcs from a node, by its hops.
  std::span<const Arc> arcs(Node node) const {
    return std::span{arcs_}.subspan(first_arc_[node], first_arc_[node + 1] - first_arc_[node]);
  }
  std::size_t arc_count() const { return arcs_.size(); }
  /// The hop of `node` that the arc `place` among those from it leads over. That an arc to a
  /// network leads over is the first; of the place of the attachment to be added to it.
  Hop hop_of(Node node, std::size_t place) const { return hops_[first_arc_[node] + place]; }
  Hop most_hops() const { return most_hops_; }

  std::span<const Link> links_of(std::uint32_t network) const {
    return std::span{links_}.subspan(first_link_[network],
                                     first_link_[network + 1] - first_link_[network]);
  }
  bool is_attached(Node asker, std::uint32_t network) const;
  /// The attachment that `hop` of an asker leads to, and the asker's interface.
  std::pair<const Link&, std::uint32_t> step(Node asker, Hop hop) const;

  /// The networks of an asker, in the order of its interfaces.
  std::vector<std::uint32_t> networks_of(Node asker) const;
  /// As whom each machine of the plan asks; nobody if it needs no more than one route. Once.
  std::vector<Node> release_machines() { return std::exchange(askers_, {}); }
  /// The router that hosts on a network take for all the rest, if there is any.
  const Link* gateway_of(std::uint32_t network) const;
  /// Whether an asker is a host for which there is one hop only.
  bool has_one_hop(Node asker) const {
    return is_host(asker) && first_tap_[asker + 1] - first_tap_[asker] == 1 &&
           links_of(taps_[first_tap_[asker]].network).size() == 1;
  }

  std::size_t memory_bytes() const;

 private:
  struct TapOf {
    std::uint32_t network;
    Hop base;  // hops over taps before it
  };
  struct From {
    Node node;
    Hop hop;
    Arc arc;
  };

  void find_routers(const Plan& plan, const World* world);
  void find_hosts(const Plan& plan, const std::vector<bool>& holds_others);
  void count_hops();
  void find_arcs(const Plan& plan);
  void add_arcs(Node asker, const TapOf& tap, std::uint32_t tap_number, std::uint64_t cost,
                Node network_node, std::vector<From>& all) const;
  void sort_arcs(std::vector<From>& all, Node count);
  Hop hop_over(const Link& link, std::uint32_t place) const;

  Node routers_ = 0;
  Hop most_hops_ = 0;
  std::vector<Node> askers_;                 // by machine
  std::vector<TapOf> taps_;                  // by asker
  std::vector<std::uint32_t> first_tap_{0};  // in taps_
  std::vector<Link> links_;                  // by network
  std::vector<std::uint32_t> first_link_;    // in links_
  std::vector<Arc> arcs_;                    // by node they come from
  std::vector<Hop> hops_;                    // of these arcs
  std::vector<std::uint32_t> first_arc_;     // in arcs_
};

}  // namespace elvis
