// SPDX-License-Identifier: MIT
#include "elvis/util/arena.hpp"

#include <algorithm>
#include <cstdint>

namespace elvis {

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  const auto misaligned = reinterpret_cast<std::uintptr_t>(next_) % alignment;
  const std::size_t padding = misaligned == 0 ? 0 : alignment - misaligned;
  if (bytes + padding > left_) {
    const std::size_t size = std::max(block_bytes_, bytes + alignment);
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    block_bytes_ = std::min<std::size_t>(block_bytes_ * 2, 1024 * 1024);
    next_ = blocks_.back().get();
    left_ = size;
    return allocate(bytes, alignment);
  }
  void* const taken = next_ + padding;
  next_ += padding + bytes;
  left_ -= padding + bytes;
  return taken;
}

}  // namespace elvis
