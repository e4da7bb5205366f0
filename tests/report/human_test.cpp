// SPDX-License-Identifier: MIT
#include "elvis/report/human.hpp"

#include <gtest/gtest.h>

namespace elvis {
namespace {

TEST(HumanTest, WritesTimesInTheirUnit) {
  EXPECT_EQ(human_duration(Duration{0}), "0 ns");
  EXPECT_EQ(human_duration(Duration{999}), "999 ns");
  EXPECT_EQ(human_duration(Duration{1'500}), "1.5 us");
  EXPECT_EQ(human_duration(Duration{3'000'001}), "3 ms");
  EXPECT_EQ(human_duration(Duration{12'345'678'901}), "12.346 s");
  EXPECT_EQ(human_duration(std::chrono::minutes{90}), "1.5 h");
  EXPECT_EQ(human_seconds(0.00025), "250 us");
  EXPECT_EQ(human_seconds(61.5), "61.5 s");
}

TEST(HumanTest, RoundsUpIntoTheNextUnit) {
  EXPECT_EQ(human_duration(Duration{999'999'999}), "1 s");
  EXPECT_EQ(human_size(999'999), "1 MB");
}

TEST(HumanTest, WritesSizesInPowersOfTen) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(812), "812 B");
  EXPECT_EQ(human_size(12'345), "12.3 kB");
  EXPECT_EQ(human_size(1'600'000'000'000), "1.6 TB");
  EXPECT_EQ(human_size(~std::uint64_t{0}), "18.4 EB");
}

TEST(HumanTest, SeparatesThousands) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1'000), "1,000");
  EXPECT_EQ(human_count(12'345'678), "12,345,678");
}

TEST(HumanTest, KnowsOneFromMany) {
  EXPECT_EQ(human_count(1, "frame"), "1 frame");
  EXPECT_EQ(human_count(0, "frame"), "0 frames");
  EXPECT_EQ(human_count(2'000, "frame"), "2,000 frames");
}

TEST(HumanTest, WritesRates) {
  EXPECT_EQ(human_rate(0), "0");
  EXPECT_EQ(human_rate(950), "950");
  EXPECT_EQ(human_rate(12'340), "12.3 k");
  EXPECT_EQ(human_rate(4.5e6), "4.5 M");
}

}  // namespace
}  // namespace elvis
