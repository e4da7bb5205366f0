// SPDX-License-Identifier: MIT
#include "elvis/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "elvis/applications/messages.hpp"
#include "elvis/graph/kinds.hpp"
#include "elvis/sockets/udp_socket.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint16_t port = 7;

// Sends its own name to `server`.
Task<Result<>> announce(Application& self) {
  UdpSocket socket{self.machine()};
  const auto server = address_of(self.machine(), "server");
  if (!server) co_return Errc::address_not_available;
  co_await self.sleep_for(1ms);
  const Message message{self.machine().name()};
  if (const Result<> sent = socket.send_to({*server, port}, message); !sent) {
    co_return sent.error();
  }
  self.count_message(message.size());
  co_return Result<>{};
}

// Clients who announce themselves to a server that is satisfied by all of them.
void describe_clients(Simulation& simulation, std::uint32_t clients) {
  simulation.network("lan", {{"latency", 2ms}}).pool("10.0.0.0/16");
  simulation.machine("server").attach("lan").application(
      "capture", {{"port", port}, {"message_count", clients}, {"transport", "udp"}});
  simulation.machines("client", clients)
      .attach("lan")
      .protocol("UDP")
      .program("announce", announce);
}

TEST(SimulationTest, RunsAProgramOnEachMachineOfAGroup) {
  Simulation simulation;
  describe_clients(simulation, 100);
  const SimulationResult result = simulation.run();
  EXPECT_EQ(result.messages, "");
  ASSERT_TRUE(result.has_succeeded()) << result.summary();
  EXPECT_EQ(result.report.machine_count, 101);
  EXPECT_EQ(result.report.applications.front().messages, 100);
  EXPECT_EQ(result.report.applications.front().bytes, 10 * 8 + 90 * 9);
  EXPECT_EQ(result.report.applications.back().application, "announce");
  EXPECT_THAT(result.json(), HasSubstr("\"schema\": \"elvis.report/1\""));
  EXPECT_THAT(result.summary(), StartsWith("simulation: succeeded\n"));
}

TEST(SimulationTest, AProgramMayRunAnApplicationWithOptionsOfItsOwn) {
  CaptureOptions options;
  options.port = port;
  options.message_count = 3;
  Simulation simulation;
  simulation.network("lan", {{"latency", 2ms}}).pool("10.0.0.0/16");
  simulation.machine("server").attach("lan").protocol("UDP").program(
      "listen", [&options](Application& self) { return capture(self, options); });
  simulation.machines("client", 3).attach("lan").protocol("UDP").program("announce", announce);
  const SimulationResult result = simulation.run();
  EXPECT_TRUE(result.has_succeeded()) << result.summary();
  EXPECT_EQ(result.report.applications.front().messages, 3);
}

TEST(SimulationTest, GivesTheSameResultAgainAndOnSeveralThreads) {
  Simulation simulation;
  describe_clients(simulation, 50);
  const std::uint64_t once = simulation.run({.seed = 3}).digest();
  EXPECT_EQ(simulation.run({.seed = 3}).digest(), once);
  EXPECT_EQ(simulation.run({.seed = 3, .threads = 2, .partitions = 3}).digest(), once);
}

