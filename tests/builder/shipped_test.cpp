// SPDX-License-Identifier: MIT
// The scenarios that ship do what their comments say, whoever runs them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "elvis/graph/observer.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using test::Scenario;

const std::vector<std::string> all{"basic.ndl",
                                   "forward.ndl",
                                   "ping_pong.ndl",
                                   "broadcast.ndl",
                                   "telephone.ndl",
                                   "lossy.ndl",
                                   "corrupt.ndl",
                                   "latency.ndl",
                                   "throughput.ndl",
                                   "many-to-one.ndl",
                                   "bursts.ndl",
                                   "switched.ndl",
                                   "bottleneck.ndl",
                                   "outage.ndl",
                                   "rip.ndl",
                                   "two-lans.ndl",
                                   "chain.ndl",
                                   "path-mtu.ndl",
                                   "routing-loop.ndl",
                                   "dumbbell.ndl",
                                   "fat-tree.ndl",
                                   "multicast.ndl",
                                   "arp-lan.ndl",
                                   "scale/low-bandwidth.ndl",
                                   "scale/high-bandwidth.ndl",
                                   "scale/ping-pongs.ndl",
                                   "scale/grid.ndl",
                                   "scale/chat.ndl",
                                   "scale/mixed.ndl"};

constexpr Time after(Duration since_start) {
  return start_of_time + since_start;
}

// Remembers when frames came where.
class Arrivals final : public Observer {
 public:
  void frame_sent(const Tap&, const Message&, Time) override {}
  void frame_delivered(const Tap& to, const Message&, Time now) override {
    times[to.machine().name()].push_back(now);
  }
  void dropped(const Machine&, Drop, const Message&, Time) override {}

  std::map<std::string, std::vector<Time>> times;
};

// A shipped scenario that has been run.
class Shipped {
 public:
  explicit Shipped(const std::string& name, std::uint64_t seed = 1)
      : scenario_{Scenario::shipped(name)}, world_{make(seed)} {
    world_->observe(arrivals_);
    outcome_ = world_->run({});
  }

  World& world() { return *world_; }
  const Outcome& outcome() const { return outcome_; }
  std::vector<Time>& arrivals(const std::string& machine) { return arrivals_.times[machine]; }
  const Application& application(std::string_view machine) {
    return test::application_of(*world_, machine);
  }

 private:
  std::unique_ptr<World> make(std::uint64_t seed) {
    EXPECT_EQ(scenario_->complaints(), "");
    return scenario_->build(seed);
  }

  std::unique_ptr<Scenario> scenario_;
  std::unique_ptr<World> world_;
  Arrivals arrivals_;
  Outcome outcome_;
};

// ===== What each one is about =====

TEST(ShippedTest, BasicIsFigure2OfThePaper) {
  Shipped basic{"basic.ndl"};
  EXPECT_EQ(basic.outcome().reason, StopReason::completed);
  EXPECT_EQ(test::address_of(basic.world(), "capturer"), "123.45.67.89");
  EXPECT_EQ(test::address_of(basic.world(), "sender"), "123.45.67.90");
  EXPECT_EQ(basic.application("capturer").messages(), 1U);
  EXPECT_EQ(basic.application("capturer").bytes(), 6U);
  EXPECT_EQ(basic.arrivals("capturer"), std::vector{after(1ns)});
}

TEST(ShippedTest, ForwardTakesBothLatencies) {
  Shipped forward{"forward.ndl"};
  EXPECT_EQ(forward.outcome().reason, StopReason::completed);
  EXPECT_EQ(forward.application("rita").status(), ApplicationStatus::serving);
  EXPECT_EQ(forward.arrivals("rita"), std::vector{after(2ms)});
  EXPECT_EQ(forward.arrivals("bob"), std::vector{after(5ms)});
  EXPECT_EQ(test::address_of(forward.world(), "rita", 1), "10.2.0.1");
}

