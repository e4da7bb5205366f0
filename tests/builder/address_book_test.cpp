// SPDX-License-Identifier: MIT
// Who gets which address: DESIGN section 7.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support.hpp"

namespace elvis {
namespace {

using test::on_lan;
using test::Scenario;

const std::string pool = "        [IP range='10.0.0.1-5']\n";

std::string capture(const std::string& more = "") {
  return "            [Application name='capture' port='9' " + more + "]\n";
}

std::string machine(const std::string& name, const std::string& ip = "",
                    const std::string& more = "") {
  return test::machine(name, capture(ip.empty() ? "" : "ip='" + ip + "'"), more);
}

// The addresses of all machines' taps, in order.
std::vector<std::string> addresses(const Scenario& scenario) {
  EXPECT_EQ(scenario.complaints(), "");
  std::vector<std::string> result;
  const auto world = scenario.build();
  for (std::size_t i = 0; i < world->machine_count(); ++i) {
    for (const Tap& tap : world->machine(i).taps()) result.push_back(tap.address().to_string());
  }
  return result;
}

using Addresses = std::vector<std::string>;

TEST(AddressBookTest, GivesThePoolInOrder) {
  const Scenario scenario{on_lan(pool, machine("a") + machine("b") + machine("c"))};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
}

TEST(AddressBookTest, ClaimsComeFirstWhereverTheyStand) {
  const Scenario scenario{on_lan(
      pool, machine("a") + machine("b", "10.0.0.1") + machine("c") + machine("d", "10.0.0.3"))};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.0.0.2", "10.0.0.1", "10.0.0.4", "10.0.0.3"}));
}

TEST(AddressBookTest, GoesOnWithAutomaticAddressesWhenThePoolIsUsedUp) {
  const Scenario scenario{on_lan("        [IP range='10.0.0.1-2']\n        [IP ip='10.0.0.4']\n",
                                 machine("a", "", "count='5'"))};
  EXPECT_EQ(addresses(scenario),
            (Addresses{"10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.3", "10.0.0.5"}));
  EXPECT_EQ(describe(scenario.plan()),
            "5 machines, 1 network, 5 taps, 5 applications\n"
            "addresses given automatically:\n"
            "    `a-0` to `a-1`: 10.0.0.1 to 10.0.0.2 on network `lan`, from its pool\n"
            "    `a-2`: 10.0.0.4 on network `lan`, from its pool\n"
            "    `a-3`: 10.0.0.3 on network `lan`, whose pool is used up\n"
            "    `a-4`: 10.0.0.5 on network `lan`, whose pool is used up\n"
            "expected memory: about " +
                format_bytes(scenario.plan().memory_bytes) + "\n");
}

TEST(AddressBookTest, AutomaticAddressesKeepOutOfAllPoolsAndClaims) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='lan']\n"
      "    [Network id='other']\n"
      "        [IP subnet='10.0.0.0/24']\n"
      "[Machines]\n" +
      machine("a") + machine("b", "10.0.1.1") + machine("c")};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.0.1.0", "10.0.1.1", "10.0.1.2"}))
      << "not even the broadcast address of a subnet";
}

TEST(AddressBookTest, ANetworkWithoutAPoolTakesAnyClaim) {
  const Scenario scenario{on_lan("", machine("a", "192.168.7.7"))};
  EXPECT_EQ(addresses(scenario), (Addresses{"192.168.7.7"}));
}

TEST(AddressBookTest, AMachineHasAnAddressOnEachNetwork) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='east']\n"
      "        [IP range='10.1.0.1-9']\n"
      "    [Network id='west']\n"
      "        [IP range='10.2.0.1-9']\n"
      "[Machines]\n"
      "    [Machine name='router' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='east']\n"
      "            [Network id='west']\n"
      "        [Applications]\n"
      "            [Application name='capture' port='9' ip='10.2.0.5']\n"};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.1.0.1", "10.2.0.5"}));
}

