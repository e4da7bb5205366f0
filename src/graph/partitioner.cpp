// SPDX-License-Identifier: MIT
#include "partitioner.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "elvis/graph/world.hpp"
#include "traffic.hpp"

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

// The sums of `work` of the clusters, at their roots.
std::vector<std::uint64_t> work_of(Clusters& clusters, const Traffic& traffic) {
  std::vector<std::uint64_t> sums(traffic.work.size());
  for (std::uint32_t i = 0; i < sums.size(); ++i) sums[clusters.root(i)] += traffic.work[i];
  return sums;
}

// The largest threshold that still leaves clusters small enough to balance.
Duration coarsest_threshold(const World& world, const Traffic& traffic, std::uint64_t allowed) {
  std::vector<Duration> thresholds{Duration::max()};
  for (std::size_t n = 0; n < world.network_count(); ++n) {
    thresholds.push_back(world.network(n).lookahead());
  }
  std::sort(thresholds.begin(), thresholds.end());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  const auto too_coarse =
      std::partition_point(thresholds.begin(), thresholds.end(), [&](Duration threshold) {
        Clusters clusters = clusters_for(world, threshold);
        return std::ranges::max(work_of(clusters, traffic)) <= allowed;
      });
  return too_coarse == thresholds.begin() ? thresholds.front() : too_coarse[-1];
}

// Who is coupled with whom: clusters by flows and by small networks between them.
class Neighbours {
 public:
  Neighbours(const World& world, const Traffic& traffic, Clusters& clusters)
      : first_(traffic.work.size() + 1) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    const auto couple = [&](std::uint32_t a, std::uint32_t b) {
      a = clusters.root(a);
      b = clusters.root(b);
      if (a != b) pairs.emplace_back(a, b);
    };
    for (const auto& [from, to] : traffic.flows) couple(from, to);
    for (std::size_t n = 0; n < world.network_count(); ++n) {
      const Network& network = world.network(n);
      if (network.tap_count() > small_network) continue;
      for (std::size_t i = 1; i < network.tap_count(); ++i) {
        couple(network.tap(i - 1).machine().id(), network.tap(i).machine().id());
      }
    }
    for (const auto& [a, b] : pairs) {
      ++first_[a];
      ++first_[b];
    }
    std::uint32_t sum = 0;
    for (std::uint32_t& count : first_) count = sum += count;
    others_.resize(sum);
    for (std::size_t i = pairs.size(); i > 0; --i) {  // backward, so that each list is in order
      const auto& [a, b] = pairs[i - 1];
      others_[--first_[a]] = b;
      others_[--first_[b]] = a;
    }
  }
  std::span<const std::uint32_t> of(std::uint32_t cluster) const {
    return {others_.data() + first_[cluster], others_.data() + first_[cluster + 1]};
  }

 private:
  static constexpr std::size_t small_network = 8;
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> others_;
};

// Gives each cluster a partition: the heavy ones first, each to the partition with least work; then
// the others, neighbours after neighbours, filling one partition after the other.
void place(const World& world, const Traffic& traffic, Clusters& clusters, std::size_t partitions,
           std::vector<std::uint32_t>& partition_of) {
  constexpr std::uint32_t unplaced = ~std::uint32_t{0};
  const std::vector<std::uint64_t> work = work_of(clusters, traffic);
  const std::uint64_t total = std::accumulate(work.begin(), work.end(), std::uint64_t{0});
  const std::uint64_t heavy = total / (partitions * 8) + 1;
  std::vector<std::uint64_t> loads(partitions);
  partition_of.assign(work.size(), unplaced);

  std::vector<std::uint32_t> heavies;
  for (std::uint32_t i = 0; i < work.size(); ++i) {
    if (work[i] >= heavy) heavies.push_back(i);
  }
  std::ranges::sort(heavies, [&](std::uint32_t left, std::uint32_t right) {
    return work[left] != work[right] ? work[left] > work[right] : left < right;
  });
  for (const std::uint32_t i : heavies) {
    const auto least = std::ranges::min_element(loads);
    *least += work[i];
    partition_of[i] = static_cast<std::uint32_t>(least - loads.begin());
  }

  const Neighbours neighbours{world, traffic, clusters};
  std::uint32_t partition = 0;
  std::vector<std::uint32_t> queue;
  const auto put = [&](std::uint32_t i) {
    if (work[i] == 0 || partition_of[i] != unplaced) return;  // no root, or placed already
    while (partition + 1 < partitions && (loads[partition] + work[i] / 2) * partitions > total) {
      ++partition;
    }
    loads[partition] += work[i];
    partition_of[i] = partition;
    queue.push_back(i);
  };
  for (std::uint32_t i = 0; i < work.size(); ++i) {
    queue.clear();
    put(i);
    for (std::size_t next = 0; next < queue.size(); ++next) {
      for (const std::uint32_t other : neighbours.of(queue[next])) put(other);
    }
  }
  for (std::uint32_t i = 0; i < work.size(); ++i) partition_of[i] = partition_of[clusters.root(i)];
}

