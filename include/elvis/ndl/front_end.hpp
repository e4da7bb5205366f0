// SPDX-License-Identifier: MIT
// The front end: from a file's text to its Description.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"

namespace elvis::ndl {

/// A parameter's value from outside: `--set name=value`.
struct Setting {
  std::string name;
  std::string value;
};

/// Reads the scenario `path` with all it includes. Mistakes go to `diagnostics`. What comes back
/// beside errors is good for finding more of them, not for running; nothing comes back if the file
/// cannot be read at all or is hopeless (Diagnostics::wants_more).
std::optional<Description> read_description(SourceSet& sources, std::string_view path,
                                            std::span<const Setting> settings,
                                            Diagnostics& diagnostics);

}  // namespace elvis::ndl
