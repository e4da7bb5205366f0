// SPDX-License-Identifier: MIT
// Routers that speak RIP: what they find, what they say and when, and what they do when something
// fails. Routes are compared with shortest paths worked out here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "elvis/applications/catalog.hpp"
#include "elvis/applications/routing.hpp"
#include "elvis/protocols/rip_table.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/rip_packet.hpp"
#include "internet.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;
using Links = std::vector<std::pair<std::size_t, std::size_t>>;

constexpr std::size_t unreachable = 1'000;

Time after(Duration since_start) {
  return start_of_time + since_start;
}

// Routers joined by links: link k between routers a < b is network k, where a has the host number
// 1 and b has 2.
class Routers {
 public:
  Routers(std::size_t count, Links links, const RipOptions& options = {})
      : links_{std::move(links)}, options_{options}, count_{count} {}

  // Before run().
  void fail(std::size_t link, Duration down, Duration up = Duration::max()) {
    failures_.push_back({link, down, up});
  }
  void fail_router(std::size_t router, Duration down) { broken_.emplace_back(router, down); }

  void run(Duration until) {
    for (std::size_t k = 0; k < links_.size(); ++k) add_network(k);
    for (std::size_t router = 0; router < count_; ++router) add_router(router);
    for (const auto& [router, down] : broken_) {
      world().make_switchable(*machines_[router], {});
      world().switch_at(*machines_[router], after(down), false);
    }
    World::RunOptions options;
    options.engine.until = after(until);
    world().run(options);
  }

  // How many prefixes of links, but those in `except`, some router has not by a shortest path.
  std::size_t mistakes(const std::set<std::size_t>& down, std::size_t broken = unreachable) {
    std::size_t wrong = 0;
    for (std::size_t router = 0; router < count_; ++router) {
      if (router == broken) continue;
      const std::vector<std::size_t> hops = hops_from(router, down, broken);
      for (std::size_t link = 0; link < links_.size(); ++link) {
        if (down.contains(link)) continue;
        const auto [a, b] = links_[link];
        const std::size_t least = std::min(hops[a], hops[b]);
        if (is_end(router, link)) continue;
        const auto route =
            Internet::ipv4(*machines_[router]).routes()->find(Internet::at(link, 0), 24);
        const bool is_right = least + 1 < RipEntry::infinity
                                  ? route.has_value() && route->metric == least + 1 &&
                                        leads_closer(router, *route, hops_from(a, down, broken),
                                                     hops_from(b, down, broken), least)
                                  : !route.has_value();
        wrong += is_right ? 0 : 1;
      }
    }
    return wrong;
  }

  World& world() { return internet_.world; }
  Machine& machine(std::size_t router) { return *machines_[router]; }
  const Application& rip_of(std::size_t router) { return *machines_[router]->first_application(); }
  bool knows(std::size_t router, std::size_t link) {
    return Internet::ipv4(*machines_[router]).routes()->find(Internet::at(link, 0), 24).has_value();
  }

 private:
  struct Failure {
    std::size_t link;
    Duration down;
    Duration up;
  };

  bool is_end(std::size_t router, std::size_t link) const {
    return links_[link].first == router || links_[link].second == router;
  }
  void add_network(std::size_t link) {
    LinkProperties properties;
    properties.latency = LatencyModel{1ms, 1ms};
    for (const Failure& failure : failures_) {
      if (failure.link != link) continue;
      LinkState state = properties;
      state.is_up = false;
      properties.changes.push_back({after(failure.down), state});
      if (failure.up == Duration::max()) continue;
      state.is_up = true;
      properties.changes.push_back({after(failure.up), state});
    }
    Network& network = world().add_network("net" + std::to_string(link), properties);
    world().add_prefix(network, {Internet::at(link, 0), 24});
  }
  void add_router(std::size_t router) {
    world().add_group("r" + std::to_string(router), 1, false);
    std::vector<Network*> networks;
    for (std::size_t link = 0; link < links_.size(); ++link) {
      if (is_end(router, link)) networks.push_back(&world().network(link));
    }
    settings_.forwarding = true;
    Machine& machine = world().add_machine(networks, 3);
    Ipv4& ipv4 = world().add_protocol<Ipv4>(machine, settings_);
    world().add_protocol<Icmp>(machine, ipv4);
    world().add_protocol<Udp>(machine, ipv4);
    for (Tap& tap : machine.taps()) {
      const std::size_t link = tap.network().index();
      world().claim(tap, Internet::at(link, links_[link].first == router ? 1 : 2));
    }
    machines_.push_back(&machine);
    for (const ApplicationKind& kind : application_kinds()) {
      if (kind.name == "rip") world().add_application(machine, kind, options_);
    }
  }
  std::vector<std::size_t> hops_from(std::size_t start, const std::set<std::size_t>& down,
                                     std::size_t broken) const {
    std::vector<std::size_t> hops(count_, unreachable);
    if (start == broken) return hops;
    hops[start] = 0;
    std::deque<std::size_t> next{start};
    for (; !next.empty(); next.pop_front()) {
      for (std::size_t link = 0; link < links_.size(); ++link) {
        if (down.contains(link) || !is_end(next.front(), link)) continue;
        const std::size_t far = links_[link].first + links_[link].second - next.front();
        if (far == broken || hops[far] != unreachable) continue;
        hops[far] = hops[next.front()] + 1;
        next.push_back(far);
      }
    }
    return hops;
  }
  // Whether the next router is one nearer to the end of the link that is `least` away.
  bool leads_closer(std::size_t router, const Route& route, const std::vector<std::size_t>& from_a,
                    const std::vector<std::size_t>& from_b, std::size_t least) const {
    const std::size_t by = route.next.via.value() >> 8 & 0xff;
    if (!is_end(router, by)) return false;
    const std::size_t next = links_[by].first + links_[by].second - router;
    return std::min(from_a[next], from_b[next]) + 1 == least;
  }

