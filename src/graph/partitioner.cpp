// SPDX-License-Identifier: MIT
#include "partitioner.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "elvis/graph/world.hpp"

namespace elvis {

namespace {

// Windows shorter than this hold too little work to be shared.
constexpr Duration shortest_window = std::chrono::microseconds{1};

// Machines that must stay together (union-find, with the smallest member as the root).
class Clusters {
 public:
  explicit Clusters(std::size_t machines) : parent_(machines) {
    std::iota(parent_.begin(), parent_.end(), 0U);
  }
  std::uint32_t root(std::uint32_t machine) {
    while (parent_[machine] != machine) {
      parent_[machine] = parent_[parent_[machine]];
      machine = parent_[machine];
    }
    return machine;
  }
  void join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::uint32_t> parent_;
};

// The clusters that arise when no network faster than `threshold` may be cut.
Clusters clusters_for(const World& world, Duration threshold) {
  Clusters clusters{world.machine_count()};
  for (std::size_t n = 0; n < world.network_count(); ++n) {
    const Network& network = world.network(n);
    if (network.lookahead() >= threshold) continue;
    for (std::size_t i = 1; i < network.tap_count(); ++i) {
      clusters.join(network.tap(0).machine().id(), network.tap(i).machine().id());
    }
  }
  return clusters;
}

// The size of the largest cluster.
std::size_t largest(Clusters& clusters, std::size_t machines) {
  std::vector<std::uint32_t> sizes(machines);
  std::uint32_t most = 0;
  for (std::uint32_t i = 0; i < machines; ++i) most = std::max(most, ++sizes[clusters.root(i)]);
  return most;
}

// Completes a plan that says where each machine is.
PartitionPlan with_latencies(PartitionPlan plan, const World& world) {
  plan.windows.assign(plan.partitions, Duration::max());
  for (std::size_t n = 0; n < world.network_count(); ++n) {
    const Network& network = world.network(n);
    if (network.tap_count() == 0) continue;
    const auto partition_of = [&](std::size_t tap) {
      return plan.partition_of[network.tap(tap).machine().id()];
    };
    const std::uint32_t first = partition_of(0);
    for (std::size_t i = 0; i < network.tap_count(); ++i) {
      const std::uint32_t partition = partition_of(i);
      plan.windows[partition] = std::min(plan.windows[partition], network.lookahead());
      if (partition != first) plan.lookahead = std::min(plan.lookahead, network.lookahead());
    }
  }
  for (Duration& window : plan.windows) {
    if (window == Duration::max()) window = Duration{0};
  }
  return plan;
}

}  // namespace

PartitionPlan plan_partitions(const World& world, std::size_t wanted, bool is_forced) {
  const std::size_t machines = world.machine_count();
  PartitionPlan plan;
  plan.partition_of.assign(machines, 0);
  if (wanted <= 1 || machines < 2) return with_latencies(std::move(plan), world);

  // The largest threshold that still leaves clusters small enough to balance.
  std::vector<Duration> thresholds{Duration::max()};
  for (std::size_t n = 0; n < world.network_count(); ++n) {
    thresholds.push_back(world.network(n).lookahead());
  }
  std::sort(thresholds.begin(), thresholds.end());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  const std::size_t largest_allowed = std::max<std::size_t>(machines * 5 / (wanted * 4), 1);
  const auto too_coarse =
      std::partition_point(thresholds.begin(), thresholds.end(), [&](Duration threshold) {
        Clusters clusters = clusters_for(world, threshold);
        return largest(clusters, machines) <= largest_allowed;
      });
  const Duration threshold = too_coarse == thresholds.begin() ? thresholds.front() : too_coarse[-1];
  if (threshold < shortest_window && !is_forced) {
    return with_latencies(std::move(plan), world);
  }

  // Clusters go to partitions in the scenario's order, so that neighbours stay neighbours.
  Clusters clusters = clusters_for(world, threshold);
  std::vector<std::uint32_t> sizes(machines);
  for (std::uint32_t i = 0; i < machines; ++i) ++sizes[clusters.root(i)];
  std::size_t placed = 0;
  for (std::uint32_t i = 0; i < machines; ++i) {
    const std::uint32_t root = clusters.root(i);
    if (root == i) {
      plan.partition_of[i] = static_cast<std::uint32_t>(placed * wanted / machines);
      placed += sizes[i];
    } else {
      plan.partition_of[i] = plan.partition_of[root];
    }
  }
  plan.partitions = wanted;
  return with_latencies(std::move(plan), world);
}

}  // namespace elvis
