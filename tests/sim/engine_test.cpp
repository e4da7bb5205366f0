// SPDX-License-Identifier: MIT
#include "elvis/sim/engine.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

#include "elvis/sim/sleep.hpp"
#include "elvis/util/fold.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;

// An entity that tells others and folds what it is told, when and by whom.
class Gossip final : public Entity {
 public:
  using Entity::Entity;

  void handle(void* subject) override {
    if (settled != nullptr && now() < *settled) ++too_late;
    history = fold(history, static_cast<std::uint64_t>(now().time_since_epoch().count()),
                   reinterpret_cast<std::uintptr_t>(subject));
    Rng rng{id(), history};
    for (std::uint64_t i = rng.below(3); i > 0 && left > 0; --i, --left) {
      Gossip& other = (*all)[rng.below(all->size())];
      const Duration delay{1'000 + static_cast<std::int64_t>(rng.below(3'000))};
      partition().schedule(other, *this, now() + delay, reinterpret_cast<void*>(id() + 1));
    }
  }
  void discard(void*) override { ++discarded; }
  const char* kind() const override { return "gossip"; }

  std::deque<Gossip>* all = nullptr;
  std::uint64_t history = 0;
  int left = 200;
  const Time* settled = nullptr;  // nothing may happen before it
  int too_late = 0;
  static inline std::atomic<int> discarded = 0;
};

struct Town {
  Town(std::size_t partitions, std::size_t people) : engine{partitions} {
    for (std::size_t i = 0; i < people; ++i) {
      Gossip& gossip = gossips.emplace_back(static_cast<std::uint32_t>(i));
      gossip.all = &gossips;
      gossip.move_to(engine.partition(i * partitions / people));
    }
    for (Gossip& gossip : gossips) {
      gossip.partition().schedule(gossip, gossip, start_of_time, reinterpret_cast<void*>(1));
    }
  }
  std::uint64_t history() const {
    std::uint64_t sum = 0;
    for (const Gossip& gossip : gossips) sum = fold(sum, gossip.history);
    return sum;
  }
  std::deque<Gossip> gossips;
  Engine engine;  // discards what is pending, for which it needs the gossips
};

#ifdef ELVIS_SANITIZED
constexpr bool is_slow = true;
#else
constexpr bool is_slow = false;
#endif
constexpr std::size_t town_size = is_slow ? 100 : 300;

