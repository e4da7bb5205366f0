// SPDX-License-Identifier: MIT
// Media, queues and luck through whole networks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/util/repeatable_math.hpp"
#include "hosts.hpp"
#include "media.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing_hosts::chat_of_many;
using testing_hosts::gigabit;
using testing_hosts::Hosts;
using testing_hosts::Nanoseconds;
using testing_hosts::Sending;

constexpr std::size_t header = 14;

// ===== Switched networks =====

TEST(SwitchedNetworkTest, IsACableInBothDirectionsBetweenTwo) {
  LinkProperties properties = gigabit(MediumKind::switched);
  properties.latency = LatencyModel::constant(microseconds{1});
  Hosts hosts{2, properties};
  hosts.send(0, {{nanoseconds{0}, 1, 986}, {nanoseconds{0}, 1, 986}});
  hosts.send(1, {{nanoseconds{0}, 0, 986}});
  hosts.run();
  EXPECT_EQ(hosts.times(1), (Nanoseconds{9'000, 17'000}));
  EXPECT_EQ(hosts.times(0), Nanoseconds{9'000});
}

TEST(SwitchedNetworkTest, DoesNotLetSendersToDifferentReceiversWaitForEachOther) {
  for (const MediumKind medium : {MediumKind::switched, MediumKind::shared}) {
    Hosts hosts{4, gigabit(medium)};
    hosts.send(0, {{nanoseconds{0}, 2, 986}});
    hosts.send(1, {{nanoseconds{0}, 3, 986}});
    hosts.run();
    EXPECT_EQ(hosts.times(2), Nanoseconds{8'001});
    EXPECT_EQ(hosts.times(3), Nanoseconds{medium == MediumKind::switched ? 8'001 : 16'001});
  }
}

TEST(SwitchedNetworkTest, LetsFramesOfSeveralSendersWaitAtTheReceiver) {
  Hosts hosts{4, gigabit(MediumKind::switched)};
  for (std::size_t i = 0; i < 3; ++i) hosts.send(i, {{nanoseconds{0}, 3, 986}});
  hosts.run();
  EXPECT_EQ(hosts.times(3), (Nanoseconds{8'001, 16'001, 24'001}));
}

TEST(SwitchedNetworkTest, SendsABroadcastOnceAndReceivesItEverywhere) {
  Hosts hosts{4, gigabit(MediumKind::switched)};
  hosts.send(0, {{nanoseconds{0}, 99, 986}, {nanoseconds{0}, 1, 986}});
  hosts.run();
  EXPECT_EQ(hosts.times(1), (Nanoseconds{8'001, 16'001}));
  EXPECT_EQ(hosts.times(2), Nanoseconds{8'001});
  EXPECT_EQ(hosts.times(3), Nanoseconds{8'001});
}

TEST(SwitchedNetworkTest, DropsWhatDoesNotFitIntoTheReceiversQueue) {
  for (const auto discipline :
       {QueueProperties::Discipline::drop_tail, QueueProperties::Discipline::codel}) {
    LinkProperties properties = gigabit(MediumKind::switched);
    properties.queue.discipline = discipline;
    properties.queue.most_frames = 2;
    Hosts hosts{6, properties};
    for (std::size_t i = 0; i < 5; ++i) hosts.send(i, {{nanoseconds{0}, 5, 986}});
    hosts.run();
    // The first has passed as it came, so that the second starts; two of the other three wait.
    EXPECT_EQ(hosts.times(5), (Nanoseconds{8'001, 16'001, 24'001, 32'001}));
    EXPECT_EQ(hosts.counters().frames_queue_dropped, 1U);
  }
}

// ===== Queues =====

TEST(QueueTest, DropsAtTheTailByFrames) {
  for (const MediumKind medium : {MediumKind::shared, MediumKind::switched}) {
    LinkProperties properties = gigabit(medium);
    properties.queue.most_frames = 2;
    Hosts hosts{2, properties};
    hosts.send(0, {{nanoseconds{0}, 1, 986},
                   {nanoseconds{0}, 1, 886},
                   {nanoseconds{0}, 1, 786},
                   {nanoseconds{0}, 1, 686},
                   {nanoseconds{8'000}, 1, 586}});
    hosts.run();
    // One is on the wire, two wait, the fourth finds no room, the fifth does again.
    EXPECT_EQ(hosts.ears[1]->sizes, (std::vector<std::size_t>{986, 886, 786, 586}));
    EXPECT_EQ(hosts.counters().frames_queue_dropped, 1U);
  }
}

TEST(QueueTest, DropsAtTheTailByBytes) {
  LinkProperties properties = gigabit(MediumKind::shared);
  properties.queue.most_bytes = 1'000;
  Hosts hosts{2, properties};
  hosts.send(0, {{nanoseconds{0}, 1, 1'000},
                 {nanoseconds{0}, 1, 500},
                 {nanoseconds{0}, 1, 500},
                 {nanoseconds{0}, 1, 400}});
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->sizes, (std::vector<std::size_t>{1'000, 500, 400}));
}

// Poisson arrivals at 80 % load: the mean wait of M/D/1 is rho / (2 (1 - rho)) services, here 2.
void expect_m_d_1(const LinkProperties& properties) {
  constexpr int frames = repetitions(1'000'000);
  constexpr double tolerance = frames < 1'000'000 ? 0.2 : 0.04;
  constexpr std::int64_t service = 8'000;
  Hosts hosts{2, properties};
  Rng luck{2024};
  std::vector<Sending::Frame> sending;
  sending.reserve(frames);
  double now = 0;
  for (int i = 0; i < frames; ++i) {
    now += -std::log(unit_interval(luck())) * service / 0.8;
    sending.push_back({nanoseconds{static_cast<std::int64_t>(now)}, 1, 1'000 - header});
  }
  hosts.send(0, sending);
  hosts.run();
  ASSERT_EQ(hosts.ears[1]->times.size(), std::size_t{frames});
  double waited = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    waited += static_cast<double>((hosts.ears[1]->times[i] - Time{sending[i].time}).count() -
                                  service - 1);
  }
  EXPECT_NEAR(waited / frames / service, 2.0, tolerance);
}

TEST(QueueTest, WaitsAsTheTheoryOfMD1Says) {
  expect_m_d_1(gigabit(MediumKind::shared));
}

TEST(QueueTest, WaitsAsTheTheoryOfMD1SaysOnASwitchedNetwork) {
  expect_m_d_1(gigabit(MediumKind::switched));
}

TEST(QueueTest, WaitsTheSameWhetherItDecidesAsFramesComeOrLeave) {
  for (const MediumKind medium : {MediumKind::shared, MediumKind::switched}) {
    LinkProperties early = gigabit(medium);
    LinkProperties late = early;
    late.queue.discipline = QueueProperties::Discipline::codel;
    late.queue.codel.target = std::chrono::hours{1};
    std::vector<Sending::Frame> sending;
    Rng luck{5};
    for (int i = 0; i < 2'000; ++i) {
      sending.push_back({nanoseconds{i * 4'000}, 2, 100 + luck.below(900)});
    }
    Hosts one{3, early};
    Hosts other{3, late};
    for (Hosts* const hosts : {&one, &other}) {
      hosts->send(0, sending);
      hosts->send(1, sending);
      hosts->run();
    }
    EXPECT_EQ(one.times(2), other.times(2));
  }
}

// Twice as much comes as the medium carries, for two seconds.
NetworkCounters overload(const QueueProperties& queue, std::int64_t& longest) {
  LinkProperties properties;
  properties.throughput = BitRate{8'000'000};  // 1 us a byte
  properties.queue = queue;
  Hosts hosts{2, properties};
  std::vector<Sending::Frame> sending;
  for (int i = 0; i < 4'000; ++i) sending.push_back({microseconds{i * 500}, 1, 1'000 - header});
  hosts.send(0, sending);
  hosts.run();
  const std::vector<Time>& times = hosts.ears[1]->times;
  longest = (times.back() - Time{sending.back().time}).count();
  return hosts.counters();
}

TEST(QueueTest, CodelKeepsTheWaitShortWhereDropTailFillsUp) {
  QueueProperties queue;
  queue.most_frames = 1'000;
  std::int64_t full = 0;
  EXPECT_NEAR(static_cast<double>(overload(queue, full).frames_queue_dropped), 1'000, 2);
  EXPECT_GT(full, 900'000'000);
  queue.discipline = QueueProperties::Discipline::codel;
  std::int64_t controlled = 0;
  EXPECT_GT(overload(queue, controlled).frames_queue_dropped, 100U);
  EXPECT_LT(controlled, full);
}

TEST(QueueTest, RedDropsBeforeTheQueueIsFull) {
  QueueProperties queue;
  queue.discipline = QueueProperties::Discipline::red;
  queue.most_frames = 1'000;
  queue.red.most = 50;
  queue.red.least = 10;
  queue.red.weight = 0.02;
  std::int64_t longest = 0;
  const NetworkCounters counters = overload(queue, longest);
  EXPECT_GT(counters.frames_queue_dropped, 1'500U);
  EXPECT_LT(longest, 200'000'000);
}

// ===== Luck =====

TEST(NetworkLuckTest, DoublesFrames) {
  LinkProperties properties;
  properties.duplication = Probability::ratio(1, 4);
  Hosts hosts{2, properties};
  hosts.send(0, std::vector<Sending::Frame>(10'000, {nanoseconds{0}, 1, 10}));
  hosts.run();
  EXPECT_NEAR(static_cast<double>(hosts.counters().frames_duplicated), 2'500, 4 * 43.3);
  EXPECT_EQ(hosts.ears[1]->sizes.size(), 10'000 + hosts.counters().frames_duplicated);
}

TEST(NetworkLuckTest, HoldsFramesUpSoThatOthersOvertakeThem) {
  LinkProperties properties;
  properties.reordering = {Probability::ratio(1, 10), microseconds{5}};
  Hosts hosts{2, properties};
  std::vector<Sending::Frame> sending;
  for (int i = 0; i < 1'000; ++i) {
    sending.push_back({microseconds{i}, 1, 1 + static_cast<std::size_t>(i)});
  }
  hosts.send(0, sending);
  hosts.run();
  const std::vector<std::size_t>& sizes = hosts.ears[1]->sizes;
  EXPECT_EQ(sizes.size(), 1'000U);
  EXPECT_FALSE(std::is_sorted(sizes.begin(), sizes.end()));
}

TEST(NetworkLuckTest, LosesInBursts) {
  LinkProperties properties;
  properties.loss = LossModel::gilbert_elliott(
      {.to_bad = Probability::ratio(1, 100), .to_good = Probability::ratio(1, 4)});
  Hosts hosts{2, properties};
  std::vector<Sending::Frame> sending;
  for (int i = 0; i < 200'000; ++i) sending.push_back({nanoseconds{10 * i}, 1, 1});
  hosts.send(0, sending);
  hosts.run();
  // In the long run bad for 0.01 / 0.26 of the frames, 4 at a time.
  const auto lost = static_cast<double>(hosts.counters().frames_lost);
  EXPECT_NEAR(lost / 200'000, 0.01 / 0.26, 0.002);
  double bursts = 0;
  const Nanoseconds times = hosts.times(1);
  for (std::size_t i = 1; i < times.size(); ++i) bursts += times[i] - times[i - 1] > 10 ? 1 : 0;
  EXPECT_NEAR(lost / bursts, 4, 0.2);
}

TEST(NetworkLuckTest, LosesTheFramesOfAScript) {
  LinkProperties properties;
  properties.loss = LossModel::scripted({1, 3});
  Hosts hosts{2, properties};
  for (std::size_t i = 0; i < 1; ++i) {
    hosts.send(0, {{nanoseconds{0}, 1, 1},
                   {nanoseconds{1}, 1, 2},
                   {nanoseconds{2}, 1, 3},
                   {nanoseconds{3}, 1, 4}});
  }
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->sizes, (std::vector<std::size_t>{1, 3}));
}

// ===== Changes while a run goes on =====

LinkProperties with_changes(LinkProperties properties) {
  LinkState down = properties;
  down.is_up = false;
  LinkState slow = properties;
  slow.latency = LatencyModel::constant(milliseconds{1});
  if (slow.throughput) slow.throughput = BitRate{100'000'000};
  properties.changes = {{Time{microseconds{100}}, down}, {Time{microseconds{200}}, slow}};
  return properties;
}

TEST(LinkChangeTest, AFrameTravelsAsTheNetworkIsWhenItStarts) {
  LinkProperties properties;
  properties.latency = LatencyModel::constant(microseconds{10});
  Hosts hosts{2, with_changes(properties)};
  hosts.send(0, {{microseconds{99}, 1, 1}, {microseconds{100}, 1, 2}, {microseconds{200}, 1, 3}});
  hosts.run();
  EXPECT_EQ(hosts.times(1), (Nanoseconds{109'000, 1'200'000}));
  EXPECT_EQ(hosts.counters().frames_lost, 1U);
}

TEST(LinkChangeTest, WhatWaitsWhenANetworkGoesDownIsLost) {
  for (const MediumKind medium : {MediumKind::shared, MediumKind::switched}) {
    LinkProperties properties = gigabit(medium);
    Hosts hosts{2, with_changes(properties)};
    // 8 us each: those that start at 96 us at the latest get through, the rest is lost at 104 us;
    // at 100 Mbit/s the last takes 80 us.
    hosts.send(0, std::vector<Sending::Frame>(20, {nanoseconds{0}, 1, 986}));
    hosts.send(1, {{microseconds{200}, 0, 986}});
    hosts.run();
    EXPECT_EQ(hosts.times(1).size(), 13U);
    EXPECT_EQ(hosts.times(1).back(), 104'001);
    EXPECT_EQ(hosts.times(0), Nanoseconds{1'280'000});
    EXPECT_EQ(hosts.counters().frames_lost, 7U);
  }
}

// ===== Divided worlds =====

TEST(MediumTest, GivesTheSameResultHoweverTheWorldIsDivided) {
  using Discipline = QueueProperties::Discipline;
  for (const auto medium : {MediumKind::shared, MediumKind::switched}) {
    for (const auto discipline : {Discipline::drop_tail, Discipline::red, Discipline::codel}) {
      for (const bool changes : {false, true}) {
        LinkProperties properties = gigabit(medium);
        properties.latency = LatencyModel::normal(microseconds{10}, microseconds{2});
        properties.loss = LossModel::gilbert_elliott(
            {.to_bad = Probability::ratio(1, 20), .to_good = Probability::ratio(1, 2)});
        properties.corruption = Probability::ratio(1, 50);
        properties.duplication = Probability::ratio(1, 50);
        properties.reordering = {Probability::ratio(1, 50), microseconds{20}};
        properties.queue.discipline = discipline;
        properties.queue.most_frames = 20;
        properties.queue.codel = {microseconds{20}, microseconds{100}, 1'514};
        properties.queue.red.weight = 0.1;
        if (changes) properties = with_changes(properties);
        const auto reference = chat_of_many(properties, 1, 1);
        for (const unsigned partitions : {2U, 3U, 8U}) {
          for (const unsigned threads : {1U, 2U, 8U}) {
            EXPECT_EQ(chat_of_many(properties, partitions, threads), reference)
                << static_cast<int>(medium) << ' ' << static_cast<int>(discipline) << ' ' << changes
                << ' ' << partitions << ' ' << threads;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace elvis
