// SPDX-License-Identifier: MIT
// `routing='static-shortest-path'`: every machine's routes, worked out before the run.
#pragma once

#include <cstdint>

#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// Gives each machine with IPv4 routes to all networks, by the paths of least latency between
/// routers, of fewer routers among equals. Prefixes that lie side by side and are reached the same
/// way become one route, unless there are so many that tables share them. Routes that a machine has
/// already are kept. What is found does not depend on the number of threads.
void lay_shortest_paths(const Plan& plan, World& world, unsigned threads);

/// What these routes will take, worked out from those of a few machines. The plan's addresses have
/// been given out.
std::uint64_t expected_shortest_paths_bytes(const Plan& plan);

}  // namespace elvis
