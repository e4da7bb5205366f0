// SPDX-License-Identifier: MIT
#include "../../src/builder/latency_csv.hpp"

#include <string>

#include <gtest/gtest.h>

namespace elvis {
namespace {

using namespace std::chrono_literals;

std::string error_of(std::string_view text) {
  const auto read = read_latency_csv(text);
  return read ? "" : read.error();
}

TEST(LatencyCsvTest, ReadsTimesAndWeights) {
  const auto read = read_latency_csv("latency,weight\n10ms,60\n\n# the rest\n 12.5ms , 40\r\n");
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].latency, 10ms);
  EXPECT_EQ((*read)[0].weight, 60U);
  EXPECT_EQ((*read)[1].latency, 12'500us);
  EXPECT_EQ((*read)[1].weight, 40U);
}

TEST(LatencyCsvTest, CountsATimeAloneOnce) {
  const auto read = read_latency_csv("\xef\xbb\xbf\"1ms\"\n1ms\n2ms");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->size(), 3U);
  EXPECT_EQ(read->back().weight, 1U);
}

TEST(LatencyCsvTest, TakesZeroForTheShortestTime) {
  const auto read = read_latency_csv("0\n");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->front().latency, 1ns);
}

TEST(LatencyCsvTest, NamesTheLineAtFault) {
  EXPECT_NE(error_of("1ms\nsoon\n").find("in line 2"), std::string::npos);
  EXPECT_NE(error_of("heading\nheading\n").find("in line 2"), std::string::npos);
  EXPECT_NE(error_of("1ms,-1\n").find("has a weight that"), std::string::npos);
  EXPECT_NE(error_of("1ms,2,3\n").find("in line 1"), std::string::npos);
  EXPECT_NE(error_of("5\n").find("has a time that"), std::string::npos) << "no unit";
}

TEST(LatencyCsvTest, NeedsALatency) {
  EXPECT_EQ(error_of(""), "has no latency with a weight above 0");
  EXPECT_EQ(error_of("latency\n"), "has no latency with a weight above 0");
  EXPECT_EQ(error_of("1ms,0\n"), "has no latency with a weight above 0");
  EXPECT_NE(error_of("1ms,0xffffffffffffffff\n1ms,1\n").find("2^64"), std::string::npos);
}

}  // namespace
}  // namespace elvis