TEST(ShippedTest, PingPongTakes256ThrowsAndAnArpExchange) {
  Shipped game{"ping_pong.ndl"};
  EXPECT_EQ(game.outcome().reason, StopReason::completed);
  EXPECT_EQ(game.application("ping").messages() + game.application("pong").messages(), 256U);
  EXPECT_EQ(game.application("ping").last_at(), after(258ms)) << "question and answer come first";
  EXPECT_EQ(game.application("pong").last_at(), after(257ms));
}

TEST(ShippedTest, BroadcastReachesEverybodyElse) {
  Shipped broadcast{"broadcast.ndl"};
  EXPECT_EQ(broadcast.outcome().reason, StopReason::completed);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(broadcast.arrivals("citizen-" + std::to_string(i)), std::vector{after(1us)});
  }
  EXPECT_TRUE(broadcast.arrivals("crier").empty());
  EXPECT_EQ(broadcast.world().totals().frames_copied, 9U);
}

TEST(ShippedTest, TelephoneTakesAMillisecondAWhisper) {
  Shipped telephone{"telephone.ndl"};
  EXPECT_EQ(telephone.world().machine_count(), 1000U);
  EXPECT_EQ(telephone.outcome().reason, StopReason::completed);
  EXPECT_EQ(telephone.world().totals().frames_delivered, 999U);
  EXPECT_EQ(telephone.arrivals("listener"), std::vector{after(999ms)});
}

TEST(ShippedTest, LossyLosesAboutOneInTen) {
  Shipped lossy{"lossy.ndl"};
  EXPECT_EQ(lossy.outcome().reason, StopReason::completed);
  const NetworkCounters counters = lossy.world().totals();
  EXPECT_GE(counters.frames_sent, 1000U);
  EXPECT_GT(counters.frames_lost, 50U);
  EXPECT_LT(counters.frames_lost, 150U);
}

TEST(ShippedTest, CorruptedFramesAreFoundOut) {
  Shipped corrupt{"corrupt.ndl"};
  EXPECT_EQ(corrupt.outcome().reason, StopReason::completed);
  const NetworkCounters counters = corrupt.world().totals();
  EXPECT_GT(counters.frames_corrupted, 150U);
  EXPECT_LT(counters.frames_corrupted, 250U);
  EXPECT_GT(corrupt.world().drops()[Drop::bad_checksum], 50U);
}

TEST(ShippedTest, BurstsLoseAboutOneInTwentySix) {
  Shipped bursts{"bursts.ndl"};
  EXPECT_EQ(bursts.outcome().reason, StopReason::completed);
  const NetworkCounters counters = bursts.world().totals();
  EXPECT_GT(counters.frames_lost, 20U);
  EXPECT_LT(counters.frames_lost, 150U);
  EXPECT_GT(counters.frames_duplicated, 5U);
}

TEST(ShippedTest, ASwitchKeepsPairsApart) {
  Shipped switched{"switched.ndl"};
  EXPECT_EQ(switched.outcome().reason, StopReason::completed);
  const std::vector<Time>& left = switched.arrivals("left");
  EXPECT_EQ(left.front(), after(2us));
  EXPECT_EQ(left.back(), after(101us));
  const std::vector<Time>& boss = switched.arrivals("boss");
  EXPECT_EQ(boss.size(), 400U);
  EXPECT_EQ(boss.back(), after(401us));
}

TEST(ShippedTest, ABottleneckDropsWhatDoesNotFit) {
  Shipped bottleneck{"bottleneck.ndl"};
  EXPECT_EQ(bottleneck.outcome().reason, StopReason::completed);
  // 2,000 frames in 1.5 s, of which 1,500 fit, 20 wait, and one is on its way.
  EXPECT_NEAR(static_cast<double>(bottleneck.world().totals().frames_queue_dropped), 480, 3);
}

