// SPDX-License-Identifier: MIT
#include "elvis/util/repeatable_math.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "elvis/util/fold.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

double random_double(Rng& rng, double least, double most) {
  return least + (most - least) * unit_interval(rng());
}

TEST(RepeatableMathTest, TakesLogarithmsAsTheLibraryDoes) {
  Rng rng{{80, 1}};
  EXPECT_EQ(repeatable_log(1), 0);
  for (int i = 0; i < 200'000; ++i) {
    const double x = std::exp(random_double(rng, -700, 700));
    ASSERT_NEAR(repeatable_log(x), std::log(x), 4e-16 * std::abs(std::log(x)) + 1e-17) << x;
    const double near_one = random_double(rng, 0.5, 2);
    ASSERT_NEAR(repeatable_log(near_one), std::log(near_one), 4e-16);
  }
}

TEST(RepeatableMathTest, RaisesEAsTheLibraryDoes) {
  Rng rng{{80, 2}};
  EXPECT_EQ(repeatable_exp(0), 1);
  EXPECT_EQ(repeatable_exp(-701), 0);
  EXPECT_EQ(repeatable_exp(710), std::numeric_limits<double>::max());
  for (int i = 0; i < 200'000; ++i) {
    const double x = random_double(rng, -690, 700);
    ASSERT_NEAR(repeatable_exp(x) / std::exp(x), 1, 1e-15) << x;
  }
}

TEST(RepeatableMathTest, KnowsTheQuantilesOfTheNormalLaw) {
  // Published values (NIST/SEMATECH e-Handbook and tables of the normal distribution).
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.95), 1.6448536269514722, 1e-14);
  EXPECT_NEAR(normal_quantile(0.99), 2.3263478740408408, 1e-14);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167813, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-13);
}

TEST(RepeatableMathTest, InvertsTheNormalLaw) {
  Rng rng{{80, 3}};
  for (int i = 0; i < 200'000; ++i) {
    const double p = i % 2 == 0 ? unit_interval(rng()) : std::exp(random_double(rng, -80, -1));
    const double x = normal_quantile(p);
    ASSERT_NEAR(0.5 * std::erfc(-x / std::sqrt(2.0)) / p, 1, 2e-13) << p;
  }
}

TEST(RepeatableMathTest, DividesTheUnitIntervalEvenly) {
  EXPECT_GT(unit_interval(0), 0);
  EXPECT_LT(unit_interval(~std::uint64_t{0}), 1);
  EXPECT_EQ(unit_interval(std::uint64_t{1} << 63), 0.5 + 0x1p-53);
}

TEST(RepeatableMathTest, RoundsToTheNearestNanosecond) {
  EXPECT_EQ(round_to_duration(1.49).count(), 1);
  EXPECT_EQ(round_to_duration(1.5).count(), 2);
  EXPECT_EQ(round_to_duration(0.2).count(), 1);
  EXPECT_EQ(round_to_duration(-5).count(), 1);
  EXPECT_EQ(round_to_duration(std::nan("")).count(), 1);
  EXPECT_EQ(round_to_duration(1e300).count(), 3'600'000'000'000'000'000);
}

// A machine on which this fails would have other results from the same seed.
TEST(RepeatableMathTest, GivesTheSameBitsEverywhere) {
  Rng rng{{80, 4}};
  std::uint64_t state = 0;
  for (int i = 0; i < 100'000; ++i) {
    const double p = unit_interval(rng());
    state = fold(state, std::bit_cast<std::uint64_t>(repeatable_log(p)),
                 std::bit_cast<std::uint64_t>(normal_quantile(p)));
    state = fold(state, std::bit_cast<std::uint64_t>(repeatable_exp(20 * p - 10)));
  }
  EXPECT_EQ(state, 0xcc08dacd0c1baac6U);
}

}  // namespace
}  // namespace elvis
