// SPDX-License-Identifier: MIT
#include "elvis/graph/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/graph/world.hpp"
#include "hosts.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing_hosts::Ear;
using testing_hosts::Hosts;
using testing_hosts::Sending;

Time at(nanoseconds time) {
  return Time{time};
}

TEST(NetworkTest, DeliversAFrameAfterItsLatency) {
  LinkProperties properties;
  properties.latency = {milliseconds{10}, milliseconds{10}};
  Hosts hosts{2, properties};
  hosts.send(0, {{at(milliseconds{5}), hosts.mac(1), 3}});
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->heard, std::vector<std::string>{"xxx"});
  EXPECT_EQ(hosts.ears[1]->times, std::vector<Time>{at(milliseconds{15})});
  EXPECT_EQ(hosts.ears[1]->from, std::vector<MacAddress>{hosts.mac(0)});
}

// Frames to host 1 that end before their link header does, and one that does not.
Task<Result<>> send_stumps(Application& self, const ApplicationOptions&) {
  Tap& tap = self.machine().taps().front();
  std::string frame(EthernetHeader::size, '\0');
  EthernetHeader{.destination = tap.network().mac_of(1), .source = tap.mac(), .type = 0x88b5}.emit(
      reinterpret_cast<std::uint8_t*>(frame.data()));
  for (const std::size_t size : {0U, 5U, 6U, 13U, 14U}) {
    tap.transmit(Message{std::string_view{frame}.substr(0, size)});
  }
  co_return Result<>{};
}
constexpr ApplicationKind stumps_kind{"stumps", "sends stumps", false, nullptr, send_stumps};

TEST(NetworkTest, GivesAFrameToNobodyWithoutAWholeLinkHeader) {
  Hosts hosts{2, {}};
  hosts.world.add_application(hosts.world.machine(0), stumps_kind,
                              hosts.world.keep(std::make_unique<Sending>()));
  hosts.run();
  EXPECT_EQ(hosts.counters().frames_unknown_destination, 4U);
  EXPECT_EQ(hosts.ears[1]->heard, std::vector<std::string>{""});
}

TEST(NetworkTest, TakesANanosecondWhenNoLatencyIsGiven) {
  Hosts hosts{2, {}};
  hosts.send(0, {{at(nanoseconds{0}), hosts.mac(1), 1}});
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->times, std::vector<Time>{at(nanoseconds{1})});
}

