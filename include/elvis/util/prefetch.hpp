// SPDX-License-Identifier: MIT
// Asking for memory before it is touched.
#pragma once

#include <cstddef>
#include <cstdint>

namespace elvis {

/// Asks for the cache line that is `lines` behind the one of `memory`, whether or not anything is
/// there: an address that is never followed is only a number.
inline void prefetch_line(const void* memory, std::ptrdiff_t lines = 0) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  __builtin_prefetch(
      reinterpret_cast<const void*>(address + static_cast<std::uintptr_t>(lines) * 64));
}

/// Asks for the cache line that is `bytes` bytes behind `memory`, to write to it: no other core
/// will have it then. Stores to memory that another core has read would wait for that core.
inline void prefetch_to_write(const void* memory, std::ptrdiff_t bytes) {
  const auto address =
      reinterpret_cast<std::uintptr_t>(memory) + static_cast<std::uintptr_t>(bytes);
#if defined(__x86_64__)
  // The builtin makes this instruction only for processors that are known to have it; others, which
  // are old, take it for none.
  asm volatile("prefetchw %0" : : "m"(*reinterpret_cast<const char*>(address)));
#else
  __builtin_prefetch(reinterpret_cast<const void*>(address), 1);
#endif
}

/// Asks for the first and the last of `bytes` bytes: a line, or two that follow each other.
inline void prefetch_bytes(const void* memory, std::size_t bytes) {
  const auto* const first = static_cast<const char*>(memory);
  __builtin_prefetch(first);
  __builtin_prefetch(first + (bytes < 64 ? bytes : 64) - 1);
}

}  // namespace elvis
