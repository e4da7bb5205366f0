// SPDX-License-Identifier: MIT
// What stands for a file that is read from standard input.
#pragma once

#include <optional>
#include <string>

#include "console.hpp"
#include "elvis/ndl/source.hpp"

namespace elvis::cli {

/// The name under which `sources` have `file`: the same, or for "-" another one, under which all
/// that standard input gives is put there. Null, with a complaint, if that cannot be read.
std::optional<std::string> name_in(ndl::SourceSet& sources, const std::string& file,
                                   Console& console);

}  // namespace elvis::cli
