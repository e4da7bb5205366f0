// SPDX-License-Identifier: MIT
// From a plan to a world that is ready to run.
#pragma once

#include <memory>

#include "elvis/builder/plan.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// Builds what `plan` says. The world does not refer to the plan or its description afterwards.
std::unique_ptr<World> build(const Plan& plan, const WorldOptions& options = {});

}  // namespace elvis
