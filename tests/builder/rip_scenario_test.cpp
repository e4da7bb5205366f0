// SPDX-License-Identifier: MIT
// ndl/rip.ndl: when its routers have come to agree, and whether on the shortest paths.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using test::Scenario;

constexpr std::string_view failing = "20-36";

// Dijkstra's algorithm with hops for lengths: how many routers are between a network and each one.
class Hops {
 public:
  Hops(World& world, std::size_t network, std::string_view down)
      : down_{down}, hops_(world.machine_count(), far) {
    std::vector<const Machine*> next;
    reach(world.network(network), 1, next);
    for (std::size_t i = 0; i < next.size(); ++i) {
      for (const Tap& tap : next[i]->taps()) {
        if (tap.network().name() != down_) reach(tap.network(), hops_[next[i]->id()] + 1, next);
      }
    }
  }
  std::uint32_t of(const Machine& machine) const { return hops_[machine.id()]; }

 private:
  static constexpr std::uint32_t far = 1'000;

  void reach(const Network& network, std::uint32_t hops, std::vector<const Machine*>& next) {
    for (std::size_t i = 0; i < network.tap_count(); ++i) {
      const Machine& machine = network.tap(i).machine();
      if (!static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4)).is_router()) continue;
      if (hops_[machine.id()] != far) continue;
      hops_[machine.id()] = hops;
      next.push_back(&machine);
    }
  }

  std::string_view down_;
  std::vector<std::uint32_t> hops_;
};

// Runs the scenario until then, and counts routes that are not there or not of the right length.
std::size_t mistakes_at(Duration until, std::string_view down = {}) {
  const auto scenario = Scenario::shipped("rip.ndl");
  EXPECT_EQ(scenario->complaints(), "");
  const std::unique_ptr<World> world = scenario->build();
  World::RunOptions options;
  options.engine.until = start_of_time + until;
  world->run(options);
  EXPECT_TRUE(world->conserves_frames());
  std::size_t mistakes = 0;
  for (std::size_t i = 0; i < world->network_count(); ++i) {
    const Network& network = world->network(i);
    if (network.name() == down) continue;
    const Hops hops{*world, i, down};
    const Ipv4Prefix prefix = world->prefixes_of(network).front();
    for (std::size_t m = 0; m < world->machine_count(); ++m) {
      const Machine& machine = world->machine(m);
      const auto& ipv4 = static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4));
      if (!ipv4.is_router() || hops.of(machine) == 1) continue;
      const auto route = ipv4.routes()->find(prefix.address, prefix.length);
      if (!route || route->metric != hops.of(machine)) ++mistakes;
    }
  }
  return mistakes;
}

// RFC 2453, 3.8 and 3.10.1: whoever learns something tells within 5 s, and no two routers are more
// than 7 apart; within 35 s all neighbours have told what they know. Nobody has to wait for 180 s
// of silence, as routers notice at once that a network of theirs fails.
constexpr Duration spreading = 7 * 5s + 1s;

TEST(RipScenarioTest, RoutersAgreeOnShortestPathsSoonAfterTheStart) {
  EXPECT_GT(mistakes_at(1s), 100U) << "not at once";
  EXPECT_EQ(mistakes_at(spreading), 0U);
  EXPECT_EQ(mistakes_at(60s - 1ms), 0U);
}

TEST(RipScenarioTest, RoutersFindOtherWaysWhenALinkFails) {
  EXPECT_GT(mistakes_at(60s + 1ms, failing), 0U) << "others have not heard of it yet";
  EXPECT_EQ(mistakes_at(60s + 35s + 2 * spreading, failing), 0U);
  EXPECT_EQ(mistakes_at(600s, failing), 0U);
}

TEST(RipScenarioTest, RoutersComeBackToTheShortestPathsWhenItIsUpAgain) {
  EXPECT_GT(mistakes_at(600s + 1s), 0U);
  EXPECT_EQ(mistakes_at(600s + 35s + spreading), 0U);
}

}  // namespace
}  // namespace elvis
