// SPDX-License-Identifier: MIT
// The sources of traffic, ping and traceroute.
#include "elvis/applications/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "elvis/applications/catalog.hpp"
#include "elvis/applications/probes.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

class TrafficTest : public testing::Test {
 protected:
  TrafficTest() {
    internet_.add_network();
    alice_ = &internet_.add("alice", 1, {0});
    bob_ = &internet_.add("bob", 2, {0});
  }

  template <typename Options>
  Application& add(Machine& machine, std::string_view name, Options options) {
    for (const ApplicationKind& kind : application_kinds()) {
      if (kind.name != name) continue;
      return internet_.world.add_application(
          machine, kind, internet_.world.keep(std::make_unique<Options>(std::move(options))));
    }
    ELVIS_UNREACHABLE();
  }
  template <typename Options>
  static Options to_bob(Options options = {}) {
    options.to.address = Internet::at(0, 2);
    options.port = 9;
    return options;
  }
  Application& add_sink() {
    SinkOptions options;
    options.port = 9;
    return add(*bob_, "sink", options);
  }
  static Time at(Duration duration) { return start_of_time + duration; }

  Internet internet_;
  Machine* alice_;
  Machine* bob_;
};

TEST_F(TrafficTest, AFloodComesAllAtOnce) {
  const Application& sink = add_sink();
  auto options = to_bob<FloodOptions>();
  options.count = 10'000;
  options.start = 5ms;
  const Application& flood = add(*alice_, "udp_flood", options);
  internet_.run();
  EXPECT_EQ(flood.messages(), 10'000U);
  EXPECT_EQ(flood.first_at(), at(5ms));
  EXPECT_EQ(flood.last_at(), at(5ms));
  (void)sink;
}

TEST_F(TrafficTest, AConstantRateIsConstant) {
  const Application& sink = add_sink();
  auto options = to_bob<CbrOptions>();
  options.count = 101;
  options.interval = 10ms;
  options.size = 100;
  const Application& source = add(*alice_, "cbr", options);
  internet_.run();
  EXPECT_EQ(source.status(), ApplicationStatus::done);
  EXPECT_EQ(source.last_at(), at(1s));
  EXPECT_GE(sink.messages(), 100U);
  EXPECT_EQ(sink.status(), ApplicationStatus::serving);
}

TEST_F(TrafficTest, ASourceGoesOnThoughNobodyListens) {
  auto options = to_bob<CbrOptions>();
  options.count = 10;
  const Application& source = add(*alice_, "cbr", options);
  internet_.run();
  EXPECT_EQ(source.status(), ApplicationStatus::done);
  EXPECT_GT(source.other_messages(), 0U) << "refused";
  EXPECT_EQ(source.messages(), 10U);
  EXPECT_GE(internet_.world.drops()[Drop::no_listener], 9U) << "all but one on its way";
}

TEST_F(TrafficTest, OnAndOffTakeTurns) {
  add_sink();
  auto options = to_bob<OnOffOptions>();
  options.lengths = OnOffOptions::constant;
  options.interval = 1ms;
  options.on = 10ms;
  options.off = 90ms;
  options.count = 100;
  const Application& source = add(*alice_, "on_off", options);
  internet_.run();
  EXPECT_EQ(source.last_at(), at(909ms)) << "ten in a row, ten times";
}

TEST_F(TrafficTest, OnAndOffHaveTheirMeanLengths) {
  add_sink();
  auto options = to_bob<OnOffOptions>();
  options.interval = 100us;
  options.on = 10ms;
  options.off = 30ms;
  options.count = 100'000;
  options.size = 0;
  const Application& source = add(*alice_, "on_off", options);
  internet_.run();
  // 100,000 datagrams take 10 s of being on, which is a quarter of the time.
  EXPECT_GT(source.last_at(), at(36s));
  EXPECT_LT(source.last_at(), at(44s));
}

/// When frames were sent.
class Stopwatch final : public Observer {
 public:
  void frame_sent(const Tap&, const Message&, Time now) override { times.push_back(now); }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::vector<Time> times;
};

TEST_F(TrafficTest, PausesHaveTheExponentialLaw) {
  add_sink();
  Stopwatch stopwatch;
  internet_.world.observe(stopwatch);
  auto options = to_bob<OnOffOptions>();
  options.interval = 1h;  // so that there is one datagram each time
  options.on = 1s;
  options.off = 10ms;
  options.count = 100'001;
  options.size = 0;
  add(*alice_, "on_off", options);
  internet_.run();
  ASSERT_EQ(stopwatch.times.size(), 100'001U);
  std::vector<double> pauses;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 1; i < stopwatch.times.size(); ++i) {
    const Duration pause = stopwatch.times[i] - stopwatch.times[i - 1] - 1h;
    pauses.push_back(static_cast<double>(pause.count()) / 1e7);
    sum += pauses.back();
    squares += pauses.back() * pauses.back();
  }
  const auto count = static_cast<double>(pauses.size());
  const double mean = sum / count;
  EXPECT_NEAR(mean, 1, 0.01);
  EXPECT_NEAR(squares / count - mean * mean, 1, 0.03);
  std::ranges::sort(pauses);
  double distance = 0;  // Kolmogorov and Smirnov
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    const double law = 1 - std::exp(-pauses[i]);
    const auto place = static_cast<double>(i);
    distance = std::max({distance, law - place / count, (place + 1) / count - law});
  }
  EXPECT_LT(distance * std::sqrt(count), 1.95);
}

