// SPDX-License-Identifier: MIT
// Ipv4 between networks: routes, forwarding, and what goes wrong on the way.
#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using testing_lan::Internet;
using testing_lan::Listener;
using testing_lan::text;

constexpr Ipv4Prefix everything{};

// net0 - router - net1 - far router - net2, whose MTU is 600.
class ForwardingTest : public testing::Test {
 protected:
  ForwardingTest() {
    for (const std::uint32_t mtu : {1'500U, 1'500U, 600U}) internet_.add_network(mtu);
    alice_ = &internet_.add("alice", 10, {0});
    near_ = &internet_.add_router("near", 1, {0, 1});
    far_ = &internet_.add_router("far", 2, {1, 2});
    bob_ = &internet_.add("bob", 10, {2});
    Internet::route(*alice_, everything, Internet::at(0, 1));
    Internet::route(*near_, {Internet::at(2, 0), 24}, Internet::at(1, 2), 1);
    Internet::route(*far_, {Internet::at(0, 0), 24}, Internet::at(1, 1), 0);
    Internet::route(*bob_, everything, Internet::at(2, 2));
  }

  // Bob counts what comes to port 7.
  void listen() {
    internet_.run_on(
        *bob_,
        [this](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          (void)socket.bind({{}, 7});
          for (;;) heard_.push_back((co_await socket.receive())->payload.to_string());
        },
        testing_lan::server_kind);
  }
  void send(Ipv4Header header, std::string_view payload) {
    internet_.run_on(*alice_, [=, this](Application&) -> Task<Result<>> {
      header_result_ = Internet::ipv4(*alice_).send(header, text(payload));
      co_return Result<>{};
    });
  }
  static Ipv4Header to(Ipv4Address destination) {
    Ipv4Header header;
    header.protocol = 253;
    header.destination = destination;
    return header;
  }
  void run() {
    internet_.run();
    EXPECT_TRUE(internet_.world.conserves_frames());
  }
  static std::uint64_t frames(const Network& network) { return network.counters().frames_sent; }
  const Network& network(std::size_t number) { return internet_.world.network(number); }

  Internet internet_;
  Machine* alice_;
  Machine* near_;
  Machine* far_;
  Machine* bob_;
  std::vector<std::string> heard_;
  Result<> header_result_;
};

TEST_F(ForwardingTest, TakesADatagramAcrossTwoRouters) {
  listen();
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(2, 10), 7});
    co_return socket.send(text("hello, bob"));
  });
  run();
  EXPECT_EQ(heard_, std::vector<std::string>{"hello, bob"});
  EXPECT_EQ(Internet::ipv4(*near_).forwarded(), 1U);
  EXPECT_EQ(Internet::ipv4(*far_).forwarded(), 1U);
  EXPECT_EQ(internet_.world.drops()[Drop::not_for_me], 0U);
}

TEST_F(ForwardingTest, LowersTheTimeToLiveByOneForEachRouter) {
  Listener ear{*bob_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    co_return Internet::icmp(self.machine()).send_echo({Internet::at(2, 10), 5, 9}, text("ping"));
  });
  run();
  ASSERT_EQ(ear.heard, std::vector<std::string>{"ping"});
  EXPECT_EQ(ear.arrivals[0].time_to_live, 62) << "the reply crossed two routers as well";
  EXPECT_EQ(ear.arrivals[0].source, Internet::at(2, 10));
  EXPECT_EQ(ear.arrivals[0].source_port, 9) << "the sequence number";
}

TEST_F(ForwardingTest, AHostForwardsNothing) {
  Internet::route(*near_, {Internet::at(9, 0), 24}, Internet::at(0, 10), 0);
  internet_.run_on(*near_, [](Application& self) -> Task<Result<>> {
    co_return Internet::ipv4(self.machine()).send(to(Internet::at(9, 1)), text("no way"));
  });
  run();
  EXPECT_EQ(alice_->drops()[Drop::not_for_me], 1U);
}

TEST_F(ForwardingTest, NothingComesFromOneself) {  // RFC 1812, 5.3.7 and 5.3.8
  Internet::route(*near_, {Internet::at(9, 0), 24}, Internet::at(0, 10), 0);
  send(to(Internet::at(9, 1)), "back to who sent it");
  Ipv4Header forged = to(Internet::at(0, 1));
  forged.source = Internet::at(1, 1);
  send(forged, "from the router's other side");
  forged.source = Internet::at(0, 255);
  send(forged, "from all on the network");
  run();
  EXPECT_EQ(alice_->drops()[Drop::bad_source], 1U);
  EXPECT_EQ(near_->drops()[Drop::bad_source], 2U);
}

