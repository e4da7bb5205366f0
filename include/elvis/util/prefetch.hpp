// SPDX-License-Identifier: MIT
// Asking for memory before it is touched.
#pragma once

#include <cstdint>

namespace elvis {

/// Asks for the cache lines from the one `first` lines behind `memory` to the one `last` behind it,
/// whether or not anything is there: an address that is never followed is only a number.
inline void prefetch_lines(const void* memory, int first, int last) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  for (int line = first; line <= last; ++line) {
    const auto offset = static_cast<std::uintptr_t>(line * 64);
    __builtin_prefetch(reinterpret_cast<const void*>(address + offset));
  }
}

}  // namespace elvis