TEST(ShippedTest, AnOutageLosesTwentyMessagesTwice) {
  Shipped outage{"outage.ndl"};
  EXPECT_EQ(outage.outcome().reason, StopReason::completed);
  EXPECT_GE(outage.world().totals().frames_lost, 40U);
  EXPECT_LT(outage.world().totals().frames_lost, 60U);
  EXPECT_EQ(outage.world().drops()[Drop::machine_off], 10U);
}

TEST(ShippedTest, LatencyIsExact) {
  Shipped latency{"latency.ndl"};
  EXPECT_EQ(latency.outcome().reason, StopReason::completed);
  EXPECT_EQ(latency.arrivals("orbit"), std::vector{after(1250ms)});
}

TEST(ShippedTest, ThroughputIsExact) {
  Shipped throughput{"throughput.ndl"};
  EXPECT_EQ(throughput.outcome().reason, StopReason::completed);
  const std::vector<Time>& arrivals = throughput.arrivals("tank");
  ASSERT_EQ(arrivals.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(arrivals[static_cast<std::size_t>(i)], after(100us + (i + 1) * 1us)) << i;
  }
}

TEST(ShippedTest, TwoLansReachEachOtherThroughTheRouter) {
  Shipped lans{"two-lans.ndl"};
  EXPECT_EQ(lans.outcome().reason, StopReason::completed);
  EXPECT_EQ(lans.application("scientist").messages(), 5U);
  EXPECT_EQ(Machine::next_application(lans.application("scientist"))->detail(),
            "3 packets transmitted, 3 received, 0% packet loss, time 2006ms; "
            "rtt min/avg/max/mdev = 6.000/6.000/6.000/0.000 ms");
}

TEST(ShippedTest, TracerouteNamesTheWholeChain) {
  Shipped chain{"chain.ndl"};
  EXPECT_EQ(chain.outcome().reason, StopReason::completed);
  const Application& by_udp = chain.application("scout");
  const Application& by_icmp = *Machine::next_application(by_udp);
  for (const Application* one : {&by_udp, &by_icmp}) {
    EXPECT_EQ(one->status(), ApplicationStatus::done);
    for (int i = 0; i < 16; ++i) {
      const std::string name = std::to_string(i + 1) + " router-" + std::to_string(i) + " (10.0." +
                               std::to_string(i) + ".2) " + std::to_string(2 * i + 2) + ".000 ms";
      EXPECT_NE(one->detail().find(name), std::string::npos) << name;
    }
    EXPECT_NE(one->detail().find("; 17 goal (10.0.16.2) 34.000 ms"), std::string::npos);
  }
}

