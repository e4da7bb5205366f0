// SPDX-License-Identifier: MIT
// Which program this is.
#pragma once

#include <string_view>

namespace elvis::cli {

std::string_view version();  ///< For example "0.1.0".
std::string_view build();    ///< For example "release".

}  // namespace elvis::cli
