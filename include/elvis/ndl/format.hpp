// SPDX-License-Identifier: MIT
// The canonical layout of NDL text (`elvis fmt`).
#pragma once

#include <optional>
#include <string>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"

namespace elvis::ndl {

/// The columns a line may have before its section is continued on the next one.
inline constexpr unsigned format_width = 100;

/// The text of `file` in canonical layout: four spaces a level, one section a line, one blank
/// between arguments, comments kept. Nothing if the text has syntax errors, which are reported.
/// What the text means does not change, and formatting the result again changes nothing.
std::optional<std::string> format_text(const SourceSet& sources, FileId file,
                                       Diagnostics& diagnostics);

}  // namespace elvis::ndl
