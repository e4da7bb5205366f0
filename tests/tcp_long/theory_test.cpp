// SPDX-License-Identifier: MIT
// TCP against what theory says of it, at fixed seeds.
//
//   Mathis, Semke, Mahdavi, Ott: The Macroscopic Behavior of the TCP Congestion Avoidance
//   Algorithm. 1997.
//   Padhye, Firoiu, Towsley, Kurose: Modeling TCP Throughput. 1998.
//   RFC 9438, 5.1: CUBIC's response function.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tcp/paths.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

double mathis(double loss, double rtt_seconds) {
  return mss * 8 / rtt_seconds * std::sqrt(1.5 / loss);
}

TEST(TheoryTest, SackRenoSendsAsMathisSays) {
  const TcpSettings settings = settings_of("newreno");
  for (const double loss : {0.01, 0.001}) {
    const Measured measured = through_loss(settings, loss, 100ms, 3'000s);
    EXPECT_NEAR(measured.bits_per_second / mathis(loss, 0.1), 1, 0.10) << loss;
  }
}

/// The slope of a line through points, by least squares.
double slope(const std::vector<std::pair<double, double>>& points) {
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  for (const auto& [x, y] : points) {
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  const auto count = static_cast<double>(points.size());
  return (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
}

TEST(TheoryTest, ThroughputFallsWithTheRootOfLoss) {
  const TcpSettings settings = settings_of("newreno");
  std::vector<std::pair<double, double>> points;
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    for (const double loss : {0.0003, 0.001, 0.003, 0.01, 0.03}) {
      const Measured measured = through_loss(settings, loss, 100ms, 4'000s, seed);
      points.emplace_back(std::log(loss), std::log(measured.bits_per_second));
    }
  }
  EXPECT_NEAR(slope(points), -0.50, 0.03);
}

TEST(TheoryTest, ThroughputFallsWithTheRoundTripTime) {
  const TcpSettings settings = settings_of("newreno");
  std::vector<double> products;
  for (const Duration rtt : {20ms, 50ms, 100ms, 200ms}) {
    const Measured measured = through_loss(settings, 0.003, rtt, 30'000 * rtt, 3);
    products.push_back(measured.bits_per_second * std::chrono::duration<double>(rtt).count());
  }
  double mean = 0;
  for (const double product : products) mean += product / static_cast<double>(products.size());
  for (const double product : products) EXPECT_NEAR(product / mean, 1, 0.05);
}

TEST(TheoryTest, NewRenoWithoutSackSendsAsPadhyeSays) {
  TcpSettings settings = settings_of("newreno");
  settings.sack = false;
  settings.rack = false;
  for (const double loss : {0.003, 0.01, 0.03}) {
    const Measured measured = through_loss(settings, loss, 100ms, 3'000s, 5);
    const double rtt = measured.info.rtt / 1e6;
    const double timeout = measured.info.rto / 1e6;
    const double p = measured.loss;
    // Formula 30, with one segment acknowledged at a time.
    const double round = rtt * std::sqrt(2 * p / 3);
    const double waits = timeout * std::min(1.0, 3 * std::sqrt(3 * p / 8)) * p * (1 + 32 * p * p);
    const double expected = mss * 8 / (round + waits);
    EXPECT_NEAR(measured.bits_per_second / expected, 1, 0.15) << loss;
  }
}

TEST(TheoryTest, CubicHasItsResponseFunction) {  // RFC 9438, 5.1: figure 4
  const TcpSettings settings = settings_of("cubic");
  for (const double loss : {1e-4, 3e-5}) {
    const Measured measured = through_loss(settings, loss, 100ms, 4'000s, 2);
    const double window = 1.054 * std::pow(0.1, 0.75) / std::pow(loss, 0.75);
    EXPECT_NEAR(measured.bits_per_second / (window * mss * 8 / 0.1), 1, 0.20) << loss;
  }
}

// At a full queue without chance, whose segment is dropped is the same for minutes, and then the
// other's: CUBIC's shares take that long to even out (over 160 s the index is 0.958 here; with
// `cubic_linux` it is 0.96 to 1 over 160 s, with RED 0.998 and more).
TEST(TheoryTest, EqualFlowsGetEqualShares) {  // Jain, Chiu, Hawe 1984
  for (const std::string_view congestion : {"newreno", "cubic"}) {
    const Duration end = congestion == "cubic" ? 400s : 200s;
    Dumbbell dumbbell{2, settings_of(congestion), 20ms, 166};
    dumbbell.run(end);
    double sum = 0;
    double squares = 0;
    for (const auto& flow : dumbbell.flows) {
      const double rate = flow->goodput(40s, end);
      sum += rate;
      squares += rate * rate;
    }
    EXPECT_GE(sum * sum / (2 * squares), 0.98) << congestion;
    EXPECT_GE(sum, 0.95 * 100e6 * mss / 1'514) << congestion;
  }
}

}  // namespace
}  // namespace elvis::test
