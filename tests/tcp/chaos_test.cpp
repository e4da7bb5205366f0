// SPDX-License-Identifier: MIT
// Laws of TCP under chaos: whatever the network does, a stream arrives whole, in order, once, or
// the connection is reported broken; when the faults stop every transfer ends; nothing is left.
//
// ELVIS_CHAOS_SEEDS says how many worlds each test makes; `ctest -C long` makes 10,000 for each
// law.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "conversation.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

constexpr std::uint64_t keep_isn = TcpSettings::chosen;

std::uint64_t seeds_to_try() {
  const char* const text = std::getenv("ELVIS_CHAOS_SEEDS");
  return text == nullptr ? 60 : std::strtoull(text, nullptr, 10);
}

/// A number from `least` to `most`, small ones as likely as large ones.
std::uint64_t of_any_size(Rng& luck, std::uint64_t least, std::uint64_t most) {
  std::uint64_t span = most - least + 1;
  for (std::uint64_t i = luck.below(12); i > 0 && span > 2; --i) span /= 2;
  return least + luck.below(span);
}

bool one_in(Rng& luck, std::uint64_t count) {
  return luck.below(count) == 0;
}

Duration microseconds(std::uint64_t count) {
  return Duration{static_cast<Duration::rep>(count) * 1'000};
}

LinkState any_state(Rng& luck) {
  LinkState state;
  const Duration latency = microseconds(of_any_size(luck, 10, 100'000));
  state.latency = LatencyModel::constant(latency);
  if (one_in(luck, 3)) state.latency = LatencyModel::uniform(latency, 3 * latency);
  if (one_in(luck, 2))
    state.loss = LossModel::bernoulli(Probability::ratio(luck.below(250), 1'000));
  if (one_in(luck, 4)) {
    state.loss =
        LossModel::gilbert_elliott({.to_bad = Probability::ratio(luck.below(10), 100),
                                    .to_good = Probability::ratio(10 + luck.below(80), 100)});
  }
  if (one_in(luck, 3)) state.corruption = Probability::ratio(luck.below(100), 1'000);
  if (one_in(luck, 3)) state.duplication = Probability::ratio(luck.below(300), 1'000);
  if (one_in(luck, 2)) {
    state.reordering = {Probability::ratio(luck.below(300), 1'000),
                        microseconds(luck.below(100'000))};
  }
  state.is_up = !one_in(luck, 8);
  return state;
}

/// A network that is bad until `end` and good from then on.
LinkProperties any_network(Rng& luck, Duration end) {
  LinkProperties network;
  static_cast<LinkState&>(network) = any_state(luck);
  network.is_up = true;
  std::optional<BitRate> throughput;
  if (one_in(luck, 2)) {
    throughput = BitRate{of_any_size(luck, 200'000, 1'000'000'000)};
    if (one_in(luck, 2)) network.medium = MediumKind::switched;
    network.queue.most_frames = 2 + luck.below(60);
    if (one_in(luck, 4)) network.queue.discipline = QueueProperties::Discipline::codel;
  }
  network.throughput = throughput;
  std::vector<Time> times;
  for (std::uint64_t i = luck.below(6); i > 0; --i) {
    times.push_back(start_of_time + microseconds(luck.below(static_cast<std::uint64_t>(
                                        end / std::chrono::microseconds{1}))));
  }
  std::ranges::sort(times);
  for (const Time time : times) network.changes.push_back({time, any_state(luck)});
  LinkState good;
  good.latency = LatencyModel::constant(2ms);
  network.changes.push_back({start_of_time + end, good});
  for (LinkChange& change : network.changes) change.state.throughput = throughput;
  constexpr std::uint32_t mtus[] = {256, 576, 1'006, 1'500, 1'500, 1'500, 9'000};
  network.mtu = mtus[luck.below(std::size(mtus))];
  return network;
}

Role any_role(Rng& luck, std::uint64_t isn) {
  Role role;
  TcpSettings& settings = role.settings;
  settings.congestion = static_cast<int>(luck.below(congestion_kinds().size()));
  settings.sack = !one_in(luck, 3);
  settings.rack = !one_in(luck, 3);
  settings.timestamps = !one_in(luck, 3);
  settings.window_scale = !one_in(luck, 3);
  settings.ecn = one_in(luck, 3);
  settings.no_delay = one_in(luck, 2);
  settings.delayed_ack = !one_in(luck, 3);
  settings.limited_transmit = !one_in(luck, 3);
  settings.slow_start_limit = one_in(luck, 4) ? 0 : 2;
  settings.auto_tune = one_in(luck, 4);
  settings.send_buffer = of_any_size(luck, 100, 1 << 20);
  settings.receive_buffer = of_any_size(luck, 100, 1 << 20);
  settings.initial_window = 1 + luck.below(20);
  if (one_in(luck, 4)) settings.mss = 88 + luck.below(3'000);
  settings.initial_sequence = isn;
  // Each end reads at its own pace, which is not to take hours.
  role.bytes = one_in(luck, 8) ? 0 : of_any_size(luck, 1, 300'000);
  role.most_sent = of_any_size(luck, 1'000, 100'000);
  role.most_read = of_any_size(luck, 1'000, 100'000);
  role.longest_pause = microseconds(one_in(luck, 2) ? 0 : luck.below(500'000));
  return role;
}

/// Counts frames whose damage no checksum shows, which two flipped bits may come to: what they do
/// to a stream is not TCP's fault.
class Excuses final : public Observer {
 public:
  void frame_sent(const Tap&, const Message&, Time) override {}
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  void frame_met(const Tap&, const Entity&, FrameFate fate, const Message& frame, const Tap*,
                 Time) override {
    if (fate == FrameFate::corrupted && looks_right(frame)) ++count;
  }
  int count = 0;

 private:
  static bool looks_right(const Message& frame) {
    const std::vector<std::uint8_t> bytes = frame.to_bytes();
    if (bytes.size() < EthernetHeader::size || load16(bytes.data() + 12) != 0x0800) return false;
    const std::uint8_t* const datagram = bytes.data() + EthernetHeader::size;
    const auto header = Ipv4Header::parse(datagram, bytes.size() - EthernetHeader::size);
    if (!header) return false;
    if (header->more_fragments || header->fragment_offset != 0) return true;
    std::uint64_t sum = partial_sum(datagram + header->header_size(), header->payload_size());
    if (header->protocol != 1) {
      sum += pseudo_header_sum(header->source, header->destination, header->protocol,
                               header->payload_size());
    }
    return fold_sum(sum) == 0xffff;
  }
};

class ChaosTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  /// One world. With `may_abort`, an end may reset the connection.
  void try_seed(std::uint64_t seed, bool may_abort) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::size_t before = pool::live_blocks();
    {
      Rng luck{{seed, 0xc0, may_abort}};
      const Duration end = microseconds(1'000 + luck.below(30'000'000));
      Internet internet{WorldOptions{.seed = seed}};
      const bool has_router = one_in(luck, 2);
      internet.add_network(any_network(luck, end));
      if (has_router) internet.add_network(any_network(luck, end));
      const std::size_t far = has_router ? 1 : 0;
      const bool has_arp = one_in(luck, 3);
      Role roles[2] = {any_role(luck, GetParam()), any_role(luck, GetParam())};
      for (Role& role : roles) {
        // A window of few bytes takes a round trip for each of them.
        const std::uint64_t least =
            std::min(roles[0].settings.receive_buffer, roles[1].settings.receive_buffer);
        role.bytes = std::min(role.bytes, 50 * least);
        // What a peer that has forgotten the connection never answers is found out by keep-alives.
        role.settings.keep_alive = may_abort;
        role.settings.keep_alive_time = 10s;
        role.settings.keep_alive_interval = 5s;
      }
      // At most one of them waits for the other to be done.
      roles[luck.below(2)].listens_first = one_in(luck, 4);
      if (may_abort) roles[luck.below(2)].aborts = microseconds(luck.below(40'000'000));
      Machine& client = internet.add("client", 1, {0}, false, has_arp);
      Machine& server = internet.add("server", 2, {far}, false, has_arp);
      if (has_router) {
        internet.add("router", 3, {0, 1}, true, has_arp);
        Internet::route(client, {Ipv4Address{}, 0}, Internet::at(0, 3));
        Internet::route(server, {Ipv4Address{}, 0}, Internet::at(1, 3));
      }
      internet.world.add_protocol<Tcp>(client, Internet::ipv4(client), roles[0].settings);
      internet.world.add_protocol<Tcp>(server, Internet::ipv4(server), roles[1].settings);
      Conversation conversation{client, server, Internet::at(far, 2), roles[0], roles[1], seed};
      conversation.begin(internet);
      Excuses excuses;
      internet.world.observe(excuses);
      World::RunOptions options;
      options.engine.max_events = 20'000'000;
      const StopReason reason = internet.world.run(std::move(options)).reason;
      EXPECT_TRUE(internet.world.conserves_frames());
      for (const EndResult& outcome : conversation.results) {
        if (excuses.count > 0) continue;
        EXPECT_FALSE(outcome.is_wrong) << "a byte is not what was sent\n" << describe(conversation);
      }
      if (!may_abort && excuses.count == 0) {
        EXPECT_TRUE(conversation.is_complete()) << describe(conversation);
      }
      // An end that was told what its peer never said waits for it forever, if nobody asks by
      // keep-alives.
      if (may_abort || excuses.count == 0) {
        EXPECT_EQ(reason, StopReason::idle) << "it hangs";
        EXPECT_TRUE(conversation.is_over()) << describe(conversation);
        EXPECT_EQ(Conversation::tcp(client).session_count(), 0U) << describe(conversation);
        EXPECT_EQ(Conversation::tcp(server).session_count(), 0U) << describe(conversation);
      }
    }
    EXPECT_EQ(pool::live_blocks(), before) << "something is left";
  }

  static std::string describe(const Conversation& conversation) {
    std::string text;
    for (const std::size_t end : {0U, 1U}) {
      const EndResult& one = conversation.results[end];
      text += end == 0 ? "client: " : "\nserver: ";
      text += "sent " + std::to_string(one.sent) + " of " +
              std::to_string(conversation.roles[end].bytes) + ", heard " +
              std::to_string(one.heard) + (one.has_heard_end ? " and the end" : "");
      if (one.write_error) text += ", writing: " + one.write_error->message();
      if (one.read_error) text += ", reading: " + one.read_error->message();
      if (!one.writer_is_done) text += ", still writes";
      if (!one.reader_is_done) text += ", still reads";
      if (const TcpSocket* const socket = conversation.socket(end)) {
        text += ", " + std::string{name_of(socket->state())};
      }
    }
    return text;
  }

  void try_seeds(bool may_abort) {
    const std::uint64_t seeds = seeds_to_try();
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) try_seed(seed, may_abort);
  }
};

TEST_P(ChaosTest, AStreamArrivesWholeInOrderOnce) {
  try_seeds(false);
}

TEST_P(ChaosTest, WhatOnceWentWrongGoesRight) {
  try_seed(485, false);  // a reordering timer that was due with the retransmission timer
  try_seed(5573, true);
  try_seed(2523, true);
  try_seed(6579, true);
}

TEST_P(ChaosTest, AResetIsNoticedByBoth) {
  try_seeds(true);
}

INSTANTIATE_TEST_SUITE_P(Isn, ChaosTest,
                         testing::Values(keep_isn, 0, 0x7fff'ffffU, 0x8000'0000U, 0xffff'ffffU),
                         [](const auto& about) {
                           return about.param == keep_isn ? std::string{"Chosen"}
                                                          : "From" + std::to_string(about.param);
                         });

}  // namespace
}  // namespace elvis::test
