// SPDX-License-Identifier: MIT
#include "elvis/graph/link_model.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace elvis {
namespace {

using namespace std::chrono_literals;

Rng luck_of(std::uint64_t number) {
  return Rng{{84, number}};
}

TEST(LinkModelTest, NeedsNoLuckWhereAllIsSure) {
  LinkModel model;
  model.latency = LatencyModel::constant(3ms);
  EXPECT_FALSE(model.needs_luck());
  ChannelState channel = ChannelState::unknown;
  Rng luck = luck_of(0);
  Rng same = luck;
  const FrameLuck fate = model.draw(0, channel, luck);
  EXPECT_EQ(fate.latency, 3ms);
  EXPECT_FALSE(fate.is_lost || fate.is_corrupted || fate.copy_latency);
  EXPECT_EQ(luck(), same());
}

TEST(LinkModelTest, DoesEachThingAsOftenAsItSays) {
  LinkModel model;
  model.latency = LatencyModel::uniform(1ms, 2ms);
  model.loss = LossModel::bernoulli(Probability::ratio(1, 10));
  model.corruption = Probability::ratio(2, 10);
  model.duplication = Probability::ratio(3, 10);
  model.reordering = {Probability::ratio(4, 10), 10ms};
  EXPECT_TRUE(model.needs_luck());
  ChannelState channel = ChannelState::unknown;
  double lost = 0;
  double corrupted = 0;
  double doubled = 0;
  double late = 0;
  double late_copies = 0;
  constexpr std::uint64_t count = 400'000;
  for (std::uint64_t number = 0; number < count; ++number) {
    Rng luck = luck_of(number);
    const FrameLuck fate = model.draw(number, channel, luck);
    lost += fate.is_lost ? 1 : 0;
    if (fate.is_lost) continue;
    corrupted += fate.is_corrupted ? 1 : 0;
    late += fate.latency > 10ms ? 1 : 0;
    doubled += fate.copy_latency ? 1 : 0;
    late_copies += fate.copy_latency > 10ms ? 1 : 0;
  }
  const double arrived = count - lost;
  EXPECT_NEAR(lost / count, 0.1, 0.003);
  EXPECT_NEAR(corrupted / arrived, 0.2, 0.004);
  EXPECT_NEAR(doubled / arrived, 0.3, 0.004);
  EXPECT_NEAR(late / arrived, 0.4, 0.004);
  EXPECT_NEAR(late_copies / doubled, 0.4, 0.01);
}

TEST(LinkModelTest, NoFrameTakesLongerThanTimeLasts) {
  LinkModel model;
  model.latency = LatencyModel::uniform(10ms, Duration::max());
  model.reordering = {Probability::ratio(1, 1), Duration::max()};
  model.duplication = Probability::ratio(1, 1);
  ChannelState channel = ChannelState::unknown;
  Rng luck = luck_of(1);
  const FrameLuck fate = model.draw(1, channel, luck);
  EXPECT_EQ(fate.latency, Duration::max());
  EXPECT_EQ(fate.copy_latency, Duration::max());
}

TEST(LinkModelTest, GivesTheSameFateForTheSameLuck) {
  LinkModel model;
  model.latency = LatencyModel::normal(10ms, 1ms);
  model.duplication = Probability::ratio(1, 2);
  ChannelState channel = ChannelState::unknown;
  for (std::uint64_t number = 0; number < 1'000; ++number) {
    Rng luck = luck_of(number);
    Rng same = luck_of(number);
    const FrameLuck first = model.draw(number, channel, luck);
    const FrameLuck second = model.draw(number, channel, same);
    EXPECT_EQ(first.latency, second.latency);
    EXPECT_EQ(first.copy_latency, second.copy_latency);
  }
}

}  // namespace
}  // namespace elvis