TEST(ShippedTest, PathMtuIsFound) {
  Shipped narrow{"path-mtu.ndl"};
  EXPECT_EQ(narrow.outcome().reason, StopReason::completed);
  const Application& fragmented = narrow.application("bob");
  const Application& too_long = *Machine::next_application(fragmented);
  const Application& fitting = *Machine::next_application(too_long);
  EXPECT_EQ(fragmented.bytes(), 12'000U);
  EXPECT_EQ(too_long.messages(), 0U);
  EXPECT_EQ(fitting.bytes(), 4'720U);
  const Application& refused = *Machine::next_application(narrow.application("alice"));
  EXPECT_EQ(refused.messages(), 1U) << "nobody knew better";
  EXPECT_EQ(refused.other_messages(), 9U);
  EXPECT_EQ(narrow.world().drops()[Drop::fragmentation_needed], 1U);
}

TEST(ShippedTest, ALoopOfRoutersEnds) {
  Shipped loop{"routing-loop.ndl"};
  EXPECT_EQ(loop.outcome().reason, StopReason::completed);
  EXPECT_EQ(loop.world().drops()[Drop::time_exceeded], 2U);
  EXPECT_EQ(loop.arrivals("lost"), (std::vector{after(66ms), after(1066ms)}));
}

TEST(ShippedTest, RoutersThatSpeakRipGoRoundALinkThatFails) {
  Shipped rip{"rip.ndl"};
  EXPECT_EQ(rip.outcome().reason, StopReason::completed);
  const Application* ping = &rip.application("alice");
  EXPECT_EQ(ping->messages(), 4U) << "by the short way";
  ping = Machine::next_application(*ping);
  EXPECT_GT(ping->messages(), 700U - 215) << "180 s of silence, and up to 35 s until others speak";
  ping = Machine::next_application(*ping);
  EXPECT_EQ(ping->messages(), 4U) << "by the long way";
  ping = Machine::next_application(*ping);
  EXPECT_EQ(ping->messages(), 4U) << "by the short way again";
}

TEST(ShippedTest, ADumbbellDropsWhatItsLineCannotCarry) {
  Shipped dumbbell{"dumbbell.ndl"};
  EXPECT_EQ(dumbbell.outcome().reason, StopReason::completed);
  // In six seconds 8,000 frames come and the line carries 7,197 of them; 250 wait.
  EXPECT_NEAR(static_cast<double>(dumbbell.world().totals().frames_queue_dropped), 553, 2);
  // Once the queue is full, one frame leaves the line every 833.6 us.
  std::vector<Time> arrivals;
  for (int i = 0; i < 4; ++i) {
    const std::vector<Time>& own = dumbbell.arrivals("right-" + std::to_string(i));
    EXPECT_NEAR(static_cast<double>(own.size()), 1800, 20) << "everybody has a fair share";
    arrivals.insert(arrivals.end(), own.begin(), own.end());
  }
  std::ranges::sort(arrivals);
  for (std::size_t i = arrivals.size() - 1000; i + 1 < arrivals.size(); ++i) {
    ASSERT_EQ(arrivals[i + 1] - arrivals[i], 833'600ns);
  }
}

TEST(ShippedTest, AFatTreeUsesAllItsPathsAlike) {
  Shipped tree{"fat-tree.ndl"};
  EXPECT_EQ(tree.outcome().reason, StopReason::completed);
  EXPECT_EQ(tree.world().machine_count(), 128U + 80U);
  EXPECT_EQ(tree.world().totals().frames_delivered, tree.world().totals().frames_sent);
  for (std::size_t i = 0; i < tree.world().network_count(); ++i) {
    const Network& network = tree.world().network(i);
    // A host sends to 127 others and hears from them; of each line's two switches the lower one
    // sends up what leaves its part of the tree, and as much comes back.
    const std::uint64_t expected = network.name().starts_with("access") ? 2U * 127
                                   : network.name().starts_with("up")   ? 2U * 4 * 31
                                                                        : 2U * 16 * 7;
    EXPECT_EQ(network.counters().frames_sent, expected) << network.name();
  }
}

TEST(ShippedTest, MulticastComesToThoseWhoJoined) {
  Shipped multicast{"multicast.ndl"};
  EXPECT_EQ(multicast.outcome().reason, StopReason::completed);
  EXPECT_EQ(multicast.application("listener-19").messages(), 100U);
  EXPECT_EQ(multicast.application("listener-19").last_at(), after(10ms + 99 * 20ms + 100us));
  EXPECT_EQ(multicast.application("other-7").messages(), 0U);
  EXPECT_EQ(multicast.world().totals().frames_delivered, 20U * (100 + 10));
  EXPECT_EQ(multicast.world().drops()[Drop::not_for_me], 20U * 10);
}

TEST(ShippedTest, ArpAsksTwoHundredMachinesWithoutTroublingThem) {
  Shipped lan{"arp-lan.ndl"};  // which an observer turns into handing it to everybody
  EXPECT_EQ(lan.outcome().reason, StopReason::completed);
  EXPECT_EQ(lan.world().totals().frames_sent, 800U * 3);
  EXPECT_EQ(lan.world().totals().frames_delivered, 800U * (199 + 2));
  const std::unique_ptr<World> world = Scenario::shipped("arp-lan.ndl")->build();
  const Outcome outcome = world->run({});
  EXPECT_LT(outcome.events, 8'000U);
  EXPECT_EQ(world->digest(), lan.world().digest());
}

TEST(ShippedTest, ManyToOneHearsEverybody) {
  Shipped many{"many-to-one.ndl"};
  EXPECT_EQ(many.outcome().reason, StopReason::completed);
  EXPECT_EQ(many.world().machine_count(), 10'001U);
  EXPECT_EQ(many.application("sink").messages(), 10'000U);
  EXPECT_EQ(many.application("sink").last_at(), after(1ms));
}

TEST(ShippedTest, LowBandwidthIsOneMessageAMachine) {
  Shipped low{"scale/low-bandwidth.ndl"};
  EXPECT_EQ(low.outcome().reason, StopReason::completed);
  EXPECT_EQ(low.application("receiver").messages(), 1000U);
  EXPECT_EQ(low.application("receiver").last_at(), after(1ms));
}

TEST(ShippedTest, HighBandwidthKeepsOneMessageOfEachMachineUnderWay) {
  Shipped high{"scale/high-bandwidth.ndl"};
  EXPECT_EQ(high.outcome().reason, StopReason::completed);
  EXPECT_EQ(high.application("receiver").messages(), 100U * 50);
  EXPECT_LT(high.application("receiver").last_at(), after(51ms));
}

TEST(ShippedTest, HighBandwidthDealsItsSendersOutToManyReceivers) {
  const auto scenario =
      Scenario::shipped("scale/high-bandwidth.ndl",
                        std::vector<ndl::Setting>{{"machines", "1000"}, {"receivers", "300"}});
  EXPECT_EQ(scenario->complaints(), "");
  const std::unique_ptr<World> world = scenario->build();
  EXPECT_EQ(world->run({}).reason, StopReason::completed);
  EXPECT_EQ(test::application_of(*world, "receiver-99").messages(), 4U * 50);
  EXPECT_EQ(test::application_of(*world, "receiver-100").messages(), 3U * 50);
}

TEST(ShippedTest, PingPongsAreGamesOf256Throws) {
  Shipped games{"scale/ping-pongs.ndl"};
  EXPECT_EQ(games.outcome().reason, StopReason::completed);
  EXPECT_EQ(games.outcome().ended_at, after(256ms));
  EXPECT_EQ(games.world().totals().frames_delivered, 50U * 256);
}

TEST(ShippedTest, GridTakesMessagesRoundTwoCorners) {
  Shipped grid{"scale/grid.ndl"};
  EXPECT_EQ(grid.outcome().reason, StopReason::completed);
  const NetworkCounters counters = grid.world().totals();
  // Nearby ones take one network, those for afar four: here, east, south, there.
  EXPECT_EQ(counters.frames_delivered, 160U * (20 + 2 * 4));
  EXPECT_EQ(counters.frames_unknown_destination, 0U);
}

TEST(ShippedTest, ChatLetsEverybodyHearAsMuchAsTheySay) {
  Shipped chat{"scale/chat.ndl"};
  EXPECT_EQ(chat.outcome().reason, StopReason::completed);
  EXPECT_EQ(chat.world().totals().frames_delivered, 100U * 20);
}

TEST(ShippedTest, MixedHasLossesAndFlippedBitsAndIsSatisfied) {
  Shipped mixed{"scale/mixed.ndl"};
  EXPECT_EQ(mixed.outcome().reason, StopReason::completed);
  EXPECT_GT(mixed.world().totals().frames_lost, 20U);
  EXPECT_GT(mixed.world().totals().frames_corrupted, 20U);
  EXPECT_GT(mixed.world().drops()[Drop::bad_checksum], 5U);
}

// ===== What holds for all of them =====

class ShippedLawTest : public testing::TestWithParam<std::string> {
 protected:
  struct Result {
    std::uint64_t digest;
    std::uint64_t events;
    std::uint64_t delivered;
    Time ended_at;
    friend bool operator==(const Result&, const Result&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Result& result) {
      return out << result.digest << " after " << result.events << " events, " << result.delivered
                 << " frames, " << result.ended_at.time_since_epoch().count() << " ns";
    }
  };

  static Result run(const Scenario& scenario, unsigned threads, std::optional<unsigned> partitions,
                    std::uint64_t seed = 1) {
    const std::unique_ptr<World> world = scenario.build(seed);
    World::RunOptions options;
    options.engine.threads = threads;
    options.engine.shares_always = true;
    options.partitions = partitions;
    const Outcome outcome = world->run(options);
    EXPECT_TRUE(world->conserves_frames());
    return {world->digest(), outcome.events, world->totals().frames_delivered, outcome.ended_at};
  }
};

std::string name_of_test(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.find('.'));
  std::erase_if(name, [](char character) {
    return std::ispunct(static_cast<unsigned char>(character)) != 0;
  });
  return name;
}

#ifdef ELVIS_SANITIZED
constexpr bool is_slow = true;
#else
constexpr bool is_slow = false;
#endif

TEST_P(ShippedLawTest, HasOneResultForAnyPartitionsAndThreads) {
  const auto scenario = Scenario::shipped(GetParam());
  ASSERT_EQ(scenario->complaints(), "");
  const Result expected = run(*scenario, 1, 1);
  if (!is_slow) EXPECT_EQ(run(*scenario, 1, 1), expected) << "again";
  for (const unsigned partitions : {2U, 3U, 8U}) {
    if (is_slow && partitions != 3) continue;
    EXPECT_EQ(run(*scenario, 1, partitions), expected) << partitions << " partitions";
  }
  for (const unsigned threads : {2U, 3U, 8U}) {
    if (is_slow && threads == 3) continue;
    EXPECT_EQ(run(*scenario, threads, threads), expected) << threads << " threads";
    EXPECT_EQ(run(*scenario, threads, std::nullopt), expected) << threads << " threads";
  }
}

TEST_P(ShippedLawTest, DependsOnTheSeedWhereLuckPlays) {
  const auto scenario = Scenario::shipped(GetParam());
  ASSERT_EQ(scenario->complaints(), "");
  const std::vector<std::string> lucky{"lossy.ndl",  "corrupt.ndl", "bursts.ndl",
                                       "outage.ndl", "rip.ndl",     "scale/mixed.ndl"};
  const bool has_luck = std::ranges::find(lucky, GetParam()) != lucky.end();
  EXPECT_EQ(run(*scenario, 1, 1, 2).digest != run(*scenario, 1, 1, 1).digest, has_luck);
}

TEST_P(ShippedLawTest, LeavesNothingBehindWhereverItIsStopped) {
  const auto scenario = Scenario::shipped(GetParam());
  ASSERT_EQ(scenario->complaints(), "");
  const std::uint64_t events = run(*scenario, 1, 1).events;
  const std::size_t blocks = pool::live_blocks();
  // Large scenarios are stopped less often; together there are more than 500 stops.
  const int stops = (events > 5'000 ? 10 : 80) / (is_slow ? 2 : 1);
  Rng luck{{1, events}};
  for (int i = 0; i < stops; ++i) {
    const std::uint64_t limit = luck.below(events) + 1;
    {
      const std::unique_ptr<World> world = scenario->build();
      World::RunOptions options;
      options.engine.max_events = limit;
      const Outcome outcome = world->run(options);
      ASSERT_LE(outcome.events, limit);
      ASSERT_TRUE(world->conserves_frames()) << "stopped after " << limit << " events";
    }
    ASSERT_EQ(pool::live_blocks(), blocks) << "stopped after " << limit << " events";
  }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedLawTest, testing::ValuesIn(all), name_of_test);

}  // namespace
}  // namespace elvis