// What it takes to get a message from another thread's cache: as much as to send one. Measured with
// hubs.
constexpr std::uint64_t crossing_work = 5;

// A division whose busiest partition does more than this of all work is hardly better than none.
constexpr std::uint64_t worthwhile(std::uint64_t total) {
  return total / 8 * 7;
}

// The least that the partition of the machine that most others talk to must do: what that machine
// does, and either what its senders do or what it takes that they are elsewhere.
std::uint64_t work_around_hub(const Traffic& traffic) {
  std::vector<std::uint32_t> senders(traffic.work.size());
  for (const auto& [from, to] : traffic.flows) ++senders[to];
  const auto hub = static_cast<std::uint32_t>(std::ranges::max_element(senders) - senders.begin());
  std::uint64_t sum = traffic.work[hub];
  for (const auto& [from, to] : traffic.flows) {
    if (to == hub) sum += std::min<std::uint64_t>(traffic.work[from], crossing_work);
  }
  return sum;
}

// What the busiest partition does by this plan, with the messages from others.
std::uint64_t most_work(const Traffic& traffic, const PartitionPlan& plan, std::size_t partitions) {
  std::vector<std::uint64_t> loads(partitions);
  for (std::size_t i = 0; i < traffic.work.size(); ++i) {
    loads[plan.partition_of[i]] += traffic.work[i];
  }
  for (const auto& [from, to] : traffic.flows) {
    if (plan.partition_of[from] != plan.partition_of[to]) {
      loads[plan.partition_of[to]] += crossing_work;
    }
  }
  return std::ranges::max(loads);
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

Duration PartitionPlan::united_window() const {
  Duration smallest = Duration::max();
  for (const Duration window : windows) {
    if (window != Duration{0}) smallest = std::min(smallest, window);
  }
  return smallest == Duration::max() ? Duration{0} : smallest;
}

PartitionPlan plan_partitions(const World& world, std::size_t wanted, bool is_forced) {
  const std::size_t machines = world.machine_count();
  PartitionPlan plan;
  plan.partition_of.assign(machines, 0);
  if (wanted <= 1 || machines < 2) return with_latencies(std::move(plan), world);

  const Traffic traffic = expected_traffic(world);
  const std::uint64_t total =
      std::accumulate(traffic.work.begin(), traffic.work.end(), std::uint64_t{0});
  if (work_around_hub(traffic) > worthwhile(total) && !is_forced) {
    return with_latencies(std::move(plan), world);
  }
  const std::uint64_t even = total * 5 / (wanted * 4);
  const std::uint64_t allowed = std::max<std::uint64_t>(even, std::ranges::max(traffic.work));
  const Duration threshold = coarsest_threshold(world, traffic, allowed);
  if (threshold < shortest_window && !is_forced) return with_latencies(std::move(plan), world);

  Clusters clusters = clusters_for(world, threshold);
  place(world, traffic, clusters, wanted, plan.partition_of);
  if (most_work(traffic, plan, wanted) > worthwhile(total) && !is_forced) {
    plan.partition_of.assign(machines, 0);
  } else {
    plan.partitions = wanted;
  }
  return with_latencies(std::move(plan), world);
}

}  // namespace elvis
