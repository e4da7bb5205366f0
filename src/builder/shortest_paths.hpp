// SPDX-License-Identifier: MIT
// `routing='static-shortest-path'`: every machine's routes, as its networks are before the run.
#pragma once

#include <cstdint>

#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// Gives each machine with IPv4 routes to all networks, by the paths of least latency between
/// routers, of fewer routers among equals. Prefixes that lie side by side and are reached the same
/// way become one route, unless there are so many that each way is looked for when it is needed
/// first. A host with one router gets a route to it for all the rest, and others only to what is in
/// a prefix that it is attached to. Routes that a machine has already are kept, and no others are
/// joined into them.
void lay_shortest_paths(const Plan& plan, World& world);

/// What these routes will take at the end of a run. The plan's addresses have been given out.
std::uint64_t expected_shortest_paths_bytes(const Plan& plan);

}  // namespace elvis
