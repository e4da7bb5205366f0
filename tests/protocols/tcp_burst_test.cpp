// SPDX-License-Identifier: MIT
// What is done in fewer steps where all is as usual must come to the same: two worlds beside each
// other, of which one never takes the short way.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "../repetitions.hpp"
#include "elvis/protocols/tcp/congestion.hpp"
#include "elvis/protocols/tcp/connection.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;

TcpSettings random_settings(Rng& rng) {
  TcpSettings settings;
  settings.congestion = static_cast<int>(rng.below(congestion_kinds().size()));
  settings.sack = rng.below(4) != 0;
  settings.timestamps = rng.below(2) != 0;
  settings.no_delay = rng.below(4) == 0;
  settings.ecn = rng.below(4) == 0;
  settings.auto_tune = rng.below(4) == 0;
  settings.mss = 1'000;
  settings.send_buffer = 5'000 + rng.below(100'000);
  settings.receive_buffer = 5'000 + rng.below(100'000);
  settings.layout = rng.below(6) == 0 ? 1 : 0;
  return settings;
}

// Both ends of a connection. With `in_bursts` it asks for segments as a session does.
class World {
 public:
  World(const TcpSettings& settings, bool in_bursts) : settings_{settings}, in_bursts_{in_bursts} {
    ends[0].connect(now);
    collect();
  }
  void collect() {
    for (std::size_t i = 0; i < 2; ++i) {
      TcpSegment segment;
      using enum TcpConnection::Burst;
      auto burst = none;
      for (;;) {
        const bool is_alike = in_bursts_ && ends[i].next_alike(segment, now, burst);
        if (!is_alike && (burst == over || !ends[i].next(segment, now))) break;
        alike += is_alike ? 1U : 0U;
        const TcpSegment copy = segment;
        way[i].push_back(copy);
        segment.payload.clear();
        if (!ends[i].may_have_segment()) break;
      }
    }
  }
  void arrive(std::size_t from, std::size_t index, bool is_marked) {
    TcpSegment segment = way[from][index];
    way[from].erase(way[from].begin() + static_cast<std::ptrdiff_t>(index));
    if (is_marked && segment.is_ecn_capable) segment.ecn = 3;
    TcpConnection& end = ends[1 - from];
    if (end.state() == TcpState::closed && from == 0 && segment.has(TcpHeader::syn)) {
      end.accept(segment, now);
    } else {
      if (end.settles_before(segment)) collect();
      end.take(std::move(segment), now);
    }
    collect();
  }

  Time now{};
  std::size_t alike = 0;
  std::array<std::deque<TcpSegment>, 2> way;
  TcpSettings settings_;
  bool in_bursts_;
  std::array<TcpConnection, 2> ends{TcpConnection{settings_, 1'000, 3, 1'500},
                                    TcpConnection{settings_, 5'000, 8, 1'500}};
};

std::string text_of(const TcpSegment& segment) {
  std::string text = std::to_string(segment.sequence) + ' ' +
                     std::to_string(segment.acknowledgement) + ' ' + std::to_string(segment.flags) +
                     ' ' + std::to_string(segment.window) + ' ' + std::to_string(segment.urgent) +
                     (segment.is_ecn_capable ? " ect" : "");
  if (segment.options.timestamps) {
    text += " at " + std::to_string(segment.options.timestamps->value) + ' ' +
            std::to_string(segment.options.timestamps->echo);
  }
  for (const TcpOptions::Block& block : segment.options.sack()) {
    text += ' ' + std::to_string(block.begin) + ':' + std::to_string(block.end);
  }
  return text + ' ' + segment.payload.to_string();
}

void expect_equal(const World& one, const World& other) {
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_EQ(one.way[i].size(), other.way[i].size());
    for (std::size_t k = 0; k < one.way[i].size(); ++k) {
      ASSERT_EQ(text_of(one.way[i][k]), text_of(other.way[i][k]));
    }
    ASSERT_EQ(one.ends[i].deadline(), other.ends[i].deadline());
    ASSERT_EQ(one.ends[i].state(), other.ends[i].state());
    const TcpInfo ours = one.ends[i].info(one.now);
    const TcpInfo theirs = other.ends[i].info(other.now);
    ASSERT_EQ(ours.segs_out, theirs.segs_out);
    ASSERT_EQ(ours.bytes_sent, theirs.bytes_sent);
    ASSERT_EQ(ours.snd_cwnd, theirs.snd_cwnd);
    ASSERT_EQ(ours.notsent_bytes, theirs.notsent_bytes);
    ASSERT_EQ(ours.unacked, theirs.unacked);
  }
}

