// SPDX-License-Identifier: MIT
// What the plug-in brings, for programs that have its sources in them.
#pragma once

#include <elvis/graph/kinds.hpp>
#include <span>

namespace parcel {

std::span<const elvis::ProtocolKind> protocols();
std::span<const elvis::ApplicationKind> applications();

}  // namespace parcel
