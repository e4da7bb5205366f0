// SPDX-License-Identifier: MIT
#include "elvis/builder/reachability.hpp"

#include <gtest/gtest.h>

#include <string>

#include "elvis/ndl/front_end.hpp"
#include "support.hpp"

namespace elvis {
namespace {

// Two LANs, `router` between them.
std::string two_lans(const std::string& forwarding, const std::string& gateway,
                     const std::string& to) {
  const auto machine = [](const std::string& name, const std::string& networks,
                          const std::string& ipv4, const std::string& applications) {
    return "    [Machine name='" + name + "']\n        [Networks]\n" + networks +
           "        [Protocols]\n            [Protocol name='IPv4'" + ipv4 +
           "]\n            [Protocol name='UDP']\n        [Applications]\n" + applications;
  };
  return "[Networks]\n    [Network id='a']\n        [IP subnet='10.0.1.0/24']\n"
         "    [Network id='b']\n        [IP subnet='10.0.2.0/24']\n[Machines]\n" +
         machine("router", "            [Network id='a']\n            [Network id='b']\n",
                 forwarding, "") +
         machine("near", "            [Network id='a'" + gateway + "]\n", "",
                 "            [Application name='cbr' to='" + to + "' port='7']\n") +
         machine("far", "            [Network id='b']\n", "", "");
}

// The warnings about `text`.
std::string warnings_about(const std::string& text) {
  ndl::SourceSet sources{ndl::SourceSet::Disk::closed};
  ndl::Diagnostics diagnostics;
  sources.offer("sim.ndl", text);
  const auto description = ndl::read_description(sources, "sim.ndl", {}, diagnostics);
  const auto plan = make_plan(*description, {}, diagnostics);
  const auto world = build(*plan);
  warn_of_unreachable(*plan, *world, diagnostics);
  const std::string all = ndl::render(diagnostics, sources);
  return all.substr(0, all.find('\n'));
}

// The warnings about two LANs.
std::string warnings(const std::string& forwarding, const std::string& by, const std::string& to) {
  return warnings_about(two_lans(forwarding, by, to));
}

const std::string forwards = " forwarding='true'";
const std::string gateway = " gateway='router'";

TEST(ReachabilityTest, IsSilentWhereRoutesLead) {
  EXPECT_EQ(warnings(forwards, gateway, "far"), "");
  EXPECT_EQ(warnings("", "", "router"), "");
  EXPECT_EQ(warnings("", "", "10.0.1.255"), "");
  EXPECT_EQ(warnings("", "", "127.0.0.1"), "");
}

TEST(ReachabilityTest, SaysWhereTheWayEnds) {
  const std::string place = "sim.ndl:22:41: warning: `near` cannot reach ";
  EXPECT_EQ(warnings(forwards, "", "far"), place + "`10.0.2.2`: `near` has no route to it");
  EXPECT_EQ(warnings("", gateway, "far"),
            place + "`10.0.2.2`: `router` is no router: its IPv4 lacks `forwarding='true'`");
  EXPECT_EQ(warnings(forwards, gateway, "10.0.2.77"),
            place + "`10.0.2.77`: nobody has it on the network that `router` sends it to");
  EXPECT_EQ(warnings(forwards, gateway, "192.0.2.1"),
            place + "`192.0.2.1`: `router` has no route to it");
}

TEST(ReachabilityTest, SaysOfWhatIsReservedThatNobodyHasIt) {
  // Whoever asks `router` for it does so forever: they are each other's gateways.
  std::string circle = two_lans(forwards, gateway, "240.0.0.1");
  const std::string name =
      "[Machine name='router']\n        [Networks]\n            [Network id='a'";
  circle.insert(circle.find(name) + name.size(), " gateway='near'");
  for (const char* const address : {"240.0.0.1", "255.255.255.254", "0.0.0.1", "0.255.255.255"}) {
    std::string text = circle;
    text.replace(text.find("240.0.0.1"), 9, address);
    EXPECT_EQ(warnings_about(text), std::string{"sim.ndl:22:41: warning: `near` cannot reach `"} +
                                        address +
                                        "`: it is reserved, so no machine has it and no router "
                                        "sends on what is for it");
  }
  for (const char* const address : {"255.255.255.255", "127.255.255.254", "239.1.2.3"}) {
    std::string text = circle;
    text.replace(text.find("240.0.0.1"), 9, address);
    EXPECT_EQ(warnings_about(text), "");
  }
}

TEST(ReachabilityTest, WhoSpeaksArpReachesOnlyWhoDoes) {
  std::string text = two_lans(forwards, gateway, "far");
  const std::string arp = "            [Protocol name='ARP']\n";
  text.insert(text.find("        [Applications]\n            [Application"), arp);
  EXPECT_EQ(warnings_about(text),
            "sim.ndl:23:41: warning: `near` cannot reach `10.0.2.2`: `near` asks `router` by ARP, "
            "which that does not speak");
}

TEST(ReachabilityTest, WhatIsForAllOfAnotherNetworkNeedsARouterThatSendsItOn) {
  const std::string sends_on = forwards + " directed_broadcasts='true'";
  EXPECT_EQ(
      warnings(forwards, gateway, "10.0.2.255"),
      "sim.ndl:22:41: warning: `near` cannot reach `10.0.2.255`: `router` does not send on what "
      "is for all machines of a network");
  EXPECT_EQ(warnings(sends_on, gateway, "10.0.2.255"), "");
  for (const std::string& router : {forwards, sends_on}) {
    const test::Scenario scenario{two_lans(router, gateway, "10.0.2.255")};
    const auto world = scenario.build();
    world->run({});
    EXPECT_EQ(world->drops()[Drop::not_for_me], router == forwards ? 999U : 0U);
    EXPECT_EQ(world->drops()[Drop::no_listener], router == forwards ? 0U : 2 * 999U)
        << "at the router and the machine behind it; all but the one on its way at the end";
  }
}

}  // namespace
}  // namespace elvis
