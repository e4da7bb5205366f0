// SPDX-License-Identifier: MIT
#include "elvis/graph/frame_queue.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/repeatable_math.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;

/// Stands for the frame of this number; the queue never looks into it.
Frame* frame(std::uintptr_t number) {
  return reinterpret_cast<Frame*>(number + 1);
}

/// A medium behind a queue: frames come, wait, and take their time one by one.
class QueuedMedium {
 public:
  explicit QueuedMedium(const QueueProperties& properties) : queue_{properties} {}

  /// Lets the medium work until `now`, then offers a frame that takes `service`.
  bool arrive(Time now, Duration service, std::uint32_t bytes = 1'000) {
    work_until(now);
    service_ = service;
    ++offered_;
    const bool is_taken{queue_.offer(frame(offered_), bytes, now, luck_)};
    refused_ += is_taken ? 0 : 1;
    longest_ = std::max(longest_, queue_.frames());
    return is_taken;
  }
  void work_until(Time now) {
    while (!queue_.empty() && free_at_ <= now) {
      const Time start = std::max(free_at_, last_arrival_);
      if (start > now) break;
      const auto next = queue_.poll(start, dropped_);
      if (!next) break;
      waited_ += next->waited;
      ++served_;
      free_at_ = start + service_;
    }
    last_arrival_ = now;
    if (free_at_ < now && queue_.empty()) free_at_ = now;
  }

  FrameQueue queue_;
  Rng luck_{{83, 1}};
  std::vector<Frame*> dropped_;
  std::uint64_t offered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t served_ = 0;
  std::size_t longest_ = 0;
  Duration waited_{};
  Duration service_{};
  Time free_at_ = start_of_time;
  Time last_arrival_ = start_of_time;
};

