// SPDX-License-Identifier: MIT
#include "elvis/graph/world.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace elvis {
namespace {

using std::chrono::milliseconds;

struct NoOptions final : ApplicationOptions {
  void visit(OptionVisitor&) override {}
};
const NoOptions no_options;

using Program = Task<Result<>> (*)(Application&, const ApplicationOptions&);

constexpr ApplicationKind with_end(Program program) {
  return {"program", "a test's program", true, nullptr, program};
}
constexpr ApplicationKind without_end(Program program) {
  return {"server", "a test's program", false, nullptr, program};
}

Task<Result<>> sleep_a_second(Application& self, const ApplicationOptions&) {
  co_await self.sleep_for(std::chrono::seconds{1});
  co_return Result<>{};
}
Task<Result<>> tick_for_ever(Application& self, const ApplicationOptions&) {
  for (;;) {
    co_await self.sleep_for(milliseconds{1});
    self.count_message(1);
  }
}
Task<Result<>> fail(Application& self, const ApplicationOptions&) {
  co_await self.sleep_for(milliseconds{1});
  co_return Errc::host_unreachable;
}
Task<Result<>> throw_up(Application& self, const ApplicationOptions&) {
  co_await self.sleep_for(milliseconds{1});
  throw std::runtime_error{"lost my mind"};
}

constexpr ApplicationKind sleeper = with_end(sleep_a_second);
constexpr ApplicationKind ticker = without_end(tick_for_ever);
constexpr ApplicationKind failer = with_end(fail);
constexpr ApplicationKind thrower = with_end(throw_up);

Application& add(World& world, const ApplicationKind& kind) {
  world.add_group("m" + std::to_string(world.machine_count()), 1, false);
  return world.add_application(world.add_machine({}, 0), kind, no_options);
}

TEST(WorldTest, EndsWhenEverythingThatHasAnEndReachedIt) {
  World world;
  const Application& sleeping = add(world, sleeper);
  const Application& ticking = add(world, ticker);
  const Outcome outcome = world.run({});
  EXPECT_EQ(outcome.reason, StopReason::completed);
  EXPECT_EQ(outcome.ended_at, Time{std::chrono::seconds{1}});
  EXPECT_EQ(sleeping.status(), ApplicationStatus::done);
  EXPECT_EQ(ticking.status(), ApplicationStatus::serving);
  EXPECT_EQ(ticking.messages(), 1'000U);
}

TEST(WorldTest, GoesOnUntilALimitWhenNothingHasAnEnd) {
  World world;
  const Application& ticking = add(world, ticker);
  World::RunOptions options;
  options.engine.until = Time{milliseconds{10}};
  EXPECT_EQ(world.run(std::move(options)).reason, StopReason::until);
  EXPECT_EQ(ticking.messages(), 10U);
}

TEST(WorldTest, SaysWhyAnApplicationFailed) {
  World world;
  const Application& failing = add(world, failer);
  const Application& sleeping = add(world, sleeper);
  world.run({});
  EXPECT_EQ(failing.status(), ApplicationStatus::failed);
  EXPECT_EQ(failing.detail(), "host unreachable");
  EXPECT_EQ(sleeping.status(), ApplicationStatus::done);
}

TEST(WorldTest, LetsAnApplicationEndAloneThatThrowsBeforeItIsACoroutine) {
  constexpr auto throws = [](Application&, const ApplicationOptions&) -> Task<Result<>> {
    throw std::runtime_error{"early"};
  };
  const ApplicationKind kind{"early", "", true, nullptr, throws};
  World world;
  const Application& throwing = add(world, kind);
  const Application& sleeping = add(world, sleeper);
  EXPECT_EQ(world.run({}).reason, StopReason::completed);
  EXPECT_EQ(throwing.status(), ApplicationStatus::failed);
  EXPECT_EQ(throwing.detail(), "early");
  EXPECT_EQ(sleeping.status(), ApplicationStatus::done);
}

TEST(WorldTest, LetsAnApplicationThatThrowsEndAlone) {
  World world;
  const Application& throwing = add(world, thrower);
  const Application& sleeping = add(world, sleeper);
  world.run({});
  EXPECT_EQ(throwing.status(), ApplicationStatus::failed);
  EXPECT_EQ(throwing.detail(), "lost my mind");
  EXPECT_EQ(sleeping.status(), ApplicationStatus::done);
}

TEST(WorldTest, EndsAtTheSamePointHoweverItIsDivided) {
  std::vector<std::uint64_t> ticks;
  for (const unsigned partitions : {1U, 2U, 4U}) {
    World world;
    LinkProperties slow;
    slow.latency = {milliseconds{4}, milliseconds{4}};
    world.add_network("unused", slow);
    add(world, sleeper);
    const Application& ticking = add(world, ticker);
    add(world, ticker);
    World::RunOptions options;
    options.partitions = partitions;
    EXPECT_EQ(world.run(std::move(options)).reason, StopReason::completed);
    ticks.push_back(ticking.messages());
  }
  // The run ends at the end of the grid of 4 ms in which the sleeper woke.
  EXPECT_EQ(ticks, (std::vector<std::uint64_t>{1'003, 1'003, 1'003}));
}

TEST(WorldTest, NamesMachinesOfACountedGroup) {
  World world;
  world.add_group("client", 3, true);
  for (int i = 0; i < 3; ++i) world.add_machine({}, 0);
  world.add_group("server", 1, false);
  world.add_machine({}, 0);
  EXPECT_EQ(world.machine(2).name(), "client-2");
  EXPECT_EQ(world.machine(3).name(), "server");
}

TEST(WorldTest, KeepsAMachinesLuckWhenOthersAreAdded) {
  World small;
  small.add_group("bob", 1, false);
  Rng alone = small.add_machine({}, 0).rng("dice");
  World large;
  large.add_group("alice", 1, false);
  large.add_machine({}, 0);
  large.add_group("bob", 1, false);
  Rng with_company = large.add_machine({}, 0).rng("dice");
  EXPECT_EQ(alone(), with_company());
  EXPECT_NE(small.machine(0).rng("dice")(), small.machine(0).rng("cards")());
}

TEST(WorldTest, LeavesNothingBehindHoweverEarlyItIsStopped) {
  const std::size_t before = pool::live_blocks();
  for (std::uint64_t events = 0; events < 40; ++events) {
    World world;
    add(world, sleeper);
    add(world, ticker);
    World::RunOptions options;
    options.engine.max_events = events;
    EXPECT_EQ(world.run(std::move(options)).reason, StopReason::max_events);
  }
  EXPECT_EQ(pool::live_blocks(), before);
}

}  // namespace
}  // namespace elvis
