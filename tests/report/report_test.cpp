// SPDX-License-Identifier: MIT
#include "elvis/report/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_world.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ReportTest, SaysHowEveryApplicationFared) {
  SmallWorld small;
  small.add("alice", {.counted = 2});
  small.add("bob", {.counted = 2, .expected = 3, .end = Script::End::waits});
  small.add("carol", {.end = Script::End::waits}, 0, server);
  const Report report = small.run();

  ASSERT_THAT(report.applications, SizeIs(3));
  const ApplicationReport& alice = report.applications[0];
  EXPECT_EQ(alice.machine, "alice");
  EXPECT_EQ(alice.application, "actor");
  EXPECT_EQ(alice.status, ApplicationStatus::done);
  EXPECT_EQ(alice.messages, 2U);
  EXPECT_EQ(alice.bytes, 20U);
  EXPECT_EQ(alice.first, start_of_time + milliseconds{1});
  EXPECT_EQ(alice.last, start_of_time + milliseconds{2});
  EXPECT_FALSE(alice.machines);
  EXPECT_EQ(report.applications[1].status, ApplicationStatus::waiting);
  EXPECT_EQ(report.applications[1].detail, "has 2 of 3 messages");
  EXPECT_EQ(report.applications[2].status, ApplicationStatus::serving);
  EXPECT_FALSE(report.applications[2].first);
  EXPECT_EQ(report.status, RunStatus::unsatisfied);
  EXPECT_EQ(report.reason, StopReason::idle);
}

TEST(ReportTest, CountsMessagesThatNobodyWaitedFor) {
  SmallWorld small;
  small.add("bob", {.expected = 1, .others = 2, .end = Script::End::waits});

  EXPECT_EQ(small.run().applications[0].detail, "has 0 of 1 message, and 2 others");
}

TEST(ReportTest, SucceedsWhenAllThatHasAnEndReachedIt) {
  SmallWorld small;
  small.add("alice", {});
  small.add("carol", {.end = Script::End::waits}, 0, server);
  const Report report = small.run();

  EXPECT_EQ(report.status, RunStatus::succeeded);
  EXPECT_EQ(report.done_count, 1U);
  EXPECT_EQ(report.serving_count, 1U);
  EXPECT_THAT(report.waiting, IsEmpty());
  EXPECT_THAT(report.failed, IsEmpty());
}

TEST(ReportTest, TellsWhyAnApplicationFailed) {
  SmallWorld small;
  small.add("alice", {.end = Script::End::fails});
  small.add("bob", {.end = Script::End::throws});
  const Report report = small.run();

  EXPECT_EQ(report.status, RunStatus::failed);
  ASSERT_THAT(report.failed, SizeIs(2));
  EXPECT_EQ(report.failed[0].machine, "alice");
  EXPECT_EQ(report.failed[0].detail, make_error_code(Errc::address_in_use).message());
  EXPECT_EQ(report.failed[1].detail, "out of luck");
}

TEST(ReportTest, AServerThatFailsIsAFailure) {
  SmallWorld small;
  small.add("carol", {.end = Script::End::fails}, 0, server);

  EXPECT_EQ(small.run().status, RunStatus::failed);
}

TEST(ReportTest, AFactoryIsDoneOnlyAsAWhole) {
  SmallWorld small;
  small.add("a", {.counted = 1, .expected = 1, .factory = "cars"});
  small.add("b", {.counted = 1, .expected = 2, .end = Script::End::waits, .factory = "cars"});
  small.add("c", {.factory = "boats"});
  const Report report = small.run();

  EXPECT_EQ(report.applications[0].status, ApplicationStatus::waiting);
  EXPECT_EQ(report.applications[0].detail,
            "has 1 of 1 message; waits for 1 of the 2 in factory `cars`");
  EXPECT_EQ(report.applications[1].status, ApplicationStatus::waiting);
  EXPECT_EQ(report.applications[1].detail, "has 1 of 2 messages");
  EXPECT_EQ(report.applications[2].status, ApplicationStatus::done);
  EXPECT_EQ(report.waiting_count, 2U);
}

TEST(ReportTest, AWholeFactoryIsDone) {
  SmallWorld small;
  small.add("a", {.factory = "cars"}, 3);
  small.add("b", {.factory = "cars"});

  EXPECT_EQ(small.run().status, RunStatus::succeeded);
}

