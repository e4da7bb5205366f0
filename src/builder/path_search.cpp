// SPDX-License-Identifier: MIT
#include "path_search.hpp"

#include <algorithm>
#include <bit>

#include "elvis/util/assert.hpp"

namespace elvis {

// ===== WaitingNodes =====

void WaitingNodes::clear() {
  for (auto& bucket : buckets_) bucket.clear();
  last_ = 0;
}

std::size_t WaitingNodes::bucket_of(std::uint64_t distance) const {
  return static_cast<std::size_t>(std::bit_width(distance ^ last_));
}

const WaitingNodes::Entry* WaitingNodes::first() {
  if (buckets_[0].empty()) {
    const auto lowest =
        std::ranges::find_if(buckets_, [](const auto& one) { return !one.empty(); });
    if (lowest == buckets_.end()) return nullptr;
    last_ = std::ranges::min(*lowest, {}, &Entry::distance).distance;
    for (const Entry& entry : *lowest) add(entry);  // into lower ones
    lowest->clear();
  }
  return &buckets_[0].back();
}

// ===== Side =====

void PathSearch::Side::clear() {
  for (const Node node : reached) labels[node] = {};
  reached.clear();
  waiting.clear();
  work = 0;
  nearest = 0;
}

// Returns whether the node is nearer than it was known to be.
bool PathSearch::Side::reach(Node node, std::uint64_t distance, Hop hop) {
  Label& known = labels[node];
  if (distance > known.distance) return false;
  if (distance == known.distance) {
    known.hop = std::min(known.hop, hop);
    return false;
  }
  if (known.distance == far_away) reached.push_back(node);
  known.distance = distance;
  known.hop = hop;
  waiting.add({distance, node});
  return true;
}

// Looks who is next.
void PathSearch::Side::look() {
  for (;;) {
    const auto* const next = waiting.first();
    nearest = next == nullptr ? far_away : next->distance;
    if (next == nullptr || labels[next->node].distance == nearest) return;
    waiting.remove_first();  // it was reached by a shorter way since
  }
}

// ===== PathSearch =====

PathSearch::PathSearch(const PathGraph& graph) : graph_{graph} {
  ahead_.labels.resize(graph.nodes());
  back_.labels.resize(graph.nodes());
}

void PathSearch::start(std::uint32_t network) {
  ahead_.clear();
  back_.clear();
  for (const PathGraph::Link& link : graph_.links_of(network)) {
    back_.reach(link.router, 0, PathGraph::no_hop);
  }
  back_.look();
}

// One node further from the network. Paths lead to hosts, but not through them; `asker` is the only
// one of interest, nobody if all are.
void PathSearch::expand_back(Node asker) {
  const Node node = back_.waiting.first()->node;
  back_.waiting.remove_first();
  const Label label = back_.labels[node];
  if (!graph_.is_host(node)) {
    const Hop place = graph_.is_network(node) ? label.hop : 0;
    const auto arcs = graph_.arcs(node);
    back_.work += arcs.size();
    for (const PathGraph::Arc& arc : arcs) {
      if (graph_.is_host(arc.to) && asker != PathGraph::nobody && arc.to != asker) continue;
      if (back_.reach(arc.to, label.distance + arc.length, arc.back + place)) consider(arc.to);
    }
  }
  back_.look();
}

void PathSearch::expand_ahead() {
  const Node node = ahead_.waiting.first()->node;
  ahead_.waiting.remove_first();
  const std::uint64_t distance = ahead_.labels[node].distance;
  const auto arcs = graph_.arcs(node);
  ahead_.work += arcs.size();
  for (const PathGraph::Arc& arc : arcs) {
    if (graph_.is_host(arc.to)) continue;
    if (ahead_.reach(arc.to, distance + arc.length, PathGraph::no_hop)) consider(arc.to);
  }
  ahead_.look();
}

// Whether a path leads over a node that either side has reached.
void PathSearch::consider(Node node) {
  const std::uint64_t ahead = ahead_.labels[node].distance;
  const std::uint64_t back = back_.labels[node].distance;
  if (ahead != far_away && back != far_away) shortest_ = std::min(shortest_, ahead + back);
}

// Both ends take turns until no shorter path can be met. On each shortest path there is a node then
// that both have reached: the one behind the last that is settled ahead.
void PathSearch::meet(Node asker) {
  shortest_ = far_away;
  ahead_.reach(asker, 0, PathGraph::no_hop);
  consider(asker);
  ahead_.look();
  while (ahead_.nearest != far_away && back_.nearest != far_away &&
         (shortest_ == far_away || ahead_.nearest + back_.nearest < shortest_)) {
    if (ahead_.work < back_.work) {
      expand_ahead();
    } else {
      expand_back(asker);
    }
  }
}

// Marks the nodes on shortest paths as far as the network's side has not settled them.
void PathSearch::mark_ways() {
  stack_.clear();
  const auto mark = [&](Node node) {
    Label& label = ahead_.labels[node];
    if (label.is_on_way) return;
    label.is_on_way = true;
    stack_.push_back(node);
  };
  for (const Node node : ahead_.reached) {
    const std::uint64_t back = back_.labels[node].distance;
    if (back != far_away && ahead_.labels[node].distance + back == shortest_) mark(node);
  }
  while (!stack_.empty()) {
    const Node node = stack_.back();
    stack_.pop_back();
    for (const PathGraph::Arc& arc : graph_.arcs(node)) {
      const Label& before = ahead_.labels[arc.to];
      if (before.distance == far_away) continue;
      if (before.distance + arc.length == ahead_.labels[node].distance) mark(arc.to);
    }
  }
}

// The earliest hop of a node on shortest paths.
PathSearch::Hop PathSearch::hop_from(Node node) const {
  if (is_settled_back(node)) return back_.labels[node].hop;
  const auto arcs = graph_.arcs(node);
  for (std::size_t place = 0; place < arcs.size(); ++place) {
    const Label& next = ahead_.labels[arcs[place].to];
    if (!next.is_on_way) continue;
    if (next.distance != ahead_.labels[node].distance + arcs[place].length) continue;
    const Hop hop = graph_.hop_of(node, place);
    return graph_.is_network(arcs[place].to) ? hop + hop_from(arcs[place].to) : hop;
  }
  ELVIS_UNREACHABLE();
}

const std::vector<PathSearch::Step>& PathSearch::path(Node asker, std::uint32_t network,
                                                      std::size_t most) {
  start(network);
  meet(asker);
  path_.clear();
  if (shortest_ == far_away) {
    path_.push_back({asker, PathGraph::no_hop});
    return path_;
  }
  mark_ways();
  for (Node node = asker; path_.size() < most && back_.labels[node].distance != 0;) {
    path_.push_back({node, hop_from(node)});
    node = graph_.step(node, path_.back().hop).first.router;
  }
  return path_;
}

const std::vector<PathSearch::Hop>& PathSearch::tree(std::uint32_t network) {
  start(network);
  while (back_.nearest != far_away) expand_back(PathGraph::nobody);
  tree_.resize(graph_.askers());
  for (Node asker = 0; asker < graph_.askers(); ++asker) tree_[asker] = back_.labels[asker].hop;
  return tree_;
}

}  // namespace elvis