void do_something(World& world, Rng rng) {
  const std::size_t end = rng.below(8) == 0 ? 1 : 0;
  TcpConnection& connection = world.ends[end];
  switch (rng.below(16)) {
    case 0:
    case 1: {
      Message data{std::string(rng.below(3) == 0 ? rng.below(500) : 1 + rng.below(40'000), 'x')};
      if (connection.state() >= TcpState::established) connection.write(data, world.now);
      return world.collect();
    }
    case 2:
      (void)world.ends[1 - end].read(rng.below(50'000));
      return world.collect();
    case 3:
      world.now += Duration{static_cast<std::int64_t>(rng.below(3'000'000))};
      break;
    case 4: {
      const Time due = std::min(world.ends[0].deadline(), world.ends[1].deadline());
      if (rng.below(4) == 0 && due != end_of_time) world.now = std::max(world.now, due);
      break;
    }
    case 5:
      if (rng.below(60) == 0) connection.shutdown(world.now);
      if (rng.below(60) == 0) connection.set_urgent();
      if (rng.below(30) == 0) connection.end_record();
      return world.collect();
    default: {
      const std::size_t from = rng.below(2);
      std::deque<TcpSegment>& way = world.way[from];
      if (way.empty()) break;
      const std::uint64_t luck = rng.below(60);
      if (luck == 0 && way.size() > 1) return way.pop_front();
      if (luck == 1) return way.push_back(way.front());
      const std::size_t index = luck == 2 ? rng.below(way.size()) : 0;
      return world.arrive(from, index, rng.below(50) == 0);
    }
  }
  for (TcpConnection& each : world.ends) each.expire(world.now);
  world.collect();
}

TEST(TcpBurstTest, SegmentsInARowAreThoseThatOneByOneWouldBe) {
  std::size_t alike = 0;
  for (std::uint64_t seed = 0; seed < repetitions(100U); ++seed) {
    Rng luck{{seed, 1}};
    const TcpSettings settings = random_settings(luck);
    World plain{settings, false};
    World bursts{settings, true};
    for (std::uint64_t step = 0; step < 600; ++step) {
      const Rng rng{{seed, step}};
      do_something(plain, rng);
      do_something(bursts, rng);
      expect_equal(plain, bursts);
      if (::testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << step;
    }
    alike += bursts.alike;
  }
  EXPECT_GT(alike, repetitions(1'000U));
}

// ===== What is acknowledged =====

TEST(TcpBurstTest, AnAcknowledgementDoesTheSameTheShortWay) {
  std::size_t short_ways = 0;
  for (std::uint64_t seed = 0; seed < repetitions(400U); ++seed) {
    Rng rng{{seed, 2}};
    const TcpSettings settings = random_settings(rng);
    std::array<TcpSender, 2> senders{TcpSender{settings, 7}, TcpSender{settings, 7}};
    Time now{};
    const auto send = [&] {
      for (TcpSender& sender : senders) {
        for (TcpSender::Outgoing out{}; sender.next_segment(out, now); out = {}) {
        }
      }
    };
    const auto acknowledge = [&](const TcpSender::Ack& ack) {
      senders[0].acknowledged(ack, now);
      const bool is_short = senders[1].acknowledged_smoothly(ack, now);
      if (!is_short) senders[1].acknowledged(ack, now);
      short_ways += is_short ? 1U : 0U;
    };
    for (TcpSender& sender : senders) {
      sender.set_mss(1'000);
      if (settings.sack) sender.use_sack();
      sender.send_syn(now);
    }
    send();
    for (int step = 0; step < 500; ++step) {
      now += Duration{static_cast<std::int64_t>(rng.below(8) == 0 ? rng.below(40'000'000)
                                                                  : rng.below(200'000))};
      if (rng.below(4) == 0) {
        const std::size_t bytes = 1 + rng.below(20'000);
        for (TcpSender& sender : senders) sender.write(Message::shared_zeros(bytes));
      }
      for (TcpSender& sender : senders) (void)sender.expire(now);
      send();
      const std::uint64_t una = senders[0].una();
      const std::uint64_t flight = senders[0].next() - una;
      const std::uint64_t part =
          rng.below(4) == 0 ? flight : rng.below(std::min<std::uint64_t>(flight + 1, 5'000));
      TcpSender::Ack ack{.position = una == 0 ? flight : una + part,
                         .window = rng.below(20) == 0 ? rng.below(3'000) : 60'000,
                         .updates_window = rng.below(10) != 0,
                         .is_pure = rng.below(10) != 0,
                         .echoes_congestion = rng.below(100) == 0,
                         .echoed_rtt = rng.below(2) == 0 ? Duration{} : Duration{3ms},
                         .blocks = {}};
      std::array<TcpOptions::Block, 1> block{};
      const std::uint64_t rest = senders[0].next() - ack.position;
      if (settings.sack && rest > 2'000 && rng.below(20) == 0) {
        block[0] = {senders[0].wire(ack.position + 1'000), senders[0].wire(ack.position + 2'000)};
        ack.blocks = block;
      }
      acknowledge(ack);
      if (una == 0) {
        for (TcpSender& sender : senders) sender.start_window();
      }
      send();
      std::array<TcpInfo, 2> info;
      for (std::size_t i = 0; i < 2; ++i) senders[i].fill(info[i], now);
      ASSERT_EQ(senders[0].deadline(), senders[1].deadline()) << seed << ' ' << step;
      ASSERT_EQ(senders[0].next(), senders[1].next()) << seed << ' ' << step;
      ASSERT_EQ(senders[0].window().bytes, senders[1].window().bytes) << seed << ' ' << step;
      ASSERT_EQ(senders[0].window().threshold, senders[1].window().threshold);
      ASSERT_EQ(senders[0].rtt().smoothed(), senders[1].rtt().smoothed());
      ASSERT_EQ(senders[0].rtt().variation(), senders[1].rtt().variation());
      ASSERT_EQ(senders[0].phase(), senders[1].phase());
      ASSERT_EQ(info[0].delivered, info[1].delivered);
      ASSERT_EQ(info[0].unacked, info[1].unacked);
      ASSERT_EQ(info[0].snd_wnd, info[1].snd_wnd);
    }
  }
  EXPECT_GT(short_ways, repetitions(1'000U));
}

}  // namespace
}  // namespace elvis
