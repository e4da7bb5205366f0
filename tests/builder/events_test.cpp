// SPDX-License-Identifier: MIT
// What `[Events]` do to networks and machines while a world runs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elvis/util/pool.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using test::Scenario;

constexpr Time at(Duration since_start) {
  return start_of_time + since_start;
}

std::string with_events(const std::string& events, const std::string& machines,
                        const std::string& network = "latency='1ms'") {
  return "[Events]\n" + events + test::on_lan("", machines, network);
}

std::string sender(const std::string& more) {
  return test::machine("sender", fmt::format("            [Application name='send_message' "
                                             "message='hi' to='receiver' port='7' {}]\n",
                                             more));
}

std::string receiver(int messages) {
  return test::machine("receiver", fmt::format("            [Application name='capture' "
                                               "message_count='{}' port='7']\n",
                                               messages));
}

struct Ran {
  std::unique_ptr<World> world;
  Outcome outcome;
};

Ran run(const std::string& text, std::optional<unsigned> partitions = std::nullopt) {
  const Scenario scenario{text};
  EXPECT_EQ(scenario.complaints(), "");
  Ran ran{scenario.build(), {}};
  World::RunOptions options;
  options.partitions = partitions;
  ran.outcome = ran.world->run(options);
  EXPECT_TRUE(ran.world->conserves_frames());
  return ran;
}

TEST(EventsTest, MakeATimetableOfANetwork) {
  const Scenario scenario{
      with_events("    [Event at='2s' network='lan' loss='5%']\n"
                  "    [Event at='1s' network='lan' set='down']\n"
                  "    [Event at='3s' network='lan' set='up' latency='2ms'\n"
                  "        throughput='1Mbps']\n"
                  "    [Event at='3s' network='lan' loss='0']\n",
                  "")};
  ASSERT_EQ(scenario.complaints(), "");
  const LinkProperties& lan = scenario.plan().networks[0].properties;
  EXPECT_TRUE(lan.at(at(999ms)).is_up);
  EXPECT_FALSE(lan.at(at(1s)).is_up);
  EXPECT_TRUE(lan.at(at(1999ms)).loss.is_none());
  EXPECT_EQ(lan.at(at(2s)).loss, LossModel::bernoulli(Probability::ratio(1, 20)));
  EXPECT_FALSE(lan.at(at(2s)).is_up);
  EXPECT_EQ(lan.at(at(2s)).latency, (LatencyModel{1ms, 1ms}));
  EXPECT_TRUE(lan.at(at(4s)).is_up);
  EXPECT_TRUE(lan.at(at(4s)).loss.is_none());
  EXPECT_EQ(lan.at(at(4s)).latency, (LatencyModel{2ms, 2ms}));
  EXPECT_EQ(lan.at(at(4s)).throughput, BitRate{1'000'000});
  EXPECT_TRUE(lan.is_limited());
  EXPECT_EQ(lan.least_latency(), 1ms);
  EXPECT_EQ(scenario.plan().events, 4U);
}

TEST(EventsTest, WhatIsSentOnANetworkThatIsDownIsLost) {
  const Ran ran =
      run(with_events("    [Event at='10ms' network='lan' set='down']\n"
                      "    [Event at='20ms' network='lan' set='up']\n",
                      sender("count='30' interval='1ms'") + receiver(20)));
  EXPECT_EQ(ran.world->totals().frames_lost, 10U);
  EXPECT_EQ(test::application_of(*ran.world, "receiver").status(), ApplicationStatus::done);
}

TEST(EventsTest, AMachineThatIsDownDropsWhatComesAndStartsAfresh) {
  const Ran ran =
      run(with_events("    [Event at='10ms' machine='receiver' set='down']\n"
                      "    [Event at='20ms' machine='receiver' set='up']\n",
                      sender("count='40' interval='1ms'") + receiver(20)));
  // Ten come until 10 ms, ten while it is off, and twenty later: of what happens to it at one
  // instant, the frames of a machine that is declared above it come first.
  EXPECT_EQ(ran.world->drops()[Drop::machine_off], 10U);
  const Application& capture = test::application_of(*ran.world, "receiver");
  EXPECT_EQ(capture.status(), ApplicationStatus::done);
  EXPECT_EQ(capture.messages(), 20U);
  EXPECT_EQ(capture.first_at(), at(21ms));
}