TEST_F(ForwardingTest, DropsWhatComesFromNobodyOrIsForNobody) {  // RFC 1812, 5.3.7
  Internet::route(*near_, everything, Internet::at(1, 2), 1);
  for (const Ipv4Address nobody : {Ipv4Address{0, 0, 0, 5}, Ipv4Address{240, 0, 0, 1}}) {
    Ipv4Header header = to(Internet::at(2, 10));
    header.source = nobody;
    send(header, "from nobody");
    header = to(nobody);
    send(header, "for nobody");
    send(header, "and once more, when the way there is known");
  }
  run();
  EXPECT_EQ(near_->drops()[Drop::bad_source], 6U);
  EXPECT_EQ(Internet::ipv4(*near_).forwarded(), 0U);
}

TEST_F(ForwardingTest, TellsWhoseTimeToLiveIsOver) {
  Listener ear{*alice_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    Icmp& icmp = Internet::icmp(self.machine());
    (void)icmp.send_echo({Internet::at(2, 10), 5, 1, 1}, text("one"));
    co_return icmp.send_echo({Internet::at(2, 10), 5, 2, 2}, text("two"));
  });
  run();
  ASSERT_EQ(ear.errors.size(), 2U);
  EXPECT_EQ(ear.errors[0].reporter, Internet::at(0, 1));
  EXPECT_EQ(ear.errors[1].reporter, Internet::at(1, 2));
  EXPECT_EQ(ear.errors[1].sequence, 2);
  EXPECT_EQ(ear.errors[1].icmp_type, static_cast<std::uint8_t>(IcmpType::time_exceeded));
  EXPECT_EQ(internet_.world.drops()[Drop::time_exceeded], 2U);
}

TEST_F(ForwardingTest, ALoopEndsWithTheTimeToLive) {
  Internet::route(*near_, everything, Internet::at(1, 2), 1);
  Internet::route(*far_, everything, Internet::at(1, 1), 0);
  send(to(Ipv4Address{192, 0, 2, 1}), "round and round");
  run();
  EXPECT_EQ(internet_.world.drops()[Drop::time_exceeded], 1U);
  EXPECT_EQ(Internet::ipv4(*near_).forwarded() + Internet::ipv4(*far_).forwarded(), 63U + 1U)
      << "63 times onward, and the error once back";
}

TEST_F(ForwardingTest, TellsNetworksFromHostsThatAreNotThere) {
  Listener ear{*alice_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    Icmp& icmp = Internet::icmp(self.machine());
    (void)icmp.send_echo({Ipv4Address{192, 0, 2, 1}, 5, 1}, text("network"));
    co_return icmp.send_echo({Internet::at(2, 77), 5, 2}, text("host"));
  });
  run();
  ASSERT_EQ(ear.errors.size(), 2U);
  EXPECT_EQ(ear.errors[0].code, Errc::network_unreachable);
  EXPECT_EQ(ear.errors[0].reporter, Internet::at(0, 1));
  EXPECT_EQ(ear.errors[1].code, Errc::host_unreachable);
  EXPECT_EQ(ear.errors[1].reporter, Internet::at(1, 2));
  EXPECT_EQ(internet_.world.drops()[Drop::no_route], 2U);
}

