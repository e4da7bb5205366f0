// SPDX-License-Identifier: MIT
#include "elvis/sim/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

constexpr Duration width{1'000};

Time at(std::int64_t nanoseconds) {
  return Time{Duration{nanoseconds}};
}

// Targets are only told apart, never called; so any places will do, some of them far away.
class Places {
 public:
  explicit Places(std::size_t count) : near_(count * 600), far_(64) {}
  Entity* operator[](std::size_t index) {
    std::vector<char>& from = index == 0 ? far_ : near_;
    return reinterpret_cast<Entity*>(from.data() + (index == 0 ? 0 : index * 600));
  }

 private:
  std::vector<char> near_;
  std::vector<char> far_;
};

using Key = std::tuple<std::int64_t, std::uint64_t>;
Key key(const Event& event) {
  return {event.time.time_since_epoch().count(), event.order};
}

// A random workload: each event taken sends one to another target, at least `width` later, or one
// to its own, at any time.
struct Workload {
  std::size_t targets;
  std::size_t events;
  std::size_t hub_percent;  // of the messages, which one target gets
  std::int64_t cut;         // windows end at multiples of this, too
  std::int64_t spread;      // of the times
};

// Takes a workload in windows, or from a plain heap, and tells what every target sees.
class Run {
 public:
  explicit Run(const Workload& load) : load_{load}, places_{load.targets} {}

  std::map<Entity*, std::vector<Key>> in_windows(std::optional<Calendar::Order> order) {
    Calendar calendar;
    std::vector<Event> later;
    const auto push = [&](const Event& event) {
      if (event.time < calendar.horizon()) {
        calendar.push(event);
      } else {
        later.push_back(event);
      }
    };
    calendar.start(start_of_time, width);
    start(push);
    std::map<Entity*, std::vector<Key>> seen;
    for (;;) {
      Time next = calendar.next_time();
      for (const Event& event : later) next = std::min(next, event.time);
      if (next == end_of_time) break;
      calendar.advance_to(next);
      for (const Event& event : std::exchange(later, {})) push(event);
      const std::int64_t now = next.time_since_epoch().count();
      const Time limit = at((now / load_.cut + 1) * load_.cut);
      if (order) {
        calendar.open(limit, *order);
      } else {
        calendar.open(limit);
      }
      EXPECT_GT(calendar.window_events(), 0U);
      while (const Event* const event = calendar.take()) {
        EXPECT_GE(event->time, next);
        EXPECT_LT(event->time, limit);
        const Event taken = *event;
        seen[taken.target].push_back(key(taken));
        follow(taken, push);
      }
    }
    EXPECT_TRUE(calendar.empty());
    return seen;
  }

  std::map<Entity*, std::vector<Key>> in_order() {
    const auto later = [](const Event& left, const Event& right) { return right < left; };
    std::priority_queue<Event, std::vector<Event>, decltype(later)> queue{later};
    const auto push = [&](const Event& event) { queue.push(event); };
    start(push);
    std::map<Entity*, std::vector<Key>> seen;
    while (!queue.empty()) {
      const Event event = queue.top();
      queue.pop();
      seen[event.target].push_back(key(event));
      follow(event, push);
    }
    return seen;
  }

 private:
  template <typename Push>
  void start(Push push) {
    Rng rng{7};
    for (std::size_t i = 0; i < load_.events; ++i) {
      const auto time =
          static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(width.count())));
      push(Event{at(time), i, places_[rng.below(load_.targets)], nullptr});
    }
  }

  // What an event leads to depends on the event alone, not on when it is taken.
  template <typename Push>
  void follow(const Event& event, Push push) {
    constexpr std::uint64_t generation = std::uint64_t{1} << 32;
    if (event.order / generation == 4) return;
    Rng rng{event.order, static_cast<std::uint64_t>(event.time.time_since_epoch().count())};
    Event child{event.time, event.order + generation, event.target, nullptr};
    const auto delay =
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(load_.spread)));
    if (rng.below(3) == 0) {
      child.time += Duration{rng.below(2) == 0 ? 0 : delay};
    } else {
      child.time += width + Duration{delay};
      child.target =
          rng.below(100) < load_.hub_percent ? places_[1] : places_[rng.below(load_.targets)];
    }
    push(child);
  }

  Workload load_;
  Places places_;
};

