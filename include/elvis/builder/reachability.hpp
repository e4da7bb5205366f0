// SPDX-License-Identifier: MIT
// Whether datagrams would find their way, as far as that is known before a run.
#pragma once

#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// Warns of every application of `plan` that names a destination to which no route leads in
/// `world`, which was built from it; once for each section, with the first machine of those that it
/// stands for. At most the first 1,000 machines of a group are looked at, and
/// no more once there have been 1,000 warnings.
void warn_of_unreachable(const Plan& plan, World& world, ndl::Diagnostics& diagnostics);

}  // namespace elvis