TEST_F(TrafficTest, PingSumsUp) {
  PingOptions options;
  options.to.address = Internet::at(0, 2);
  options.count = 3;
  const Application& pinger = add(*alice_, "ping", options);
  internet_.run();
  EXPECT_EQ(pinger.status(), ApplicationStatus::done);
  EXPECT_EQ(pinger.messages(), 3U);
  EXPECT_EQ(pinger.detail(),
            "3 packets transmitted, 3 received, 0% packet loss, time 2000ms; "
            "rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms");
  EXPECT_EQ(pinger.last_at(), at(2s + 2ns));
}

TEST_F(TrafficTest, PingCountsRepliesThatComeTwice) {
  LinkProperties twice;
  twice.latency = LatencyModel{1ms, 1ms};
  twice.duplication = Probability::ratio(1, 1);
  internet_.add_network(twice);
  Machine& carol = internet_.add("carol", 1, {1});
  internet_.add("dave", 2, {1});
  PingOptions options;
  options.to.address = Internet::at(1, 2);
  options.count = 2;
  const Application& pinger = add(carol, "ping", options);
  internet_.run();
  EXPECT_EQ(pinger.messages(), 2U);
  EXPECT_EQ(pinger.detail(),
            "2 packets transmitted, 2 received, +3 duplicates, 0% packet loss, time 1002ms; "
            "rtt min/avg/max/mdev = 2.000/2.000/2.000/0.000 ms")
      << "it does not wait for those of the last reply";
}

