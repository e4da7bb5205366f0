// SPDX-License-Identifier: MIT
#include "elvis/builder/build.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "elvis/applications/messages.hpp"
#include "elvis/protocols/arp.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using test::on_lan;
using test::Scenario;

const SendMessageOptions& sender_options(World& world, std::string_view name) {
  return static_cast<const SendMessageOptions&>(test::application_of(world, name).options());
}

std::vector<ProtocolId> protocols(const Machine& machine) {
  std::vector<ProtocolId> ids;
  for (const Protocol* const protocol : machine.protocols()) ids.push_back(protocol->id());
  return ids;
}

std::string send(const std::string& to, const std::string& more = "") {
  return "            [Application name='send_message' message='Hi' port='9' to='" + to + "' " +
         more + "]\n";
}

TEST(BuildTest, MakesWhatThePlanSays) {
  const Scenario scenario{on_lan(
      "", test::machine("a", send("b-1")) + test::machine("b", "", "count='2'"), "mtu='576'")};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build(7, true);
  EXPECT_EQ(world->seed(), 7U);
  EXPECT_TRUE(world->has_full_digest());
  ASSERT_EQ(world->machine_count(), 3U);
  ASSERT_EQ(world->network_count(), 1U);
  EXPECT_EQ(world->network(0).name(), "lan");
  EXPECT_EQ(world->network(0).properties().mtu, 576U);
  EXPECT_EQ(world->network(0).tap_count(), 3U);
  EXPECT_EQ(world->machine(0).name(), "a");
  EXPECT_EQ(world->machine(2).name(), "b-1");
  EXPECT_EQ(protocols(world->machine(0)), (std::vector{ProtocolId::ipv4, ProtocolId::udp}));
  EXPECT_EQ(world->machine(1).first_application(), nullptr);
  EXPECT_EQ(sender_options(*world, "a").to.address, world->machine(2).taps()[0].address());
}

TEST(BuildTest, ListsProtocolsInTheOrderOfLayers) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='lan']\n"
      "[Machines]\n"
      "    [Machine name='a']\n"
      "        [Networks]\n"
      "            [Network id='lan']\n"
      "        [Protocols]\n"
      "            [Protocol name='UDP']\n"
      "            [Protocol name='arp']\n"
      "            [Protocol name='IPv4']\n"
      "        [Applications]\n"};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(protocols(scenario.build()->machine(0)),
            (std::vector{ProtocolId::ipv4, ProtocolId::arp, ProtocolId::udp}));
}

TEST(BuildTest, AutoProtocolAddsWhatIsNeeded) {
  const auto with = [](const std::string& applications) {
    const Scenario scenario{
        "[Networks]\n"
        "    [Network id='lan']\n"
        "[Machines]\n"
        "    [Machine name='a' auto-protocol='true']\n"
        "        [Networks]\n"
        "            [Network id='lan']\n"
        "        [Applications]\n" +
        applications};
    EXPECT_EQ(scenario.complaints(), "");
    return protocols(scenario.build()->machine(0));
  };
  EXPECT_EQ(with(""), (std::vector{ProtocolId::ipv4, ProtocolId::arp}));
  EXPECT_EQ(with("            [Application name='capture' port='9']\n"),
            (std::vector{ProtocolId::ipv4, ProtocolId::arp, ProtocolId::udp}));
}

TEST(BuildTest, AMachinesOwnProtocolReplacesThatOfItsTemplate) {
  const Scenario scenario{
      "[Template name='base']\n"
      "    [Networks]\n"
      "        [Network id='lan']\n"
      "    [Protocols]\n"
      "        [Protocol name='IPv4']\n"
      "        [Protocol name='ARP' local='10.0.0.1']\n"
      "[Networks]\n"
      "    [Network id='lan']\n"
      "        [IP range='10.0.0.1-9']\n"
      "[Machines]\n"
      "    [Machine name='a' template='base']\n"
      "        [Networks]\n"
      "            [Network id='lan']\n"
      "        [Protocols]\n"
      "            [Protocol name='ARP' local='10.0.0.5' default='10.0.0.9']\n"
      "        [Applications]\n"};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(test::address_of(*world, "a"), "10.0.0.5");
  const auto& arp = static_cast<const Arp&>(*world->machine(0).find(ProtocolId::arp));
  EXPECT_EQ(arp.gateway().to_string(), "10.0.0.9");
}

