// SPDX-License-Identifier: MIT
#include "elvis/wire/chunk.hpp"

#include <algorithm>

#include "elvis/util/assert.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {

Chunk* Chunk::make_at_least(std::size_t capacity) {
  ELVIS_ASSERT(capacity <= UINT32_MAX);
  if (sizeof(Chunk) + capacity <= pool::largest) {
    const std::size_t block = (sizeof(Chunk) + capacity + pool::step - 1) & ~(pool::step - 1);
    capacity = block - sizeof(Chunk);
  }
  return make(static_cast<std::uint32_t>(capacity));
}

Chunk* Chunk::make_constant(std::span<const std::uint8_t> bytes) {
  ELVIS_ASSERT(bytes.size() <= UINT32_MAX);
  void* const memory = pool::allocate(sizeof(Chunk) + bytes.size());
  auto* const chunk = new (memory) Chunk{static_cast<std::uint32_t>(bytes.size()), true};
  std::ranges::copy(bytes, chunk->bytes());
  chunk->constant_sum_ = fold_sum(elvis::partial_sum(bytes.data(), bytes.size()));
  return chunk;
}

Chunk& Chunk::zeros() {
  constexpr std::uint32_t capacity = 65'536;
  alignas(Chunk) constinit static std::uint8_t memory[sizeof(Chunk) + capacity]{};
  static Chunk* const chunk = new (memory) Chunk{capacity, true};
  return *chunk;
}

void Chunk::destroy_constant(Chunk* chunk) noexcept {
  ELVIS_ASSERT(chunk->is_constant_);
  chunk->destroy();
}

}  // namespace elvis
