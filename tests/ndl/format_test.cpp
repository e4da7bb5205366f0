// SPDX-License-Identifier: MIT
#include "elvis/ndl/format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "dump.hpp"

namespace elvis::ndl {
namespace {

/// The formatted text, or the diagnostics if there are errors.
std::string formatted(const std::string& text) {
  SourceSet sources{SourceSet::Disk::closed};
  sources.offer("x", text);
  Diagnostics diagnostics;
  const auto file = sources.load("x", diagnostics);
  const auto result = format_text(sources, *file, diagnostics);
  EXPECT_EQ(result.has_value(), !diagnostics.has_errors());
  return result ? *result : render(diagnostics, sources);
}

void expect_format(const std::string& text, const std::string& expected) {
  EXPECT_EQ(formatted(text), expected);
  EXPECT_EQ(formatted(expected), expected) << "formatting again changes something";
}

TEST(FormatTest, IndentsByFourSpaces) {
  expect_format(
      "[Networks]\n\t[Network id='1']\n\t    [IP ip='10.0.0.1']\n    [Network id='2']\n",
      "[Networks]\n    [Network id='1']\n        [IP ip='10.0.0.1']\n    [Network id='2']\n");
}

TEST(FormatTest, PutsASectionOnOneLine) {
  expect_format("[ Networks\n]\n    [Network\tid='1'\n mtu='1500'\n\n   latency='1ms'  ]   \n",
                "[Networks]\n    [Network id='1' mtu='1500' latency='1ms']\n");
}

TEST(FormatTest, BreaksLongSectionsBehindAnArgument) {
  const std::string value(70, 'x');
  expect_format("[Networks]\n    [Network id='" + value + "' aaaaaa='1' b='2']\n",
                "[Networks]\n    [Network id='" + value + "' aaaaaa='1'\n        b='2']\n");
  expect_format("[Networks]\n    [Network id='" + value + "' b='2']\n",
                "[Networks]\n    [Network id='" + value + "' b='2']\n");
}

TEST(FormatTest, FillsAHundredColumnsAndNoMore) {
  const auto line = [](std::size_t size) {
    return "[Networks a='" + std::string(size - 21, 'x') + "' b='1']\n";
  };
  const std::string whole = line(100);
  ASSERT_EQ(whole.size(), 101U);
  expect_format(whole, whole);
  const std::string longer = line(101);
  expect_format(longer, longer.substr(0, 94) + "\n    b='1']\n");
  std::string umlauts = whole;
  umlauts.replace(20, 1, "\xc3\xa4");
  expect_format(umlauts, umlauts);
}

TEST(FormatTest, CollapsesBlankLines) {
  expect_format("\n\n[Networks]\n\n   \n\n    [Network id='1']\n\n\n",
                "[Networks]\n\n    [Network id='1']\n");
  expect_format("", "");
  expect_format("\n\n", "");
}

TEST(FormatTest, KeepsComments) {
  expect_format(
      "# first   \n\n\n#second\n[Networks]# behind\n  # inside\n"
      "    [Network id='1']   #   behind  \n        # of network 1\n    # of networks\n# of "
      "nothing\n",
      "# first\n\n#second\n[Networks]  # behind\n    # inside\n"
      "    [Network id='1']  #   behind\n    # of network 1\n    # of networks\n# of nothing\n");
}

TEST(FormatTest, IndentsACommentBetweenWhatStandsAroundIt) {
  expect_format(
      "[Networks]\n    [Network id='1']\n        [IP ip='10.0.0.1']\n        # deep\n"
      " # middle\n[Machines]\n            # far in\n    [Machine]\n",
      "[Networks]\n    [Network id='1']\n        [IP ip='10.0.0.1']\n        # deep\n"
      "# middle\n[Machines]\n    # far in\n    [Machine]\n");
}

TEST(FormatTest, KeepsCommentsInsideBrackets) {
  expect_format(
      "[Networks # of the section\n  a='1' # of a\n # on its own\n b='2' c='3' # of c\n]\n",
      "[Networks  # of the section\n    a='1'  # of a\n    # on its own\n    b='2' c='3'  "
      "# of c\n    ]\n");
  expect_format("[Networks # one\n # two\n # three\n]\n",
                "[Networks  # one\n    # two\n    # three\n    ]\n");
}

TEST(FormatTest, KeepsValuesAsTheyAre) {
  const std::string text = "[Networks a=' ]  # \\' \"  ' b='two\n      lines  ' c='']\n";
  expect_format(text, text);
  expect_format("[Networks a='1\n" + std::string(90, 'x') + "' b='234567890']\n",
                "[Networks a='1\n" + std::string(90, 'x') + "'\n    b='234567890']\n");
}

TEST(FormatTest, WritesLineFeedsAndNoByteOrderMark) {
  expect_format("\xef\xbb\xbf[Networks]\r\n    [Network id='a\r\nb']# c\r\n",
                "[Networks]\n    [Network id='a\nb']  # c\n");
  expect_format("[Networks]", "[Networks]\n");
}

TEST(FormatTest, FormatsWhatHasNoMeaningAsWell) {
  expect_format("[Foo]\n\t[Bar  x='1']\n", "[Foo]\n    [Bar x='1']\n");
}

TEST(FormatTest, LeavesTextWithSyntaxErrorsAlone) {
  EXPECT_EQ(
      formatted("[Networks\n"),
      "x:1:1: error: the section is not closed; `]` is missing\n    1 | [Networks\n      | ^\n"
      "1 error\n");
  EXPECT_TRUE(formatted("[Networks a=\"1\"]\n").starts_with("x:1:13: error: values stand"));
  EXPECT_TRUE(
      formatted("[Networks]\n  [Network id='1']\n").starts_with("x:2:1: error: indented by"));
  EXPECT_TRUE(formatted("[Networks]\n        [Network id='1']\n").starts_with("x:2:1: error: ind"));
  EXPECT_TRUE(formatted("[Networks a='\\q']\n").starts_with("x:1:14: error: "));
  EXPECT_TRUE(formatted("# \x01\n").starts_with("x:1:3: error: the control character"));
  EXPECT_TRUE(formatted("hello\n").starts_with("x:1:1: error: expected a section"));
}

TEST(FormatTest, DoesNotChangeTheMeaningOfAnyGoldenFile) {
  namespace fs = std::filesystem;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{fs::path{ELVIS_TEST_DATA} / "ndl" / "golden"}) {
    if (entry.path().extension() != ".ndl") continue;
    std::ifstream file{entry.path(), std::ios::binary};
    std::ostringstream text;
    text << file.rdbuf();
    SourceSet sources{SourceSet::Disk::closed};
    sources.offer("x", text.str());
    Diagnostics diagnostics;
    const auto result = format_text(sources, *sources.load("x", diagnostics), diagnostics);
    if (!result) continue;
    EXPECT_EQ(formatted(*result), *result) << entry.path();
    // Places differ, so only what is free of errors can be compared.
    const std::string before = outcome(text.str());
    if (before.ends_with(" machines\n")) EXPECT_EQ(outcome(*result), before) << entry.path();
    ++count;
  }
  EXPECT_GT(count, 20U);
}

}  // namespace
}  // namespace elvis::ndl
