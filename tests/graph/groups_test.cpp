// SPDX-License-Identifier: MIT
// Frames for groups: they come to those who have joined, and cost nobody else anything.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "hosts.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_hosts::Hosts;
using testing_hosts::Sending;

constexpr MacAddress group{0x0100'5e01'0203U};
constexpr MacAddress other_group{0x0100'5e01'0204U};
constexpr MacAddress all_hosts{0x0100'5e00'0001U};

// Joins and leaves groups at given times.
struct Joining final : ApplicationOptions {
  struct Change {
    Duration at;
    MacAddress group;
    bool joins;
  };
  std::vector<Change> changes;
  void visit(OptionVisitor&) override {}
};

Task<Result<>> change_groups(Application& self, const ApplicationOptions& options) {
  Tap& tap = self.machine().taps().front();
  for (const Joining::Change& change : static_cast<const Joining&>(options).changes) {
    if (start_of_time + change.at > self.now())
      co_await self.sleep_until(start_of_time + change.at);
    change.joins ? tap.join(change.group) : tap.leave(change.group);
  }
  co_return Result<>{};
}

constexpr ApplicationKind joining_kind{"joining", "joins groups", false, nullptr, change_groups};

LinkProperties with_latency(Duration latency) {
  LinkProperties properties;
  properties.latency = {latency, latency};
  return properties;
}

class GroupsTest : public testing::Test {
 protected:
  void make(std::size_t hosts, const LinkProperties& properties) {
    hosts_ = std::make_unique<Hosts>(hosts, properties);
  }
  void change(std::size_t host, std::vector<Joining::Change> changes) {
    auto options = std::make_unique<Joining>();
    options->changes = std::move(changes);
    World& world = hosts_->world;
    world.add_application(world.machine(host), joining_kind, world.keep(std::move(options)));
  }
  void join(std::size_t host, MacAddress to, Duration at = {}) { change(host, {{at, to, true}}); }
  std::size_t heard(std::size_t host) { return hosts_->ears[host]->heard.size(); }
  NetworkCounters counters() { return hosts_->network.counters(); }

  std::unique_ptr<Hosts> hosts_;
};

TEST_F(GroupsTest, AFrameComesToThoseWhoJoinedAndNobodyElse) {
  make(10, with_latency(1ms));
  for (const std::size_t host : {2U, 5U, 7U}) join(host, group);
  join(3, other_group);
  hosts_->send(0, {{start_of_time + 1ms, group, 100}});
  hosts_->run();
  for (std::size_t host = 0; host < 10; ++host) {
    EXPECT_EQ(heard(host), host == 2 || host == 5 || host == 7 ? 1U : 0U) << host;
  }
  EXPECT_EQ(counters().frames_sent, 1U);
  EXPECT_EQ(counters().frames_copied, 2U);
  EXPECT_EQ(counters().frames_delivered, 3U);
}

TEST_F(GroupsTest, AFrameForAGroupWithoutMembersIsForNobody) {
  make(10, with_latency(1ms));
  join(0, group);  // the sender itself
  hosts_->send(0, {{start_of_time + 1ms, group, 100}, {start_of_time + 1ms, other_group, 100}});
  hosts_->run();
  EXPECT_EQ(counters().frames_unknown_destination, 2U);
  EXPECT_EQ(counters().frames_delivered, 0U);
}

TEST_F(GroupsTest, WhatCountsIsWhoIsAMemberWhenAFrameIsSent) {
  make(3, with_latency(10ms));
  change(1, {{5ms, group, true}, {15ms, group, false}, {25ms, group, true}});
  std::vector<Sending::Frame> frames;
  for (const Duration at : {Duration{4ms}, Duration{5ms}, Duration{14ms}, Duration{15ms},
                            Duration{24ms}, Duration{26ms}}) {
    frames.emplace_back(start_of_time + at, group, 100);
  }
  hosts_->send(0, frames);
  hosts_->run();
  const std::vector<Time> expected{start_of_time + 15ms, start_of_time + 24ms,
                                   start_of_time + 36ms};
  EXPECT_EQ(hosts_->ears[1]->times, expected);
}

TEST_F(GroupsTest, WhoJoinedTwiceLeavesTwice) {
  make(2, with_latency(1ms));
  change(1, {{0s, group, true}, {0s, group, true}, {10ms, group, false}, {20ms, group, false}});
  hosts_->send(0, {{start_of_time + 5ms, group, 100},
                   {start_of_time + 15ms, group, 100},
                   {start_of_time + 25ms, group, 100}});
  hosts_->run();
  EXPECT_EQ(heard(1), 2U);
}

