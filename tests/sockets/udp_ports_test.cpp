// SPDX-License-Identifier: MIT
// Which UDP sockets of a machine may have the same port, and who of them hears what. Checked with
// Linux, which does the same.
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
#include "internet.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing_lan::Lan;
using testing_lan::text;

class UdpPortsTest : public testing::Test {
 protected:
  static UdpSocket& shared(UdpSocket& socket) {
    socket.set_reuse_address(true);
    return socket;
  }
  void on_alice(testing_lan::Program program) { lan_.run_on(alice_, std::move(program)); }
  // Answers whoever sends with the same words, so often.
  void echo_on_bob(int times) {
    lan_.run_on(bob_, [this, times](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind(bob_end_));
      for (int i = 0; i < times; ++i) {
        const Result<Datagram> got = co_await socket.receive();
        EXPECT_TRUE(socket.send_to(got->remote, Message{got->payload}));
      }
      co_return Result<>{};
    });
  }
  void run() {
    EXPECT_EQ(lan_.run().reason, StopReason::completed);
    EXPECT_EQ(alice_.first_application()->status(), ApplicationStatus::done);
  }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Ipv4Address own_ = Lan::address(0);
  const Endpoint bob_end_{Lan::address(1), 2000};
};

TEST_F(UdpPortsTest, AnyAddressAndACertainOneGetInEachOthersWay) {
  on_alice([&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    for (const Endpoint first : {Endpoint{{}, 50}, Endpoint{own_, 50}}) {
      const Endpoint second{first.address == own_ ? Ipv4Address{} : own_, 50};
      UdpSocket one{machine};
      EXPECT_TRUE(one.bind(first));
      UdpSocket other{machine};
      EXPECT_EQ(other.bind(second).error(), Errc::address_in_use);
      EXPECT_EQ(shared(other).bind(second).error(), Errc::address_in_use) << "the other does not";
      EXPECT_TRUE(other.bind({second.address, 51}));
    }
    UdpSocket local{machine};
    EXPECT_TRUE(local.bind({Ipv4Address{127, 0, 0, 1}, 52}));
    EXPECT_EQ(UdpSocket{machine}.bind({{}, 52}).error(), Errc::address_in_use);
    EXPECT_TRUE(UdpSocket{machine}.bind({own_, 52})) << "another address";
    UdpSocket any{machine};
    UdpSocket certain{machine};
    EXPECT_TRUE(shared(any).bind({{}, 53}));
    EXPECT_TRUE(shared(certain).bind({own_, 53})) << "both share";
    co_return Result<>{};
  });
  run();
}

TEST_F(UdpPortsTest, NobodyIsBesideWhoHasEveryAddressOfAPort) {
  const Ipv4Address further = Lan::address(77);
  lan_.world.claim(alice_.taps().front(), further);
  on_alice([&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    const Ipv4Address addresses[] = {
        Ipv4Address{224, 1, 2, 3},    Ipv4Address::broadcast(),  further,
        Ipv4Address{127, 10, 20, 30}, Ipv4Address{127, 0, 0, 1}, own_};
    std::uint16_t port = 60;
    for (const Ipv4Address address : addresses) {
      SCOPED_TRACE(address.to_string());
      for (const bool any_is_first : {true, false}) {
        const Endpoint ends[] = {{{}, ++port}, {address, port}};
        UdpSocket first{machine};
        UdpSocket second{machine};
        EXPECT_TRUE(first.bind(ends[any_is_first ? 0 : 1]));
        EXPECT_EQ(second.bind(ends[any_is_first ? 1 : 0]).error(), Errc::address_in_use);
        EXPECT_EQ(shared(second).bind(ends[any_is_first ? 1 : 0]).error(), Errc::address_in_use);
      }
      UdpSocket first{machine};
      UdpSocket second{machine};
      UdpSocket third{machine};
      EXPECT_TRUE(shared(first).bind({address, ++port}));
      EXPECT_TRUE(shared(second).bind({{}, port})) << "both share";
      EXPECT_EQ(third.bind({address == own_ ? further : own_, port}).error(), Errc::address_in_use);
    }
    // Among many.
    std::deque<UdpSocket> many;
    for (std::uint16_t taken = 1; taken < 20; ++taken) {
      EXPECT_TRUE(many.emplace_back(machine).bind({{}, taken}));
    }
    UdpSocket of_the_group{machine};
    EXPECT_TRUE(of_the_group.bind({addresses[0], 30}));
    EXPECT_EQ(UdpSocket{machine}.bind({{}, 30}).error(), Errc::address_in_use);
    EXPECT_TRUE(UdpSocket{machine}.bind({{}, 31}));

    UdpSocket alone{machine};
    UdpSocket sharing{machine};
    UdpSocket any{machine};
    EXPECT_TRUE(shared(sharing).bind({own_, 50}));
    EXPECT_TRUE(alone.bind({further, 50}));
    EXPECT_EQ(shared(any).bind({{}, 50}).error(), Errc::address_in_use) << "one of them does not";
    co_return Result<>{};
  });
  run();
}

