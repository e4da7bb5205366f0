// SPDX-License-Identifier: MIT
// The JSON report, schema elvis.report/1.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "elvis/report/report.hpp"

namespace elvis {

/// Takes the next piece of a text; false if it could not, and no more is wanted.
using TextSink = std::function<bool(std::string_view)>;

/// Writes `report` piece by piece, so that a long one is never in memory as a whole. The text is
/// ASCII: what steers a terminal is escaped. False if `sink` gave up.
bool write_json(const Report& report, const TextSink& sink);

/// The same as one string.
std::string to_json(const Report& report);

}  // namespace elvis
