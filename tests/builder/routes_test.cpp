// SPDX-License-Identifier: MIT
// The routes that machines have when a scenario has been built.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elvis/builder/reachability.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using test::machine_called;
using test::Scenario;

std::string router(const std::string& name, const std::string& networks,
                   const std::string& more = "") {
  return "    [Machine name='" + name + "']\n        [Networks]\n" + networks +
         "        [Protocols]\n            [Protocol name='IPv4' forwarding='true']\n"
         "        [Applications]\n" +
         more;
}
std::string host(const std::string& name, const std::string& networks,
                 const std::string& more = "") {
  std::string text = router(name, networks, more);
  const std::string argument = " forwarding='true'";
  return text.erase(text.find(argument), argument.size());
}
std::string with_udp(std::string machine) {
  return machine.insert(machine.find("        [Applications]"),
                        "            [Protocol name='UDP']\n");
}
std::string on(const std::string& id, const std::string& more = "") {
  return "            [Network id='" + id + "'" + more + "]\n";
}
std::string network(const std::string& id, const std::string& subnet,
                    const std::string& latency = "1ms") {
  return "    [Network id='" + id + "' latency='" + latency + "']\n        [IP subnet='" + subnet +
         "']\n";
}

// "10.0.0.0/8 via 10.0.0.1 on 0", a line for each route with a gateway.
std::string routes_of(World& world, const std::string& machine) {
  const auto& ipv4 =
      static_cast<const Ipv4&>(*machine_called(world, machine).find(ProtocolId::ipv4));
  std::string text;
  if (ipv4.routes() == nullptr) return text;
  for (const Route& route : ipv4.routes()->routes()) {
    if (route.next.via.is_unspecified()) continue;
    text += route.destination.to_string() + '/' + std::to_string(route.prefix_length) + " via " +
            route.next.via.to_string() + " on " + std::to_string(route.next.tap) + '\n';
  }
  return text;
}

// a - r1 - b - r2 - c, and r3 from a to c by a slow network.
const std::string networks =
    network("a", "10.0.0.0/24") + network("b", "10.0.1.0/24") + network("c", "10.0.2.0/24");

TEST(RoutesTest, AreWhatTheMachineSays) {
  const Scenario scenario{
      "[Networks]\n" + networks + "[Machines]\n" + router("r1", on("a") + on("b")) +
      host("h", on("a", " gateway='r1'") + on("b"),
           "        [Routes]\n            [Route to='10.9.0.0/16' via='10.0.1.1']\n"
           "            [Route to='10.8.0.0/16' via='r1']\n")};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "h"),
            "0.0.0.0/0 via 10.0.0.1 on 0\n"
            "10.8.0.0/16 via 10.0.0.1 on 0\n"
            "10.9.0.0/16 via 10.0.1.1 on 1\n");
  EXPECT_EQ(routes_of(*world, "r1"), "");
}

TEST(RoutesTest, DifferFromMachineToMachine) {
  const Scenario scenario{
      "[Networks]\n" + networks + "[Machines]\n" + router("r1", on("a")) + router("r2", on("b")) +
      "    [Machine name='h' count='2']\n        [Networks]\n            [Network id='a' "
      "gateway='r1']\n        [Protocols]\n            [Protocol name='IPv4']\n"
      "        [Applications]\n        [Routes]\n            [Route to='10.${index + 5}.0.0/16' "
      "via='r1']\n"};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "h-0"),
            "0.0.0.0/0 via 10.0.0.1 on 0\n10.5.0.0/16 via 10.0.0.1 on 0\n");
  EXPECT_EQ(routes_of(*world, "h-1"),
            "0.0.0.0/0 via 10.0.0.1 on 0\n10.6.0.0/16 via 10.0.0.1 on 0\n");
}