TEST_F(UdpPortsTest, APortThatIsChosenIsFreeAtEveryAddress) {
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket one{self.machine()};
    UdpSocket other{self.machine()};
    EXPECT_TRUE(one.bind({own_, Udp::first_ephemeral}));
    EXPECT_TRUE(other.bind({{}, 0}));
    EXPECT_EQ(other.local().port, Udp::first_ephemeral + 1);
    co_return Result<>{};
  });
  run();
}

TEST_F(UdpPortsTest, APortThatConnectingChoseIsTaken) {
  on_alice([&](Application& self) -> Task<Result<>> {
    Machine& machine = self.machine();
    UdpSocket first{machine};
    EXPECT_TRUE(first.connect(bob_end_));
    const std::uint16_t port = first.local().port;
    EXPECT_EQ(UdpSocket{machine}.bind({{}, port}).error(), Errc::address_in_use);
    EXPECT_EQ(UdpSocket{machine}.bind({own_, port}).error(), Errc::address_in_use);
    UdpSocket sharing{machine};
    EXPECT_EQ(shared(sharing).bind({own_, port}).error(), Errc::address_in_use);
    EXPECT_TRUE(UdpSocket{machine}.bind({Ipv4Address{127, 0, 0, 1}, port})) << "another address";
    // All ports have had their turn, and that one is left out.
    for (int i = 1; i < 65'536 - Udp::first_ephemeral; ++i) {
      EXPECT_TRUE(UdpSocket{machine}.connect(bob_end_));
    }
    UdpSocket next{machine};
    EXPECT_TRUE(next.connect(bob_end_));
    EXPECT_EQ(next.local().port, port + 1);
    first.close();
    EXPECT_TRUE(sharing.bind({own_, port}));
    co_return Result<>{};
  });
  run();
}