TEST_F(ForwardingTest, ARouterFragmentsForASmallerNetwork) {
  listen();
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(2, 10), 7});
    co_return socket.send(text(std::string(1'472, 'x')));
  });
  run();
  EXPECT_EQ(heard_, std::vector<std::string>{std::string(1'472, 'x')});
  EXPECT_EQ(frames(network(1)), 1U);
  EXPECT_EQ(frames(network(2)), 3U);
}

TEST_F(ForwardingTest, FindsTheMtuOfThePath) {  // RFC 1191
  listen();
  std::vector<Result<>> results;
  internet_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_dont_fragment(true);
    (void)socket.connect({Internet::at(2, 10), 7});
    for (const std::size_t size : {1'472U, 1'472U, 573U, 572U}) {
      results.push_back(socket.send(Message::zeros(size)));
      co_await self.sleep_for(std::chrono::seconds{1});
    }
    Ipv4& ipv4 = Internet::ipv4(self.machine());
    EXPECT_EQ(ipv4.path_mtu(Internet::at(2, 10), self.machine().taps()[0]), 600U);
    co_await self.sleep_for(std::chrono::minutes{10});
    EXPECT_EQ(ipv4.path_mtu(Internet::at(2, 10), self.machine().taps()[0]), 1'500U)
        << "what was learnt is forgotten";
    results.push_back(socket.send(Message::zeros(1'472)));
    co_return Result<>{};
  });
  run();
  ASSERT_EQ(results.size(), 5U);
  EXPECT_TRUE(results[0]) << "nobody knows yet";
  EXPECT_EQ(results[1].error(), Errc::message_too_long);
  EXPECT_EQ(results[2].error(), Errc::message_too_long);
  EXPECT_TRUE(results[3]);
  EXPECT_TRUE(results[4]) << "after ten minutes it is tried again";
  EXPECT_EQ(heard_, std::vector<std::string>{std::string(572, '\0')});
  EXPECT_EQ(far_->drops()[Drop::fragmentation_needed], 2U);
}

TEST_F(ForwardingTest, WithoutTheFlagTheSourceFragmentsForThePath) {
  listen();
  Internet::ipv4(*alice_).learn_path_mtu(Internet::at(2, 10), 0, 700);
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(2, 10), 7});
    co_return socket.send(Message::zeros(1'000));
  });
  // Before the run the networks do not know addresses: nothing is learnt then.
  run();
  EXPECT_EQ(frames(network(0)), 1U);
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(ForwardingTest, PathsFollowRoutesThatChange) {
  Machine& detour = internet_.add_router("detour", 3, {0, 1});
  Internet::route(detour, {Internet::at(2, 0), 24}, Internet::at(1, 2), 1);
  listen();
  internet_.run_on(*alice_, [this](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(2, 10), 7});
    (void)socket.send(text("one"));
    Internet::route(*alice_, {Internet::at(2, 0), 24}, Internet::at(0, 3));
    (void)socket.send(text("two"));
    EXPECT_TRUE(Internet::ipv4(*alice_).remove_route(Internet::at(2, 0), 24));
    EXPECT_FALSE(Internet::ipv4(*alice_).remove_route(Internet::at(2, 0), 24));
    (void)socket.send(text("three"));
    EXPECT_TRUE(Internet::ipv4(*alice_).remove_route({}, 0));
    EXPECT_EQ(socket.send(text("four")).error(), Errc::network_unreachable);
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard_.size(), 3U);
  EXPECT_EQ(Internet::ipv4(*near_).forwarded(), 2U);
  EXPECT_EQ(Internet::ipv4(detour).forwarded(), 1U);
}

TEST_F(ForwardingTest, AHostFollowsARedirect) {  // RFC 1122, 3.2.2.2
  Machine& better = internet_.add_router("better", 3, {0, 2});
  Internet::route(*near_, {Internet::at(2, 0), 24}, Internet::at(0, 3), 0);
  listen();
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(2, 10), 7});
    for (const std::string_view word : {"one", "two"}) {
      (void)socket.send(text(word));
      co_await self.sleep_for(std::chrono::seconds{1});
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard_, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(Internet::ipv4(*near_).forwarded(), 1U) << "the second goes to the better router";
  EXPECT_EQ(Internet::ipv4(better).forwarded(), 2U);
}

TEST_F(ForwardingTest, ADirectedBroadcastReachesItsNetworkFromWithin) {
  Machine& carol = internet_.add("carol", 11, {2});
  Listener ear{carol};
  ASSERT_TRUE(static_cast<Udp&>(*carol.find(ProtocolId::udp)).listen(ear, {{}, 7}));
  internet_.run_on(*bob_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_broadcast(true);
    (void)socket.connect({Internet::at(2, 255), 7});
    co_return socket.send(text("all of you"));
  });
  send(to(Internet::at(2, 255)), "from outside");
  run();
  EXPECT_EQ(ear.heard, std::vector<std::string>{"all of you"});
  EXPECT_EQ(far_->drops()[Drop::not_for_me], 1U) << "RFC 2644: routers don't send them on";
}

TEST_F(ForwardingTest, WhoSendsOnWhatIsForAllIsOneOfThem) {  // RFC 1812, 5.2.3
  Internet internet;
  internet.add_network();
  internet.add_network();
  Machine& alice = internet.add("alice", 10, {0});
  Machine& bob = internet.add("bob", 10, {1});
  Machine& router = internet.add_router("router", 1, {0, 1}, true);
  Internet::route(alice, everything, Internet::at(0, 1));
  Listener at_bob{bob};
  Listener at_router{router};
  for (Listener* const ear : {&at_bob, &at_router}) {
    Machine& machine = ear->machine();
    ASSERT_TRUE(static_cast<Udp&>(*machine.find(ProtocolId::udp)).listen(*ear, {{}, 7}));
  }
  internet.run_on(alice, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_broadcast(true);
    for (int i = 0; i < 3; ++i) (void)socket.send_to({Internet::at(1, 255), 7}, text("all"));
    co_return Result<>{};
  });
  internet.run();
  EXPECT_EQ(at_bob.heard, std::vector<std::string>(3, "all"));
  EXPECT_EQ(at_router.heard, std::vector<std::string>(3, "all"));
  EXPECT_TRUE(internet.world.conserves_frames());
}