TEST(RoutesTest, OfShortestPathsFollowTheLatency) {
  for (const bool is_short : {false, true}) {
    const Scenario scenario{"[Networks routing='static-shortest-path']\n" + networks +
                            network("x", "10.0.3.0/24", is_short ? "100us" : "100ms") +
                            "[Machines]\n" + router("r1", on("a") + on("b")) +
                            router("r2", on("b") + on("c")) + router("r3", on("a") + on("x")) +
                            router("r4", on("x") + on("c")) + host("h", on("a"))};
    ASSERT_EQ(scenario.complaints(), "");
    const auto world = scenario.build();
    EXPECT_EQ(routes_of(*world, "h"),
              is_short ? "10.0.1.0/24 via 10.0.0.1 on 0\n10.0.2.0/23 via 10.0.0.2 on 0\n"
                       : "10.0.1.0/24 via 10.0.0.1 on 0\n10.0.2.0/24 via 10.0.0.1 on 0\n"
                         "10.0.3.0/24 via 10.0.0.2 on 0\n");
  }
}

TEST(RoutesTest, OfShortestPathsTakeTheEarlierHopOfEquals) {
  // Three ways from h to c, all of one length: by a and r2, by b and r3, by b and r1.
  const Scenario scenario{"[Networks routing='static-shortest-path']\n" + networks +
                          "[Machines]\n" + router("r3", on("b") + on("c")) +
                          router("r1", on("b") + on("c")) + router("r2", on("a") + on("c")) +
                          host("h", on("b") + on("a")) + host("g", on("a") + on("b"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "h"), "10.0.2.0/24 via 10.0.1.1 on 0\n");
  EXPECT_EQ(routes_of(*world, "g"), "10.0.2.0/24 via 10.0.0.1 on 0\n");
}

TEST(RoutesTest, OfShortestPathsKeepWhatTheMachineSays) {
  const Scenario scenario{"[Networks routing='static-shortest-path']\n" + networks +
                          "[Machines]\n" + router("r1", on("a") + on("b")) +
                          router("r2", on("b") + on("c")) + router("odd", on("b")) +
                          host("h", on("a", " gateway='h2'")) + host("h2", on("a")) +
                          router("r5", on("b"),
                                 "        [Routes]\n            [Route to='10.0.2.0/24' "
                                 "via='odd']\n")};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "h"), "0.0.0.0/0 via 10.0.0.3 on 0\n");
  EXPECT_EQ(routes_of(*world, "h2"), "0.0.0.0/0 via 10.0.0.1 on 0\n") << "the only router";
  EXPECT_EQ(routes_of(*world, "r5"),
            "10.0.0.0/24 via 10.0.1.1 on 0\n10.0.2.0/24 via 10.0.1.3 on 0\n");
}

TEST(RoutesTest, OfShortestPathsAreJoined) {
  std::string nets = network("up", "10.9.0.0/24");
  std::string leaves;
  for (int i = 0; i < 16; ++i) {
    const std::string id = std::to_string(i);
    nets += network("leaf" + id, "10.0." + id + ".0/24");
    leaves += on("leaf" + id);
  }
  const Scenario scenario{"[Networks routing='static-shortest-path']\n" + nets + "[Machines]\n" +
                          router("leafs", on("up") + leaves) + router("root", on("up"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "root"), "10.0.0.0/20 via 10.9.0.1 on 0\n");
}

TEST(RoutesTest, OfShortestPathsReachAddressesOutsideAllPrefixes) {
  const Scenario scenario{
      "[Networks routing='static-shortest-path']\n    [Network id='a']\n        [IP "
      "range='10.0.0.1-3']\n    [Network id='b']\n        [IP range='10.7.0.1-6']\n[Machines]\n" +
      router("r1", on("a") + on("b")) + router("r2", on("a")) +
      "    [Machine name='h' count='5']\n        [Networks]\n            [Network id='b']\n"
      "        [Protocols]\n            [Protocol name='IPv4']\n        [Applications]\n"};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "r2"),
            "10.7.0.1/32 via 10.0.0.1 on 0\n10.7.0.2/31 via 10.0.0.1 on 0\n"
            "10.7.0.4/31 via 10.0.0.1 on 0\n10.7.0.6/32 via 10.0.0.1 on 0\n");
}