  Internet internet_;
  Ipv4Settings settings_;
  Links links_;
  RipOptions options_;
  std::size_t count_;
  std::vector<Failure> failures_;
  std::vector<std::pair<std::size_t, Duration>> broken_;
  std::vector<Machine*> machines_;
};

// A connected network of `routers` routers and `count` links.
Links random_links(std::size_t routers, std::size_t count, std::uint64_t seed) {
  Rng luck{{seed, 0x726970}};
  std::set<std::pair<std::size_t, std::size_t>> links;
  for (std::size_t b = 1; b < routers; ++b) links.emplace(luck.below(b), b);
  while (links.size() < count) {
    const std::size_t a = luck.below(routers);
    const std::size_t b = luck.below(routers);
    if (a != b) links.emplace(std::min(a, b), std::max(a, b));
  }
  return {links.begin(), links.end()};
}

// How long it may take at most, by the protocol's timers: RFC 2453.
//
// News travels by updates of changes, each at most 5 s after the one before, over at most 15
// routers. A router that is silent is noticed 180 s after it was last heard; then all that know
// better have spoken within 35 s, and until then metrics that lead in a circle may be counted up to
// infinity.
constexpr Duration spreading = 15 * (5s + 1ms);
constexpr Duration start_bound = spreading;
constexpr Duration failure_bound = 180s + 35s + 2 * spreading;  // of a router; links are quicker
constexpr Duration recovery_bound = 35s + spreading;

// ===== What they find =====

class RandomRoutersTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomRoutersTest, FindShortestPathsWithinTheBounds) {
  const Links links = random_links(50, 75, GetParam());
  const std::size_t failing = GetParam() % links.size();
  for (const Duration until : {start_bound, 100s + failure_bound, 600s + recovery_bound}) {
    Routers routers{50, links};
    routers.fail(failing, 100s, 600s);
    routers.run(until);
    const bool is_down = until > 100s && until < 600s;
    const auto down = is_down ? std::set{failing} : std::set<std::size_t>{};
    EXPECT_EQ(routers.mistakes(down), 0U) << until.count() << " ns";
  }
}

TEST_P(RandomRoutersTest, GoRoundARouterThatFails) {
  Routers routers{30, random_links(30, 60, GetParam())};
  routers.fail_router(7, 100s);
  routers.run(100s + failure_bound);
  EXPECT_EQ(routers.mistakes({}, 7), 0U);
}

constexpr std::uint64_t random_worlds = 1 + repetitions<std::uint64_t>(20) / 4;
INSTANTIATE_TEST_SUITE_P(Seeds, RandomRoutersTest,
                         testing::Range<std::uint64_t>(1, 1 + random_worlds));

// 0 - 1 = 2 - 3, with two networks in the middle; and a square, of which router 4 is behind the
// corner across from router 0.
TEST(RipTest, ChangesOverAtOnceWhereAnotherWayIsAsShort) {
  for (const std::size_t failing : {1U, 2U}) {
    Routers parallel{4, {{0, 1}, {1, 2}, {1, 2}, {2, 3}}};
    parallel.fail(failing, 100s);
    parallel.run(100s + 1us);
    EXPECT_EQ(parallel.mistakes({failing}), 0U);
  }
  for (const std::size_t failing : {0U, 1U, 2U, 3U}) {
    Routers square{5, {{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}}};
    square.fail(failing, 100s);
    square.run(100s + 2ms);
    EXPECT_TRUE(square.knows(0, 4)) << failing;
  }
}

