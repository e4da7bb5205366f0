// SPDX-License-Identifier: MIT
// The applications that NDL can name, one line each.
#pragma once

#include <span>

#include "elvis/graph/application.hpp"

namespace elvis {

/// All applications, in the order of the documentation.
std::span<const ApplicationKind> application_kinds();

}  // namespace elvis