// `count` routers one behind the other, each with a network of its own.
std::string chain_of(int count, const std::string& routing) {
  std::string text = "[Networks" + routing + "]\n";
  for (int i = 0; i <= count; ++i) {
    text += network("n" + std::to_string(i),
                    "10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
  }
  text += "[Machines]\n";
  for (int i = 0; i < count; ++i) {
    text += router("r" + std::to_string(i),
                   on("n" + std::to_string(i)) + on("n" + std::to_string(i + 1)));
  }
  return text +
         with_udp(
             host("first", on("n0"), "            [Application name='cbr' to='last' port='7']\n")) +
         host("last", on("n" + std::to_string(count)));
}

std::string warnings_about(const Scenario& scenario) {
  const std::unique_ptr<World> world = scenario.build();
  ndl::Diagnostics diagnostics;
  warn_of_unreachable(scenario.plan(), *world, diagnostics);
  return diagnostics.warning_count() == 0 ? "" : diagnostics.by_place().front().text;
}

// h in a wide network; behind r1 and r2 are a network with a part of its prefix, and k in it.
std::string nested(const std::string& more_networks = "", const std::string& of_r2 = "") {
  return "[Networks routing='static-shortest-path']\n" + network("wide", "10.2.0.0/16") +
         network("middle", "10.9.0.0/24") + network("inner", "10.2.96.0/19") + more_networks +
         "[Machines]\n" +
         with_udp(host("h", on("wide"),
                       "            [Application name='send_message' message='Hi' to='k' "
                       "port='7']\n")) +
         router("r1", on("wide") + on("middle")) +
         router("r2", on("middle") + on("inner") + of_r2) +
         with_udp(host("k", on("inner"),
                       "            [Application name='capture' message='Hi' message_count='1' "
                       "port='7']\n"));
}

TEST(RoutesTest, OfShortestPathsLeadIntoAPartOfTheOwnPrefix) {
  const Scenario scenario{nested()};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "h"),
            "0.0.0.0/0 via 10.2.0.2 on 0\n10.2.96.0/19 via 10.2.0.2 on 0\n");
  EXPECT_EQ(routes_of(*world, "k"), "0.0.0.0/0 via 10.2.96.1 on 0\n") << "nothing is in its prefix";
  EXPECT_EQ(warnings_about(scenario), "");
  EXPECT_EQ(world->run({}).reason, StopReason::completed);
}

// So many networks that ways are found when they are needed.
TEST(RoutesTest, ToVeryManyNetworksLeadIntoAPartOfTheOwnPrefix) {
  std::string nets;
  std::string stubs;
  for (int i = 0; i < 1'100; ++i) {
    const std::string id = "stub" + std::to_string(i);
    nets +=
        network(id, "10." + std::to_string(16 + i / 256) + "." + std::to_string(i % 256) + ".0/24");
    stubs += on(id);
  }
  const Scenario scenario{nested(nets, stubs)};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  const auto& ipv4 = static_cast<const Ipv4&>(*machine_called(*world, "h").find(ProtocolId::ipv4));
  const NextHop r1{Ipv4Address{10, 2, 0, 2}, 0};
  EXPECT_EQ(ipv4.routes()->find(Ipv4Address{}, 0), (Route{{}, 0, r1, 0}));
  EXPECT_EQ(ipv4.routes()->find(Ipv4Address{10, 2, 96, 0}, 19),
            (Route{Ipv4Address{10, 2, 96, 0}, 19, r1, 0}));
  EXPECT_EQ(routes_of(*world, "k"), "0.0.0.0/0 via 10.2.96.1 on 0\n");
  EXPECT_EQ(world->run({}).reason, StopReason::completed);
}

