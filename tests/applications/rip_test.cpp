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

Time at(Duration since_start) {
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
      world().switch_at(*machines_[router], at(down), false);
    }
    World::RunOptions options;
    options.engine.until = at(until);
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
      properties.changes.push_back({at(failure.down), state});
      if (failure.up == Duration::max()) continue;
      state.is_up = true;
      properties.changes.push_back({at(failure.up), state});
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

// ===== What they say and when =====

// Remembers what a router says to the group, on its first tap.
class Overheard final : public Observer {
 public:
  struct Said {
    Time at;
    RipPacket packet;
    std::uint8_t time_to_live;
  };

  explicit Overheard(const Machine& router) : router_{&router} {}
  void frame_sent(const Tap& from, const Message& frame, Time now) override {
    if (&from.machine() != router_ || &from != &router_->taps().front()) return;
    constexpr std::size_t headers = 14 + 20 + 8;
    std::array<std::uint8_t, headers + RipPacket::max_size> bytes{};
    const std::size_t size = frame.copy_to(bytes);
    const auto packet = RipPacket::parse(bytes.data() + headers, size - headers);
    ASSERT_TRUE(packet);
    said.push_back({now, *packet, bytes[22]});
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}

  std::vector<Said> said;

 private:
  const Machine* router_;
};

class ConversationTest : public testing::Test {
 protected:
  ConversationTest() {
    internet_.add_network();
    internet_.add_network();
    router_ = &internet_.add_router("router", 1, {0, 1});
    stranger_ = &internet_.add("stranger", 9, {0});
  }

  Application& run_rip(Machine& machine, const RipOptions& options = {}) {
    for (const ApplicationKind& kind : application_kinds()) {
      if (kind.name != "rip") continue;
      return internet_.world.add_application(
          machine, kind, internet_.world.keep(std::make_unique<RipOptions>(options)));
    }
    ELVIS_UNREACHABLE();
  }
  // The stranger sends `packet` at 1 s, from `port` to the router, and keeps what comes back.
  void say(const RipPacket& packet, std::uint16_t port = RipPacket::port) {
    internet_.run_on(*stranger_, [this, packet, port](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      co_await self.sleep_for(1s);
      if (const Result<> bound = socket.bind({{}, port}); !bound) co_return bound.error();
      Message message;
      packet.emit(message.prepend(packet.packet_size()));
      (void)socket.send_to({Internet::at(0, 1), RipPacket::port}, std::move(message));
      for (;;) {
        const Result<Datagram> datagram = co_await socket.receive();
        if (!datagram) co_return datagram.error();
        if (datagram->local.address != Internet::at(0, 9)) continue;
        std::array<std::uint8_t, RipPacket::max_size> bytes{};
        const std::size_t size = datagram->payload.copy_to(bytes);
        heard_.push_back(*RipPacket::parse(bytes.data(), size));
      }
    });
  }
  void run(Duration until) {
    World::RunOptions options;
    options.engine.until = at(until);
    internet_.world.run(options);
  }
  std::size_t routes() const {
    return Internet::ipv4(*router_).routes()->size() - 2;  // but for the connected ones
  }
  static RipPacket response(std::initializer_list<RipEntry> entries) {
    RipPacket packet;
    for (const RipEntry& entry : entries) packet.add(entry);
    return packet;
  }
  static RipEntry far_away(std::uint32_t metric = 3) {
    return {.address = Ipv4Address{10, 200, 0, 0}, .mask = 0xffff0000, .metric = metric};
  }

  Internet internet_;
  Machine* router_;
  Machine* stranger_;
  std::vector<RipPacket> heard_;
};

TEST_F(ConversationTest, AsksAtTheStartAndTellsWithJitterEverAfter) {
  run_rip(*router_);
  Overheard overheard{*router_};
  internet_.world.observe(overheard);
  run(1h);
  ASSERT_GT(overheard.said.size(), 100U);
  EXPECT_TRUE(overheard.said[0].packet.is_whole_table_request());
  EXPECT_EQ(overheard.said[0].at, start_of_time);
  std::set<Duration> periods;
  for (std::size_t i = 3; i < overheard.said.size(); ++i) {
    const Duration period = overheard.said[i].at - overheard.said[i - 1].at;
    EXPECT_GE(period, 25s);
    EXPECT_LE(period, 35s);
    periods.insert(period);
    EXPECT_EQ(overheard.said[i].time_to_live, 1);
  }
  EXPECT_EQ(periods.size(), overheard.said.size() - 3) << "no two are alike";
}