TEST(AddressBookTest, TheSameAddressInTwoNetworksIsAllowed) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='east']\n"
      "        [IP ip='10.1.0.1']\n"
      "    [Network id='west']\n"
      "        [IP ip='10.1.0.1']\n"
      "[Machines]\n"
      "    [Machine name='a' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='east']\n"
      "        [Applications]\n"
      "            [Application name='capture' port='9' ip='10.1.0.1']\n"
      "    [Machine name='b' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='west']\n"
      "        [Applications]\n"
      "            [Application name='capture' port='9' ip='10.1.0.1']\n"};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.1.0.1", "10.1.0.1"}));
}

TEST(AddressBookTest, AMachineMayNameItsAddressTwiceAndHaveSeveral) {
  const Scenario scenario{on_lan(
      pool,
      test::machine("a", capture("ip='10.0.0.4'") +
                             "            [Application name='capture' port='8' ip='10.0.0.4']\n"
                             "            [Application name='capture' port='7' ip='10.0.0.2']\n") +
          machine("b", "", "count='3'"))};
  EXPECT_EQ(addresses(scenario), (Addresses{"10.0.0.4", "10.0.0.1", "10.0.0.3", "10.0.0.5"}));
  const auto world = scenario.build();
  EXPECT_EQ(world->run({}).reason, StopReason::idle);
  EXPECT_TRUE(world->machine(0).taps()[0].has_address(Ipv4Address{10, 0, 0, 2}));
}

TEST(AddressBookTest, EachMachineOfAGroupClaimsItsOwn) {
  const Scenario scenario{
      on_lan("        [IP subnet='10.0.0.0/16']\n",
             machine("first") +
                 machine("a", "10.0.${(index + 254) / 256}.${(index + 254) % 256}", "count='4'"))};
  EXPECT_EQ(addresses(scenario),
            (Addresses{"10.0.0.1", "10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"}));
  ASSERT_EQ(scenario.plan().groups[1].addresses.size(), 1U) << "kept as one range";
}

TEST(AddressBookTest, MachinesOfAGroupMayBeOnDifferentNetworks) {
  const Scenario scenario{
      "[Networks]\n"
      "    [Network id='lan-0']\n"
      "        [IP range='10.1.0.1-9']\n"
      "    [Network id='lan-1']\n"
      "        [IP range='10.2.0.1-9']\n"
      "[Machines]\n"
      "    [Machine name='a' count='5' auto-protocol='true']\n"
      "        [Networks]\n"
      "            [Network id='lan-${index / 2 % 2}']\n"
      "        [Applications]\n"};
  EXPECT_EQ(addresses(scenario),
            (Addresses{"10.1.0.1", "10.1.0.2", "10.2.0.1", "10.2.0.2", "10.1.0.3"}));
  EXPECT_EQ(scenario.plan().groups[0].stretches.size(), 3U);
  EXPECT_EQ(scenario.plan().networks[0].taps, 3U);
  EXPECT_EQ(scenario.plan().networks[1].taps, 2U);
}

TEST(AddressBookTest, AMillionMachinesAreAFewRanges) {
  const Scenario scenario{
      on_lan(pool, machine("a", "10.0.0.3") + machine("b", "", "count='1000000'"))};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_LE(scenario.plan().groups[1].addresses.size(), 4U);
}

TEST(AddressBookTest, SaysWhenNoAddressIsLeft) {
  const Scenario scenario{
      on_lan("        [IP subnet='10.0.0.0/8']\n", machine("a", "", "count='16777215'"))};
  EXPECT_EQ(
      scenario.complaints(),
      "sim.ndl:5:6: error: no address is left for `a` on network `lan`: 10.0.0.0/8 is used up; "
      "declare a pool, for example `[IP subnet='11.0.0.0/8']`\n"
      "    5 |     [Machine name='a' count='16777215']\n"
      "      |      ^~~~~~~\n"
      "1 error\n");
}

}  // namespace
}  // namespace elvis
