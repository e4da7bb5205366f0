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
  EXPECT_NE(error_of("1ms\nsoon\n").find("has in line 2 a time that"), std::string::npos);
  EXPECT_NE(error_of("heading\nheading\n").find("in line 2"), std::string::npos);
  EXPECT_NE(error_of("1ms,-1\n").find("has in line 1 a weight that"), std::string::npos);
  EXPECT_NE(error_of("1ms,2,3\n").find("in line 1"), std::string::npos);
  EXPECT_NE(error_of("5\n").find("a time that"), std::string::npos) << "no unit";
  EXPECT_EQ(error_of("\n\n1ms,\n"),
            "has in line 3 a weight that needs a whole number, it is empty");
}

TEST(LatencyCsvTest, ReadsWhatSpreadsheetsWrite) {
  const auto read = read_latency_csv(
      "\xef\xbb\xbf\"latency\",\"weight\"\r\n\"1ms\",\"2\"\r\n\r\n \"3ms\" , 4\r\n");
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].weight, 2U);
  EXPECT_EQ((*read)[1].latency, 3ms);
  EXPECT_EQ((*read)[1].weight, 4U);
}

TEST(LatencyCsvTest, SaysOfOtherFormsWhatToDo) {
  const std::string semicolon = "a `;`; the weight stands behind a comma, for example `12.5ms,40`";
  EXPECT_EQ(error_of("latency;weight\n1ms;2\n"), "has in line 1 " + semicolon);
  EXPECT_EQ(error_of("latency\n1ms;2\n"), "has in line 2 " + semicolon);
  EXPECT_EQ(error_of({"\xff\xfe"
                      "1\0m\0s\0",
                      8}),
            "is UTF-16; save it as UTF-8");
  EXPECT_EQ(error_of({"\xfe\xff\0"
                      "1\0m\0s",
                      8}),
            "is UTF-16; save it as UTF-8");
  EXPECT_EQ(error_of({"1\0m\0s\0\n\0", 8}), "has in line 1 a NUL byte: this is not a text file");
  EXPECT_EQ(error_of("latency\r1ms\r2ms\r"), "has in line 1 a carriage return without a line feed");
}

TEST(LatencyCsvTest, NeedsNumbers) {
  for (const std::string number : {"inf", "NaN", "-1ms", "1e3ms", "\x1b[31m", "\xff", "\xc2\x9b"}) {
    const std::string error = error_of("1ms\n" + number + "\n");
    EXPECT_TRUE(error.starts_with("has in line 2 a time that ")) << error;
    for (const char c : error) EXPECT_TRUE(c >= ' ' && c <= '~') << error;
  }
  EXPECT_TRUE(error_of("inf\n1ms\n").starts_with("has in line 1 a time that ")) << "no heading";
  EXPECT_TRUE(error_of("\"nan\",2\n1ms\n").starts_with("has in line 1 a time that "));
  EXPECT_EQ(error_of("infinite\n1ms\n"), "") << "a heading";
  EXPECT_TRUE(error_of("99999999999999999999ns\n").starts_with("has in line 1 a time that is too"));
  EXPECT_TRUE(
      error_of("1ms,99999999999999999999\n").starts_with("has in line 1 a weight that needs"));
}

TEST(LatencyCsvTest, NeedsALatency) {
  EXPECT_EQ(error_of(""), "has no latency with a weight above 0");
  EXPECT_EQ(error_of("latency\n"), "has no latency with a weight above 0");
  EXPECT_EQ(error_of("1ms,0\n"), "has no latency with a weight above 0");
  EXPECT_NE(error_of("1ms,0xffffffffffffffff\n1ms,1\n")
                .find("in line 2 the weight with which all add up to 2^64"),
            std::string::npos);
}

}  // namespace
}  // namespace elvis