TEST(BuildTest, ATargetIsMetOnTheNetworkThatIsShared) {
  const std::string two_networks =
      "[Networks]\n"
      "    [Network id='east']\n"
      "        [IP range='10.1.0.1-9']\n"
      "    [Network id='west']\n"
      "        [IP range='10.2.0.1-9']\n"
      "[Machines]\n"
      "    [Machine name='both' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='east']\n"
      "            [Network id='west']\n"
      "        [Applications]\n";
  const auto sender = [](const std::string& name, const std::string& network) {
    return "    [Machine name='" + name + "' auto-protocol='true']\n        [Networks]\n" +
           network + "        [Applications]\n" + send("both");
  };
  const Scenario scenario{two_networks + sender("e", "            [Network id='east']\n") +
                          sender("w", "            [Network id='west']\n") + sender("nowhere", "")};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(sender_options(*world, "e").to.address.to_string(), "10.1.0.1");
  EXPECT_EQ(sender_options(*world, "w").to.address.to_string(), "10.2.0.1");
  EXPECT_EQ(sender_options(*world, "nowhere").to.address.to_string(), "10.1.0.1") << "its first";
}

TEST(BuildTest, AGroupOnDifferentNetworksMeetsItsTargetOnEach) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='lan-0']\n"
      "        [IP range='10.1.0.1-9']\n"
      "    [Network id='lan-1']\n"
      "        [IP range='10.2.0.1-9']\n"
      "[Machines]\n"
      "    [Machine name='both' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='lan-0']\n"
      "            [Network id='lan-1']\n"
      "        [Applications]\n"
      "            [Application name='capture' port='9' message_count='4']\n"
      "    [Machine name='s' count='4' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='lan-${index % 2}']\n"
      "        [Applications]\n" +
      send("both")};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(sender_options(*world, "s-2").to.address.to_string(), "10.1.0.1");
  EXPECT_EQ(sender_options(*world, "s-3").to.address.to_string(), "10.2.0.1");
  EXPECT_EQ(world->run({}).reason, StopReason::completed);
}

TEST(BuildTest, AMachineMayTalkToItselfOnNoNetwork) {
  const Scenario scenario{
      "[Networks]\n"
      "[Machines]\n"
      "    [Machine name='hermit' auto-protocol='true']\n"
      "        [Networks]\n"
      "        [Applications]\n" +
      send("hermit") + "            [Application name='capture' port='9' message='Hi']\n"};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(scenario.build()->run({}).reason, StopReason::completed);
}

TEST(BuildTest, NamesMachinesThatNobodyNamed) {
  const std::string unnamed =
      "    [Machine auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='lan']\n"
      "        [Applications]\n";
  const Scenario scenario{on_lan("", unnamed + unnamed + send("machine-1"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(world->machine(1).name(), "machine-2");
  EXPECT_EQ(sender_options(*world, "machine-2").to.address, world->machine(0).taps()[0].address());
}

TEST(BuildTest, AMillionMachinesShareTheirOptions) {
  const Scenario scenario{
      on_lan("", test::machine("sink", "") + test::machine("s", send("sink"), "count='1000000'"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto start = std::chrono::steady_clock::now();
  const auto world = scenario.build();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  EXPECT_LT(taken.count(), 20.0) << "even with sanitizers on a busy computer";
  EXPECT_EQ(&world->machine(1).first_application()->options(),
            &world->machine(1'000'000).first_application()->options());
  EXPECT_EQ(world->machine(1'000'000).name(), "s-999999");
}

}  // namespace
}  // namespace elvis