TEST(ReportTest, ListsEveryApplicationOfAThousandMachines) {
  SmallWorld small;
  small.add("c", {.counted = 1}, 1'000);
  const Report report = small.run();

  ASSERT_THAT(report.applications, SizeIs(1'000));
  EXPECT_EQ(report.applications[999].machine, "c-999");
}

TEST(ReportTest, SumsCountedGroupsOfMoreMachines) {
  SmallWorld small;
  small.add("c", {.counted = 2}, 1'000);
  small.add("bob", {});
  const Report report = small.run();

  ASSERT_THAT(report.applications, SizeIs(2));
  const ApplicationReport& group = report.applications[0];
  EXPECT_EQ(group.machine, "c");
  EXPECT_EQ(group.machines, 1'000U);
  EXPECT_EQ(group.messages, 2'000U);
  EXPECT_EQ(group.bytes, 20'000U);
  EXPECT_EQ(group.first, start_of_time + milliseconds{1});
  EXPECT_EQ(group.last, start_of_time + milliseconds{2});
  EXPECT_EQ(group.status, ApplicationStatus::done);
  EXPECT_EQ(group.detail, "");
  EXPECT_EQ(report.applications[1].machine, "bob");
  EXPECT_FALSE(report.applications[1].machines);
}

TEST(ReportTest, ListsThemAllWhenAskedFor) {
  SmallWorld small;
  small.add("c", {}, 1'001);

  EXPECT_THAT(small.run({.has_full_detail = true}).applications, SizeIs(1'001));
}

TEST(ReportTest, ASummedGroupNamesTheFirstThatWaits) {
  SmallWorld small;
  small.add("c", {.counted = 1, .expected = 2, .end = Script::End::waits}, 1'001);
  const Report report = small.run();

  ASSERT_THAT(report.applications, SizeIs(1));
  EXPECT_EQ(report.applications[0].status, ApplicationStatus::waiting);
  EXPECT_EQ(report.applications[0].detail,
            "1,001 of 1,001 waiting; the first is `c-0`: has 1 of 2 messages");
  EXPECT_EQ(report.waiting_count, 1'001U);
  EXPECT_THAT(report.waiting, SizeIs(Report::most_troubles));
}

TEST(ReportTest, AccountsForEveryFrame) {
  SmallWorld small;
  // Bob speaks no protocol, and nobody is at the seventh tap.
  small.add("alice", {.frames_to = {1, 7, 1}});
  small.add("bob", {.counted = 1});
  const Report report = small.run();

  ASSERT_THAT(report.networks, SizeIs(1));
  EXPECT_EQ(report.networks[0].id, "lan");
  EXPECT_EQ(report.networks[0].taps, 2U);
  EXPECT_EQ(report.networks[0].counters.frames_sent, 3U);
  EXPECT_EQ(report.totals.frames_sent, 3U);
  EXPECT_EQ(report.totals.frames_delivered, 2U);
  EXPECT_EQ(report.totals.frames_unknown_destination, 1U);
  EXPECT_EQ(report.totals.bytes_sent, 57U);
  EXPECT_EQ(report.drops[Drop::unknown_ethertype], 2U);
  EXPECT_EQ(report.in_flight, 0U);
}

TEST(ReportTest, KnowsWhatIsStillUnderWay) {
  for (const bool is_partial : {false, true}) {
    SmallWorld small;
    small.add("alice", {.frames_to = {1, 1}});
    small.add("bob", {});
    World::RunOptions options;
    options.engine.max_events = 2;  // both machines began, no frame arrived
    const Report report = small.run({.is_partial = is_partial}, std::move(options));

    EXPECT_EQ(report.in_flight, 2U);
    EXPECT_EQ(report.networks[0].in_flight, 2U);
  }
}

TEST(ReportTest, ALimitIsNoSuccess) {
  SmallWorld small;
  small.add("alice", {.counted = 1'000});
  World::RunOptions options;
  options.engine.max_events = 10;
  const Report report = small.run({}, std::move(options));

  EXPECT_EQ(report.status, RunStatus::limit);
  EXPECT_EQ(report.reason, StopReason::max_events);
  EXPECT_EQ(report.events, 10U);
}

TEST(ReportTest, TheEndOfSimulatedTimeIsNoFailure) {
  World::RunOptions options;
  options.engine.until = start_of_time + milliseconds{5};
  SmallWorld small;
  small.add("carol", {.counted = 10}, 0, server);
  EXPECT_EQ(small.run({}, options).status, RunStatus::succeeded);

  SmallWorld other;
  other.add("alice", {.counted = 10});
  EXPECT_EQ(other.run({}, options).status, RunStatus::unsatisfied);
}

TEST(ReportTest, ARunThatNeverBeganIsReportedWhole) {
  SmallWorld small;
  small.add("alice", {.counted = 1});
  small.add("carol", {}, 0, server);
  World::RunOptions options;
  options.stop_at_once = StopReason::terminated;
  const Report report = small.run({}, std::move(options));

  EXPECT_EQ(report.status, RunStatus::interrupted);
  EXPECT_EQ(report.events, 0U);
  EXPECT_EQ(report.applications[0].status, ApplicationStatus::waiting);
  EXPECT_EQ(report.applications[1].status, ApplicationStatus::serving);
}

TEST(ReportTest, NamesWhoDidNotLetTimePass) {
  SmallWorld small;
  small.add("alice", {});
  small.add("bob", {});
  small.run();
  const Outcome outcome{.reason = StopReason::livelock, .culprit = &small.world.machine(1)};
  const Report report = collect(small.world, outcome, {});

  EXPECT_EQ(report.status, RunStatus::limit);
  ASSERT_TRUE(report.culprit);
  EXPECT_EQ(report.culprit->machine, "bob");
  EXPECT_THAT(report.culprit->applications, testing::ElementsAre("actor"));
}

TEST(ReportTest, NoMachineIsToBlameForANetwork) {
  SmallWorld small;
  small.add("alice", {});
  small.run();
  const Outcome outcome{.reason = StopReason::livelock, .culprit = &small.lan};

  EXPECT_FALSE(collect(small.world, outcome, {}).culprit);
}

}  // namespace
}  // namespace elvis
