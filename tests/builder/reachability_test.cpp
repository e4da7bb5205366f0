// SPDX-License-Identifier: MIT
#include "elvis/builder/reachability.hpp"

#include <gtest/gtest.h>

#include <string>

#include "elvis/ndl/front_end.hpp"
#include "support.hpp"

namespace elvis {
namespace {

// The warnings about a scenario with two LANs, `router` between them and `more` on the first.
std::string warnings(const std::string& forwarding, const std::string& gateway,
                     const std::string& to) {
  const auto machine = [](const std::string& name, const std::string& networks,
                          const std::string& ipv4, const std::string& applications) {
    return "    [Machine name='" + name + "']\n        [Networks]\n" + networks +
           "        [Protocols]\n            [Protocol name='IPv4'" + ipv4 +
           "]\n            [Protocol name='UDP']\n        [Applications]\n" + applications;
  };
  const std::string text =
      "[Networks]\n    [Network id='a']\n        [IP subnet='10.0.1.0/24']\n"
      "    [Network id='b']\n        [IP subnet='10.0.2.0/24']\n[Machines]\n" +
      machine("router", "            [Network id='a']\n            [Network id='b']\n", forwarding,
              "") +
      machine("near", "            [Network id='a'" + gateway + "]\n", "",
              "            [Application name='cbr' to='" + to + "' port='7']\n") +
      machine("far", "            [Network id='b']\n", "", "");
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

}  // namespace
}  // namespace elvis
