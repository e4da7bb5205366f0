// SPDX-License-Identifier: MIT
// Quantities in the units that people read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "elvis/util/units.hpp"

namespace elvis {

/// "2 ns", "1.5 ms", "12.345 s", "2.5 h"
std::string human_duration(Duration duration);
/// The same for a span of wall time.
std::string human_seconds(double seconds);

/// "812 B", "12.3 kB", "1.6 TB"; powers of ten.
std::string human_size(std::uint64_t bytes);

/// "12,345,678"
std::string human_count(std::uint64_t count);
/// "1 frame", "12,345 frames"
std::string human_count(std::uint64_t count, std::string_view noun);

/// "950", "12.3 k", "4.5 M"
std::string human_rate(double per_second);

}  // namespace elvis