TEST_F(ConversationTest, TellsChangesAtOnceAndThenDampsThem) {
  run_rip(*router_);
  // A change every 100 ms for 20 s.
  internet_.run_on(*stranger_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    if (const Result<> bound = socket.bind({{}, RipPacket::port}); !bound) co_return bound.error();
    co_await self.sleep_for(7s);
    for (std::uint32_t i = 0; i < 200; ++i) {
      RipPacket packet;
      packet.add(far_away(1 + i % 2));
      Message message;
      packet.emit(message.prepend(packet.packet_size()));
      (void)socket.send_to({Internet::at(0, 1), RipPacket::port}, std::move(message));
      co_await self.sleep_for(100ms);
    }
    co_return Result<>{};
  });
  Overheard overheard{*router_};
  internet_.world.observe(overheard);
  run(24s);
  std::vector<Time> times;
  for (const Overheard::Said& said : overheard.said) {
    if (said.at >= at(7s)) times.push_back(said.at);
  }
  ASSERT_GE(times.size(), 4U);
  EXPECT_EQ(times[0], at(7s + 1ns)) << "the first change at once";
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - 1], 1s);
    EXPECT_LE(times[i] - times[i - 1], 5s);
  }
}

TEST_F(ConversationTest, AnswersWhoAsksForTheWholeTable) {
  run_rip(*router_);
  say(RipPacket::whole_table_request(), 4'711);
  run(2s);
  ASSERT_EQ(heard_.size(), 1U);
  ASSERT_EQ(heard_[0].entries().size(), 1U) << "its own prefix the network knows";
  EXPECT_EQ(heard_[0].entries()[0].address, Internet::at(1, 0));
  EXPECT_EQ(heard_[0].entries()[0].metric, 1U);
}

TEST_F(ConversationTest, AnswersWhoAsksForSomeRoutes) {
  run_rip(*router_);
  RipPacket request = response({{.address = Internet::at(0, 0), .mask = 0xffffff00}, far_away()});
  request.command = RipPacket::request;
  say(request);
  run(2s);
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].entries()[0].metric, 1U);
  EXPECT_EQ(heard_[0].entries()[1].metric, RipEntry::infinity);
}

TEST_F(ConversationTest, LearnsFromANeighbourAndForgetsWhenItFallsSilent) {
  const Application& application = run_rip(*router_);
  say(response({far_away()}));
  run(2s);
  EXPECT_EQ(routes(), 1U);
  EXPECT_EQ(application.messages(), 1U);
  EXPECT_EQ(application.detail(), "reaches 3 prefixes, since 1.000 s");
}

TEST_F(ConversationTest, SkipsEntriesThatMakeNoSenseAndTakesTheOthers) {
  run_rip(*router_);
  RipEntry loopback = far_away();
  loopback.address = Ipv4Address{127, 0, 0, 0};
  say(response({loopback, far_away(0), far_away(17), far_away(2)}));
  run(2s);
  EXPECT_EQ(routes(), 1U);
}

