// SPDX-License-Identifier: MIT
// Each latency distribution against its law, at a fixed seed: mean, variance, Kolmogorov–Smirnov.
#include "elvis/graph/latency_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/fold.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t samples = 400'000;

std::vector<double> draw_many(const LatencyModel& model, std::uint64_t seed = 1) {
  Rng luck{{81, seed}};
  std::vector<double> drawn(samples);
  for (double& each : drawn) {
    const Duration latency = model.draw(luck);
    EXPECT_GE(latency, model.min());
    each = static_cast<double>(latency.count());
  }
  return drawn;
}

double mean_of(const std::vector<double>& drawn) {
  double sum = 0;
  for (const double each : drawn) sum += each;
  return sum / static_cast<double>(drawn.size());
}

double variance_of(const std::vector<double>& drawn) {
  const double mean = mean_of(drawn);
  double sum = 0;
  for (const double each : drawn) sum += (each - mean) * (each - mean);
  return sum / static_cast<double>(drawn.size() - 1);
}

/// The largest distance between what was drawn and the law, times the root of the number: above
/// 1.95 with a probability of 0.001 if the law holds.
double kolmogorov_smirnov(std::vector<double> drawn, const std::function<double(double)>& law) {
  std::ranges::sort(drawn);
  const auto count = static_cast<double>(drawn.size());
  double distance = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    const double expected = law(drawn[i]);
    const auto place = static_cast<double>(i);
    distance = std::max({distance, expected - place / count, (place + 1) / count - expected});
  }
  return distance * std::sqrt(count);
}

double normal_law(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

TEST(LatencyModelTest, IsOneNanosecondWhereNothingIsSaid) {
  Rng luck{{81, 0}};
  EXPECT_EQ(LatencyModel{}.draw(luck), 1ns);
  EXPECT_EQ(LatencyModel::constant(0ns).draw(luck), 1ns);
  EXPECT_TRUE(LatencyModel{}.is_constant());
}

TEST(LatencyModelTest, DrawsNothingForAConstant) {
  Rng luck{{81, 0}};
  Rng same = luck;
  EXPECT_EQ(LatencyModel::constant(10ms).draw(luck), 10ms);
  EXPECT_EQ(luck(), same());
}

TEST(LatencyModelTest, IsConstantWhereThereIsNoChoice) {
  EXPECT_TRUE(LatencyModel::uniform(5ms, 5ms).is_constant());
  EXPECT_TRUE(LatencyModel::normal(5ms, 0ns).is_constant());
  EXPECT_TRUE(LatencyModel::lognormal(5ms, 0).is_constant());
}

TEST(LatencyModelTest, FollowsTheUniformLaw) {
  const LatencyModel model = LatencyModel::uniform(2ms, 6ms);
  EXPECT_EQ(model.min(), 2ms);
  const auto drawn = draw_many(model);
  EXPECT_NEAR(mean_of(drawn), 4e6, 4e6 * 0.002);
  EXPECT_NEAR(variance_of(drawn), 16e12 / 12, 16e12 / 12 * 0.01);
  EXPECT_LT(kolmogorov_smirnov(drawn, [](double x) { return (x - 2e6) / 4e6; }), 1.95);
}

TEST(LatencyModelTest, DrawsBothEndsOfAUniformRange) {
  const auto drawn = draw_many(LatencyModel::uniform(3ns, 5ns));
  for (const double value : {3.0, 4.0, 5.0}) {
    EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn, value)), samples / 3.0, 1'500);
  }
}

TEST(LatencyModelTest, FollowsTheNormalLaw) {
  const LatencyModel model = LatencyModel::normal(10ms, 2ms);
  EXPECT_EQ(model.min(), 2ms);
  const auto drawn = draw_many(model);
  EXPECT_NEAR(mean_of(drawn), 10e6, 10e6 * 0.001);
  EXPECT_NEAR(variance_of(drawn), 4e12, 4e12 * 0.01);
  EXPECT_LT(kolmogorov_smirnov(drawn, [](double x) { return normal_law((x - 10e6) / 2e6); }), 1.95);
}

TEST(LatencyModelTest, HoldsWideNormalLatenciesAboveZero) {
  const LatencyModel model = LatencyModel::normal(1ms, 1ms);
  EXPECT_EQ(model.min(), 1ns);
  const auto drawn = draw_many(model);
  const auto held = std::ranges::count(drawn, 1.0);
  EXPECT_NEAR(static_cast<double>(held) / samples, normal_law(-1), 0.002);
}

