// SPDX-License-Identifier: MIT
// Queues that mark, and what TCP makes of it, end to end across a router (RFC 3168, RFC 8257).
#include <gtest/gtest.h>

#include <deque>

#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "paths.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

/// Looks at the datagrams on the bottleneck of a Dumbbell: their marks, their checksums, and how
/// many frames were before each, as long as none is dropped.
class Gauge final : public Observer {
 public:
  Gauge(const Dumbbell& dumbbell, Duration latency, Duration settled)
      : router_{&dumbbell.internet.world.machine(0).taps()[1]},
        latency_{latency},
        from_{start_of_time + settled} {}

  void frame_sent(const Tap& from, const Message&, Time now) override {
    if (&from == router_) sent_.push_back(now);
  }
  void frame_delivered(const Tap& to, const Message& frame, Time now) override {
    if (&to.network() != &router_->network() || &to == router_) return;
    std::uint8_t scratch[34];
    const std::uint8_t* const bytes = frame.front(34, scratch) + EthernetHeader::size;
    if (fold_sum(partial_sum(bytes, Ipv4Header::min_size)) != 0xffff) ++wrong;
    marked += (bytes[1] & 3) == 3 ? 1 : 0;
    if (sent_.empty()) return;
    const Duration wait = now - sent_.front() - latency_;
    sent_.pop_front();
    if (now < from_) return;
    constexpr double frame_time = 1'514 * 80;  // nanoseconds at 100 Mbit/s
    const double before = static_cast<double>(wait.count()) / frame_time;
    sum_ += before;
    ++count_;
    most = std::max(most, before);
  }
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  double mean() const { return sum_ / static_cast<double>(count_); }

  double most = 0;
  std::uint64_t marked = 0;
  int wrong = 0;

 private:
  const Tap* router_;
  Duration latency_;
  Time from_;
  std::deque<Time> sent_;
  double sum_ = 0;
  std::uint64_t count_ = 0;
};

double total(const Dumbbell& dumbbell, Duration from, Duration until) {
  double sum = 0;
  for (const auto& flow : dumbbell.flows) sum += flow->goodput(from, until);
  return sum;
}

constexpr double goodput_ceiling = 100e6 * mss / 1'514;

/// Buffers no larger than these paths need.
TcpSettings modest(std::string_view congestion) {
  TcpSettings settings = settings_of(congestion);
  settings.send_buffer = settings.receive_buffer = 2 << 20;
  return settings;
}

TEST(MarkingTest, DctcpHoldsTheQueueNearTheThreshold) {
  constexpr double threshold = 40;
  TcpSettings settings = modest("dctcp");
  settings.delayed_ack = true;
  for (const std::size_t flows : {2U, 8U}) {
    QueueProperties queue;
    queue.discipline = QueueProperties::Discipline::step;
    queue.most_frames = 1'000;
    queue.step = static_cast<std::uint64_t>(threshold);
    Dumbbell dumbbell{flows, settings, 4ms, queue};
    Gauge gauge{dumbbell, 2ms, 3s};
    dumbbell.internet.world.observe(gauge);
    dumbbell.run(8s);
    EXPECT_GE(gauge.mean(), 0.6 * threshold) << flows;
    EXPECT_LE(gauge.mean(), 1.2 * threshold) << flows;
    EXPECT_LE(gauge.most, 2 * threshold) << flows;
    EXPECT_GE(total(dumbbell, 3s, 8s), 0.99 * goodput_ceiling) << flows;
    const NetworkCounters counters = dumbbell.internet.world.network(1).counters();
    EXPECT_EQ(counters.frames_queue_dropped, 0U);
    EXPECT_GE(counters.frames_marked, gauge.marked);
    const World& world = dumbbell.internet.world;
    EXPECT_LE(counters.frames_marked, gauge.marked + world.in_flight(world.network(1)));
    EXPECT_GT(gauge.marked, 100U);
    EXPECT_EQ(gauge.wrong, 0) << "checksums";
    for (const auto& flow : dumbbell.flows) EXPECT_EQ(flow->info().total_retrans, 0U);
  }
}