TEST(FrameQueueTest, IsFirstComeFirstServed) {
  const QueueProperties properties;
  FrameQueue queue{properties};
  Rng luck{{83, 0}};
  std::vector<Frame*> dropped;
  std::uintptr_t next = 0;
  for (std::uintptr_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(queue.offer(frame(i), 100, Time{Duration{i}}, luck));
    if (i % 3 == 0) continue;
    const auto polled = queue.poll(Time{Duration{i + 5}}, dropped);
    ASSERT_TRUE(polled);
    EXPECT_EQ(polled->frame, frame(next));
    EXPECT_EQ(polled->waited, Duration{i + 5 - next});
    ++next;
  }
  EXPECT_EQ(queue.frames(), 1'000 - next);
  EXPECT_EQ(queue.bytes(), 100 * (1'000 - next));
  EXPECT_EQ(queue.clear().size(), 1'000 - next);
  EXPECT_TRUE(queue.empty());
  EXPECT_FALSE(queue.poll(start_of_time, dropped));
}

TEST(FrameQueueTest, DropsAtTheTailByFrames) {
  QueueProperties properties;
  properties.most_frames = 3;
  FrameQueue queue{properties};
  Rng luck{{83, 0}};
  std::vector<Frame*> dropped;
  for (std::uintptr_t i = 0; i < 5; ++i) {
    EXPECT_EQ(queue.offer(frame(i), 1'500, start_of_time, luck).is_taken, i < 3);
  }
  EXPECT_EQ(queue.poll(start_of_time, dropped)->frame, frame(0));
  EXPECT_TRUE(queue.offer(frame(9), 1'500, start_of_time, luck));
}

TEST(FrameQueueTest, DropsAtTheTailByBytes) {
  QueueProperties properties;
  properties.most_bytes = 3'000;
  FrameQueue queue{properties};
  Rng luck{{83, 0}};
  EXPECT_TRUE(queue.offer(frame(0), 1'500, start_of_time, luck));
  EXPECT_TRUE(queue.offer(frame(1), 1'000, start_of_time, luck));
  EXPECT_FALSE(queue.offer(frame(2), 501, start_of_time, luck));
  EXPECT_TRUE(queue.offer(frame(3), 500, start_of_time, luck));
  EXPECT_FALSE(queue.offer(frame(4), 1, start_of_time, luck));
  EXPECT_EQ(queue.bytes(), 3'000U);
}

// Pollaczek and Khinchine: a mean wait of rho s / 2 (1 - rho) with arrivals by Poisson's law and
// one service time s for all.
#ifndef ELVIS_SANITIZED  // as many frames as the law needs
TEST(FrameQueueTest, WaitsAsLongAsTheoryHasIt) {
  for (const double rho : {0.3, 0.5, 0.8}) {
    const QueueProperties properties;
    QueuedMedium medium{properties};
    Rng luck{{83, 5}};
    constexpr Duration service = 10us;
    Time now = start_of_time;
    for (int i = 0; i < 2'000'000; ++i) {
      const double gap = -repeatable_log(unit_interval(luck())) * 10'000 / rho;
      now += round_to_duration(gap);
      medium.arrive(now, service);
    }
    medium.work_until(end_of_time - 1h);
    ASSERT_EQ(medium.served_, medium.offered_);
    const double mean =
        static_cast<double>(medium.waited_.count()) / static_cast<double>(medium.served_);
    const double theory = rho * 10'000 / (2 * (1 - rho));
    EXPECT_NEAR(mean / theory, 1, 0.02) << rho;
  }
}
#endif

TEST(FrameQueueTest, DropsEarlyAndAtRandomWithRed) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::red;
  properties.most_frames = 100;
  properties.red = {.least = 20, .most = 60, .max_probability = 0.1, .frame_time = 1ms};
  QueuedMedium medium{properties};
  // 5 % more than the medium takes, for a while.
  Time now = start_of_time;
  std::uint64_t early = 0;
  for (int i = 0; i < 200'000; ++i) {
    now += 952'381ns;
    const std::size_t before = medium.queue_.frames();
    if (!medium.arrive(now, 1ms) && before < 100) ++early;
  }
  EXPECT_EQ(early, medium.refused_) << "the tail is never reached";
  EXPECT_NEAR(static_cast<double>(medium.refused_) / 200'000, 0.0476, 0.003);
  EXPECT_LT(medium.longest_, 60U);
  EXPECT_GT(medium.longest_, 20U);
}

TEST(FrameQueueTest, LetsShortBurstsPassWithRed) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::red;
  properties.most_frames = 100;
  properties.red = {.least = 20, .most = 60, .frame_time = 1ms};
  QueuedMedium medium{properties};
  for (int burst = 0; burst < 50; ++burst) {
    for (int i = 0; i < 50; ++i) medium.arrive(Time{burst * 1s}, 1ms);
  }
  EXPECT_EQ(medium.refused_, 0U);
}

TEST(FrameQueueTest, DropsAllAboveTheUpperThresholdOfRed) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::red;
  properties.red = {.least = 5, .most = 15, .weight = 1};
  FrameQueue queue{properties};
  Rng luck{{83, 6}};
  for (std::uintptr_t i = 0; i < 1'000; ++i) queue.offer(frame(i), 100, start_of_time, luck);
  EXPECT_LE(queue.frames(), 15U);
  EXPECT_GE(queue.frames(), 5U);
}

TEST(FrameQueueTest, HoldsTheWaitNearTheTargetWithCodel) {
  // Twice the medium's rate from a source that is deaf cannot be helped; one that halves its rate
  // at each drop and grows slowly can (RFC 8289, 3).
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::codel;
  QueueProperties tail;
  tail.most_frames = 1'000;
  Duration mean[2];
  for (const bool is_codel : {false, true}) {
    QueuedMedium medium{is_codel ? properties : tail};
    Time now = start_of_time;
    double gap = 2e6;
    std::uint64_t answered = 0;
    for (int i = 0; i < 200'000; ++i) {
      now += round_to_duration(gap);
      medium.arrive(now, 1ms);
      const std::uint64_t lost = medium.refused_ + medium.dropped_.size();
      gap = lost > answered ? gap * 1.5 : gap / (1 + gap / 1e9);
      answered = lost;
    }
    EXPECT_EQ(medium.offered_,
              medium.served_ + medium.refused_ + medium.dropped_.size() + medium.queue_.frames());
    mean[is_codel] = medium.waited_ / static_cast<Duration::rep>(medium.served_);
    if (is_codel) {
      EXPECT_GT(medium.dropped_.size(), 10U);
    }
  }
  EXPECT_LT(mean[1], 40ms);
  EXPECT_GT(mean[0], 4 * mean[1]);
}

TEST(FrameQueueTest, DropsMoreAndMoreOftenWithCodel) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::codel;
  FrameQueue queue{properties};
  Rng luck{{83, 7}};
  std::vector<Frame*> dropped;
  for (std::uintptr_t i = 0; i < 5'000; ++i) queue.offer(frame(i), 1'500, start_of_time, luck);
  std::vector<Duration> drops;
  for (Duration now = 10ms; now < 1s; now += 1ms) {
    queue.poll(Time{now}, dropped);
    while (drops.size() < dropped.size()) drops.push_back(now);
  }
  // RFC 8289, 5.3: the first after an interval, then interval / sqrt(count) apart.
  ASSERT_GE(drops.size(), 10U);
  const Duration expected[] = {110ms, 210ms, 281ms, 339ms, 389ms, 434ms};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_NEAR(static_cast<double>(drops[i].count()), static_cast<double>(expected[i].count()),
                1.1e6)
        << i;
  }
}

TEST(FrameQueueTest, LeavesShortQueuesAloneWithCodel) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::codel;
  QueuedMedium medium{properties};
  Time now = start_of_time;
  for (int i = 0; i < 10'000; ++i) {
    now += 1'100us;
    medium.arrive(now, 1ms);
  }
  EXPECT_TRUE(medium.dropped_.empty());
}

// ===== Marks =====

TEST(FrameQueueTest, MarksWhatComesBeyondAStep) {  // RFC 8257, 3.1
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::step;
  properties.most_frames = 10;
  properties.step = 4;
  FrameQueue queue{properties};
  Rng luck{{83, 8}};
  for (std::uintptr_t i = 0; i < 12; ++i) {
    const auto admission = queue.offer(frame(i), 1'000, start_of_time, luck, i != 7);
    EXPECT_EQ(admission.is_taken, i < 10) << i;
    EXPECT_EQ(admission.is_marked, i > 4 && i < 10 && i != 7) << i;
  }
  properties.most_frames = QueueProperties::unlimited;
  properties.most_bytes = 10'000;
  properties.step = 4'500;
  FrameQueue by_bytes{properties};
  for (std::uintptr_t i = 0; i < 12; ++i) {
    const auto admission = by_bytes.offer(frame(i), 1'000, start_of_time, luck, true);
    EXPECT_EQ(admission.is_taken, i < 10) << i;
    EXPECT_EQ(admission.is_marked, i > 4 && i < 10) << i;
  }
}

TEST(FrameQueueTest, MarksWithRedWhatItWouldDrop) {  // RFC 3168, 5 and 7
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::red;
  properties.most_frames = 100;
  properties.red = {.least = 5, .most = 15, .max_probability = 0.5, .weight = 1};
  properties.marks = true;
  for (const bool bears_mark : {false, true}) {
    FrameQueue queue{properties};
    Rng luck{{83, 9}};
    std::vector<Frame*> dropped;
    int marked = 0;
    int refused = 0;
    for (std::uintptr_t i = 0; i < 10'000; ++i) {
      const std::size_t before = queue.frames();
      const auto admission = queue.offer(frame(i), 1'000, start_of_time, luck, bears_mark);
      if (before >= 15) {
        EXPECT_FALSE(admission) << "above the upper threshold";
      }
      marked += admission.is_marked ? 1 : 0;
      refused += !admission && before < 15 ? 1 : 0;
      if (before > 12) queue.poll(start_of_time, dropped);
    }
    EXPECT_EQ(marked > 1'000, bears_mark) << marked;
    EXPECT_EQ(refused > 1'000, !bears_mark) << refused;
    EXPECT_EQ(marked == 0 || refused == 0, true);
  }
}

TEST(FrameQueueTest, MarksWithCodelWhatItWouldDrop) {
  QueueProperties properties;
  properties.discipline = QueueProperties::Discipline::codel;
  properties.marks = true;
  FrameQueue queue{properties};
  Rng luck{{83, 10}};
  std::vector<Frame*> dropped;
  // Every tenth frame cannot be marked.
  for (std::uintptr_t i = 0; i < 5'000; ++i) {
    queue.offer(frame(i), 1'500, start_of_time, luck, i % 10 != 3);
  }
  std::vector<Duration> marks;
  std::uintptr_t next = 0;
  for (Duration now = 10ms; now < 1s; now += 1ms) {
    const auto departure = queue.poll(Time{now}, dropped);
    ASSERT_TRUE(departure);
    for (; departure->frame != frame(next); ++next) EXPECT_EQ(next % 10, 3U) << "was dropped";
    if (departure->is_marked) {
      EXPECT_NE(next % 10, 3U);
      marks.push_back(now);
    }
    ++next;
  }
  EXPECT_GT(dropped.size(), 0U);
  ASSERT_GE(marks.size(), 10U);
  EXPECT_NEAR(static_cast<double>(marks[0].count()), 110e6, 2.1e6) << "at the same times";
}

}  // namespace
}  // namespace elvis
