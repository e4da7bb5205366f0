// SPDX-License-Identifier: MIT
// The summary of a run for people: one screen of text.
#pragma once

#include <string>
#include <string_view>

#include "elvis/report/report.hpp"

namespace elvis {

struct SummaryStyle {
  bool has_colour = false;  ///< ANSI colours.
  /// Makes a name from a scenario fit to be printed, without bytes that steer a terminal.
  std::string (*printable)(std::string_view text);
};

std::string summary(const Report& report, const SummaryStyle& style);

/// "machine `x`, whose applications are capture and forward".
std::string description_of(const Culprit& culprit, const SummaryStyle& style);

}  // namespace elvis