TEST_F(UdpPortsTest, WhoShareAPortSendToTheSamePlace) {
  echo_on_bob(4);
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket first{self.machine()};
    UdpSocket second{self.machine()};
    EXPECT_TRUE(shared(first).bind({{}, 1000}));
    EXPECT_TRUE(shared(second).bind({{}, 1000}));
    const auto hear = [](UdpSocket& socket) -> std::string {
      const Result<Datagram> got = socket.try_receive();
      return got ? got->payload.to_string() : "nothing";
    };
    EXPECT_TRUE(first.send_to(bob_end_, text("first")));
    EXPECT_TRUE(second.send_to(bob_end_, text("second")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(hear(first), "nothing");
    EXPECT_EQ(hear(second), "first") << "who was bound last hears";
    EXPECT_EQ(hear(second), "second");

    EXPECT_TRUE(first.connect(bob_end_));
    EXPECT_TRUE(second.send_to(bob_end_, text("third")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(hear(first), "third") << "who is connected hears";
    EXPECT_TRUE(second.connect(bob_end_));
    first.close();
    EXPECT_TRUE(second.send(text("fourth")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(hear(second), "fourth") << "who is left hears";
    co_return Result<>{};
  });
  run();
}

TEST_F(UdpPortsTest, SeveralTalkToAGroupAtOnePort) {
  const Ipv4Address group{224, 1, 2, 3};
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket sockets[] = {UdpSocket{self.machine()}, UdpSocket{self.machine()}};
    for (UdpSocket& socket : sockets) {
      EXPECT_TRUE(shared(socket).bind({{}, 5000}));
      EXPECT_TRUE(socket.join(group));
    }
    for (UdpSocket& socket : sockets) EXPECT_TRUE(socket.send_to({group, 5000}, text("all")));
    co_await self.sleep_for(milliseconds{10});
    for (UdpSocket& socket : sockets) {
      EXPECT_EQ(socket.front_bytes(), 3U);
      EXPECT_EQ(socket.try_receive()->payload.to_string(), "all");
      EXPECT_EQ(socket.try_receive()->payload.to_string(), "all");
    }
    co_return Result<>{};
  });
  run();
}

// What is sent to several is for who is bound to that alone, and for who is at every address.
class BoundToSeveralTest : public testing::Test {
 protected:
  static constexpr Ipv4Address group{224, 1, 2, 3};

  static std::string heard_by(UdpSocket& socket) {
    std::string heard;
    while (const Result<Datagram> got = socket.try_receive()) {
      heard += got->payload.to_string() + " ";
    }
    return heard;
  }
  // Adds a program; the run ends when all have.
  void on(Machine& machine, testing_lan::Program program) {
    net_.run_on(machine, std::move(program), testing_lan::program_kind);
  }
  void run() { EXPECT_EQ(net_.run().reason, StopReason::completed); }

  testing_lan::Internet net_;
  Network& network_ = net_.add_network();
  Machine& alice_ = net_.add("alice", 1, {0});
  Machine& bob_ = net_.add("bob", 2, {0});
  const Ipv4Address all_ = testing_lan::Internet::at(0, 255);
};

TEST_F(BoundToSeveralTest, HearsOnlyWhatIsSentThere) {
  const auto program = [&](Application& self, bool share) -> Task<Result<>> {
    const Ipv4Address addresses[] = {all_, group, Ipv4Address::broadcast(), {}};
    UdpSocket sockets[] = {UdpSocket{self.machine()}, UdpSocket{self.machine()},
                           UdpSocket{self.machine()}, UdpSocket{self.machine()}};
    for (int i = 0; i < (share ? 4 : 3); ++i) {
      sockets[i].set_reuse_address(share);
      EXPECT_TRUE(sockets[i].bind({addresses[i], 5'000})) << i;
      EXPECT_EQ(sockets[i].local(), (Endpoint{addresses[i], 5'000}));
    }
    EXPECT_TRUE(sockets[0].join(group));
    co_await self.sleep_for(milliseconds{20});
    EXPECT_EQ(heard_by(sockets[0]), "all ");
    EXPECT_EQ(heard_by(sockets[1]), "group ");
    EXPECT_EQ(heard_by(sockets[2]), "broadcast ");
    EXPECT_EQ(heard_by(sockets[3]), share ? "all one group broadcast " : "");
    co_return Result<>{};
  };
  for (const bool share : {false, true}) {
    on(share ? bob_ : alice_, [=](Application& self) { return program(self, share); });
  }
  Machine& carol = net_.add("carol", 3, {0});
  on(carol, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_broadcast(true);
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.send_to({all_, 5'000}, text("all")));
    co_await self.sleep_for(milliseconds{1});
    for (const std::size_t host : {1U, 2U}) {
      EXPECT_TRUE(socket.send_to({testing_lan::Internet::at(0, host), 5'000}, text("one")));
    }
    EXPECT_TRUE(socket.send_to({group, 5'000}, text("group")));
    EXPECT_TRUE(socket.send_to({Ipv4Address::broadcast(), 5'000}, text("broadcast")));
    co_return Result<>{};
  });
  run();
}

TEST_F(BoundToSeveralTest, SendsFromTheMachinesAddressAndIsNotAnsweredThere) {
  on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 7}));
    for (int i = 0; i < 3; ++i) {
      const Result<Datagram> got = co_await socket.receive();
      EXPECT_EQ(got->remote, (Endpoint{testing_lan::Internet::at(0, 1), 5'000}));
      EXPECT_TRUE(socket.send_to(got->remote, text("to one")));
      EXPECT_TRUE(socket.send_to({group, 5'000}, text("to the group")));
    }
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    const Endpoint bob_end{testing_lan::Internet::at(0, 2), 7};
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({group, 5'000}));
    EXPECT_TRUE(socket.join(group));
    EXPECT_TRUE(socket.send_to(bob_end, text("1")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(heard_by(socket), "to the group ");
    UdpSocket beside{self.machine()};
    EXPECT_TRUE(beside.bind({testing_lan::Internet::at(0, 1), 5'000}));
    EXPECT_TRUE(socket.connect(bob_end));
    EXPECT_TRUE(socket.send(text("2")));
    EXPECT_TRUE(beside.send_to(bob_end, text("3")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(heard_by(socket), "to the group to the group ");
    EXPECT_EQ(heard_by(beside), "to one to one ");
    co_return Result<>{};
  });
  run();
}

TEST_F(BoundToSeveralTest, IsNoAddressOfAnotherNetwork) {
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_EQ(socket.bind({testing_lan::Internet::at(1, 255), 5'000}).error(),
              Errc::address_not_available);
    co_return Result<>{};
  });
  run();
}

}  // namespace
}  // namespace elvis
