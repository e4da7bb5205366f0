// SPDX-License-Identifier: MIT
#include "elvis/sockets/icmp_socket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "elvis/sockets/waiting.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing_lan::Internet;
using testing_lan::Lan;
using testing_lan::text;

// alice — router — bob
class IcmpSocketTest : public testing::Test {
 protected:
  IcmpSocketTest() {
    for (int i = 0; i < 2; ++i) net_.add_network();
    alice_ = &net_.add("alice", 1, {0});
    bob_ = &net_.add("bob", 2, {1});
    net_.add_router("router", 254, {0, 1});
    Internet::route(*alice_, {Internet::at(1, 0), 24}, Internet::at(0, 254));
    Internet::route(*bob_, {Internet::at(0, 0), 24}, Internet::at(1, 254));
  }

  Internet net_;
  Machine* alice_;
  Machine* bob_;
  const Ipv4Address bob_address_ = Internet::at(1, 2);
};

TEST_F(IcmpSocketTest, IsAllThatPingAndTracerouteNeed) {
  int passed = 0;
  net_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.hear({IcmpType::echo_reply, IcmpType::time_exceeded}));
    socket.set_time_to_live(1);
    EXPECT_TRUE(socket.send_to(bob_address_, IcmpMessage::echo(7, 1), Message{"who"}));
    const Result<IcmpArrival> hop = co_await with_timeout(socket.receive(), milliseconds{10});
    EXPECT_TRUE(hop);
    EXPECT_EQ(hop->header.type, IcmpType::time_exceeded);
    EXPECT_EQ(hop->from, Internet::at(0, 254));
    socket.set_time_to_live(64);
    EXPECT_TRUE(socket.send_to(bob_address_, IcmpMessage::echo(7, 2), Message{"who"}));
    const Result<IcmpArrival> end = co_await with_timeout(socket.receive(), milliseconds{10});
    EXPECT_TRUE(end);
    EXPECT_EQ(end->header.type, IcmpType::echo_reply);
    EXPECT_EQ(end->header.identifier(), 7);
    EXPECT_EQ(end->header.sequence(), 2);
    EXPECT_EQ(end->payload.to_string(), "who");
    EXPECT_EQ(end->from, bob_address_);
    EXPECT_EQ(end->time_to_live, 63);
    ++passed;
    co_return Result<>{};
  });
  net_.run();
  EXPECT_EQ(passed, 1);
  EXPECT_EQ(alice_->drops()[Drop::no_listener], 0U);
}

TEST_F(IcmpSocketTest, HearsOnlyTheTypesThatItChose) {
  int passed = 0;
  net_.run_on(*bob_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket requests{self.machine()};
    IcmpSocket replies{self.machine()};
    EXPECT_TRUE(requests.hear({IcmpType::echo}));
    EXPECT_TRUE(replies.hear({IcmpType::echo_reply}));
    const Result<IcmpArrival> asked = co_await requests.receive();
    EXPECT_EQ(asked->header.type, IcmpType::echo);
    EXPECT_EQ(asked->from, Internet::at(0, 1));
    EXPECT_TRUE(replies.try_receive().error() == Errc::would_block);
    ++passed;
    co_return Result<>{};
  });
  net_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.hear());
    EXPECT_TRUE(socket.send_to(bob_address_, IcmpMessage::echo(7, 1)));
    EXPECT_TRUE(co_await socket.receive()) << "it is answered all the same";
    ++passed;
    co_return Result<>{};
  });
  net_.run();
  EXPECT_EQ(passed, 2);
}

TEST_F(IcmpSocketTest, HearsTypesOfAnyNumber) {
  constexpr auto extended_echo = static_cast<IcmpType>(42);  // RFC 8335; 10 with 32 more
  int passed = 0;
  net_.run_on(*bob_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.hear({extended_echo}));
    const Result<IcmpArrival> next = co_await socket.receive();
    EXPECT_EQ(next->header.type, extended_echo);
    EXPECT_EQ(next->payload.to_string(), "who?");
    ++passed;
    co_return Result<>{};
  });
  net_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.send_to(bob_address_, {.type = static_cast<IcmpType>(10)}));
    EXPECT_TRUE(socket.send_to(bob_address_, {.type = extended_echo}, text("who?")));
    co_return Result<>{};
  });
  net_.run();
  EXPECT_EQ(passed, 1);
}

// RFC 1112, 6.1.
TEST_F(IcmpSocketTest, WhatIsForAGroupStaysOnTheNetworkUnlessMoreIsAskedFor) {
  std::vector<int> left;
  Machine& near = net_.add("near", 3, {0});
  net_.run_on(near, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.hear({IcmpType::echo}));
    while (left.size() < 3) {
      const Result<IcmpArrival> next = co_await with_timeout(socket.receive(), milliseconds{10});
      if (!next) break;
      left.push_back(next->time_to_live);
    }
    co_return Result<>{};
  });
  net_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    const IcmpMessage echo = IcmpMessage::echo(1, 1);
    EXPECT_TRUE(socket.send_to(Ipv4Address{224, 0, 0, 1}, echo));
    EXPECT_TRUE(socket.send_to(Internet::at(0, 3), echo));
    socket.set_time_to_live(7);
    EXPECT_TRUE(socket.send_to(Ipv4Address{224, 0, 0, 1}, echo));
    co_return Result<>{};
  });
  net_.run();
  std::ranges::sort(left);  // what is for a group goes through the network's own hands first
  EXPECT_EQ(left, (std::vector{1, 7, 64}));
}

TEST_F(IcmpSocketTest, RefusesWhatCannotBe) {
  Lan lan;  // without ICMP
  Machine& silent = lan.add_host();
  IcmpSocket none{silent};
  EXPECT_TRUE(none.hear().error() == Errc::no_protocol);
  EXPECT_TRUE(none.send_to(Lan::address(0), {}).error() == Errc::no_protocol);
  int passed = 0;
  net_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    IcmpSocket socket{self.machine()};
    EXPECT_TRUE(socket.hear());
    const IcmpMessage echo = IcmpMessage::echo(1, 1);
    EXPECT_TRUE(socket.send_to(Ipv4Address::broadcast(), echo).error() == Errc::access_denied);
    EXPECT_TRUE(socket.send_to(Ipv4Address{99, 9, 9, 9}, echo).error() ==
                Errc::network_unreachable);
    socket.set_broadcast(true);
    EXPECT_TRUE(socket.send_to(Ipv4Address::broadcast(), echo));
    socket.close();
    EXPECT_TRUE(socket.hear().error() == Errc::closed);
    EXPECT_TRUE(socket.send_to(bob_address_, echo).error() == Errc::closed);
    EXPECT_TRUE((co_await socket.receive()).error() == Errc::closed);
    ++passed;
    co_return Result<>{};
  });
  net_.run();
  EXPECT_EQ(passed, 1);
}

}  // namespace
}  // namespace elvis
