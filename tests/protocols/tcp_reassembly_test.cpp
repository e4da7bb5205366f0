// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/reassembly.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

Message letters(char first, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(first + static_cast<char>(i));
  return Message{text};
}

TEST(TcpReassemblyTest, GivesNothingBeforeTheGapIsFilled) {
  TcpReassembly stream;
  EXPECT_EQ(stream.add(10, letters('k', 3)), 3U);
  EXPECT_TRUE(stream.take(9).empty());
  EXPECT_EQ(stream.take(10).to_string(), "klm");
  EXPECT_TRUE(stream.empty());
  EXPECT_EQ(stream.bytes(), 0U);
}

TEST(TcpReassemblyTest, JoinsWhatTouchesAndOverlaps) {
  TcpReassembly stream;
  EXPECT_EQ(stream.add(3, letters('d', 2)), 2U);
  EXPECT_EQ(stream.add(7, letters('h', 2)), 2U);
  EXPECT_EQ(stream.piece_count(), 2U);
  EXPECT_EQ(stream.add(2, letters('c', 8)), 4U);
  EXPECT_EQ(stream.piece_count(), 1U);
  EXPECT_EQ(stream.take(2).to_string(), "cdefghij");
}

TEST(TcpReassemblyTest, KeepsTheBytesThatCameFirst) {
  TcpReassembly stream;
  stream.add(5, Message{std::string_view{"XX"}});
  stream.add(4, Message{std::string_view{"yyyy"}});
  EXPECT_EQ(stream.take(4).to_string(), "yXXy");
}

TEST(TcpReassemblyTest, CutsOffWhatWasTakenBefore) {
  TcpReassembly stream;
  stream.add(5, letters('f', 5));
  EXPECT_EQ(stream.take(8).to_string(), "ij");
}

TEST(TcpReassemblyTest, NamesTheLatestPieceFirst) {
  TcpReassembly stream;
  stream.add(10, letters('a', 2));
  stream.add(20, letters('a', 2));
  stream.add(30, letters('a', 2));
  stream.add(12, letters('a', 1));
  std::array<TcpReassembly::Range, 2> ranges;
  ASSERT_EQ(stream.recent(ranges), 2U);
  EXPECT_EQ(ranges[0], (TcpReassembly::Range{10, 13}));
  EXPECT_EQ(ranges[1], (TcpReassembly::Range{30, 32}));
}

// Against a map from position to byte: the first byte of each position stays.
TEST(TcpReassemblyTest, AgreesWithAMapOfBytesForAnyPieces) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Rng rng{seed};
    TcpReassembly stream;
    std::map<std::uint64_t, char> model;
    for (int i = 0; i < 40; ++i) {
      const std::uint64_t begin = rng.below(200);
      const std::size_t size = 1 + rng.below(30);
      std::string text;
      std::size_t added = 0;
      for (std::size_t j = 0; j < size; ++j) {
        text += static_cast<char>('a' + rng.below(26));
        added += model.emplace(begin + j, text.back()).second ? 1 : 0;
      }
      ASSERT_EQ(stream.add(begin, Message{text}), added) << "seed " << seed;
    }
    ASSERT_EQ(stream.bytes(), model.size());
    for (std::uint64_t at = 0; at < 300; ++at) {
      if (!model.contains(at)) continue;
      std::string expected;
      std::uint64_t end = at;
      for (; model.contains(end); ++end) expected += model[end];
      ASSERT_EQ(stream.take(at).to_string(), expected) << "seed " << seed << " at " << at;
      at = end;
    }
    ASSERT_TRUE(stream.empty());
  }
}

}  // namespace
}  // namespace elvis
