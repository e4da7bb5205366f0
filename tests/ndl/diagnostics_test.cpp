// SPDX-License-Identifier: MIT
#include "elvis/ndl/diagnostics.hpp"

#include <gtest/gtest.h>

#include <array>

namespace elvis::ndl {
namespace {

class DiagnosticsTest : public testing::Test {
 protected:
  /// Loads `text` as `sim.ndl`; spans count from its first byte.
  void load(std::string text) {
    sources_.offer("sim.ndl", std::move(text));
    Diagnostics none;
    static_cast<void>(sources_.load("sim.ndl", none));  // bad bytes are welcome here
    begin_ = sources_.begin(FileId{0});
  }

  Span span(std::uint32_t begin, std::uint32_t end) const { return {begin_ + begin, begin_ + end}; }

  /// The span of the first `what` in the text.
  Span at(std::string_view what) const {
    const auto found = static_cast<std::uint32_t>(sources_.text(FileId{0}).find(what));
    return span(found, found + static_cast<std::uint32_t>(what.size()));
  }

  std::string rendered(RenderOptions options = {}) {
    return render(diagnostics_, sources_, options);
  }

  SourceSet sources_{SourceSet::Disk::closed};
  Diagnostics diagnostics_;
  std::uint32_t begin_ = 0;
};

TEST_F(DiagnosticsTest, DrawsTheExampleOfTheCommandLine) {
  load(
      "\n\n\n\n\n\n\n\n\n\n\n"
      "            [Application name='send_message' message='Hi' to='capturrer' port='0xbeef']\n"
      "\n    [Machine name='capturer']\n");
  diagnostics_.error(at("capturrer"), "no machine is called `capturrer`; did you mean `capturer`?",
                     {{at("[Machine"), "`capturer` is declared here"}});

  EXPECT_EQ(rendered(),
            "sim.ndl:12:63: error: no machine is called `capturrer`; did you mean `capturer`?\n"
            "   12 |             [Application name='send_message' message='Hi' to='capturrer' "
            "port='0xbeef']\n"
            "      |                                                               ^~~~~~~~~\n"
            "sim.ndl:14:5: note: `capturer` is declared here\n"
            "1 error\n");
}

TEST_F(DiagnosticsTest, DrawsTheExampleOfTheHouseStyle) {
  load(
      "[Networks]\n    [Network id='3']\n\n\n\n\n            [Network id='5']\n\n\n"
      "            [Protocol name='UPD']\n");
  diagnostics_.error(at("UPD"), "unknown protocol `UPD`; did you mean `UDP`?");
  diagnostics_.error(at("5"), "no network has id `5`", {{at("3"), "the only network is `3`"}});

  EXPECT_EQ(rendered(),
            "sim.ndl:7:26: error: no network has id `5`\n"
            "    7 |             [Network id='5']\n"
            "      |                          ^\n"
            "sim.ndl:2:18: note: the only network is `3`\n"
            "sim.ndl:10:29: error: unknown protocol `UPD`; did you mean `UDP`?\n"
            "   10 |             [Protocol name='UPD']\n"
            "      |                             ^~~\n"
            "2 errors\n");
}

TEST_F(DiagnosticsTest, SaysNothingWithoutDiagnostics) {
  load("x");
  EXPECT_EQ(rendered(), "");
  EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(DiagnosticsTest, SortsByPlaceAndCountsBySeverity) {
  load("one two three");
  diagnostics_.warning(span(8, 13), "third");
  diagnostics_.error(span(4, 7), "second");
  diagnostics_.warning(span(0, 3), "first");

  EXPECT_EQ(rendered(),
            "sim.ndl:1:1: warning: first\n    1 | one two three\n      | ^~~\n"
            "sim.ndl:1:5: error: second\n    1 | one two three\n      |     ^~~\n"
            "sim.ndl:1:9: warning: third\n    1 | one two three\n      |         ^~~~~\n"
            "1 error, 2 warnings\n");
}

TEST_F(DiagnosticsTest, CountsTheSameTextAtTheSamePlaceOnce) {
  load("text");
  diagnostics_.error(span(0, 4), "wrong", {{span(0, 1), "for one"}});
  diagnostics_.error(span(0, 4), "wrong", {{span(1, 2), "for another"}});
  diagnostics_.error(span(0, 4), "wrong as well");
  diagnostics_.error(span(0, 3), "wrong");

  EXPECT_EQ(diagnostics_.error_count(), 3U);
  EXPECT_EQ(diagnostics_.by_place().size(), 3U);
}

TEST_F(DiagnosticsTest, MakesErrorsOfWarningsIfStrict) {
  Diagnostics strict{Diagnostics::Mode::strict};
  strict.warning({}, "nobody reads `x`");
  EXPECT_EQ(strict.error_count(), 1U);
  EXPECT_EQ(render(strict, sources_), "error: nobody reads `x`\n1 error\n");
}

TEST_F(DiagnosticsTest, DrawsAtMostTwentyAndPrefersErrors) {
  load(std::string(100, 'x'));
  for (std::uint32_t i = 0; i < 30; ++i) diagnostics_.warning(span(i, i + 1), "hm");
  for (std::uint32_t i = 90; i < 95; ++i) diagnostics_.error(span(i, i + 1), "no");

  const std::string text = rendered();
  EXPECT_NE(text.find("sim.ndl:1:95: error: no"), std::string::npos);
  EXPECT_NE(text.find("sim.ndl:1:15: warning: hm"), std::string::npos);
  EXPECT_EQ(text.find("sim.ndl:1:16: warning: hm"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\nand 15 more warnings\n5 errors, 30 warnings\n")) << text;
}

TEST_F(DiagnosticsTest, CountsWhatIsLeftInTheSingular) {
  load("abc");
  diagnostics_.error(span(0, 1), "a");
  diagnostics_.error(span(1, 2), "b");
  diagnostics_.warning(span(2, 3), "c");
  EXPECT_TRUE(
      rendered({.most = 1}).ends_with("\nand 1 more error, 1 more warning\n2 errors, 1 warning\n"));
}

TEST_F(DiagnosticsTest, LosesPatienceAndSaysSo) {
  load("x");
  for (std::size_t i = 0; i <= Diagnostics::patience; ++i) {
    diagnostics_.error(span(0, 1), std::to_string(i));
  }
  EXPECT_FALSE(diagnostics_.wants_more());
  EXPECT_EQ(diagnostics_.error_count(), Diagnostics::patience);
  EXPECT_TRUE(rendered().ends_with("and at least 99980 more errors\nat least 100000 errors\n"));
}

TEST_F(DiagnosticsTest, ColoursWhatMatters) {
  load("key=1");
  diagnostics_.error(span(4, 5), "no", {{span(0, 3), "here"}});
  EXPECT_EQ(rendered({.colour = true}),
            "\033[1msim.ndl:1:5: \033[0m\033[1;31merror:\033[0m no\n"
            "    1 | key=1\n"
            "      |     \033[1;32m^\033[0m\n"
            "\033[1msim.ndl:1:1: \033[0m\033[1;36mnote:\033[0m here\n"
            "1 error\n");
}

TEST_F(DiagnosticsTest, PutsTheCaretUnderTheRightPlaceBehindTabsAndWideText) {
  load("\t\t\xc3\xa4\xe4\xb8\xad\xcc\x81X\n");
  diagnostics_.error(at("X"), "here");
  // Two tabs of four columns, one narrow, one wide and one combining character.
  EXPECT_EQ(rendered(),
            "sim.ndl:1:6: error: here\n"
            "    1 |         \xc3\xa4\xe4\xb8\xad\xcc\x81X\n"
            "      |            ^\n"
            "1 error\n");
}

TEST_F(DiagnosticsTest, NeverShowsControlBytesRaw) {
  load("a\x1b[31m\xff\xe2\x80\xae\xc2\x85 X\x07\n");
  diagnostics_.error(at("X"), "here " + quoted("\x1b]0;title\x07"));
  const std::string text = rendered();
  EXPECT_EQ(text,
            "sim.ndl:1:11: error: here `\\x1b]0;title\\x07`\n"
            "    1 | a\\x1b[31m\\xff\\xe2\\x80\\xae\\xc2\\x85 X\\x07\n      | " +
                std::string(34, ' ') + "^\n1 error\n");
}

TEST_F(DiagnosticsTest, CutsALongLineAroundTheCaret) {
  load(std::string(1000, 'a') + "HERE" + std::string(1000, 'b') + "\nshort");
  diagnostics_.error(at("HERE"), "x");
  EXPECT_EQ(rendered(), "sim.ndl:1:1001: error: x\n    1 | …" + std::string(50, 'a') + "HERE" +
                            std::string(65, 'b') + "…\n      | " + std::string(51, ' ') +
                            "^~~~\n1 error\n");
}

TEST_F(DiagnosticsTest, CutsALongLineOfWideCharactersAndTabs) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "\xe4\xb8\xad\t";
  load(text + "HERE");
  diagnostics_.error(at("HERE"), "x");
  const std::string drawn = rendered();
  EXPECT_NE(drawn.find("HERE"), std::string::npos);
  EXPECT_LT(drawn.size(), 400U);
}

TEST_F(DiagnosticsTest, DrawsALineOfAMegabyteQuickly) {
  load(std::string(1 << 20, '\x01') + "X");
  for (std::uint32_t i = 0; i < 20; ++i) {
    diagnostics_.error(span((1U << 20) - i, (1U << 20) + 1), "x");
  }
  EXPECT_LT(rendered().size(), 20'000U);
}

TEST_F(DiagnosticsTest, EndsTheCaretWithTheLine) {
  load("first\nsecond\n");
  diagnostics_.error(span(3, 10), "over two lines");
  diagnostics_.error(span(5, 5), "at the end of the line");
  diagnostics_.error(span(13, 13), "at the end of the file");
  EXPECT_EQ(rendered(),
            "sim.ndl:1:4: error: over two lines\n    1 | first\n      |    ^~\n"
            "sim.ndl:1:6: error: at the end of the line\n    1 | first\n      |      ^\n"
            "sim.ndl:3:1: error: at the end of the file\n    3 | \n      | ^\n"
            "3 errors\n");
}

TEST_F(DiagnosticsTest, KeepsTheRulesOfLargeLineNumbers) {
  load(std::string(123'455, '\n') + "x");
  diagnostics_.error(at("x"), "far down");
  EXPECT_EQ(rendered(), "sim.ndl:123456:1: error: far down\n123456 | x\n       | ^\n1 error\n");
}

TEST(PrintableTest, EscapesWhatSteersATerminal) {
  EXPECT_EQ(printable("plain \xc3\xa4"), "plain \xc3\xa4");
  EXPECT_EQ(printable(std::string_view{"\0\n\t\r\x7f", 5}), "\\x00\\n\\t\\x0d\\x7f");
  EXPECT_EQ(printable("\xe2\x80\xae\xef\xbb\xbf"), "\\xe2\\x80\\xae\\xef\\xbb\\xbf");
  EXPECT_EQ(
      printable("\xc3\xff\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80\xe0\x80\x80\xf0\x80\x80\x80\xe4\xb8"),
      "\\xc3\\xff\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80\\xc0\\x80\\xe0\\x80\\x80\\xf0\\x80\\x80\\x80"
      "\\xe4\\xb8");
}

TEST(QuotedTest, ShortensLongNames) {
  EXPECT_EQ(quoted("lan"), "`lan`");
  EXPECT_EQ(ndl::quoted(std::string(60, 'x')), "`" + std::string(60, 'x') + "`");
  EXPECT_EQ(ndl::quoted(std::string(61, 'x')), "`" + std::string(60, 'x') + "…`");
}

TEST(ClosestTest, FindsSlipsOfTheKeyboard) {
  constexpr std::array<std::string_view, 4> keys{"message_count", "message", "port", "to"};
  EXPECT_EQ(closest("mesage_count", keys), "message_count");
  EXPECT_EQ(closest("messgae", keys), "message");
  EXPECT_EQ(closest("prot", keys), "port");
  EXPECT_EQ(closest("PORT", keys), "port");
  EXPECT_EQ(closest("tp", keys), "to");
  EXPECT_EQ(closest("latency", keys), "");
  EXPECT_EQ(closest("x", keys), "");
  EXPECT_EQ(closest("", keys), "");
  EXPECT_EQ(closest(std::string(100, 'x'), keys), "");
}

TEST(ClosestTest, PrefersTheNearestAndThenTheFirst) {
  constexpr std::array<std::string_view, 3> names{"server_1", "server_2", "servers"};
  EXPECT_EQ(closest("server_3", names), "server_1");
  EXPECT_EQ(closest("server", names), "servers");
  EXPECT_EQ(closest("server_2", names), "server_2");
  Closest search{"servr"};
  EXPECT_EQ(search.suggestion(), "");
  search.consider("server");
  EXPECT_EQ(search.suggestion(), "; did you mean `server`?");
}

}  // namespace
}  // namespace elvis::ndl
