// SPDX-License-Identifier: MIT
// Asking for memory before it is touched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace elvis {

/// Asks for the cache lines from the one `first` lines behind `memory` to the one `last` behind it,
/// whether or not anything is there: an address that is never followed is only a number.
inline void prefetch_lines(const void* memory, int first, int last) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  for (int line = first; line <= last; ++line) {
    const auto offset = static_cast<std::uintptr_t>(std::int64_t{line} * 64);
    __builtin_prefetch(reinterpret_cast<const void*>(address + offset));
  }
}

/// Asks for the first and the last of `bytes` bytes: a line, or two that follow each other.
inline void prefetch_bytes(const void* memory, std::size_t bytes) {
  const auto* const first = static_cast<const char*>(memory);
  __builtin_prefetch(first);
  __builtin_prefetch(first + (bytes < 64 ? bytes : 64) - 1);
}

}  // namespace elvis
