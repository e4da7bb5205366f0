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

#include "tcp/flow.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

constexpr double mss = 1'460;

TcpSettings settings_of(std::string_view congestion) {
  TcpSettings settings;
  settings.congestion = congestion_named(congestion);
  settings.timestamps = false;  // so that a segment has 1,460 bytes
  settings.delayed_ack = false;
  settings.send_buffer = settings.receive_buffer = 16 << 20;
  return settings;
}

struct Measured {
  double bits_per_second;
  TcpInfo info;
  double loss;  ///< Of data segments.
};

/// What a flow gets through a path that loses data with a probability, and no acknowledgements:
///
///   source - net 0 - there - net 1, which loses - sink - net 2 - back - net 0 - source
Measured through_loss(const TcpSettings& settings, double loss, Duration rtt, Duration time,
                      std::uint64_t seed = 1) {
  Internet internet{WorldOptions{.seed = seed}};
  internet.add_network();
  LinkProperties line;
  line.latency = LatencyModel::constant(rtt / 2);
  LinkProperties lossy = line;
  lossy.loss = LossModel::bernoulli(
      Probability::ratio(static_cast<std::uint64_t>(std::lround(loss * 1e9)), 1'000'000'000));
  internet.add_network(lossy);
  internet.add_network(line);
  Machine& source = internet.add("source", 1, {0});
  Machine& sink = internet.add("sink", 2, {1, 2});
  internet.add_router("there", 3, {0, 1});
  internet.add_router("back", 4, {2, 0});
  Internet::route(source, {Internet::at(1, 0), 24}, Internet::at(0, 3));
  Internet::route(sink, {Internet::at(0, 0), 24}, Internet::at(2, 4), 1);
  add_tcp(internet, source, settings);
  add_tcp(internet, sink, settings);
  Flow flow{source, sink, {Internet::at(1, 2), 80}};
  flow.begin(internet);
  World::RunOptions options;
  options.engine.until = start_of_time + time;
  internet.world.run(std::move(options));
  const NetworkCounters counters = internet.world.network(1).counters();
  return {flow.goodput(time / 20, time), flow.info(),
          static_cast<double>(counters.frames_lost) / static_cast<double>(counters.frames_sent)};
}

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

TEST(TheoryTest, ThroughputFallsWithTheRootOfLoss) {
  const TcpSettings settings = settings_of("newreno");
  double sum_x = 0;
  double sum_y = 0;
  double sum_xx = 0;
  double sum_xy = 0;
  int count = 0;
  for (const double loss : {0.0003, 0.001, 0.003, 0.01, 0.03}) {
    const double y = std::log(through_loss(settings, loss, 100ms, 4'000s, 7).bits_per_second);
    const double x = std::log(loss);
    ++count;
    sum_x += x;
    sum_y += y;
    sum_xx += x * x;
    sum_xy += x * y;
  }
  const double slope = (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x);
  EXPECT_NEAR(slope, -0.50, 0.03);
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

TEST(TheoryTest, AMegabyteTakesSevenRoundTrips) {  // RFC 6928: 10, 20, 40, ... segments
  TcpSettings settings;
  settings.send_buffer = settings.receive_buffer = 4 << 20;
  for (const bool delays : {false, true}) {
    settings.delayed_ack = delays;
    Internet internet;
    LinkProperties line;
    line.latency = LatencyModel::constant(50ms);
    internet.add_network(line);
    Machine& source = internet.add("source", 1, {0});
    Machine& sink = internet.add("sink", 2, {0});
    add_tcp(internet, source, settings);
    add_tcp(internet, sink, settings);
    Flow flow{source, sink, {Internet::at(0, 2), 80}};
    flow.set_bytes(1'000'000);
    flow.begin(internet);
    internet.run();
    EXPECT_EQ(flow.heard(), 1'000'000U);
    // The first data leave when the connection stands, after one round trip, and arrive half a
    // round trip later; so do those of the seventh, six round trips later.
    EXPECT_GE(flow.last_at() - start_of_time, 100ms + 6 * 100ms + 50ms);
    EXPECT_LT(flow.last_at() - start_of_time, 100ms + 6 * 100ms + 50ms + (delays ? 90ms : 1ms));
  }
}

// ===== Bottlenecks =====

/// Sources on a fast network, a router, and a line of 100 Mbit/s to as many sinks.
struct Dumbbell {
  Dumbbell(std::size_t flows, const TcpSettings& settings, Duration rtt, std::uint64_t queue) {
    internet.add_network();
    LinkProperties line;
    line.throughput = BitRate{100'000'000};
    line.medium = MediumKind::switched;
    line.latency = LatencyModel::constant(rtt / 2);
    line.queue.most_frames = queue;
    internet.add_network(line);
    Machine& router = internet.add_router("router", 200, {0, 1});
    (void)router;
    for (std::size_t i = 0; i < flows; ++i) {
      Machine& source = internet.add("source" + std::to_string(i), 1 + i, {0});
      Machine& sink = internet.add("sink" + std::to_string(i), 100 + i, {1});
      Internet::route(source, {Internet::at(1, 0), 24}, Internet::at(0, 200));
      Internet::route(sink, {Internet::at(0, 0), 24}, Internet::at(1, 200));
      add_tcp(internet, source, settings);
      add_tcp(internet, sink, settings);
      this->flows.push_back(
          std::make_unique<Flow>(source, sink, Endpoint{Internet::at(1, 100 + i), 80}, i * 137ms));
      this->flows.back()->begin(internet);
    }
  }
  void run(Duration time) {
    World::RunOptions options;
    options.engine.until = start_of_time + time;
    internet.world.run(std::move(options));
  }

  Internet internet;
  std::vector<std::unique_ptr<Flow>> flows;
};

TEST(TheoryTest, OneFlowFillsALine) {
  for (const std::string_view congestion : {"newreno", "cubic"}) {
    for (const bool has_timestamps : {false, true}) {
      TcpSettings settings = settings_of(congestion);
      settings.timestamps = has_timestamps;
      settings.delayed_ack = true;
      // A product of bandwidth and delay: 100 Mbit/s times 20 ms are 165 frames.
      Dumbbell dumbbell{1, settings, 20ms, 166};
      dumbbell.run(60s);
      // A frame on our links is its 14 octets of header and what they carry; on a real Ethernet 24
      // more (preamble, checksum, gap), with which the ceilings would be 94.93 % and 94.15 %.
      const double payload = has_timestamps ? 1'448 : 1'460;
      const double ceiling = 100e6 * payload / 1'514;
      const double share = dumbbell.flows[0]->goodput(10s, 60s) / ceiling;
      EXPECT_GE(share, 0.99) << congestion;
      EXPECT_LE(share, 1.0001) << congestion;
    }
  }
}

TEST(TheoryTest, EqualFlowsGetEqualShares) {  // Jain, Chiu, Hawe 1984
  for (const std::string_view congestion : {"newreno", "cubic"}) {
    Dumbbell dumbbell{2, settings_of(congestion), 20ms, 166};
    dumbbell.run(200s);
    double sum = 0;
    double squares = 0;
    for (const auto& flow : dumbbell.flows) {
      const double rate = flow->goodput(40s, 200s);
      sum += rate;
      squares += rate * rate;
    }
    EXPECT_GE(sum * sum / (2 * squares), 0.98) << congestion;
    EXPECT_GE(sum, 0.95 * 100e6 * mss / 1'514) << congestion;
  }
}

// ===== CUBIC's curve =====

TEST(TheoryTest, CubicGrowsAsItsFunctionSays) {  // RFC 9438, 4.2: W_max 100, K 4.217 s
  const auto cubic = make_cubic();
  TcpWindow window{.bytes = 100 * 1'460, .threshold = 100 * 1'460, .mss = 1'460};
  Time now = start_of_time + 10s;
  window.threshold = cubic->congested(window, window.bytes, true, now);
  window.bytes = window.threshold;
  EXPECT_NEAR(static_cast<double>(window.bytes) / 1'460, 70, 0.01) << "W(0)";
  // Acknowledgements of a segment each, evenly over a long round trip, so that Reno is slower.
  constexpr Duration rtt = 500ms;
  const Time begin = now;
  double at_k = 0;
  double at_2k = 0;
  while (now - begin <= 8'434ms) {
    const auto segments = static_cast<std::int64_t>(window.bytes / 1'460);
    now += rtt / segments;
    cubic->acknowledged(
        {.now = now, .acked = 1'460, .in_flight = window.bytes, .rtt = rtt, .smoothed_rtt = rtt},
        window);
    if (now - begin <= 4'217ms) at_k = static_cast<double>(window.bytes) / 1'460;
    at_2k = static_cast<double>(window.bytes) / 1'460;
  }
  // The window follows the target of a round trip ahead (4.4) with a delay of about one.
  EXPECT_NEAR(at_k, 100, 1.5);
  EXPECT_NEAR(at_2k, 130, 4);
}

}  // namespace
}  // namespace elvis::test