TEST(SimulationTest, MeansWhatItsNdlSays) {
  Simulation simulation;
  simulation.network("lan", {{"latency", 5ms}, {"throughput", BitRate{1'000'000}}})
      .pool("10.0.0.1")
      .pool("10.0.0.5-9")
      .pool("10.0.1.0/24");
  simulation.machine("it's", {{"auto-protocol", false}})
      .attach("lan", {{"gateway", "many-3"}})
      .protocol("IPv4", {{"forwarding", true}})
      .route("10.7.0.0/16", "10.0.0.6");
  simulation.machines("many", 4).attach("lan").application(
      "send_message", {{"message", "a\\b\n"}, {"to", Ipv4Address{10, 0, 0, 1}}, {"port", port}});
  simulation.event(3s, {{"network", "lan"}, {"set", "down"}});
  EXPECT_EQ(simulation.ndl(),
            "[Networks]\n"
            "    [Network id='lan' latency='5000000ns' throughput='1000000bps']\n"
            "        [IP ip='10.0.0.1']\n"
            "        [IP range='10.0.0.5-9']\n"
            "        [IP subnet='10.0.1.0/24']\n"
            "[Machines]\n"
            "    [Machine name='it\\'s' auto-protocol='false']\n"
            "        [Networks]\n"
            "            [Network id='lan' gateway='many-3']\n"
            "        [Protocols]\n"
            "            [Protocol name='IPv4' forwarding='true']\n"
            "        [Applications]\n"
            "        [Routes]\n"
            "            [Route to='10.7.0.0/16' via='10.0.0.6']\n"
            "    [Machine name='many' count='4' auto-protocol='true']\n"
            "        [Networks]\n"
            "            [Network id='lan']\n"
            "        [Protocols]\n"
            "        [Applications]\n"
            "            [Application name='send_message' message='a\\\\b\\n' to='10.0.0.1' "
            "port='7']\n"
            "[Events]\n"
            "    [Event at='3000000000ns' network='lan' set='down']\n");
  EXPECT_THAT(simulation.check(), HasSubstr("5 machines, 1 network, 5 taps, 4 applications\n"));
  // The same text alone gives the same world.
  Simulation again;
  again.include_text("again.ndl", simulation.ndl());
  const SimulationResult result = simulation.run();
  ASSERT_TRUE(result.has_run) << result.messages;
  EXPECT_EQ(again.run().digest(), result.digest());
}

TEST(SimulationTest, TellsMistakesWithTheirPlaces) {
  Simulation simulation;
  simulation.network("lan");
  simulation.machine("a").attach("lam").application("captur", {{"port", 0}});
  const SimulationResult result = simulation.run();
  EXPECT_FALSE(result.has_run);
  EXPECT_FALSE(result.has_succeeded());
  EXPECT_THAT(result.messages, HasSubstr("no network has id `lam`; did you mean `lan`?"));
  EXPECT_THAT(result.messages, HasSubstr("unknown application `captur`; did you mean `capture`?"));
  EXPECT_THAT(result.messages, HasSubstr("            [Application name='captur' port='0']\n"));
  EXPECT_EQ(simulation.check(), result.messages);
}

TEST(SimulationTest, TakesAProgramUnderAnyNameThatIsFree) {
  Simulation simulation;
  simulation.network("lan");
  simulation.machine("a").attach("lan").program("capture", announce);
  simulation.machine("b").attach("lan").program("empty", Program{});
  const std::string messages = simulation.run().messages;
  EXPECT_THAT(messages, HasSubstr("error: the program brings the application `capture`, which is "
                                  "there already\n"));
  EXPECT_THAT(messages, HasSubstr("brings the application `empty`, which lacks"));
}

TEST(SimulationTest, SaysThatAPluginCannotBeLoaded) {
  Simulation simulation;
  simulation.load_plugin("./no-such-plugin.so");
  EXPECT_EQ(simulation.run().messages,
            "error: the plug-in `./no-such-plugin.so` cannot be opened: No such file or "
            "directory\n");
}

TEST(SimulationTest, AProgramAddsTheProtocolsThatItNeeds) {
  Simulation simulation;
  describe_clients(simulation, 1);
  simulation.machine("late").attach("lan").program("announce too", announce, {.needs = {"UDP"}});
  EXPECT_TRUE(simulation.run().has_run);
  Simulation bare;
  bare.network("lan");
  bare.machine("a", {{"auto-protocol", false}})
      .attach("lan")
      .protocol("IPv4")
      .program("announce", announce, {.needs = {"UDP"}});
  EXPECT_THAT(bare.run().messages, HasSubstr("`announce` needs the protocol `UDP`"));
}

TEST(SimulationTest, WhatAProgramThrowsEndsThatProgram) {
  Simulation simulation;
  simulation.network("lan");
  simulation.machine("a").attach("lan").program("throws", [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(1ms);
    throw std::runtime_error{"enough"};
  });
  const SimulationResult result = simulation.run();
  EXPECT_EQ(result.report.status, RunStatus::failed);
  EXPECT_THAT(result.summary(), HasSubstr("enough"));
}

