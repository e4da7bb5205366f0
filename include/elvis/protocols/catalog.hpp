// SPDX-License-Identifier: MIT
// The protocols that NDL can name, one line each.
#pragma once

#include <span>
#include <string_view>

#include "elvis/graph/protocol_kind.hpp"

namespace elvis {

/// All protocols that are built, those below first.
std::span<const ProtocolKind> protocol_kinds();

/// Names that the language knows but that are not built yet.
std::span<const std::string_view> planned_protocols();

}  // namespace elvis
