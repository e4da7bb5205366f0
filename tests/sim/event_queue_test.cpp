// SPDX-License-Identifier: MIT
#include "elvis/sim/event_queue.hpp"

#include <gtest/gtest.h>

#include <queue>
#include <vector>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

Event at(std::int64_t time, std::uint64_t order = 0) {
  return {Time{Duration{time}}, order, nullptr, nullptr};
}

struct Later {
  bool operator()(const Event& left, const Event& right) const { return right < left; }
};
using Model = std::priority_queue<Event, std::vector<Event>, Later>;

void expect_next(EventQueue& queue, Model& model) {
  const Event* const next = queue.peek();
  ASSERT_NE(next, nullptr);
  ASSERT_EQ(next->time, model.top().time);
  ASSERT_EQ(next->order, model.top().order);
  queue.pop();
  model.pop();
}

TEST(EventQueueTest, IsEmptyAtFirst) {
  EventQueue queue;
  EXPECT_EQ(queue.peek(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueueTest, TakesEventsByTimeThenByOrder) {
  EventQueue queue;
  for (const Event& event : {at(5, 1), at(3, 9), at(5, 0), at(3, 2), at(0, 7)}) queue.push(event);
  std::vector<std::pair<std::int64_t, std::uint64_t>> taken;
  while (const Event* const next = queue.peek()) {
    taken.emplace_back(next->time.time_since_epoch().count(), next->order);
    queue.pop();
  }
  const std::vector<std::pair<std::int64_t, std::uint64_t>> expected{
      {0, 7}, {3, 2}, {3, 9}, {5, 0}, {5, 1}};
  EXPECT_EQ(taken, expected);
}

TEST(EventQueueTest, TakesAnEventThatComesAfterALaterOneWasSeen) {
  EventQueue queue;
  queue.push(at(1'000'000));
  ASSERT_EQ(queue.peek()->time, Time{Duration{1'000'000}});
  queue.push(at(10));
  EXPECT_EQ(queue.peek()->time, Time{Duration{10}});
}

// Holds the queue against a plain heap under a workload: each event taken makes `children` new ones
// at a distance that `distance` draws.
template <typename Distance>
void compare_with_a_heap(std::size_t initial, std::size_t steps, Distance distance) {
  EventQueue queue;
  Model model;
  Rng rng{1, initial};
  std::uint64_t order = 0;
  const auto push = [&](std::int64_t time) {
    const Event event = at(time, order++);
    queue.push(event);
    model.push(event);
  };
  for (std::size_t i = 0; i < initial; ++i) push(distance(rng));
  for (std::size_t i = 0; i < steps; ++i) {
    const std::int64_t now = model.top().time.time_since_epoch().count();
    ASSERT_NO_FATAL_FAILURE(expect_next(queue, model));
    push(now + distance(rng));
    ASSERT_EQ(queue.size(), model.size());
  }
  while (!model.empty()) ASSERT_NO_FATAL_FAILURE(expect_next(queue, model));
  EXPECT_EQ(queue.peek(), nullptr);
}

TEST(EventQueueTest, AgreesWithAHeapOnUniformDistances) {
  compare_with_a_heap(10'000, 100'000,
                      [](Rng& rng) { return static_cast<std::int64_t>(rng.below(1'000'000)); });
}

TEST(EventQueueTest, AgreesWithAHeapOnOneConstantDistance) {
  compare_with_a_heap(5'000, 50'000, [](Rng&) { return std::int64_t{1}; });
}

TEST(EventQueueTest, AgreesWithAHeapWhenTimeHardlyMoves) {
  compare_with_a_heap(2'000, 50'000,
                      [](Rng& rng) { return static_cast<std::int64_t>(rng.below(2)); });
}

TEST(EventQueueTest, AgreesWithAHeapOnDistancesFromNanosecondsToHours) {
  compare_with_a_heap(3'000, 100'000, [](Rng& rng) {
    return static_cast<std::int64_t>(rng() >> (20 + rng.below(44)));
  });
}

TEST(EventQueueTest, AgreesWithAHeapWhenOneTimerIsFarBehindEverythingElse) {
  bool is_first = true;
  compare_with_a_heap(1'000, 200'000, [&is_first](Rng& rng) -> std::int64_t {
    if (std::exchange(is_first, false)) return 3'600'000'000'000;
    return static_cast<std::int64_t>(rng.below(2'000'000));
  });
}

// A link with one latency, whose events come in order; now and then a timer far behind them.
TEST(EventQueueTest, AgreesWithAHeapWhereTimersStandOutAmongWhatComesInOrder) {
  for (const std::size_t initial : {3U, 300U, 20'000U}) {
    std::size_t count = 0;
    compare_with_a_heap(initial, 100'000, [&count](Rng&) -> std::int64_t {
      return count++ % 1'000 == 0 ? 200'000'000 : 1'000'000;
    });
  }
}

TEST(EventQueueTest, AgreesWithAHeapOnTwoLatencies) {
  compare_with_a_heap(5'000, 100'000, [](Rng& rng) -> std::int64_t {
    return rng.below(2) == 0 ? 1'000'000 : 1'700'000;
  });
}

TEST(EventQueueTest, TakesTheEndOfTime) {
  EventQueue queue;
  queue.push({end_of_time, 1, nullptr, nullptr});
  queue.push(at(1));
  EXPECT_EQ(queue.peek()->time, Time{Duration{1}});
  queue.pop();
  EXPECT_EQ(queue.peek()->time, end_of_time);
  queue.pop();
  EXPECT_EQ(queue.peek(), nullptr);
}

TEST(EventQueueTest, VisitsEveryPendingEventOnce) {
  EventQueue queue;
  Rng rng{2};
  for (std::uint64_t i = 0; i < 5'000; ++i) {
    queue.push(at(static_cast<std::int64_t>(rng.below(1'000'000)), i));
  }
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    const Time now = queue.peek()->time;
    queue.pop();
    queue.push({now + Duration{static_cast<std::int64_t>(rng.below(1'000'000))}, 5'000 + i, nullptr,
                nullptr});
  }
  std::vector<int> seen(6'000);
  queue.for_each([&](const Event& event) { ++seen[event.order]; });
  std::size_t visited = 0;
  for (const int times : seen) {
    EXPECT_LE(times, 1);
    visited += static_cast<std::size_t>(times);
  }
  EXPECT_EQ(visited, queue.size());
}

}  // namespace
}  // namespace elvis