TEST_F(ConversationTest, BelievesNobodyWhoDoesNotSpeakFromTheRoutersPort) {
  const Application& application = run_rip(*router_);
  say(response({far_away()}), 4'711);
  run(2s);
  EXPECT_EQ(routes(), 0U);
  EXPECT_EQ(application.other_messages(), 1U);
}

TEST_F(ConversationTest, BelievesNobodyFromElsewhere) {
  Machine& beyond = internet_.add_router("beyond", 2, {0});
  Internet::route(beyond, {Ipv4Address{}, 0}, Internet::at(0, 1));
  const Application& application = run_rip(*router_);
  internet_.run_on(beyond, [](Application& self) -> Task<Result<>> {
    Message message;
    const RipPacket packet = response({far_away()});
    packet.emit(message.prepend(packet.packet_size()));
    UdpHeader{.source_port = RipPacket::port,
              .destination_port = RipPacket::port,
              .length = static_cast<std::uint16_t>(UdpHeader::size + packet.packet_size())}
        .emit(message.prepend(UdpHeader::size));
    Ipv4Header header;
    header.source = Ipv4Address{192, 168, 0, 1};
    header.destination = Internet::at(0, 1);
    header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
    (void)Internet::ipv4(self.machine()).send(header, std::move(message));
    co_return Result<>{};
  });
  run(2s);
  EXPECT_EQ(routes(), 0U);
  EXPECT_EQ(application.other_messages(), 1U);
}

TEST_F(ConversationTest, WithAPasswordHearsOnlyWhoKnowsIt) {
  RipOptions options;
  options.password = "open sesame";
  Machine& friendly = internet_.add_router("friendly", 2, {0});
  const Application& application = run_rip(*router_, options);
  const Application& other = run_rip(friendly, options);
  say(response({far_away()}));
  run(60s);
  EXPECT_EQ(routes(), 0U);
  EXPECT_EQ(application.other_messages(), 1U) << "the stranger's";
  EXPECT_GE(other.messages(), 1U);
  EXPECT_EQ(other.detail(), "reaches 2 prefixes, since 0.000 s");
}

TEST_F(ConversationTest, WithoutAPasswordHearsNobodyWhoHasOne) {
  RipOptions options;
  options.password = "open sesame";
  Machine& locked = internet_.add_router("locked", 2, {0, 1});
  const Application& application = run_rip(*router_);
  run_rip(locked, options);
  run(60s);
  EXPECT_EQ(application.messages(), 0U);
  EXPECT_GT(application.other_messages(), 2U);
}

TEST_F(ConversationTest, AHostOnlyListens) {
  const Application& host = run_rip(*stranger_);
  run_rip(*router_);
  Overheard overheard{*stranger_};
  internet_.world.observe(overheard);
  run(120s);
  EXPECT_EQ(overheard.said.size(), 1U) << "its request";
  EXPECT_EQ(host.detail(), "reaches 2 prefixes, since 0.000 s");
  EXPECT_TRUE(Internet::ipv4(*stranger_).routes()->find(Internet::at(1, 0), 24).has_value());
}

TEST_F(ConversationTest, LeavesWrittenRoutesAloneAndTellsOfThemOnWish) {
  const Ipv4Prefix prefix{Ipv4Address{10, 200, 0, 0}, 16};
  for (const bool redistributes : {false, true}) {
    Internet internet;
    internet.add_network();
    internet.add_network();
    Machine& router = internet.add_router("router", 1, {0, 1});
    Machine& other = internet.add_router("other", 2, {0});
    Internet::route(router, prefix, Internet::at(1, 9), 1);
    RipOptions options;
    options.redistribute = redistributes;
    for (const ApplicationKind& kind : application_kinds()) {
      if (kind.name != "rip") continue;
      internet.world.add_application(router, kind, options);
      internet.world.add_application(other, kind, options);
    }
    World::RunOptions run;
    run.engine.until = at(60s);
    internet.world.run(run);
    const auto learnt = Internet::ipv4(other).routes()->find(prefix.address, 16);
    EXPECT_EQ(learnt.has_value(), redistributes);
    EXPECT_EQ(Internet::ipv4(router).routes()->find(prefix.address, 16)->next.via,
              Internet::at(1, 9));
    internet.world.tear_down();
  }
}

TEST_F(ConversationTest, RefusesTimersThatMakeNoSense) {
  RipOptions options;
  options.update = 5s;
  const Application& application = run_rip(*router_, options);
  run(1s);
  EXPECT_EQ(application.status(), ApplicationStatus::failed);
  EXPECT_EQ(application.detail(), "`update` has to be longer than `jitter`");
}

TEST_F(ConversationTest, TakesItsRoutesAlongWhenItEnds) {
  run_rip(*router_);
  say(response({far_away()}));
  run(2s);
  EXPECT_EQ(routes(), 1U);
  internet_.world.tear_down();
  EXPECT_EQ(routes(), 0U);
}
}  // namespace
}  // namespace elvis