EngineOptions with_threads(unsigned threads) {
  EngineOptions options;
  options.threads = threads;
  options.shares_always = true;
  options.lookahead = Duration{1'000};
  return options;
}

TEST(EngineTest, GivesTheSameHistoryForEveryNumberOfPartitionsAndThreads) {
  Town alone{1, town_size};
  const Outcome reference = alone.engine.run(with_threads(1));
  EXPECT_EQ(reference.reason, StopReason::idle);
  EXPECT_GT(reference.events, 30 * town_size);
  for (const std::size_t partitions : {2U, 3U, 8U}) {
    for (const unsigned threads : {1U, 2U, 3U, 8U}) {
      Town town{partitions, town_size};
      const Outcome outcome = town.engine.run(with_threads(threads));
      EXPECT_EQ(town.history(), alone.history()) << partitions << " x " << threads;
      EXPECT_EQ(outcome.events, reference.events);
      EXPECT_EQ(outcome.ended_at, reference.ended_at);
    }
  }
}

TEST(EngineTest, GivesTheSameHistoryWhenWindowsAreTakenEntityByEntity) {
  Town in_order{1, 10 * town_size};
  const Outcome reference = in_order.engine.run(with_threads(1));
  EXPECT_EQ(in_order.engine.partition(0).windows(), 0U);
  for (const std::size_t partitions : {1U, 2U, 3U}) {
    Town town{partitions, 10 * town_size};
    for (std::size_t i = 0; i < partitions; ++i) {
      town.engine.partition(i).set_window(Duration{1'000});
    }
    const Outcome outcome = town.engine.run(with_threads(2));
    EXPECT_GT(town.engine.partition(0).windows(), 0U);
    EXPECT_EQ(town.history(), in_order.history()) << partitions;
    EXPECT_EQ(outcome.events, reference.events);
    EXPECT_EQ(outcome.ended_at, reference.ended_at);
  }
}

// So few that mostly one partition alone has something to do, and runs ahead of the others.
TEST(EngineTest, GivesTheSameHistoryWhenAPartitionRunsAhead) {
  for (const std::size_t people : {2U, 3U, 5U, 9U}) {
    Town alone{1, people};
    const Outcome reference = alone.engine.run(with_threads(1));
    for (const std::size_t partitions : {2U, 3U}) {
      for (const Duration window : {Duration{0}, Duration{1'000}}) {
        Town town{std::min(partitions, people), people};
        for (std::size_t i = 0; i < town.engine.size(); ++i) {
          town.engine.partition(i).set_window(window);
        }
        const Outcome outcome = town.engine.run(with_threads(1));
        EXPECT_EQ(town.history(), alone.history()) << people << " in " << partitions;
        EXPECT_EQ(outcome.events, reference.events);
        EXPECT_EQ(outcome.ended_at, reference.ended_at);
      }
    }
  }
}

// A town that is quiet at first, then talks all at once, then is quiet again: partitions are
// united, separate, and united again.
struct Seasons : Town {
  explicit Seasons(std::size_t partitions) : Town{partitions, people} {
    for (std::size_t i = 0; i < people; ++i) {
      homes.push_back(&gossips[i].partition());
      gossips[i].left = i < 4 ? 1'000 : 150;
    }
    for (Gossip& gossip : gossips) {
      for (int year = 1; year <= 2; ++year) {
        const Time at = start_of_time + year * std::chrono::milliseconds{3};
        gossip.partition().schedule(gossip, gossip, at, reinterpret_cast<void*>(2));
      }
    }
    for (std::size_t i = 0; i < 4; ++i) {
      for (int k = 0; k < 6'000; k += 2) {
        Gossip& gossip = gossips[i * people / 4];
        const Time at = start_of_time + Duration{1 + 1'000 * k};
        gossip.partition().schedule(gossip, gossip, at, reinterpret_cast<void*>(3));
      }
    }
  }
  Outcome run(EngineOptions options) {
    options.shares_always = false;
    options.entities = people;
    options.relocate = [this](bool together) {
      for (std::size_t i = 0; i < people; ++i) {
        gossips[i].move_to(together ? engine.partition(0) : *homes[i]);
      }
      ++moves;
    };
    return engine.run(options);
  }
  static constexpr std::size_t people = 3'000;
  std::vector<Partition*> homes;
  int moves = 0;
};

TEST(EngineTest, GivesTheSameHistoryWhenPartitionsAreUnitedForAWhile) {
  Seasons alone{1};
  const Outcome reference = alone.run(with_threads(1));
  EXPECT_EQ(reference.unions, 0U);
  EXPECT_GT(reference.events, 400'000U);
  for (const std::size_t partitions : {2U, 3U}) {
    for (const Duration window : {Duration{0}, Duration{1'000}}) {
      for (const unsigned threads : {1U, 2U}) {
        // Under sanitizers each of them once.
        if (is_slow && (partitions == 2) != (threads == 1)) continue;
        if (is_slow && (window == Duration{0}) != (threads == 1)) continue;
        Seasons town{partitions};
        for (std::size_t i = 0; i < partitions; ++i) town.engine.partition(i).set_window(window);
        EngineOptions options = with_threads(threads);
        options.united_window = window;
        const Outcome outcome = town.run(options);
        EXPECT_GE(outcome.unions, 2U);
        EXPECT_GE(town.moves, 3) << "separated as well";
        EXPECT_EQ(town.history(), alone.history()) << partitions << " x " << threads;
        EXPECT_EQ(outcome.events, reference.events);
        EXPECT_EQ(outcome.ended_at, reference.ended_at);
      }
    }
  }
}

// Hands on what it is given to the next one in a ring.
class Relay final : public Entity {
 public:
  using Entity::Entity;

  void handle(void* subject) override {
    if (left-- > 0) partition().schedule(*next, *this, now() + Duration{1'000}, subject);
  }
  void discard(void*) override {}
  const char* kind() const override { return "relay"; }

  Relay* next = nullptr;
  int left = 10;
};

TEST(EngineTest, TakesWhatComesOneAfterTheOtherInFewWindows) {
  std::deque<Relay> ring;
  Engine engine{2};
  for (std::uint32_t i = 0; i < 100; ++i) {
    ring.emplace_back(i).move_to(engine.partition(i / 50));
    if (i > 0) ring[i - 1].next = &ring[i];
  }
  ring.back().next = &ring.front();
  ring.front().partition().schedule(ring.front(), ring.front(), start_of_time, &ring);

  const Outcome outcome = engine.run(with_threads(2));

  EXPECT_EQ(outcome.events, 1'001U);
  EXPECT_EQ(outcome.ended_at, start_of_time + Duration{1'000'000});
  EXPECT_LE(outcome.windows, 21U) << "one for each time that it crosses";
}

TEST(EngineTest, NothingHappensBeforeWhatItToldToBeSettled) {
  for (const std::size_t partitions : {1U, 4U}) {
    for (const Duration window : {Duration{0}, Duration{1'000}}) {
      Town town{partitions, 600};
      Time settled = start_of_time;
      int told = 0;
      for (Gossip& gossip : town.gossips) gossip.settled = &settled;
      for (std::size_t i = 0; i < partitions; ++i) town.engine.partition(i).set_window(window);
      EngineOptions options = with_threads(2);
      options.settled = [&](Time before) {
        EXPECT_GE(before, settled);
        settled = before;
        ++told;
        return StopReason::none;
      };
      town.engine.run(options);
      EXPECT_GT(told, 10);
      for (const Gossip& gossip : town.gossips) EXPECT_EQ(gossip.too_late, 0);
    }
  }
}

TEST(EngineTest, EndsForTheReasonThatComesBackFromSettled) {
  for (const std::size_t partitions : {1U, 2U}) {
    Town town{partitions, 600};
    EngineOptions options = with_threads(1);
    options.settled = [](Time) { return StopReason::output_failed; };
    EXPECT_EQ(town.engine.run(options).reason, StopReason::output_failed);
  }
}

TEST(EngineTest, RunsWindowsWithMuchWorkOnSeveralThreads) {
  Town town{2, 10 * town_size};
  const Outcome outcome = town.engine.run(with_threads(2));
  EXPECT_GT(outcome.parallel_windows, 0U);
}

TEST(EngineTest, StopsAtALimitOfSimulatedTime) {
  Town town{2, 100};
  EngineOptions options = with_threads(2);
  options.until = Time{Duration{20'000}};
  const Outcome outcome = town.engine.run(options);
  EXPECT_EQ(outcome.reason, StopReason::until);
  EXPECT_LE(outcome.ended_at, options.until);
  EXPECT_GT(outcome.ended_at, Time{Duration{15'000}});
}

TEST(EngineTest, StopsAfterExactlyTheEventsItMayHandle) {
  Town town{1, 100};
  EngineOptions options;
  options.max_events = 777;
  const Outcome outcome = town.engine.run(options);
  EXPECT_EQ(outcome.reason, StopReason::max_events);
  EXPECT_EQ(outcome.events, 777U);
}

TEST(EngineTest, FreesWhatIsPendingWhenItIsDestroyed) {
  Gossip::discarded = 0;
  std::size_t pending = 0;
  {
    Town town{1, 100};
    EngineOptions options;
    options.max_events = 150;
    town.engine.run(options);
    pending = town.engine.partition(0).pending();
  }
  EXPECT_GT(pending, 0U);
  EXPECT_EQ(Gossip::discarded, static_cast<int>(pending));
}

TEST(EngineTest, StopsWhenItIsAsked) {
  Town town{2, 100};
  town.engine.request_stop(StopReason::interrupted);
  const Outcome outcome = town.engine.run(with_threads(2));
  EXPECT_EQ(outcome.reason, StopReason::interrupted);
  EXPECT_EQ(outcome.events, 0U);
}

// An entity on which coroutines run.
class Host final : public Entity {
 public:
  using Entity::Entity;
  void handle(void*) override {
    task = program(*this);
    task.start();
  }
  void discard(void*) override {}
  const char* kind() const override { return "host"; }

  Task<> (*program)(Host&) = nullptr;
  Task<> task;
  std::vector<Time> times;
};

Outcome run_program(Task<> (*program)(Host&), std::vector<Time>* times = nullptr,
                    EngineOptions options = {}) {
  Engine engine{1};
  Host host{1};
  host.program = program;
  host.move_to(engine.partition(0));
  host.partition().schedule(host, host, start_of_time, &host.times);
  const Outcome outcome = engine.run(options);
  if (times != nullptr) *times = host.times;
  host.task.reset();
  return outcome;
}

TEST(EngineTest, LetsACoroutineSleep) {
  std::vector<Time> times;
  run_program(
      [](Host& host) -> Task<> {
        for (int i = 0; i < 3; ++i) {
          co_await Sleep{host, host.now() + milliseconds{5}};
          host.times.push_back(host.now());
        }
      },
      &times);
  EXPECT_EQ(times, (std::vector<Time>{Time{milliseconds{5}}, Time{milliseconds{10}},
                                      Time{milliseconds{15}}}));
}

#ifndef ELVIS_SANITIZED  // ten million events
TEST(EngineTest, EndsAnInstantThatNeverEnds) {
  const Outcome outcome = run_program([](Host& host) -> Task<> {
    for (;;) co_await Sleep{host, host.now()};
  });
  EXPECT_EQ(outcome.reason, StopReason::livelock);
  ASSERT_NE(outcome.culprit, nullptr);
  EXPECT_GE(outcome.events, 10'000'000U);
}
#endif

TEST(EngineTest, EndsAfterALimitOfWallTime) {
  EngineOptions options;
  options.wall_limit = milliseconds{50};
  const Outcome outcome = run_program(
      [](Host& host) -> Task<> {
        for (;;) co_await Sleep{host, host.now() + Duration{1}};
      },
      nullptr, options);
  EXPECT_EQ(outcome.reason, StopReason::wall_limit);
}

TEST(EngineTest, EndsWhenItHoldsTooMuchMemory) {
  EngineOptions options;
  options.memory_limit = 1;
  const Outcome outcome = run_program(
      [](Host& host) -> Task<> {
        for (;;) co_await Sleep{host, host.now() + Duration{1}};
      },
      nullptr, options);
  EXPECT_EQ(outcome.reason, StopReason::memory_limit);
}

TEST(EngineDeathTest, NamesWhoComputesWithoutLettingTimePass) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EngineOptions options;
  options.watchdog = milliseconds{300};
  options.stuck = [](const Entity* who, StopReason) {
    std::fprintf(stderr, "stuck in %s %u\n", who->kind(), who->id());
    std::_Exit(4);
  };
  EXPECT_EXIT(run_program(
                  [](Host&) -> Task<> {
                    for (volatile bool forever = true; forever;) {
                    }
                    co_return;
                  },
                  nullptr, options),
              testing::ExitedWithCode(4), "stuck in host 1");
}

TEST(EngineTest, TellsItsProgress) {
  int told = 0;
  EngineOptions options;
  options.wall_limit = milliseconds{350};
  options.progress = [&told](const Progress& progress) {
    ++told;
    EXPECT_GT(progress.events, 0U);
  };
  run_program(
      [](Host& host) -> Task<> {
        for (;;) co_await Sleep{host, host.now() + Duration{1}};
      },
      nullptr, options);
  EXPECT_GE(told, 1);
}

}  // namespace
}  // namespace elvis
