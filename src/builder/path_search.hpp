// SPDX-License-Identifier: MIT
// PathSearch: the shortest paths to a network, from one asker or from all, found by Dijkstra's
// algorithm. Of paths that are equally long each router takes the one over its earliest hop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "path_graph.hpp"

namespace elvis {

/// What waits for its turn, by distance: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990), as
/// distances never fall below the last one taken.
class WaitingNodes {
 public:
  struct Entry {
    std::uint64_t distance;
    PathGraph::Node node;
  };

  void clear();
  void add(Entry entry) { buckets_[bucket_of(entry.distance)].push_back(entry); }
  /// The nearest one, or null; valid until the next call.
  const Entry* first();
  void remove_first() { buckets_[0].pop_back(); }

 private:
  std::size_t bucket_of(std::uint64_t distance) const;

  std::array<std::vector<Entry>, 65> buckets_;
  std::uint64_t last_ = 0;
};

/// What one search after the other works with: one search at a time.
class PathSearch {
 public:
  using Node = PathGraph::Node;
  using Hop = PathGraph::Hop;
  struct Step {
    Node asker;
    Hop hop;
  };

  /// Refers to `graph`.
  explicit PathSearch(const PathGraph& graph);

  /// The hops on the way from `asker`, who is not attached to it, to `network`: its own first, then
  /// those of the routers on the way, `most` in all; the asker's no_hop if there is no way.
  const std::vector<Step>& path(Node asker, std::uint32_t network, std::size_t most);
  /// The hop of each asker to `network`, no_hop where there is no way or a router is attached. (A
  /// host that is attached has one.) Valid until the next call.
  const std::vector<Hop>& tree(std::uint32_t network);
  /// How many arcs the last search went along.
  std::size_t work() const { return ahead_.work + back_.work; }
  /// What a search of all of `graph` works with.
  static std::size_t bytes_for(const PathGraph& graph) {
    return graph.nodes() * (2 * sizeof(Label) + sizeof(Node) + sizeof(WaitingNodes::Entry)) +
           graph.askers() * sizeof(Hop);
  }

 private:
  static constexpr std::uint64_t far_away = std::numeric_limits<std::uint64_t>::max();

  struct Label {
    std::uint64_t distance = far_away;
    Hop hop = PathGraph::no_hop;  // towards the network
    bool is_on_way = false;
  };
  // The nodes around one end, as far as they are known.
  struct Side {
    std::vector<Label> labels;
    std::vector<Node> reached;
    WaitingNodes waiting;
    std::size_t work = 0;
    std::uint64_t nearest = 0;  // of those that wait; all that is nearer is settled

    void clear();
    bool reach(Node node, std::uint64_t distance, Hop hop);
    void look();
  };

  void start(std::uint32_t network);
  void meet(Node asker);
  void expand_back(Node asker);
  void expand_ahead();
  void consider(Node node);
  void mark_ways();
  bool is_settled_back(Node node) const {
    const std::uint64_t distance = back_.labels[node].distance;
    return distance != far_away && distance <= back_.nearest;
  }
  Hop hop_from(Node node) const;

  const PathGraph& graph_;
  Side ahead_;                         // around the asker
  Side back_;                          // around the network
  std::uint64_t shortest_ = far_away;  // path that was met
  std::vector<Step> path_;
  std::vector<Hop> tree_;
  std::vector<Node> stack_;
};

}  // namespace elvis
