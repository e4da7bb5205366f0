// SPDX-License-Identifier: MIT
#include "elvis/report/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "small_world.hpp"

namespace elvis {
namespace {

using testing::HasSubstr;
using testing::Not;

// Enough for a test: what steers a terminal becomes a question mark.
std::string printable(std::string_view text) {
  std::string result{text};
  std::replace_if(result.begin(), result.end(), [](char c) { return c < ' ' && c >= 0; }, '?');
  return result;
}

std::string text_of(const Report& report, bool has_colour = false) {
  return summary(report, {.has_colour = has_colour, .printable = printable});
}

TEST(SummaryTest, TellsTheWholeRunOnOneScreen) {
  Report report;
  report.facts = {
      .file = "sim.ndl", .build_seconds = 0.0012, .run_seconds = 0.5, .peak_memory = 12'300'000};
  report.machine_count = 1'002;
  report.networks.resize(1);
  report.ended_at = start_of_time + std::chrono::microseconds{3'500};
  report.events = 1'234'567;
  report.digest = 0xbeef;
  report.totals.frames_sent = 10;
  report.totals.frames_delivered = 9;
  report.totals.frames_lost = 1;
  report.totals.bytes_sent = 480;
  report.totals.bytes_delivered = 432;
  report.drops[Drop::no_listener] = 2;
  report.done_count = 2;
  report.serving_count = 1;

  EXPECT_EQ(text_of(report),
            "sim.ndl: succeeded\n"
            "  world         1,002 machines on 1 network\n"
            "  applications  2 done, 1 serving\n"
            "  frames        10 sent, 9 delivered, 1 lost\n"
            "  bytes         480 B sent, 432 B delivered\n"
            "  drops         2 no_listener\n"
            "  simulated     3.5 ms\n"
            "  events        1,234,567, 2.5 M/s\n"
            "  wall time     1.2 ms to build, 500 ms to run\n"
            "  peak memory   12.3 MB\n"
            "  digest        000000000000beef\n");
}

TEST(SummaryTest, SaysWhoWaitsForWhat) {
  SmallWorld small;
  small.add("bob", {.counted = 2, .expected = 3, .end = Script::End::waits});
  const std::string text = text_of(small.run());

  EXPECT_THAT(text, HasSubstr("small.ndl: unsatisfied\n"));
  EXPECT_THAT(text, HasSubstr("still waiting:\n  bob: actor has 2 of 3 messages\n"));
}

TEST(SummaryTest, SaysWhoFailedAndWhy) {
  SmallWorld small;
  small.add("eve", {.end = Script::End::throws});
  const std::string text = text_of(small.run());

  EXPECT_THAT(text, HasSubstr("small.ndl: failed\n"));
  EXPECT_THAT(text, HasSubstr("failed:\n  eve: actor: out of luck\n"));
}

TEST(SummaryTest, NamesTwentyAndCountsTheRest) {
  SmallWorld small;
  small.add("c", {.end = Script::End::waits}, 2'000);
  const std::string text = text_of(small.run());

  EXPECT_THAT(text, HasSubstr("  c-19: actor\n  and 1,980 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("c-20")));
}

TEST(SummaryTest, LetsNoControlByteThrough) {
  SmallWorld small;
  small.add("bo\x1b[31mb\n", {.end = Script::End::waits, .factory = "f\x07"});
  const std::string text = text_of(small.run());

  EXPECT_THAT(text, HasSubstr("  bo?[31mb?: actor"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(SummaryTest, ColoursTheStatusOnRequest) {
  EXPECT_THAT(text_of({}, true), HasSubstr("\033[1;32msucceeded\033[0m"));
  EXPECT_THAT(text_of({}), Not(HasSubstr("\033")));
}

TEST(SummaryTest, NamesTheReasonOfAnEarlyEnd) {
  Report report;
  report.status = RunStatus::limit;
  report.reason = StopReason::livelock;
  report.culprit = Culprit{"bob", {"capture", "forward", "ping_pong"}};

  EXPECT_THAT(text_of(report), HasSubstr("limit: an instant of simulated time did not end\n"));
  EXPECT_THAT(text_of(report),
              HasSubstr("machine `bob`, whose applications are capture, forward and "
                        "ping_pong\n"));
}

TEST(SummaryTest, GivesNoRateOfAnInstant) {
  Report report;
  report.events = 5;
  EXPECT_THAT(text_of(report), HasSubstr("  events        5\n"));
}

}  // namespace
}  // namespace elvis
