// SPDX-License-Identifier: MIT
// A router that speaks RIP: what it says and when, to whom it listens, and what it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "elvis/applications/catalog.hpp"
#include "elvis/applications/routing.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/rip_packet.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

Time at(Duration since_start) {
  return start_of_time + since_start;
}

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

TEST_F(ConversationTest, WithoutAMaskAnEntryHasThatOfItsClass) {  // RFC 2453, 4.3
  run_rip(*router_);
  RipEntry entry = far_away();
  entry.mask = 0;
  const RipEntry a_subnet = entry;
  entry.address = Ipv4Address{11, 0, 0, 0};
  const RipEntry class_a = entry;
  entry.address = Ipv4Address{172, 16, 0, 0};
  const RipEntry class_b = entry;
  entry.address = Ipv4Address{192, 168, 5, 0};
  const RipEntry class_c = entry;
  entry.address = Ipv4Address{};
  say(response({a_subnet, class_a, class_b, class_c, entry}));
  run(2s);
  const RouteTable& table = *Internet::ipv4(*router_).routes();
  EXPECT_EQ(routes(), 4U) << "a part of network 10 is not that network";
  std::set<int> lengths;
  for (const Route& route : table.routes()) {
    if (!route.next.via.is_unspecified()) lengths.insert(route.prefix_length);
  }
  EXPECT_EQ(lengths, (std::set<int>{0, 8, 16, 24}));
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