constexpr Workload workloads[] = {
    {2, 3, 0, 1'000, 10},          {50, 2'000, 0, 1'000, 10},    {50, 2'000, 90, 10'000, 2'500},
    {3'000, 9'000, 0, 700, 100},   {3'000, 9'000, 60, 1'000, 1}, {1'000, 30'000, 10, 1'500, 900},
    {400, 500, 0, 1'000, 200'000},
};

void compare(std::optional<Calendar::Order> order) {
  for (const Workload& load : workloads) {
    Run run{load};
    EXPECT_EQ(run.in_windows(order), run.in_order());
  }
}

TEST(CalendarTest, GivesEveryTargetItsEventsByTimeInWindowsTakenByTarget) {
  compare(Calendar::Order::by_target);
}

TEST(CalendarTest, GivesEveryTargetItsEventsByTimeInWindowsTakenByTime) {
  compare(Calendar::Order::by_time);
}

TEST(CalendarTest, GivesEveryTargetItsEventsByTimeInWindowsTakenAsItLikes) {
  compare(std::nullopt);
}

Event event_at(std::int64_t time, Entity* target, std::uint64_t order = 0) {
  return {at(time), order, target, nullptr};
}

TEST(CalendarTest, TakesAWindowTargetByTargetOrByTime) {
  Places places{3};
  const std::vector<Event> events{event_at(5, places[1]), event_at(6, places[2]),
                                  event_at(7, places[1])};
  for (const auto order : {Calendar::Order::by_target, Calendar::Order::by_time}) {
    Calendar calendar;
    calendar.start(start_of_time, width);
    for (const Event& event : events) calendar.push(event);
    calendar.open(at(1'000), order);
    std::vector<std::int64_t> times;
    while (const Event* const event = calendar.take()) {
      times.push_back(event->time.time_since_epoch().count());
    }
    const std::vector<std::int64_t> by_time{5, 6, 7};
    const std::vector<std::int64_t> by_target{5, 7, 6};
    EXPECT_EQ(times, order == Calendar::Order::by_time ? by_time : by_target);
  }
}

TEST(CalendarTest, HasRoomForSixtyFourWindows) {
  Calendar calendar;
  EXPECT_FALSE(calendar.is_in_use());
  calendar.start(at(2'500), width);
  EXPECT_TRUE(calendar.is_in_use());
  EXPECT_EQ(calendar.horizon(), at(66'000));
  EXPECT_EQ(calendar.next_time(), end_of_time);
  calendar.push(event_at(65'999, nullptr));
  calendar.push(event_at(4'000, nullptr));
  EXPECT_EQ(calendar.next_time(), at(4'000));
  calendar.advance_to(at(4'000));
  EXPECT_EQ(calendar.horizon(), at(68'000));
  calendar.open(at(5'000));
  ASSERT_NE(calendar.take(), nullptr);
  EXPECT_EQ(calendar.take(), nullptr);
  EXPECT_EQ(calendar.next_time(), at(65'999));
}

TEST(CalendarTest, KnowsAllThatIsPendingInTheMiddleOfAWindow) {
  Places places{2};
  Calendar calendar;
  calendar.start(start_of_time, width);
  for (std::int64_t i = 0; i < 500; ++i) calendar.push(event_at(i * 10, places[1]));
  calendar.open(at(700));  // 70 of the first window's 100
  for (int i = 0; i < 30; ++i) ASSERT_NE(calendar.take(), nullptr);
  calendar.push(event_at(500, places[1], 1));
  EXPECT_EQ(calendar.size(), 471U);
  std::vector<std::int64_t> times;
  calendar.for_each(
      [&](const Event& event) { times.push_back(event.time.time_since_epoch().count()); });
  std::sort(times.begin(), times.end());
  ASSERT_EQ(times.size(), 471U);
  EXPECT_EQ(times.front(), 300);
  EXPECT_EQ(times.back(), 4'990);
  calendar.clear();
  EXPECT_TRUE(calendar.empty());
}

// What is in order is read block by block.
TEST(CalendarTest, TakesALongWindowThatIsInOrder) {
  constexpr std::int64_t count = 2'000;
  Places places{3};
  for (const std::int64_t taken_first : {0, 1, 300, 381, 1'000, 1'900, 1'999}) {
    Calendar calendar;
    calendar.start(start_of_time, Duration{count});
    for (std::int64_t i = 0; i < count; ++i) {
      calendar.push(event_at(i, places[static_cast<std::size_t>(i % 3)]));
    }
    calendar.push(event_at(count + 5, places[0]));
    calendar.open(at(count), Calendar::Order::by_time);
    EXPECT_EQ(calendar.window_events(), static_cast<std::size_t>(count));
    std::int64_t last = -1;
    for (std::int64_t i = 0; i < taken_first; ++i) {
      const Event* const event = calendar.take();
      ASSERT_NE(event, nullptr);
      last = event->time.time_since_epoch().count();
      EXPECT_EQ(last, i);
      // Every one of those ahead can be looked at.
      for (std::size_t ahead = 0; ahead < Calendar::max_ahead; ++ahead) {
        const Event& seen = calendar.look_ahead(ahead);
        EXPECT_TRUE(seen.target == places[0] || seen.target == places[1] ||
                    seen.target == places[2]);
        // No subject of those that were taken, which are not there any more.
        const bool is_behind_all = i + 1 + static_cast<std::int64_t>(ahead) >= count;
        EXPECT_EQ(seen.is_for_timers(), is_behind_all);
      }
    }
    // One more in the open window, and one in the next.
    const std::int64_t more = std::min(last + 40, count - 1);
    calendar.push(event_at(more, places[1], 1));
    calendar.push(event_at(count + 7, places[1]));
    EXPECT_EQ(calendar.size(), static_cast<std::size_t>(count - taken_first) + 3);
    std::int64_t sum = 0;
    std::int64_t visited = 0;
    calendar.for_each([&](const Event& event) {
      sum += event.time.time_since_epoch().count();
      ++visited;
    });
    EXPECT_EQ(visited, count - taken_first + 3);
    EXPECT_EQ(
        sum, count * (count - 1) / 2 - taken_first * (taken_first - 1) / 2 + more + 2 * count + 12);
    std::int64_t rest = 0;
    while (const Event* const event = calendar.take()) {
      const std::int64_t time = event->time.time_since_epoch().count();
      EXPECT_GE(time, last);
      last = time;
      ++rest;
    }
    EXPECT_EQ(rest, count - taken_first + 1);
    EXPECT_EQ(calendar.next_time(), at(count + 5));
    calendar.clear();
    EXPECT_TRUE(calendar.empty());
  }
}

TEST(CalendarTest, ForgetsAWindowInTheMiddle) {
  Places places{2};
  Calendar calendar;
  calendar.start(start_of_time, width);
  for (std::int64_t i = 0; i < 900; ++i) calendar.push(event_at(i, places[1]));
  calendar.open(at(1'000), Calendar::Order::by_time);
  for (int i = 0; i < 30; ++i) ASSERT_NE(calendar.take(), nullptr);
  calendar.clear();
  EXPECT_TRUE(calendar.empty());
  EXPECT_EQ(calendar.next_time(), end_of_time);
  calendar.push(event_at(1'500, places[1]));
  EXPECT_EQ(calendar.next_time(), at(1'500));
  EXPECT_EQ(calendar.size(), 1U);
}

}  // namespace
}  // namespace elvis