TEST_F(GroupsTest, AllHostsAreMembersOfOneGroup) {  // RFC 1112, 4
  make(5, with_latency(1ms));
  hosts_->send(0, {{start_of_time, all_hosts, 100}});
  hosts_->run();
  EXPECT_EQ(counters().frames_delivered, 4U);
}

TEST_F(GroupsTest, ASwitchAndASharedMediumKnowThemToo) {
  for (const MediumKind medium : {MediumKind::shared, MediumKind::switched}) {
    LinkProperties properties = with_latency(1ms);
    properties.throughput = BitRate{1'000'000};
    properties.medium = medium;
    make(4, properties);
    join(2, group);
    hosts_->send(0, {{start_of_time + 1ms, group, 100}});
    hosts_->run();
    EXPECT_EQ(heard(2), 1U);
    EXPECT_EQ(counters().frames_delivered, 1U);
  }
}

TEST_F(GroupsTest, EachMemberHasItsOwnLuck) {
  LinkProperties properties = with_latency(1ms);
  properties.loss = LossModel{Probability::ratio(3, 10)};
  make(101, properties);
  for (std::size_t host = 1; host <= 100; ++host) join(host, group);
  std::vector<Sending::Frame> frames;
  for (int i = 0; i < 100; ++i) frames.emplace_back(start_of_time + (1 + i) * 1ms, group, 100);
  hosts_->send(0, frames);
  hosts_->run();
  EXPECT_EQ(counters().frames_delivered + counters().frames_lost, 10'000U);
  EXPECT_NEAR(static_cast<double>(counters().frames_lost), 3'000, 200);
  EXPECT_GT(heard(1), 50U);
  EXPECT_LT(heard(1), 90U);
}

// ===== Partitions =====

// Members come and go while many send.
struct Outcomes {
  std::uint64_t digest;
  std::uint64_t delivered;
  std::uint64_t unknown;
  friend bool operator==(const Outcomes&, const Outcomes&) = default;
};

Outcomes crowd(unsigned partitions, const LinkProperties& properties) {
  constexpr std::size_t size = 30;
  Hosts hosts{size, properties};
  Rng luck{1, 2};
  for (std::size_t host = 0; host < size; ++host) {
    auto options = std::make_unique<Joining>();
    Duration at{};
    for (int i = 0; i < 10; ++i) {
      at += luck.below(8) * 250us;
      options->changes.push_back(
          {at, luck.below(2) == 0 ? group : other_group, luck.below(3) != 0});
    }
    hosts.world.add_application(hosts.world.machine(host), joining_kind,
                                hosts.world.keep(std::move(options)));
    std::vector<Sending::Frame> frames;
    Time when = start_of_time;
    for (int i = 0; i < 10; ++i) {
      when += luck.below(8) * 250us;
      frames.emplace_back(when, luck.below(2) == 0 ? group : other_group, 60 + luck.below(1'000));
    }
    hosts.send(host, frames);
  }
  World::RunOptions run;
  run.partitions = partitions;
  run.engine.threads = partitions;
  run.engine.shares_always = true;
  hosts.world.run(run);
  EXPECT_TRUE(hosts.world.conserves_frames());
  const NetworkCounters counters = hosts.network.counters();
  return {hosts.world.digest(), counters.frames_delivered, counters.frames_unknown_destination};
}

TEST(GroupsLawTest, HasOneResultForAnyPartitions) {
  for (const Duration latency : {Duration{1}, Duration{250us}, Duration{1300us}}) {
    for (const int kind : {0, 1, 2, 3}) {
      LinkProperties properties = with_latency(latency);
      if (kind == 1) properties.loss = LossModel{Probability::ratio(3, 10)};
      if (kind >= 2) properties.throughput = BitRate{10'000'000};
      if (kind == 3) properties.medium = MediumKind::switched;
      const Outcomes expected = crowd(1, properties);
      EXPECT_GT(expected.delivered, 500U);
      for (const unsigned partitions : {2U, 3U, 8U}) {
        EXPECT_TRUE(crowd(partitions, properties) == expected)
            << partitions << " partitions, kind " << kind << ", " << latency.count() << " ns";
      }
    }
  }
}

}  // namespace
}  // namespace elvis
