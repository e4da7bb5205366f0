// SPDX-License-Identifier: MIT
#include "elvis/util/huge_pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace elvis {
namespace {

#if defined(__linux__) && !defined(ELVIS_SANITIZED)
TEST(HugePagesTest, MapsWholePagesOfZeros) {
  constexpr std::size_t bytes = 3 * HugePages::page;
  auto* const memory = static_cast<unsigned char*>(HugePages::map(bytes));
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % HugePages::page, 0U);
  EXPECT_EQ(memory[0], 0);
  EXPECT_EQ(memory[bytes - 1], 0);
  std::memset(memory, 1, bytes);
  HugePages::unmap(memory, bytes);
}
#endif

TEST(HugePagesTest, HasNothingWhereTheSystemRefuses) {
  EXPECT_EQ(HugePages::map(std::size_t{1} << 62), nullptr);
}

TEST(LargeArrayTest, HasRoomForAsManyAsWereAskedForInFewOrManyPages) {
  LargeArray<std::uint64_t> array;
  EXPECT_EQ(array.get(), nullptr);
  for (const std::size_t count : {1U, 100U, 1'000'000U}) {
    array.reserve(count);
    std::fill_n(array.get(), count, count);
    EXPECT_EQ(array.get()[count - 1], count);
    const std::uint64_t* const before = array.get();
    array.reserve(count / 2);
    EXPECT_EQ(array.get(), before);
  }
}

}  // namespace
}  // namespace elvis
