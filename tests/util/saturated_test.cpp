// SPDX-License-Identifier: MIT
#include "elvis/util/saturated.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace elvis {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

TEST(SaturatedTest, NumbersAreHeldAtTheLargest) {
  EXPECT_EQ(add_saturated(most - 2, 2), most);
  EXPECT_EQ(add_saturated(most - 2, 1), most - 1);
  EXPECT_EQ(add_saturated(most, most), most);
  EXPECT_EQ(multiply_saturated(most / 2, 2), most - 1);
  EXPECT_EQ(multiply_saturated(most / 2 + 1, 2), most);
  EXPECT_EQ(multiply_saturated(most, 0), 0U);
}

TEST(SaturatedTest, DurationsAreHeldAtTheLongest) {
  EXPECT_EQ(add_saturated(Duration::max(), Duration{1}), Duration::max());
  EXPECT_EQ(add_saturated(Duration{2}, Duration{3}), Duration{5});
  EXPECT_EQ(multiply_saturated(3, Duration{7}), Duration{21});
  EXPECT_EQ(multiply_saturated(most, Duration{1}), Duration::max());
  EXPECT_EQ(multiply_saturated(most, Duration{0}), Duration{0});
}

}  // namespace
}  // namespace elvis
