// SPDX-License-Identifier: MIT
// What a description says, as text that tests compare.
#pragma once

#include <string>

#include "elvis/ndl/front_end.hpp"

namespace elvis::ndl {

/// Everything that `description` holds: networks, groups with their first two machines' values,
/// parameters.
std::string dump(const Description& description);

/// Reads `text` as the file `test.ndl` that can include nothing, and returns the dump or, if there
/// are diagnostics, those.
std::string outcome(const std::string& text);

}  // namespace elvis::ndl
