// SPDX-License-Identifier: MIT
// Arena: memory for what is built once and lives until the end, side by side.
#pragma once

#include <cstddef>
#include <vector>

namespace elvis {

/// Hands out memory in order of asking; frees all of it at once. Runs no destructors.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Aligned to a cache line at most.
  void* allocate(std::size_t bytes, std::size_t alignment);

 private:
  struct Block {
    std::byte* begin;
    std::size_t bytes;
    bool is_mapped;
  };

  void add_block(std::size_t least);

  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace elvis
