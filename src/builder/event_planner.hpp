// SPDX-License-Identifier: MIT
// What changes while a scenario runs: its `[Event]` sections.
#pragma once

#include "elvis/builder/plan.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

/// Adds to the plan's networks what they change to, and to the plan which machines are switched.
void plan_events(const ndl::Description& description, Plan& plan, ndl::Diagnostics& diagnostics);

}  // namespace elvis
