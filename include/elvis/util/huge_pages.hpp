// SPDX-License-Identifier: MIT
// HugePages: large pieces of memory that the processor finds its way in with few page tables.
#pragma once

#include <cstddef>

namespace elvis {

/// Memory straight from the system, aligned to a huge page and best backed by huge ones: what a
/// large world touches lies all over its memory, and translating addresses takes its time.
class HugePages {
 public:
  static constexpr std::size_t page = std::size_t{2} << 20;

  /// `bytes` bytes, a multiple of `page`. Null if the system has none, and under sanitizers, which
  /// should see each piece of memory.
  static void* map(std::size_t bytes) noexcept;
  static void unmap(void* memory, std::size_t bytes) noexcept;
};

}  // namespace elvis
