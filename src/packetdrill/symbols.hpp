// SPDX-License-Identifier: MIT
// The constants of system calls that scripts name, with the values that they have on Linux.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "elvis/util/result.hpp"
#include "script.hpp"

namespace elvis::packetdrill {

/// The value of `name`, or nothing if scripts have no such constant here.
std::optional<std::int64_t> symbol_value(std::string_view name);
/// The value of a number, a constant, or several of them joined by `|`.
std::optional<std::int64_t> value_of(const Expression& expression);
/// What scripts call an error: `ECONNREFUSED`.
std::string_view errno_name(boost::system::error_code error);

}  // namespace elvis::packetdrill