TEST(LatencyModelTest, FollowsTheLognormalLaw) {
  const LatencyModel model = LatencyModel::lognormal(20ms, 0.5);
  EXPECT_NEAR(static_cast<double>(model.min().count()), 20e6 * std::exp(-2.0), 1);
  const auto drawn = draw_many(model);
  const double mean = 20e6 * std::exp(0.125);
  EXPECT_NEAR(mean_of(drawn), mean, mean * 0.003);
  const double variance = (std::exp(0.25) - 1) * mean * mean;
  EXPECT_NEAR(variance_of(drawn), variance, variance * 0.03);
  EXPECT_LT(
      kolmogorov_smirnov(drawn, [](double x) { return normal_law(std::log(x / 20e6) / 0.5); }),
      1.95);
}

TEST(LatencyModelTest, FollowsTheParetoLaw) {
  const LatencyModel model = LatencyModel::pareto(5ms, 5);
  EXPECT_EQ(model.min(), 5ms);
  const auto drawn = draw_many(model);
  EXPECT_NEAR(mean_of(drawn), 6.25e6, 6.25e6 * 0.002);
  const double variance = 25e12 * 5 / (16.0 * 3);
  EXPECT_NEAR(variance_of(drawn), variance, variance * 0.06);
  EXPECT_LT(kolmogorov_smirnov(drawn, [](double x) { return 1 - std::pow(5e6 / x, 5); }), 1.95);
}

TEST(LatencyModelTest, SurvivesTheHeaviestTail) {
  const auto drawn = draw_many(LatencyModel::pareto(1h, 0.01));
  EXPECT_LE(std::ranges::max(drawn), 3.6e18);
}

TEST(LatencyModelTest, FollowsWhatWasMeasured) {
  const auto measured = std::make_shared<const EmpiricalLatency>(
      std::vector<EmpiricalLatency::Sample>{{30ms, 1}, {10ms, 6}, {20ms, 2}, {30ms, 1}, {5ms, 0}});
  EXPECT_EQ(measured->size(), 3U);
  EXPECT_EQ(measured->min(), 10ms);
  EXPECT_EQ(measured->max(), 30ms);
  const auto drawn = draw_many(LatencyModel::empirical(measured));
  EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn, 10e6)) / samples, 0.6, 0.003);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn, 20e6)) / samples, 0.2, 0.003);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn, 30e6)) / samples, 0.2, 0.003);
}

TEST(LatencyModelTest, FollowsTheLawOfManyMeasurements) {
  std::vector<EmpiricalLatency::Sample> measurements;
  double weight = 0;
  double mean = 0;
  double square = 0;
  for (std::uint64_t i = 1; i <= 10'000; ++i) {
    const std::uint64_t times = 1 + i % 3;
    const auto time = static_cast<double>(i * i);
    measurements.push_back({Duration{static_cast<Duration::rep>(i * i)}, times});
    weight += static_cast<double>(times);
    mean += static_cast<double>(times) * time;
    square += static_cast<double>(times) * time * time;
  }
  mean /= weight;
  const double variance = square / weight - mean * mean;
  const auto drawn = draw_many(
      LatencyModel::empirical(std::make_shared<const EmpiricalLatency>(std::move(measurements))));
  EXPECT_NEAR(mean_of(drawn), mean, mean * 0.005);
  EXPECT_NEAR(variance_of(drawn), variance, variance * 0.01);
  // Of three numbers in a row the weights are 2, 3 and 1; so i has 2 i / 10'000 of them below it,
  // give or take one step, which is 0.06 in this measure.
  EXPECT_LT(kolmogorov_smirnov(drawn, [](double x) { return std::sqrt(x) / 10'000; }), 1.95 + 0.1);
}

// A machine on which this fails would have other results from the same seed.
TEST(LatencyModelTest, DrawsTheSameOnEveryMachine) {
  std::uint64_t state = 0;
  for (const LatencyModel& model :
       {LatencyModel::uniform(1ms, 2ms), LatencyModel::normal(10ms, 3ms),
        LatencyModel::lognormal(10ms, 1), LatencyModel::pareto(1ms, 1.5)}) {
    Rng luck{{81, 9}};
    for (int i = 0; i < 10'000; ++i) {
      state = fold(state, static_cast<std::uint64_t>(model.draw(luck).count()));
    }
  }
  EXPECT_EQ(state, 0x80913a71dbaed70eU);
}

}  // namespace
}  // namespace elvis