TEST(MarkingTest, ADropTailQueueOfTheSameSizeFillsUpInstead) {
  const TcpSettings settings = modest("dctcp");
  Dumbbell dumbbell{2, settings, 4ms, 1'000};
  dumbbell.run(3s);
  EXPECT_GT(dumbbell.flows[0]->info().rtt, 40'000U) << "microseconds";
  const NetworkCounters counters = dumbbell.internet.world.network(1).counters();
  EXPECT_EQ(counters.frames_marked, 0U);
  EXPECT_GT(counters.frames_queue_dropped, 0U);
}

#ifndef ELVIS_SANITIZED  // four long transfers
TEST(MarkingTest, EcnSparesRetransmissionsBehindRedAndCodel) {
  using Discipline = QueueProperties::Discipline;
  for (const auto discipline : {Discipline::red, Discipline::codel}) {
    double goodput[2];
    for (const bool speaks_of_marks : {false, true}) {
      TcpSettings settings = modest("newreno");
      settings.ecn = speaks_of_marks;
      QueueProperties queue;
      queue.discipline = discipline;
      queue.marks = true;
      queue.most_frames = 10'000;
      queue.red = {.least = 50, .most = 5'000, .max_probability = 0.5, .weight = 0.02};
      Dumbbell dumbbell{1, settings, 20ms, queue};
      Gauge gauge{dumbbell, 10ms, 0s};
      dumbbell.internet.world.observe(gauge);
      dumbbell.run(10s);
      const NetworkCounters counters = dumbbell.internet.world.network(1).counters();
      EXPECT_EQ(counters.frames_marked > 0, speaks_of_marks);
      EXPECT_EQ(counters.frames_queue_dropped > 0, !speaks_of_marks);
      EXPECT_EQ(counters.frames_marked, gauge.marked);
      EXPECT_EQ(gauge.wrong, 0) << "checksums";
      const TcpInfo info = dumbbell.flows[0]->info();
      EXPECT_EQ(info.total_retrans > 0, !speaks_of_marks);
      EXPECT_EQ((info.options & TcpInfo::ecn) != 0, speaks_of_marks);
      goodput[speaks_of_marks ? 1 : 0] = total(dumbbell, 2s, 10s);
    }
    EXPECT_GE(goodput[1], 0.95 * goodput[0]);
    EXPECT_GE(goodput[1], 0.75 * goodput_ceiling);
  }
}
#endif

// RFC 9768: the sender knows of each mark, as many as were made but for those on their way.
TEST(MarkingTest, AccurateEcnTellsOfAllMarks) {
  TcpSettings settings = modest("newreno");
  settings.accurate_ecn = true;
  settings.delayed_ack = true;
  QueueProperties queue;
  queue.discipline = QueueProperties::Discipline::step;
  queue.most_frames = 1'000;
  queue.step = 60;
  Dumbbell dumbbell{1, settings, 10ms, queue};
  Gauge gauge{dumbbell, 5ms, 0s};
  dumbbell.internet.world.observe(gauge);
  dumbbell.run(4s);
  const TcpInfo info = dumbbell.flows[0]->info();
  EXPECT_GT(gauge.marked, 50U);
  EXPECT_LE(info.delivered_ce, gauge.marked);
  EXPECT_GE(info.delivered_ce + 100, gauge.marked);
  EXPECT_EQ(info.total_retrans, 0U);
  EXPECT_GE(total(dumbbell, 1s, 4s), 0.8 * goodput_ceiling);
}

TEST(MarkingTest, DctcpGivesWayLikeRenoToALoss) {  // RFC 8257, 3.5
  const auto dctcp = make_dctcp();
  const TcpWindow window{.bytes = 100 * 1'460, .threshold = 100 * 1'460, .mss = 1'460};
  // Windows without marks: alpha goes to 0, and a mark then costs next to nothing.
  std::uint64_t position = 1;
  for (int i = 0; i < 200; ++i) {
    position += 146'000;
    dctcp->heard({.now = {}, .acked = 146'000, .acked_to = position, .sent_to = position});
  }
  EXPECT_NEAR(static_cast<double>(dctcp->congested(window, 146'000, false, {})), 146'000, 10);
  EXPECT_EQ(dctcp->congested(window, 146'000, true, {}), 73'000U);
}

TEST(MarkingTest, DctcpFollowsTheFractionOfMarks) {  // RFC 8257, 3.3: g is 1/16
  const auto dctcp = make_dctcp();
  const TcpWindow window{.bytes = 100'000, .threshold = 100'000, .mss = 1'000};
  std::uint64_t position = 0;
  double alpha = 1;
  for (int i = 0; i < 100; ++i) {
    for (int part = 0; part < 4; ++part) {
      position += 1'000;
      // One in four of a window's bytes is marked; a window ends with the first part of the next.
      dctcp->heard({.now = {},
                    .acked = 1'000,
                    .met_congestion = part == 3,
                    .acked_to = position,
                    .sent_to = position + 3'000});
    }
    alpha = 15.0 / 16 * alpha + 1.0 / 16 * (i == 0 ? 0 : 0.25);
    const auto left = static_cast<double>(dctcp->congested(window, 100'000, false, {}));
    EXPECT_NEAR(left, 100'000 * (1 - alpha / 2), 2) << i;
  }
}

}  // namespace
}  // namespace elvis::test