TEST_F(ForwardingTest, RecordsTheRoute) {
  Listener ear{*bob_};
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(4));
  Message datagram = text("where");
  Ipv4Header header = to(Internet::at(2, 10));
  header.options = options.bytes();
  Message seen;
  class Watch final : public Observer {
   public:
    explicit Watch(Message& last) : last_{last} {}
    void frame_sent(const Tap& from, const Message& frame, Time) override {
      if (from.network().index() == 2 && last_.empty()) last_ = frame;
    }
    void frame_delivered(const Tap&, const Message&, Time) override {}
    void dropped(const Machine&, Drop, const Message&, Time) override {}

   private:
    Message& last_;
  } watch{seen};
  internet_.world.observe(watch);
  internet_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    co_return Internet::ipv4(self.machine()).send(header, text("where have you been, datagram?"));
  });
  run();
  ASSERT_GT(seen.size(), 60U);
  const std::vector<std::uint8_t> bytes = seen.to_bytes();
  const auto parsed = Ipv4Header::parse(bytes.data() + 14, bytes.size() - 14);
  ASSERT_TRUE(parsed);
  std::array<Ipv4Address, 9> route;
  const Ipv4Options recorded{parsed->options};
  ASSERT_EQ(recorded.recorded_route(route), 3U);
  EXPECT_EQ(route[0], Internet::at(0, 10));
  EXPECT_EQ(route[1], Internet::at(1, 1));
  EXPECT_EQ(route[2], Internet::at(2, 2));
}

TEST_F(ForwardingTest, RefusesWrongOptionsAndSourceRoutes) {
  static constexpr std::array<std::uint8_t, 4> wrong{7, 99, 4, 0};
  static constexpr std::array<std::uint8_t, 8> loose{131, 7, 4, 10, 0, 0, 1, 0};
  Ipv4Header header = to(Internet::at(2, 10));
  header.options = wrong;
  send(header, "wrong");
  header.options = loose;
  send(header, "loose");
  run();
  EXPECT_EQ(near_->drops()[Drop::bad_option], 2U);
}

TEST_F(ForwardingTest, WithoutARouteNobodyIsAskedForWhatIsElsewhere) {  // RFC 1122, 3.3.1.1
  Internet internet;
  Network& near = internet.add_network();
  Machine& host = internet.add("host", 10, {0}, false, true);
  Result<> result;
  internet.run_on(host, [&](Application& self) -> Task<Result<>> {
    result = Internet::icmp(self.machine()).send_echo({Internet::at(1, 10), 5, 1}, text("hi"));
    co_return Result<>{};
  });
  internet.run();
  EXPECT_EQ(result.error(), Errc::network_unreachable);
  EXPECT_EQ(frames(near), 0U);
}

TEST_F(ForwardingTest, WorksWithArpOnTheWire) {
  Internet internet;
  internet.add_network();
  internet.add_network();
  Machine& host = internet.add("host", 10, {0}, false, true);
  internet.add("router", 1, {0, 1}, true, true);
  Machine& other = internet.add("other", 10, {1}, false, true);
  Internet::route(host, everything, Internet::at(0, 1));
  Internet::route(other, everything, Internet::at(1, 1));
  Listener ear{host};
  ASSERT_TRUE(Internet::icmp(host).listen(ear, {{}, 5}));
  internet.run_on(host, [](Application& self) -> Task<Result<>> {
    co_return Internet::icmp(self.machine()).send_echo({Internet::at(1, 10), 5, 1}, text("hi"));
  });
  internet.run();
  EXPECT_EQ(ear.heard, std::vector<std::string>{"hi"});
}

}  // namespace
}  // namespace elvis
