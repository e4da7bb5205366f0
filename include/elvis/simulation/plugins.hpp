// SPDX-License-Identifier: MIT
// Loading of plug-ins, elvis/plugin.hpp.
#pragma once

#include <string>

#include "elvis/builder/catalog.hpp"

namespace elvis {

/// Loads the plug-in `path` and adds what it brings to `catalog`. A name without a slash means a
/// file of the present folder if there is one, else what the system's loader finds. Returns what is
/// wrong, for people, beginning with the path; or nothing. What was loaded stays loaded. The
/// program that calls this exports its symbols (CMake: ENABLE_EXPORTS).
std::string load_plugin(const std::string& path, ExtendedCatalog& catalog);

}  // namespace elvis
