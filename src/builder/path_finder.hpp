// SPDX-License-Identifier: MIT
// PathFinder: routes by shortest paths, found when somebody asks for them.
//
// What is found is kept for all, by network: the hops of those on the paths, and once as much has
// been searched as all of the graph, the hops of everybody. So a network that nobody sends to costs
// nothing, and one that everybody sends to is searched twice at most.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "elvis/protocols/route_finder.hpp"
#include "path_graph.hpp"
#include "path_search.hpp"

namespace elvis {

/// A prefix, and the network that it is on.
struct PathDestination {
  Ipv4Prefix prefix;
  std::uint32_t network;
};

/// May be asked by several threads at a time: what has been found is published whole, nothing of it
/// changes, and what two find at the same time is the same.
class PathFinder final : public RouteFinder {
 public:
  /// `destinations` are sorted by prefix.
  PathFinder(PathGraph graph, const std::vector<PathDestination>& destinations);
  ~PathFinder() override;

  const SharedPrefixes& prefixes() const override { return *prefixes_; }
  std::optional<NextHop> hop(std::uint32_t asker, std::uint32_t number) const override;

  const PathGraph& graph() const { return graph_; }
  /// What it takes at present, searches that are under way not included.
  std::size_t memory_bytes() const;
  /// What it takes before it is asked, and what one search works with.
  std::size_t least_bytes() const;
  /// What a path of so many hops takes that has been found.
  static std::size_t bytes_for_path(std::size_t hops);
  /// What the hops of everybody take.
  std::size_t bytes_for_tree() const { return std::size_t{graph_.askers()} * width_; }

 private:
  class Known;

  PathGraph::Hop hop_to(std::uint32_t asker, std::uint32_t network) const;
  PathGraph::Hop search(std::uint32_t asker, std::uint32_t network) const;
  void keep(std::uint32_t network, const PathSearch& search,
            const std::vector<PathSearch::Step>& path) const;
  void publish(std::uint32_t network, Known* known, Known* instead) const;
  std::unique_ptr<PathSearch> take_search() const;
  void give_back(std::unique_ptr<PathSearch> search) const;

  PathGraph graph_;
  std::unique_ptr<const SharedPrefixes> prefixes_;
  std::vector<std::uint32_t> networks_;             // by prefix
  std::vector<std::uint32_t> first_network_;        // in networks_
  std::size_t width_ = 1;                           // of a hop, in bytes
  mutable std::vector<std::atomic<Known*>> known_;  // by network
  mutable std::array<std::atomic<PathSearch*>, 8> idle_{};
};

}  // namespace elvis
