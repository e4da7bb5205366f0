// SPDX-License-Identifier: MIT
// Which machines run together: cuts the world where latencies are large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "elvis/util/units.hpp"

namespace elvis {

class World;

struct PartitionPlan {
  std::vector<std::uint32_t> partition_of;  ///< By machine.
  std::size_t partitions = 1;
  Duration lookahead = Duration::max();  ///< Smallest latency between two partitions.
  std::vector<Duration> windows;         ///< By partition: the smallest latency in or across it.
                                         ///< 0: it has no network.
  /// The smallest latency of all, or 0 if there is no network.
  Duration united_window() const;
};

/// Divides the machines of `world` into up to `wanted` partitions of about equal size. Machines
/// joined by the smallest latencies stay together. Unless `is_forced`, a division that would leave
/// windows too short to be worth it is not made.
PartitionPlan plan_partitions(const World& world, std::size_t wanted, bool is_forced);

}  // namespace elvis