TEST(NetworkTest, SpreadsAUniformLatencyOverItsRange) {
  LinkProperties properties;
  properties.latency = {nanoseconds{100}, nanoseconds{109}};
  Hosts hosts{2, properties};
  std::vector<Sending::Frame> frames;
  for (int i = 0; i < 10'000; ++i) frames.push_back({at(nanoseconds{i * 1000}), hosts.mac(1), 1});
  hosts.send(0, frames);
  hosts.run();
  std::map<std::int64_t, int> seen;
  for (const Time time : hosts.ears[1]->times) ++seen[time.time_since_epoch().count() % 1000];
  ASSERT_EQ(seen.size(), 10U);
  EXPECT_EQ(seen.begin()->first, 100);
  EXPECT_EQ(seen.rbegin()->first, 109);
  // Ten cells of 1,000 expected: chi-square with 9 degrees of freedom, 99.9 % quantile.
  double chi_square = 0;
  for (const auto& [latency, count] : seen)
    chi_square += (count - 1000.0) * (count - 1000.0) / 1000;
  EXPECT_LT(chi_square, 27.88);
}

TEST(NetworkTest, SendsOneFrameAtATimeAtTheRateOfAThroughput) {
  LinkProperties properties;
  properties.throughput = BitRate{1'000'000'000};  // 125 MB/s: 8 ns a byte
  Hosts hosts{3, properties};
  hosts.send(0, {{at(nanoseconds{0}), hosts.mac(2), 986}, {at(nanoseconds{0}), hosts.mac(2), 986}});
  hosts.send(1, {{at(nanoseconds{0}), hosts.mac(2), 986}});
  hosts.run();
  EXPECT_EQ(hosts.ears[2]->times,
            (std::vector<Time>{at(nanoseconds{8'001}), at(nanoseconds{16'001}),
                               at(nanoseconds{24'001})}));
  EXPECT_EQ(hosts.ears[2]->from,
            (std::vector<MacAddress>{hosts.mac(0), hosts.mac(0), hosts.mac(1)}));
}

TEST(NetworkTest, CarriesFractionsOfANanosecondOn) {
  LinkProperties properties;
  properties.throughput = BitRate{3'000'000'000};  // 15 bytes take 40 ns exactly, 14 + 1
  Hosts hosts{2, properties};
  std::vector<Sending::Frame> frames(3'000, {at(nanoseconds{0}), hosts.mac(1), 2});  // 42.667 ns
  hosts.send(0, frames);
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->times[0], at(nanoseconds{43 + 1}));
  EXPECT_EQ(hosts.ears[1]->times[1], at(nanoseconds{86 + 1}));
  EXPECT_EQ(hosts.ears[1]->times[2], at(nanoseconds{128 + 1}));
  EXPECT_EQ(hosts.ears[1]->times.back(), at(nanoseconds{128'000 + 1}));
}

TEST(NetworkTest, LosesTheShareOfFramesThatItShould) {
  LinkProperties properties;
  properties.loss = Probability::ratio(1, 10);
  Hosts hosts{2, properties};
  hosts.send(0, std::vector<Sending::Frame>(10'000, {at(nanoseconds{0}), hosts.mac(1), 1}));
  hosts.run();
  const NetworkCounters counters = hosts.network.counters();
  EXPECT_EQ(counters.frames_sent, 10'000U);
  EXPECT_EQ(counters.frames_lost + hosts.ears[1]->heard.size(), 10'000U);
  EXPECT_NEAR(static_cast<double>(counters.frames_lost), 1'000, 4 * 30);  // 4 sigma
}

TEST(NetworkTest, LosesEverythingOrNothingAtTheEnds) {
  for (const bool loses : {false, true}) {
    LinkProperties properties;
    properties.loss = Probability::ratio(loses ? 1 : 0, 1);
    Hosts hosts{2, properties};
    hosts.send(0, std::vector<Sending::Frame>(1'000, {at(nanoseconds{0}), hosts.mac(1), 1}));
    hosts.run();
    EXPECT_EQ(hosts.ears[1]->heard.size(), loses ? 0U : 1'000U);
  }
}

TEST(NetworkTest, FlipsBitsOfCorruptedFrames) {
  LinkProperties properties;
  properties.corruption = Probability::ratio(1, 2);
  Hosts hosts{2, properties};
  hosts.send(0, std::vector<Sending::Frame>(2'000, {at(nanoseconds{0}), hosts.mac(1), 500}));
  hosts.run();
  const std::string sent(500, 'x');
  const auto damaged = std::count_if(hosts.ears[1]->heard.begin(), hosts.ears[1]->heard.end(),
                                     [&](const std::string& heard) { return heard != sent; });
  const auto corrupted = static_cast<double>(hosts.network.counters().frames_corrupted);
  EXPECT_NEAR(corrupted, 1'000, 4 * 22.4);
  // Most flips hit the payload, 500 of 514 bytes; those of addresses and type end in drops.
  EXPECT_GT(static_cast<double>(damaged), corrupted * 0.9);
  EXPECT_GT(hosts.world.drops()[Drop::not_for_me] + hosts.world.drops()[Drop::unknown_ethertype] +
                hosts.network.counters().frames_unknown_destination,
            0U);
}

TEST(NetworkTest, TakesABroadcastToEverybodyElse) {
  Hosts hosts{5, {}};
  hosts.send(2, {{at(nanoseconds{0}), MacAddress::broadcast(), 4}});
  hosts.run();
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(hosts.ears[i]->heard.size(), i == 2 ? 0U : 1U);
  EXPECT_EQ(hosts.network.counters().frames_sent, 1U);
  EXPECT_EQ(hosts.network.counters().frames_copied, 3U);
  EXPECT_EQ(hosts.network.counters().frames_delivered, 4U);
}

TEST(NetworkTest, TakesAMulticastToEverybodyElse) {
  Hosts hosts{3, {}};
  hosts.send(0, {{at(nanoseconds{0}), MacAddress{0x0100'5e00'0001U}, 4}});
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->heard.size() + hosts.ears[2]->heard.size(), 2U);
}

TEST(NetworkTest, CountsAFrameToNobody) {
  Hosts hosts{2, {}};
  hosts.send(0, {{at(nanoseconds{0}), MacAddress{0x0200'0000'0099U}, 4}});
  hosts.run();
  EXPECT_EQ(hosts.network.counters().frames_unknown_destination, 1U);
}

TEST(NetworkTest, RefusesAFrameLargerThanItsMtu) {
  LinkProperties properties;
  properties.mtu = 100;
  Hosts hosts{2, properties};
  hosts.send(0, {{at(nanoseconds{0}), hosts.mac(1), 100}, {at(nanoseconds{0}), hosts.mac(1), 101}});
  hosts.run();
  EXPECT_EQ(hosts.ears[1]->heard.size(), 1U);
  EXPECT_EQ(hosts.world.machine(0).first_application()->status(), ApplicationStatus::failed);
  EXPECT_EQ(hosts.world.machine(0).first_application()->detail(), "message too long");
}

// Everybody talks to everybody over a medium that is cut by the partitions.
std::pair<std::uint64_t, std::vector<Time>> chatter(LinkProperties properties, unsigned partitions,
                                                    unsigned threads, std::uint64_t seed) {
  constexpr std::size_t people = 24;
  Hosts hosts{people, properties, seed};
  for (std::size_t i = 0; i < people; ++i) {
    Rng rng{7, i};
    std::vector<Sending::Frame> frames;
    for (int n = 0; n < 50; ++n) {
      // Times on a coarse grid, so that many frames are handed over at one instant.
      const Time time = at(nanoseconds{static_cast<std::int64_t>(rng.below(20)) * 10'000});
      const bool is_broadcast = rng.below(10) == 0;
      frames.push_back({time, is_broadcast ? MacAddress::broadcast() : hosts.mac(rng.below(people)),
                        rng.below(1'000)});
    }
    std::sort(frames.begin(), frames.end(),
              [](const auto& a, const auto& b) { return a.time < b.time; });
    hosts.send(i, std::move(frames));
  }
  hosts.run(partitions, threads);
  std::vector<Time> times;
  for (const Ear* const ear : hosts.ears) {
    times.insert(times.end(), ear->times.begin(), ear->times.end());
  }
  return {hosts.world.digest(), times};
}

TEST(NetworkTest, GivesTheSameResultHoweverTheWorldIsDivided) {
  LinkProperties unlimited;
  unlimited.latency = {nanoseconds{2'000}, nanoseconds{9'000}};
  unlimited.loss = Probability::ratio(1, 20);
  unlimited.corruption = Probability::ratio(1, 20);
  LinkProperties shared = unlimited;
  shared.throughput = BitRate{1'000'000'000};
  for (const LinkProperties& properties : {unlimited, shared}) {
    const auto reference = chatter(properties, 1, 1, 1);
    for (const unsigned partitions : {2U, 3U, 8U}) {
      for (const unsigned threads : {1U, 2U, 8U}) {
        EXPECT_EQ(chatter(properties, partitions, threads, 1), reference);
      }
    }
    EXPECT_NE(chatter(properties, 1, 1, 2).first, reference.first);
  }
}

// What an observer is told, in order.
struct Told final : Observer {
  void frame_sent(const Tap& from, const Message&, Time) override {
    said += " sent" + from.network().name();
  }
  void frame_delivered(const Tap& to, const Message&, Time) override {
    said += " delivered" + to.network().name();
  }
  void frame_carried(const Tap& from, const Entity&, const Message&, Time) override {
    said += " carried" + from.network().name();
  }
  void frame_met(const Tap&, const Entity&, FrameFate, const Message&, const Tap*, Time) override {
    said += " met";
  }
  void dropped(const Machine&, Drop, const Message&, Time) override {}

  std::string said;
};

TEST(NetworkTest, TellsItsObserverOfEachFrameOnceAndChangesNothingByIt) {
  LinkProperties plain;
  LinkProperties lucky;
  lucky.loss = Probability::ratio(1, 1'000'000);
  LinkProperties limited;
  limited.throughput = BitRate{1'000'000'000};
  LinkProperties switched = limited;
  switched.medium = MediumKind::switched;
  for (const LinkProperties& properties : {plain, lucky, limited, switched}) {
    std::uint64_t digest = 0;
    for (const bool is_observed : {false, true}) {
      Hosts hosts{2, properties};
      Told told;
      if (is_observed) hosts.world.observe(told);
      hosts.send(0, {{at(nanoseconds{0}), hosts.mac(1), 5},
                     {at(milliseconds{1}), MacAddress{}, 5},
                     {at(milliseconds{2}), MacAddress::broadcast(), 5}});
      hosts.run();
      const std::string one = " sentlan carriedlan deliveredlan";
      EXPECT_EQ(told.said, is_observed ? one + " sentlan carriedlan met" + one : "");
      if (is_observed) {
        EXPECT_EQ(hosts.world.digest(), digest);
      } else {
        digest = hosts.world.digest();
      }
    }
  }
}

TEST(NetworkTest, IsObservedAlsoIfTheObserverWasThereFirst) {
  World world;
  Told told;
  world.observe(told);
  Network& network = world.add_network("late", {});
  world.add_group("host", 2, true);
  Network* const networks[] = {&network};
  for (int i = 0; i < 2; ++i) world.add_protocol<Ear>(world.add_machine(networks, 1));
  auto options = std::make_unique<Sending>();
  options->frames = {{at(nanoseconds{0}), network.mac_of(1), 5}};
  world.add_application(world.machine(0), testing_hosts::sending_kind,
                        world.keep(std::move(options)));
  world.run({});
  EXPECT_EQ(told.said, " sentlate carriedlate deliveredlate");
}

}  // namespace
}  // namespace elvis
