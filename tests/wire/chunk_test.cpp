// SPDX-License-Identifier: MIT
#include "elvis/wire/chunk.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include "elvis/wire/checksum.hpp"

namespace elvis {
namespace {

constexpr std::array<std::uint8_t, 5> text{'h', 'e', 'l', 'l', 'o'};

TEST(ChunkTest, LivesAsLongAsItHasHolders) {
  const std::size_t live_before = pool::live_blocks();
  Chunk* const chunk = Chunk::make(5);
  std::memcpy(chunk->bytes(), text.data(), text.size());
  EXPECT_EQ(chunk->capacity(), 5U);
  EXPECT_TRUE(chunk->is_unshared());
  chunk->retain();
  EXPECT_FALSE(chunk->is_unshared());
  chunk->release();
  EXPECT_TRUE(chunk->is_unshared());
  EXPECT_EQ(pool::live_blocks(), live_before + 1);
  chunk->release();
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(ChunkTest, FillsItsBlockOfThePool) {
  for (const std::size_t capacity : {0U, 1U, 16U, 17U, 80U, 81U, 2'032U, 2'033U, 70'000U}) {
    Chunk* const chunk = Chunk::make_at_least(capacity);
    EXPECT_GE(chunk->capacity(), capacity);
    EXPECT_LT(chunk->capacity(), capacity + pool::step);
    if (capacity <= 2'032) {
      EXPECT_EQ((sizeof(Chunk) + chunk->capacity()) % pool::step, 0U);
    }
    std::memset(chunk->bytes(), 0, chunk->capacity());
    chunk->release();
  }
}

TEST(ChunkTest, IsNotCountedWhenConstant) {
  const std::size_t live_before = pool::live_blocks();
  Chunk* const chunk = Chunk::make_constant(text);
  EXPECT_TRUE(chunk->is_constant());
  EXPECT_FALSE(chunk->is_unshared());
  chunk->retain();
  chunk->release();
  chunk->release();
  EXPECT_EQ(pool::live_blocks(), live_before + 1);
  EXPECT_EQ(0, std::memcmp(chunk->bytes(), text.data(), text.size()));
  Chunk::destroy_constant(chunk);
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(ChunkTest, KeepsTheSumOfItsConstantBytes) {
  Chunk* const chunk = Chunk::make_constant(text);
  EXPECT_EQ(chunk->constant_sum(), fold_sum(partial_sum(text.data(), text.size())));
  Chunk::destroy_constant(chunk);
}

TEST(ChunkDeathTest, AssertsThatOnlyConstantsAreDestroyed) {
  Chunk* const chunk = Chunk::make(1);
  EXPECT_DEATH(Chunk::destroy_constant(chunk), "internal error");
  chunk->release();
}

}  // namespace
}  // namespace elvis
