// SPDX-License-Identifier: MIT
#include "elvis/util/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <new>

#include "elvis/util/huge_pages.hpp"

namespace elvis {

namespace {

constexpr std::size_t first_block = std::size_t{16} << 10;
constexpr std::align_val_t cache_line{64};

}  // namespace

Arena::~Arena() {
  for (const Block& block : blocks_) {
    if (block.is_mapped) {
      HugePages::unmap(block.begin, block.bytes);
    } else {
      ::operator delete(block.begin, cache_line);
    }
  }
}

void* Arena::allocate(std::size_t bytes, std::size_t alignment) {
  std::size_t padding = (0 - reinterpret_cast<std::uintptr_t>(next_)) % alignment;
  if (bytes + padding > left_) {
    add_block(bytes);
    padding = 0;
  }
  void* const taken = next_ + padding;
  next_ += padding + bytes;
  left_ -= padding + bytes;
  return taken;
}

// Each block is twice as large as the one before, up to one huge page, unless one piece needs more.
void Arena::add_block(std::size_t least) {
  std::size_t bytes = blocks_.empty() ? first_block : blocks_.back().bytes * 2;
  bytes = std::max(std::min(bytes, HugePages::page), least);
  void* memory = bytes == HugePages::page ? HugePages::map(bytes) : nullptr;
  const bool is_mapped = memory != nullptr;
  if (!is_mapped) memory = ::operator new(bytes, cache_line);
  next_ = static_cast<std::byte*>(memory);
  left_ = bytes;
  blocks_.push_back({next_, bytes, is_mapped});
}

}  // namespace elvis