TEST_F(TrafficTest, PingForgetsNoRequestThatIsOnItsWay) {
  LinkProperties slow;
  slow.latency = LatencyModel::constant(1s);
  internet_.add_network(slow);
  Machine& carol = internet_.add("carol", 1, {1});
  internet_.add("dave", 2, {1});
  PingOptions options;
  options.to.address = Internet::at(1, 2);
  options.count = 70'000;
  options.interval = 50us;
  options.timeout = 3s;
  const Application& pinger = add(carol, "ping", options);
  internet_.run();
  EXPECT_EQ(pinger.messages(), 70'000U);
  EXPECT_EQ(pinger.status(), ApplicationStatus::done);
}

TEST_F(TrafficTest, PingTellsWhatMachinesOnTheWayAdd) {
  PingOptions route;
  route.to.address = Internet::at(0, 2);
  route.count = 1;
  route.record_route = true;
  const Application& recorder = add(*alice_, "ping", route);
  PingOptions stamps = route;
  stamps.start = 1s;
  stamps.record_route = false;
  stamps.timestamps = PingOptions::addresses_and_times;
  const Application& stamper = add(*alice_, "ping", stamps);
  stamps.start = 2s;
  stamps.timestamps = PingOptions::times;
  const Application& clock = add(*alice_, "ping", stamps);
  internet_.run();
  const auto ends_with = [](const Application& pinger, std::string_view end) {
    return pinger.detail().ends_with(end);
  };
  EXPECT_TRUE(ends_with(recorder,
                        "ms; RR: alice (10.0.0.1) bob (10.0.0.2) bob (10.0.0.2) "
                        "alice (10.0.0.1)"))
      << recorder.detail();
  EXPECT_TRUE(ends_with(stamper,
                        "ms; TS: alice (10.0.0.1) 1000 bob (10.0.0.2) 1000 "
                        "bob (10.0.0.2) 1000 alice (10.0.0.1) 1000"))
      << stamper.detail();
  EXPECT_TRUE(ends_with(clock, "ms; TS: 2000 2000 2000 2000")) << clock.detail();
}

TEST_F(TrafficTest, PingFailsWhenNobodyAnswers) {
  PingOptions options;
  options.to.address = Internet::at(0, 77);
  options.count = 2;
  const Application& pinger = add(*alice_, "ping", options);
  internet_.run();
  EXPECT_EQ(pinger.status(), ApplicationStatus::failed);
  EXPECT_EQ(pinger.detail(),
            "2 packets transmitted, 0 received, +2 errors, 100% packet loss, time 2000ms");
  EXPECT_EQ(alice_->now(), at(2s)) << "a second between them, and one after the last";
}

TEST_F(TrafficTest, TracerouteSaysWhereItEnds) {
  TracerouteOptions options;
  options.to.address = Ipv4Address{192, 0, 2, 1};
  const Application& lost = add(*alice_, "traceroute", options);
  options.to.address = Internet::at(0, 2);
  options.queries = 2;
  const Application& found = add(*alice_, "traceroute", options);
  internet_.run();
  EXPECT_EQ(lost.status(), ApplicationStatus::failed);
  EXPECT_EQ(lost.detail(), "network unreachable");
  EXPECT_EQ(found.status(), ApplicationStatus::done);
  EXPECT_EQ(found.detail(), "1 bob (10.0.0.2) 0.000 ms 0.000 ms");
}

TEST_F(TrafficTest, TracerouteArrivesAtWhoDoesNotSpeakItsProtocol) {
  World& world = internet_.world;
  world.add_group("deaf", 1, false);
  std::vector<Network*> networks{&world.network(0)};
  Machine& deaf = world.add_machine(networks, 5);
  const Ipv4Settings settings;
  world.add_protocol<Icmp>(deaf, world.add_protocol<Ipv4>(deaf, settings));
  world.claim(deaf.taps()[0], Internet::at(0, 3));
  TracerouteOptions options;
  options.to.address = Internet::at(0, 3);
  options.queries = 1;
  const Application& tracer = add(*alice_, "traceroute", options);
  internet_.run();
  EXPECT_EQ(tracer.status(), ApplicationStatus::done);
  EXPECT_EQ(tracer.detail(), "1 deaf (10.0.0.3) 0.000 ms !P");
}

TEST_F(TrafficTest, TracerouteWaitsUntilARouterKnowsThatAHostIsNotThere) {
  internet_.add_network();
  internet_.add("router", 9, {0, 1}, true, true);
  Machine& carol = internet_.add("carol", 3, {0}, false, true);
  Internet::route(carol, {Ipv4Address{}, 0}, Internet::at(0, 9));
  TracerouteOptions options;
  options.to.address = Internet::at(1, 77);
  options.queries = 1;
  const Application& tracer = add(carol, "traceroute", options);
  internet_.run();
  EXPECT_EQ(tracer.status(), ApplicationStatus::failed);
  EXPECT_EQ(tracer.detail(), "1 router (10.0.0.9) 0.000 ms; 2 router (10.0.0.9) 3000.000 ms !H");
}

}  // namespace
}  // namespace elvis
