// SPDX-License-Identifier: MIT
// Measured latencies from a CSV file, for `latency='empirical(file.csv)'`.
#pragma once

#include <string_view>
#include <vector>

#include "elvis/graph/latency_model.hpp"
#include "elvis/ndl/values.hpp"

namespace elvis {

/// The samples of a text in which each line is a time and perhaps its weight, a whole number:
///
///     latency,weight
///     10ms,60
///     12.5ms,40
///
/// A first line without a time is a heading. Blank lines and lines that begin with `#` mean
/// nothing; blanks around values, and quotes, are allowed. A complaint names its line and is a
/// clause: "has no time in line 3: …".
ndl::Reading<std::vector<EmpiricalLatency::Sample>> read_latency_csv(std::string_view text);

}  // namespace elvis
