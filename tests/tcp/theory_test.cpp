// SPDX-License-Identifier: MIT
// TCP against what theory says of it, where seconds are enough; the rest is in tcp_long.
#include <gtest/gtest.h>

#include "paths.hpp"
#include "repetitions.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

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

// Mathis, Semke, Mahdavi, Ott 1997; more of it in tcp_long.
TEST(TheoryTest, SackRenoSendsAsMathisSaysAtOnePercent) {
  const Measured measured = through_loss(settings_of("newreno"), 0.01, 100ms, 1'500s);
  EXPECT_NEAR(measured.bits_per_second / 1.431e6, 1, 0.10);
}

TEST(TheoryTest, OneFlowFillsALine) {
  for (const std::string_view congestion : {"newreno", "cubic"}) {
    for (const bool has_timestamps : {false, true}) {
      if (repetitions(20) != 20 && has_timestamps != (congestion == "cubic")) continue;
      TcpSettings settings = settings_of(congestion);
      settings.timestamps = has_timestamps;
      settings.delayed_ack = true;
      // A product of bandwidth and delay: 100 Mbit/s times 20 ms are 165 frames.
      Dumbbell dumbbell{1, settings, 20ms, 166};
      const Duration length = repetitions(20) == 20 ? 20s : 8s;
      dumbbell.run(length);
      // A frame on our links is its 14 octets of header and what they carry; on a real Ethernet 24
      // more (preamble, checksum, gap), with which the ceilings would be 94.93 % and 94.15 %.
      const double payload = has_timestamps ? 1'448 : 1'460;
      const double ceiling = 100e6 * payload / 1'514;
      const double share = dumbbell.flows[0]->goodput(5s, length) / ceiling;
      EXPECT_GE(share, 0.99) << congestion;
      EXPECT_LE(share, 1.0001) << congestion;
    }
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
