// SPDX-License-Identifier: MIT
// Losses, timeouts and windows, step by step; round trips and CUBIC by hand.
#include "elvis/protocols/tcp/sender.hpp"

#include <cmath>

#include "elvis/protocols/tcp/cubic.hpp"
#include "tcp_end.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_tcp::End;

constexpr std::uint16_t acknowledging = TcpHeader::ack;

// ===== Round trips (RFC 6298) =====

TEST(TcpRttTest, FollowsATableWorkedOutByHand) {
  // R = 100, 200, 100, 100 ms:
  //   SRTT 100, RTTVAR 50                                     RTO 100 + 4 x 50       = 300
  //   RTTVAR 50 + (100 - 50)/4 = 62.5,  SRTT 100 + 100/8 = 112.5          RTO 362.5
  //   RTTVAR 62.5 + (12.5 - 62.5)/4 = 50, SRTT 112.5 - 12.5/8 = 110.9375  RTO 310.9375
  //   RTTVAR 50 + (10.9375 - 50)/4 = 40.234375, SRTT 109.5703125          RTO 270.5078125
  TcpRtt rtt;
  rtt.measured(100ms);
  EXPECT_EQ(rtt.timeout(), 300ms);
  rtt.measured(200ms);
  EXPECT_EQ(rtt.smoothed(), 112'500us);
  EXPECT_EQ(rtt.variation(), 62'500us);
  EXPECT_EQ(rtt.timeout(), 362'500us);
  rtt.measured(100ms);
  EXPECT_EQ(rtt.smoothed(), Duration{110'937'500});
  EXPECT_EQ(rtt.timeout(), Duration{310'937'500});
  rtt.measured(100ms);
  EXPECT_EQ(rtt.smoothed(), Duration{109'570'313}) << "rounded toward the old value";
  EXPECT_EQ(rtt.variation(), Duration{40'234'375});
  EXPECT_EQ(rtt.least(), 100ms);
}

TEST(TcpRttTest, WaitsAtLeastAGranuleLonger) {
  TcpRtt rtt;
  for (int i = 0; i < 100; ++i) rtt.measured(10ms);
  EXPECT_EQ(rtt.timeout(), 11ms);
}

// ===== CUBIC (RFC 9438, 4.2) =====

TEST(CubicTest, HasTheCurveOfTheSpecification) {
  const double k = cubic::time_to(100, 70);
  EXPECT_NEAR(k, 4.217, 0.0005);
  EXPECT_NEAR(cubic::window_at(0, k, 100), 70, 1e-9);
  EXPECT_NEAR(cubic::window_at(k, k, 100), 100, 1e-9);
  EXPECT_NEAR(cubic::window_at(2 * k, k, 100), 130, 1e-9);
}

TEST(CubicTest, TakesCubeRoots) {
  for (double x = 1e-6; x < 1e12; x *= 7.3) {
    EXPECT_NEAR(cubic::cube_root(x) / std::cbrt(x), 1, 1e-12);
  }
  EXPECT_EQ(cubic::cube_root(0), 0);
}

TEST(CubicTest, LeavesSevenTenthsAfterALoss) {
  const auto control = make_cubic();
  TcpWindow window{.bytes = 100'000, .threshold = TcpWindow::unlimited, .mss = 1'000};
  EXPECT_EQ(control->congested(window, 100'000, true, Time{}), 70'000U);
}

// Acknowledgements of a segment each, over round trips of half a second; so Reno is slower.
void grow(TcpCongestion& control, TcpWindow& window, Time from, Duration length) {
  constexpr Duration rtt = 500ms;
  for (Time now = from; now - from < length;) {
    now += rtt / static_cast<std::int64_t>(window.bytes / window.mss);
    control.acknowledged({.now = now,
                          .acked = window.mss,
                          .in_flight = window.bytes,
                          .rtt = rtt,
                          .smoothed_rtt = rtt},
                         window);
  }
}

TEST(CubicTest, BeginsAtItsOwnGreatestWindowAfterATimeout) {  // RFC 9438, 4.8: K is 0
  const auto control = make_cubic();
  TcpWindow window{.bytes = 100'000, .threshold = TcpWindow::unlimited, .mss = 1'000};
  window.threshold = control->timed_out(window, 100'000, Time{});
  EXPECT_EQ(window.threshold, 70'000U);
  window.bytes = window.threshold;
  grow(*control, window, Time{}, 2s);
  EXPECT_GT(window.bytes, 71'000U);
  EXPECT_LT(window.bytes, 78'000U) << "0.4 t^3, a round trip ahead; behind a loss it would be 95";
}

TEST(CubicTest, GoesOnWithItsCurveIfALossWasNone) {  // RFC 9438, 4.9
  TcpWindow windows[2];
  for (const bool is_disturbed : {false, true}) {
    const auto control = make_cubic();
    TcpWindow& window = windows[is_disturbed ? 1 : 0];
    window = {.bytes = 100'000, .threshold = TcpWindow::unlimited, .mss = 1'000};
    window.bytes = window.threshold = control->congested(window, 100'000, true, Time{});
    grow(*control, window, Time{}, 2s);
    if (is_disturbed) {
      EXPECT_LT(control->timed_out(window, window.bytes, Time{2s}), window.bytes);
      control->undone();
    }
    grow(*control, window, Time{2s}, 2s);
  }
  EXPECT_EQ(windows[0].bytes, windows[1].bytes);
  EXPECT_GT(windows[0].bytes, 98'000U);
}

TEST(NewRenoTest, GrowsByASegmentARoundTripAndHalves) {
  const auto control = make_new_reno();
  TcpWindow window{.bytes = 10'000, .threshold = 5'000, .mss = 1'000};
  for (int i = 0; i < 5; ++i) {
    control->acknowledged({.now = {}, .acked = 2'000, .in_flight = 10'000}, window);
  }
  EXPECT_EQ(window.bytes, 11'000U);
  EXPECT_EQ(control->congested(window, 11'000, true, Time{}), 5'500U);
  EXPECT_EQ(control->congested(window, 1'000, true, Time{}), 2'000U) << "two segments at least";
}

// ===== Losses =====

class TcpSenderTest : public testing::Test {
 protected:
  void begin(bool sack) {
    TcpOptions options;
    options.sack_permitted = sack;
    end_.establish(options);
    end_.advance(10ms);
    end_.write(std::string(20'000, 'x'));
    ASSERT_EQ(end_.sent.size(), 10U) << "IW10";
    end_.sent.clear();
    end_.advance(10ms);
  }
  void sacked(std::uint32_t cumulative, std::uint32_t begin, std::uint32_t end) {
    TcpOptions options;
    options.block_count = 1;
    options.blocks[0] = {testing_tcp::our_isn + begin, testing_tcp::our_isn + end};
    end_.arrive(acknowledging, 1, cumulative, {}, 60'000, options);
  }
  const TcpSender& sender() const { return end_.connection.sender(); }

  End end_{[] {
    TcpSettings settings = testing_tcp::plain_settings();
    settings.congestion = 1;  // NewReno
    return settings;
  }()};
};

TEST_F(TcpSenderTest, DoublesItsWindowInSlowStart) {
  begin(true);
  for (std::uint32_t end = 2'001; end <= 10'001; end += 2'000) end_.arrive(acknowledging, 1, end);
  EXPECT_EQ(sender().window().bytes, 20'000U);
  EXPECT_EQ(end_.sent.size(), 10U);
}

TEST_F(TcpSenderTest, LetsOneAcknowledgementAddTwoSegmentsInSlowStart) {  // RFC 3465, 2.2
  begin(true);
  end_.arrive(acknowledging, 1, 10'001);
  EXPECT_EQ(sender().window().bytes, 12'000U);
}

TEST_F(TcpSenderTest, ResendsAfterThreeDuplicates) {
  begin(false);
  end_.arrive(acknowledging, 1, 1);
  EXPECT_EQ(end_.next(), ". 10001(1000) ack 1") << "limited transmit (RFC 3042)";
  end_.arrive(acknowledging, 1, 1);
  EXPECT_EQ(end_.next(), ". 11001(1000) ack 1");
  end_.arrive(acknowledging, 1, 1);
  EXPECT_EQ(end_.next(), ". 1(1000) ack 1") << "fast retransmit (RFC 5681, 3.2)";
  EXPECT_EQ(sender().phase(), TcpCongestionState::recovery);
  EXPECT_EQ(sender().window().threshold, 5'000U);
  end_.sent.clear();
  end_.arrive(acknowledging, 1, 12'001);
  EXPECT_EQ(sender().phase(), TcpCongestionState::open);
  EXPECT_EQ(sender().window().bytes, 5'000U);
}

TEST_F(TcpSenderTest, ResendsTheNextHoleOnAPartialAcknowledgement) {
  begin(false);
  for (int i = 0; i < 3; ++i) end_.arrive(acknowledging, 1, 1);
  end_.sent.clear();
  end_.arrive(acknowledging, 1, 3'001);
  EXPECT_EQ(end_.next(), ". 3001(1000) ack 1") << "RFC 6582, 3.2, step 3";
  EXPECT_EQ(sender().phase(), TcpCongestionState::recovery);
}

TEST_F(TcpSenderTest, ResendsOnlyWhatSackLeavesOut) {
  begin(true);
  sacked(1, 1'001, 2'001);
  sacked(1, 1'001, 3'001);
  end_.sent.clear();
  sacked(1, 1'001, 4'001);
  EXPECT_EQ(end_.next(), ". 1(1000) ack 1");
  EXPECT_EQ(sender().phase(), TcpCongestionState::recovery);
  end_.sent.clear();
  sacked(4'001, 5'001, 10'001);
  EXPECT_EQ(end_.next(), ". 4001(1000) ack 1");
  while (!end_.sent.empty()) {
    EXPECT_NE(end_.next().substr(0, 6), ". 5001") << "the receiver has it";
  }
}

TEST_F(TcpSenderTest, NeverBelievesMoreGoneThanWasSentWhenThePathBecomesNarrower) {
  begin(false);
  end_.arrive(acknowledging, 1, 1);  // a duplicate: something has arrived, nobody knows what
  end_.connection.set_path_mtu(500, end_.now);
  EXPECT_LE(sender().in_flight(), sender().next() - sender().una());
  end_.collect();
  EXPECT_LE(sender().in_flight(), sender().next() - sender().una());
}

TEST_F(TcpSenderTest, ResendsOnceWhatWasSentAgainAmongNewDataOfTheSameTime) {
  begin(true);
  sacked(1, 1'001, 2'001);
  sacked(1, 1'001, 3'001);
  sacked(1, 1'001, 4'001);
  EXPECT_EQ(end_.next(), ". 10001(1000) ack 1");
  EXPECT_EQ(end_.next(), ". 11001(1000) ack 1");
  EXPECT_EQ(end_.next(), ". 1(1000) ack 1");
  // The new data left before what was sent again, and arrive before it: that is no loss (RFC 8985,
  // 6.2), though their sequence numbers are higher.
  end_.advance(10ms);
  sacked(1, 1'001, 12'001);
  EXPECT_EQ(end_.connection.info(end_.now).total_retrans, 1U);
  end_.arrive(acknowledging, 1, 12'001);
  EXPECT_EQ(sender().phase(), TcpCongestionState::open);
  EXPECT_EQ(end_.connection.info(end_.now).total_retrans, 1U);
}

TEST_F(TcpSenderTest, ProbesTheTailBeforeItsTimeout) {
  begin(true);
  end_.arrive(acknowledging, 1, 10'001);
  end_.sent.clear();
  end_.arrive(acknowledging, 1, 19'001);
  EXPECT_EQ(end_.next(), "nothing");
  const Duration waited = end_.advance_to_deadline();
  EXPECT_LT(waited, 300ms);
  EXPECT_EQ(end_.next(), "P 19001(1000) ack 1") << "RFC 8985, 7.3";
  EXPECT_EQ(sender().phase(), TcpCongestionState::open);
}

TEST_F(TcpSenderTest, BeginsAnewAfterATimeout) {
  begin(false);
  end_.advance_to_deadline();
  EXPECT_EQ(end_.next(), ". 1(1000) ack 1");
  EXPECT_EQ(end_.next(), "nothing") << "a window of one segment";
  EXPECT_EQ(sender().window().threshold, 5'000U);
  const Duration first = sender().timeout();
  EXPECT_EQ(end_.advance_to_deadline(), first);
  EXPECT_EQ(sender().timeout(), 2 * first) << "RFC 6298, 5.5";
  EXPECT_EQ(sender().window().threshold, 5'000U) << "not halved again (RFC 5681, 3.1)";
  end_.sent.clear();
  end_.arrive(acknowledging, 1, 2'001);
  EXPECT_EQ(end_.next(), ". 2001(1000) ack 1");
  EXPECT_EQ(end_.next(), ". 3001(1000) ack 1") << "slow start";
}

// Minshall's rule must not take a small segment of two gigabytes ago for one that is on its way.
TEST(TcpSmallSegmentTest, IsForgottenOnceAcknowledged) {
  constexpr std::uint32_t mss = 65'000;
  const TcpSettings settings;
  TcpSender sender{settings, 0};
  Time now{};
  TcpSender::Outgoing out{};
  const auto acknowledge = [&](std::uint64_t position) {
    now += 1ms;
    const TcpSender::Ack ack{.position = position,
                             .window = 1 << 20,
                             .updates_window = true,
                             .is_pure = true,
                             .echoes_congestion = false,
                             .echoed_rtt = {},
                             .blocks = {}};
    if (!sender.acknowledged_smoothly(ack, now)) sender.acknowledged(ack, now);
  };
  sender.set_mss(mss);
  sender.send_syn(now);
  ASSERT_TRUE(sender.next_segment(out, now));
  sender.prepare_window();
  acknowledge(1);
  sender.start_window();

  sender.write(Message::zeros(10));
  ASSERT_TRUE(sender.next_segment(out, now));
  acknowledge(sender.next());
  while (sender.next() < (std::uint64_t{1} << 31) + mss) {
    sender.write(Message::zeros(mss));
    ASSERT_TRUE(sender.next_segment(out, now));
    acknowledge(sender.next());
  }
  sender.write(Message::zeros(mss));
  ASSERT_TRUE(sender.next_segment(out, now));
  sender.write(Message::zeros(10));
  EXPECT_TRUE(sender.next_segment(out, now)) << "only a full one is on its way";
}

TEST_F(TcpSenderTest, SendsSmallerSegmentsWhenThePathBecomesNarrower) {
  begin(true);
  end_.connection.set_path_mtu(540, end_.now);
  end_.collect();
  ASSERT_FALSE(end_.sent.empty());
  EXPECT_EQ(end_.next(), ". 1(500) ack 1");
}

}  // namespace
}  // namespace elvis
