// SPDX-License-Identifier: MIT
// Which UDP sockets of a machine may have the same port, and who of them hears what. Checked with
// Linux, which does the same.
#include <gtest/gtest.h>

#include <string>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
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

}  // namespace
}  // namespace elvis
