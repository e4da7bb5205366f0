// SPDX-License-Identifier: MIT
// Arena: memory for what is built once and lives until the end, side by side.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace elvis {

/// Hands out memory in order of asking; frees all of it at once. Runs no destructors.
class Arena {
 public:
  void* allocate(std::size_t bytes, std::size_t alignment);

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t block_bytes_ = 16 * 1024;  // doubles up to 1 MiB
};

}  // namespace elvis
