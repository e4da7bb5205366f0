// SPDX-License-Identifier: MIT
#include "elvis/graph/loss_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace elvis {
namespace {

/// Which of `count` frames of one sender are lost.
std::vector<bool> losses_of(const LossModel& model, std::uint64_t count, std::uint64_t seed = 1) {
  Rng luck{{82, seed}};
  ChannelState channel = ChannelState::unknown;
  std::vector<bool> lost(count);
  for (std::uint64_t i = 0; i < count; ++i) lost[i] = model.should_lose(i, channel, luck);
  return lost;
}

struct Bursts {
  double loss = 0;
  double mean_length = 0;
};

Bursts bursts_of(const std::vector<bool>& lost) {
  double losses = 0;
  double bursts = 0;
  for (std::size_t i = 0; i < lost.size(); ++i) {
    if (!lost[i]) continue;
    ++losses;
    if (i == 0 || !lost[i - 1]) ++bursts;
  }
  return {losses / static_cast<double>(lost.size()), losses / bursts};
}

GilbertElliott chain(int p_percent, int r_percent) {
  return {.to_bad = Probability::ratio(static_cast<std::uint64_t>(p_percent), 100),
          .to_good = Probability::ratio(static_cast<std::uint64_t>(r_percent), 100)};
}

TEST(LossModelTest, LosesNothingUnlessItIsSaid) {
  const LossModel model;
  EXPECT_TRUE(model.is_none());
  EXPECT_FALSE(model.needs_luck());
  EXPECT_EQ(bursts_of(losses_of(model, 1'000)).loss, 0);
  EXPECT_TRUE(LossModel::bernoulli({}).is_none());
  EXPECT_TRUE(LossModel::scripted({}).is_none());
}

TEST(LossModelTest, LosesAsOftenAsBernoulliSays) {
  for (const std::uint64_t percent : {1U, 10U, 50U}) {
    const auto lost = losses_of(LossModel::bernoulli(Probability::ratio(percent, 100)), 1'000'000);
    const double p = static_cast<double>(percent) / 100;
    const Bursts bursts = bursts_of(lost);
    EXPECT_NEAR(bursts.loss, p, 4 * std::sqrt(p * (1 - p) / 1e6));
    EXPECT_NEAR(bursts.mean_length, 1 / (1 - p), 0.02) << "no memory";
  }
}

TEST(LossModelTest, LosesAllWithCertainty) {
  const auto certain = LossModel::bernoulli(Probability::from_threshold(Probability::one));
  EXPECT_EQ(bursts_of(losses_of(certain, 1'000)).loss, 1);
}

TEST(LossModelTest, HasTheStationaryLossOfGilbert) {
  for (const auto& [p, r] : {std::pair{1, 10}, {5, 20}, {10, 50}}) {
    const Bursts bursts = bursts_of(losses_of(LossModel::gilbert_elliott(chain(p, r)), 2'000'000));
    EXPECT_NEAR(bursts.loss, static_cast<double>(p) / (p + r), 0.003) << p << " " << r;
    EXPECT_NEAR(bursts.mean_length, 100.0 / r, 100.0 / r * 0.02) << p << " " << r;
  }
}

TEST(LossModelTest, ItsBurstsHaveTheGeometricLaw) {
  const auto lost = losses_of(LossModel::gilbert_elliott(chain(5, 20)), 4'000'000);
  std::vector<double> bursts(20);  // by length; the last is all the longer ones
  std::vector<double> gaps(60);
  double counts[2] = {0, 0};
  std::size_t begin = 0;
  for (std::size_t i = 1; i < lost.size(); ++i) {
    if (lost[i] == lost[i - 1]) continue;
    auto& lengths = lost[i - 1] ? bursts : gaps;
    ++lengths[std::min(i - begin - 1, lengths.size() - 1)];
    ++counts[lost[i - 1]];
    begin = i;
  }
  // Kolmogorov and Smirnov: the greatest distance from 1 - (1 - p)^n, times the root of the number.
  for (const bool is_burst : {false, true}) {
    const auto& lengths = is_burst ? bursts : gaps;
    const double p = is_burst ? 0.20 : 0.05;
    double sum = 0;
    double distance = 0;
    for (std::size_t n = 1; n < lengths.size(); ++n) {
      sum += lengths[n - 1];
      const double law = 1 - std::pow(1 - p, static_cast<double>(n));
      distance = std::max(distance, std::abs(sum / counts[is_burst] - law));
    }
    EXPECT_LT(distance * std::sqrt(counts[is_burst]), 1.95);
    EXPECT_GT(counts[is_burst], 100'000);
  }
}

TEST(LossModelTest, HasTheStationaryLossOfElliott) {
  GilbertElliott both = chain(2, 8);
  both.loss_in_good = Probability::ratio(1, 100);
  both.loss_in_bad = Probability::ratio(60, 100);
  const Bursts bursts = bursts_of(losses_of(LossModel::gilbert_elliott(both), 2'000'000));
  EXPECT_NEAR(bursts.loss, 0.8 * 0.01 + 0.2 * 0.6, 0.003);
}

TEST(LossModelTest, BeginsAsTheLongRunHasIt) {
  const LossModel model = LossModel::gilbert_elliott(chain(10, 30));
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 100'000; ++seed) {
    lost += losses_of(model, 1, seed)[0] ? 1 : 0;
  }
  EXPECT_NEAR(lost / 1e5, 0.25, 0.006);
}

TEST(LossModelTest, KnowsChannelsThatNeverChange) {
  EXPECT_EQ(bursts_of(losses_of(LossModel::gilbert_elliott(chain(0, 0)), 1'000)).loss, 0);
  EXPECT_EQ(bursts_of(losses_of(LossModel::gilbert_elliott(chain(0, 100)), 1'000)).loss, 0);
  EXPECT_EQ(bursts_of(losses_of(LossModel::gilbert_elliott(chain(100, 0)), 1'000)).loss, 1);
  EXPECT_EQ(bursts_of(losses_of(LossModel::gilbert_elliott(chain(100, 100)), 1'000)).loss, 0.5);
}

TEST(LossModelTest, LosesTheFramesOfAList) {
  const auto lost = losses_of(LossModel::scripted({7, 0, 3}), 10);
  EXPECT_EQ(lost,
            (std::vector<bool>{true, false, false, true, false, false, false, true, false, false}));
  EXPECT_FALSE(LossModel::scripted({1}).needs_luck());
}

}  // namespace
}  // namespace elvis