// Many hosts and many parts of their prefix: what is the same for all of them is there once.
TEST(RoutesTest, IntoManyPartsOfThePrefixOfManyHostsAreShared) {
  std::string nets;
  std::string stubs;
  for (int i = 0; i < 400; ++i) {
    const std::string id = "stub" + std::to_string(i);
    nets += network(id, "10.2." + std::to_string(128 + i / 4) + "." + std::to_string(i % 4 * 64) +
                            "/" + (i % 2 == 0 ? "26" : "27"));
    stubs += on(id);
  }
  const Scenario scenario{nested(nets, stubs) + host("many' count='3000", on("wide"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  const auto& ipv4 =
      static_cast<const Ipv4&>(*machine_called(*world, "many-2999").find(ProtocolId::ipv4));
  EXPECT_LT(ipv4.routes()->memory_bytes(), 300U);
  const Ipv4Address stub{10, 2, 227, 192};
  EXPECT_EQ(ipv4.routes()->find(stub, 27), (Route{stub, 27, {Ipv4Address{10, 2, 0, 2}, 0}, 0}));
  EXPECT_EQ(world->run({}).reason, StopReason::completed);
}

// What nobody leads to stays where the connected prefix says, as for a host with two routers.
TEST(RoutesTest, OfShortestPathsDoNotLeadIntoAPartThatIsCutOff) {
  const std::string cut_off = network("cut off", "10.2.128.0/24");
  const Scenario scenario{nested(cut_off) + host("alone", on("cut off"))};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(routes_of(*scenario.build(), "h"),
            "0.0.0.0/0 via 10.2.0.2 on 0\n10.2.96.0/19 via 10.2.0.2 on 0\n");
}

// Halves whose whole is a prefix that the machine has a route to: joined they would come to
// nothing.
TEST(RoutesTest, OfShortestPathsAreNotJoinedToAPrefixThatIsTaken) {
  const std::string halves = network("low", "10.2.0.0/17") + network("high", "10.2.128.0/17");
  const Scenario scenario{
      "[Networks routing='static-shortest-path']\n" + network("wide", "10.2.0.0/16") +
      network("middle", "10.9.0.0/24") + halves + "[Machines]\n" +
      router("r1", on("wide") + on("middle")) +
      router("r2", on("middle") + on("low") + on("high")) +
      router("r3", on("middle"),
             "        [Routes]\n            [Route to='10.2.0.0/16' via='r1']\n") +
      host("h", on("wide"))};
  ASSERT_EQ(scenario.complaints(), "");
  const auto world = scenario.build();
  EXPECT_EQ(routes_of(*world, "r1"),
            "10.2.0.0/17 via 10.9.0.2 on 1\n10.2.128.0/17 via 10.9.0.2 on 1\n");
  EXPECT_EQ(routes_of(*world, "r3"),
            "10.2.0.0/16 via 10.9.0.1 on 0\n10.2.0.0/17 via 10.9.0.2 on 0\n"
            "10.2.128.0/17 via 10.9.0.2 on 0\n");
  EXPECT_EQ(routes_of(*world, "h"),
            "0.0.0.0/0 via 10.2.0.1 on 0\n10.2.0.0/17 via 10.2.0.1 on 0\n"
            "10.2.128.0/17 via 10.2.0.1 on 0\n");
}

// Halves that are joined hide the route to the whole, and are not joined with it once more.
TEST(RoutesTest, OfShortestPathsAreJoinedOnceOnly) {
  const std::string nets = network("whole", "10.2.0.0/16") + network("low", "10.2.0.0/17") +
                           network("high", "10.2.128.0/17") + network("up", "10.9.0.0/24");
  const Scenario scenario{"[Networks routing='static-shortest-path']\n" + nets + "[Machines]\n" +
                          router("leafs", on("up") + on("low") + on("high")) +
                          router("wide", on("up") + on("whole")) +
                          router("leafs2", on("up") + on("whole")) + router("root", on("up"))};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(routes_of(*scenario.build(), "root"), "10.2.0.0/16 via 10.9.0.1 on 0\n");
  const Scenario same{"[Networks routing='static-shortest-path']\n" + nets + "[Machines]\n" +
                      router("leafs", on("up") + on("low") + on("high") + on("whole")) +
                      router("root", on("up"))};
  EXPECT_EQ(routes_of(*same.build(), "root"), "10.2.0.0/16 via 10.9.0.1 on 0\n");
}

// Of two networks with one prefix the first counts, though its route has been joined already.
TEST(RoutesTest, OfShortestPathsLeadToTheFirstNetworkWithAPrefix) {
  const Scenario scenario{"[Networks routing='static-shortest-path']\n" +
                          network("low", "10.2.0.0/24") + network("high", "10.2.1.0/24") +
                          network("twin", "10.2.1.0/24") + network("up", "10.9.0.0/24") +
                          "[Machines]\n" + router("r1", on("up") + on("low") + on("high")) +
                          router("r2", on("up") + on("twin")) + router("root", on("up"))};
  ASSERT_EQ(scenario.complaints(), "");
  EXPECT_EQ(routes_of(*scenario.build(), "root"), "10.2.0.0/23 via 10.9.0.1 on 0\n");
}

TEST(RoutesTest, MayLeadFartherThanADatagramGoes) {
  const std::string automatic = " routing='static-shortest-path'";
  EXPECT_EQ(warnings_about(Scenario{chain_of(63, automatic)}), "");
  EXPECT_EQ(warnings_about(Scenario{chain_of(64, automatic)}),
            "`first` cannot reach `10.0.64.2`: 64 routers or more lie between, more than a time to "
            "live of 64 allows");
}

TEST(RoutesTest, WorkedOutBeforehandAreExpectedInMemory) {
  const Scenario with{chain_of(500, " routing='static-shortest-path'")};
  const Scenario without{chain_of(500, "")};
  const std::unique_ptr<World> world = with.build();
  std::size_t bytes = 0;
  for (std::uint32_t id = 0; id < world->machine_count(); ++id) {
    const auto& ipv4 = static_cast<const Ipv4&>(*world->machine(id).find(ProtocolId::ipv4));
    if (ipv4.routes() != nullptr) bytes += ipv4.routes()->memory_bytes();
  }
  const auto expected = static_cast<double>(with.plan().memory_bytes - without.plan().memory_bytes);
  constexpr double ways = 500 * 2'048;  // that forwarding finds
  EXPECT_NEAR(expected - ways, static_cast<double>(bytes), 0.3 * static_cast<double>(bytes));
}

TEST(RoutesTest, OfHostsAreNotExpectedToGrowWithTrafficAsThoseOfRouters) {
  std::string nets;
  std::string stubs;
  for (int i = 0; i < 250; ++i) {
    const std::string id = "stub" + std::to_string(i);
    nets += network(id, "10.2." + std::to_string(i) + ".0/26");
    stubs += on(id);
  }
  const auto expected = [&](const std::string& count) {
    const Scenario scenario{nested(nets, stubs) + host("many' count='" + count, on("wide"))};
    EXPECT_EQ(scenario.complaints(), "");
    return scenario.plan().memory_bytes;
  };
  // Both are enough for ways to be looked for when they are needed.
  EXPECT_LT(expected("20000") - expected("10000"), 10'000 * 800U);
}

// The way in the middle of a chain that is long enough for ways to be found when they are needed.
TEST(RoutesTest, ToVeryManyNetworksAreFoundWhenTheyAreNeeded) {
  constexpr int count = 1'100;
  const Scenario scenario{chain_of(count, " routing='static-shortest-path'")};
  const std::unique_ptr<World> world = scenario.build();
  const auto table_of = [](World& world, int router) -> const RouteTable& {
    Machine& machine = world.machine(static_cast<std::size_t>(router));
    return *static_cast<const Ipv4&>(*machine.find(ProtocolId::ipv4)).routes();
  };
  for (const int router : {0, 1, 550, 1'099}) {
    const RouteTable& table = table_of(*world, router);
    EXPECT_EQ(table.size(), static_cast<std::size_t>(count + 1));
    EXPECT_LT(table.memory_bytes(), 200U);
    for (int to = 0; to <= count; to += 50) {
      const Ipv4Address prefix{10, static_cast<std::uint8_t>(to / 256),
                               static_cast<std::uint8_t>(to % 256), 0};
      const auto route = table.find(prefix, 24);
      ASSERT_TRUE(route.has_value()) << router << " to " << to;
      const bool is_attached = to == router || to == router + 1;
      EXPECT_EQ(route->next.via.is_unspecified(), is_attached);
      if (!is_attached) EXPECT_EQ(route->next.tap, to > router ? 1U : 0U);
    }
  }
  EXPECT_EQ(warnings_about(scenario),
            "`first` cannot reach `10.4.76.2`: 64 routers or more lie between, more than a time to "
            "live of 64 allows");
}

}  // namespace
}  // namespace elvis