TEST(SimulationTest, CapturesAndObservesAtOnce) {
  class Counter final : public Observer {
   public:
    void frame_sent(const Tap&, const Message&, Time) override { ++sent; }
    void frame_delivered(const Tap&, const Message&, Time) override {}
    void dropped(const Machine&, Drop, const Message&, Time) override {}
    std::atomic<std::uint64_t> sent{0};
  } counter;
  const auto file = std::filesystem::path{testing::TempDir()} / "simulation_test.pcapng";
  std::filesystem::remove(file);
  Simulation simulation;
  describe_clients(simulation, 10);
  const RunSettings settings{.threads = 2, .pcap = file.string(), .observer = &counter};
  const SimulationResult result = simulation.run(settings);
  ASSERT_TRUE(result.has_succeeded()) << result.messages;
  EXPECT_EQ(counter.sent, result.report.totals.frames_sent);
  EXPECT_GT(std::filesystem::file_size(file), 10U * 50);
  // What is there is not written over unless that is said.
  const SimulationResult second = simulation.run(settings);
  EXPECT_FALSE(second.has_run);
  EXPECT_THAT(second.messages, HasSubstr("File exists"));
  std::filesystem::remove(file);
}

TEST(SimulationTest, ShowsTheWorldBeforeAndAfterItsRun) {
  Simulation simulation;
  describe_clients(simulation, 3);
  std::size_t before = 0;
  std::uint64_t heard = 0;
  RunSettings settings;
  settings.before_run = [&](World& world) { before = world.machine_count(); };
  settings.after_run = [&](const World& world) {
    heard = world.machine(0).first_application()->messages();
  };
  EXPECT_TRUE(simulation.run(settings).has_succeeded());
  EXPECT_EQ(before, 4);
  EXPECT_EQ(heard, 3);
}

TEST(SimulationTest, TellsHowLongItTookByTheClockThatItIsGiven) {
  Simulation simulation;
  simulation.network("net").pool("10.0.0.1");
  simulation.machine("alice").attach("net").program(
      "idle", [](Application&) -> Task<Result<>> { co_return Result<>{}; });
  EXPECT_EQ(simulation.run().report.facts.build_seconds, 0);
  EXPECT_EQ(simulation.run().report.facts.run_seconds, 0);

  int looks = 0;
  RunSettings settings;
  settings.clock = [&] { return Duration{1'000'000'000} * ++looks * looks; };
  const Report report = simulation.run(settings).report;
  EXPECT_EQ(report.facts.build_seconds, 4 - 1);
  EXPECT_EQ(report.facts.run_seconds, 16 - 9);
}

TEST(SimulationTest, EndsAtItsLimits) {
  Simulation simulation;
  simulation.network("lan");
  simulation.machine("a").attach("lan").program("waits", [](Application& self) -> Task<Result<>> {
    for (;;) co_await self.sleep_for(1s);
  });
  const SimulationResult result = simulation.run({.until = 10s});
  EXPECT_EQ(result.report.status, RunStatus::unsatisfied);
  EXPECT_EQ(result.report.ended_at, start_of_time + 10s);
  const SimulationResult limited = simulation.run({.until = 10s, .max_events = 5});
  EXPECT_EQ(limited.report.reason, StopReason::max_events);
}

TEST(SimulationTest, TakesItsParametersFromTheProgram) {
  Simulation simulation;
  simulation.include_text("parameters.ndl", "[Parameters]\n    [Parameter name='n' value='2']\n");
  simulation.network("lan");
  simulation.machine("m", {{"count", "${n}"}}).attach("lan");
  EXPECT_EQ(simulation.run().report.machine_count, 2);
  simulation.set("n", "5");
  EXPECT_EQ(simulation.run().report.machine_count, 5);
}

TEST(AddressOfTest, PrefersANetworkThatBothAreOn) {
  Simulation simulation;
  simulation.network("left").pool("10.1.0.0/24");
  simulation.network("right").pool("10.2.0.0/24");
  simulation.machine("both").attach("left").attach("right");
  simulation.machines("left", 2).attach("left");
  simulation.machine("right").attach("right");
  RunSettings settings;
  settings.before_run = [](World& world) {
    const Machine& left = world.machine(1);
    const Machine& right = world.machine(3);
    EXPECT_EQ(address_of(left, "both"), Ipv4Address(10, 1, 0, 1));
    EXPECT_EQ(address_of(right, "both"), Ipv4Address(10, 2, 0, 1));
    EXPECT_EQ(address_of(right, "left-1"), Ipv4Address(10, 1, 0, 3));
    EXPECT_EQ(address_of(right, "left"), std::nullopt);
    EXPECT_EQ(address_of(right, "left-2"), std::nullopt);
  };
  EXPECT_TRUE(simulation.run(settings).has_run);
}

}  // namespace
}  // namespace elvis