TEST(RipTest, ALineOfSixteenRoutersIsTooLong) {
  Links line;
  for (std::size_t i = 0; i < 17; ++i) line.emplace_back(i, i + 1);
  Routers routers{18, line};
  routers.run(200s);
  EXPECT_EQ(routers.mistakes({}), 0U) << "what is 16 away has no route";
  EXPECT_TRUE(routers.knows(0, 14));
  EXPECT_FALSE(routers.knows(0, 15));
}

// ===== Counting to infinity =====

// A triangle 0-1-2 with 3 behind 2. When 2-3 and what is behind it fail, 0 and 1 have heard of it
// from each other too.
const Links triangle{{0, 1}, {0, 2}, {1, 2}, {2, 3}, {3, 4}};

TEST(RipTest, CountingToInfinityEnds) {
  for (const int horizon : {0, 1, 2}) {
    RipOptions options;
    options.split_horizon = horizon;
    Routers routers{5, triangle, options};
    routers.fail(3, 100s);
    routers.run(100s + failure_bound);
    for (const std::size_t router : {0U, 1U, 2U}) {
      EXPECT_FALSE(routers.knows(router, 4)) << "router " << router << ", horizon " << horizon;
    }
  }
}

// The distances that router 0 tells of one prefix, each once.
class Distances final : public Observer {
 public:
  explicit Distances(Ipv4Address prefix) : prefix_{prefix} {}
  void frame_sent(const Tap& from, const Message& frame, Time) override {
    if (from.machine().name() != "r0") return;
    constexpr std::size_t headers = 14 + 20 + 8;
    std::array<std::uint8_t, headers + RipPacket::max_size> bytes{};
    const std::size_t size = frame.copy_to(bytes);
    const auto packet = RipPacket::parse(bytes.data() + headers, size - headers);
    for (const RipEntry& entry : packet->entries()) {
      if (entry.address == prefix_) told.insert(entry.metric);
    }
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::set<std::uint32_t> told;

 private:
  Ipv4Address prefix_;
};

TEST(RipTest, TellsARouteAsPoisonedToWhereItCameFrom) {
  Routers routers{4, {{0, 1}, {1, 2}, {2, 3}}, RipOptions{}};
  Distances distances{Internet::at(2, 0)};
  routers.world().observe(distances);
  routers.fail(1, 100s);
  routers.run(100s + failure_bound);
  EXPECT_FALSE(routers.knows(0, 2));
  EXPECT_EQ(distances.told, (std::set<std::uint32_t>{16}));
}

TEST(RipTest, APoisonedRouteIsGoneAtOnceAlongALine) {
  RipOptions options;
  const Links line{{0, 1}, {1, 2}, {2, 3}};
  Routers routers{4, line, options};
  routers.fail_router(3, 100s);
  routers.run(100s + 180s + 3 * 5s + 1s);
  EXPECT_TRUE(routers.knows(0, 2)) << "the link of router 2 is still there";
  Routers cut{4, line, options};
  cut.fail(1, 100s);
  cut.run(100s + 5s + 1s);
  EXPECT_FALSE(cut.knows(0, 2));
}

TEST(RipTest, NoticesAtOnceThatALinkOfItsOwnFails) {
  const Links line{{0, 1}, {1, 2}, {2, 3}};
  Routers routers{4, line};
  routers.fail(1, 100s);
  routers.run(100s);
  EXPECT_FALSE(routers.knows(1, 2)) << "the way led over that link";
  EXPECT_EQ(routers.rip_of(1).detail(), "reaches 1 prefixes, since 100.000 s");
}

TEST(RipTest, TellsOthersThatANetworkOfItsOwnIsGone) {
  Routers routers{4, {{0, 1}, {1, 2}, {2, 3}}};
  routers.fail(2, 100s);
  routers.run(100s + 2 * 5s + 1s);
  EXPECT_FALSE(routers.knows(0, 2));
  EXPECT_TRUE(routers.knows(0, 1));
}

TEST(RipTest, AsksAsSoonAsALinkIsBack) {
  Routers routers{4, {{0, 1}, {1, 2}, {2, 3}}};
  routers.fail(1, 100s, 300s);
  routers.run(300s + 3ms);
  EXPECT_TRUE(routers.knows(1, 2));
}

TEST(RipTest, StartsWithALinkThatIsDown) {
  Routers routers{3, {{0, 1}, {1, 2}}};
  routers.fail(1, 0s, 50s);
  routers.run(40s);
  EXPECT_FALSE(routers.knows(0, 1));
  EXPECT_EQ(routers.rip_of(1).detail(), "reaches 1 prefixes, since 0.000 s");
}

}  // namespace
}  // namespace elvis