TEST(EventsTest, ProtocolsMadeAnewAreToldAgainWhatTheyKnew) {
  const Scenario scenario{
      with_events("    [Event at='10ms' machine='receiver' set='down']\n"
                  "    [Event at='20ms' machine='receiver' set='up']\n"
                  "    [Event at='25ms' machine='receiver' set='down']\n"
                  "    [Event at='30ms' machine='receiver' set='up']\n",
                  sender("count='40' interval='1ms'") + receiver(10))};
  ASSERT_EQ(scenario.complaints(), "");
  const std::unique_ptr<World> world = scenario.build();
  Machine& machine = test::machine_called(*world, "receiver");
  std::vector<std::pair<Time, std::size_t>> times;
  world->configure_again(machine,
                         [&] { times.emplace_back(machine.now(), machine.protocols().size()); });
  world->run({});
  EXPECT_EQ(times, (std::vector<std::pair<Time, std::size_t>>{{at(20ms), 2}, {at(30ms), 2}}));
}

TEST(EventsTest, AMachineThatStaysDownIsWaitedForInVain) {
  const Ran ran = run(with_events("    [Event at='10ms' machine='receiver' set='down']\n",
                                  sender("count='40' interval='1ms'") + receiver(20)));
  EXPECT_EQ(ran.outcome.reason, StopReason::idle);
  EXPECT_EQ(test::application_of(*ran.world, "receiver").status(), ApplicationStatus::waiting);
}

TEST(EventsTest, AnApplicationThatReachedItsEndIsNotWaitedForAgain) {
  const Ran ran =
      run(with_events("    [Event at='10ms' machine='receiver' set='down']\n"
                      "    [Event at='20ms' machine='receiver' set='up']\n",
                      sender("count='15' interval='1ms'") + receiver(5)));
  EXPECT_EQ(ran.outcome.reason, StopReason::completed);
}

TEST(EventsTest, ASenderStartsFromTheBeginningAgain) {
  const Ran ran =
      run(with_events("    [Event at='10ms' machine='sender' set='down']\n"
                      "    [Event at='20ms' machine='sender' set='up']\n",
                      sender("count='15' interval='1ms'") + receiver(25)));
  // It was switched before anything of its own at 10 ms.
  EXPECT_EQ(ran.world->totals().frames_sent, 10U + 15U);
  EXPECT_EQ(test::application_of(*ran.world, "receiver").status(), ApplicationStatus::done);
}

TEST(EventsTest, AMachineThatIsDownFromTheStartDoesNothingBeforeItIsUp) {
  const Ran ran =
      run(with_events("    [Event at='0' machine='sender' set='down']\n"
                      "    [Event at='20ms' machine='sender' set='up']\n",
                      sender("count='15' interval='1ms'") + receiver(15)));
  EXPECT_EQ(ran.world->totals().frames_sent, 15U);
  EXPECT_EQ(test::application_of(*ran.world, "receiver").first_at(), at(21ms));
}

TEST(EventsTest, AMachineThatIsDownAndUpAtTheStartStartsOnce) {
  const Ran ran =
      run(with_events("    [Event at='0' machine='sender' set='down']\n"
                      "    [Event at='0' machine='sender' set='up']\n",
                      sender("count='15' interval='1ms'") + receiver(15)));
  EXPECT_EQ(ran.world->totals().frames_sent, 15U);
}

TEST(EventsTest, WhatWaitsInTheQueueOfAMachineIsLostWithIt) {
  for (const char* const medium : {"shared", "switched"}) {
    for (const char* const queue : {"1000", "codel(1000, 1h, 1h)"}) {
      // 8 kbit/s: 44 bytes take 44 ms. Those that start at 0, 44 and 88 ms get through.
      const Ran ran =
          run(with_events("    [Event at='100ms' machine='sender' set='down']\n",
                          sender("count='10'") + receiver(10),
                          fmt::format("throughput='8kbps' medium='{}' queue='{}'", medium, queue)));
      EXPECT_EQ(ran.world->totals().frames_delivered, 3U) << medium << queue;
      EXPECT_EQ(ran.world->totals().frames_queue_dropped, 7U) << medium << queue;
    }
  }
}

TEST(EventsTest, SwitchingOffAndOnLeavesNothingBehind) {
  std::string events;
  for (int i = 1; i <= 50; ++i) {
    for (const char* const name : {"sender", "receiver"}) {
      fmt::format_to(std::back_inserter(events), "    [Event at='{}us' machine='{}' set='{}']\n",
                     700 * i + name[0], name, i % 2 == 1 ? "down" : "up");
    }
  }
  const std::string text =
      with_events(events, sender("count='500' interval='100us'") + receiver(10'000));
  const std::size_t blocks = pool::live_blocks();
  std::uint64_t digest = 0;
  for (const unsigned partitions : {1U, 2U}) {
    const Ran ran = run(text, partitions);
    EXPECT_EQ(ran.outcome.reason, StopReason::idle);
    EXPECT_GT(ran.world->drops()[Drop::machine_off], 0U);
    if (partitions == 1) digest = ran.world->digest();
    EXPECT_EQ(ran.world->digest(), digest);
  }
  EXPECT_EQ(pool::live_blocks(), blocks);
}

}  // namespace
}  // namespace elvis
