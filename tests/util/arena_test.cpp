// SPDX-License-Identifier: MIT
#include "elvis/util/arena.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace elvis {
namespace {

TEST(ArenaTest, GivesAlignedPiecesThatDoNotOverlap) {
  Arena arena;
  struct Piece {
    unsigned char* memory;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < 40'000; ++i) {
    const std::size_t alignment = std::size_t{1} << i % 7;
    const std::size_t bytes = 1 + i * 37 % 300;
    auto* const memory = static_cast<unsigned char*>(arena.allocate(bytes, alignment));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignment, 0U);
    const auto mark = static_cast<unsigned char>(i);
    std::memset(memory, mark, bytes);
    pieces.push_back({memory, bytes, mark});
  }
  for (const Piece& piece : pieces) {
    for (std::size_t i = 0; i < piece.bytes; ++i) ASSERT_EQ(piece.memory[i], piece.mark);
  }
}

TEST(ArenaTest, HasRoomForAPieceOfAnySize) {
  Arena arena;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5'000'000}, std::size_t{20'000}}) {
    std::memset(arena.allocate(bytes, 64), 1, bytes);
  }
}

TEST(ArenaTest, PutsWhatIsAskedForInTurnSideBySide) {
  Arena arena;
  auto* const first = static_cast<char*>(arena.allocate(24, 8));
  EXPECT_EQ(arena.allocate(8, 8), first + 24);
}

}  // namespace
}  // namespace elvis
