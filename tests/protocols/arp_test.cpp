// SPDX-License-Identifier: MIT
#include "elvis/protocols/arp.hpp"

#include <gtest/gtest.h>

#include "elvis/sockets/udp_socket.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_lan::Ear;
using testing_lan::Lan;
using testing_lan::one_millisecond;
using testing_lan::text;

// Sends `count` datagrams, `apart` from each other, to port 9 of `to`.
testing_lan::Program sender(Ipv4Address to, int count, Duration apart = {}) {
  return [=](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    if (auto connected = socket.connect({to, 9}); !connected) co_return connected.error();
    for (int i = 0; i < count; ++i) {
      if (auto sent = socket.send(text("datagram")); !sent) co_return sent.error();
      co_await self.sleep_for(apart);
    }
    co_await self.sleep_for(seconds{10});
    co_return Result<>{};
  };
}

testing_lan::Program listener(Ear& ear) {
  return [&ear](Application& self) -> Task<Result<>> {
    co_return Lan::udp(self.machine()).listen(ear, {.address = {}, .port = 9});
  };
}

class ArpTest : public testing::Test {
 protected:
  Lan lan_{one_millisecond()};
  Machine& alice_ = lan_.add_host(true);
  Machine& bob_ = lan_.add_host(true);
  Ear ear_{bob_};
};

TEST_F(ArpTest, AsksAndIsAnsweredBeforeTheFirstDatagram) {
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), 1));
  lan_.run();
  EXPECT_EQ(ear_.times, std::vector<Time>{Time{milliseconds{3}}});
  EXPECT_EQ(lan_.network.counters().frames_sent, 3U);  // request, reply, datagram
}

TEST_F(ArpTest, AsksOnceForManyDatagrams) {
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), 20, milliseconds{10}));
  lan_.run();
  EXPECT_EQ(ear_.heard.size(), 20U);
  EXPECT_EQ(lan_.network.counters().frames_sent, 22U);
}

TEST_F(ArpTest, LearnsFromTheOneWhoAsks) {  // RFC 826: the target adds the sender's addresses
  Ear back{alice_};
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, listener(back));
  lan_.run_on(alice_, sender(Lan::address(1), 1));
  lan_.run_on(bob_, [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{100});
    co_return co_await sender(Lan::address(0), 1)(self);
  });
  lan_.run();
  EXPECT_EQ(back.times, std::vector<Time>{Time{milliseconds{101}}});
}

TEST_F(ArpTest, AsksThreeTimesAndGivesUp) {
  lan_.run_on(alice_, sender(Ipv4Address{10, 0, 0, 99}, 2));
  lan_.run();
  EXPECT_EQ(lan_.network.counters().frames_sent, 3U);
  EXPECT_EQ(alice_.drops()[Drop::arp_unresolved], 2U);
}

TEST_F(ArpTest, LetsTheOldestDatagramGoWhenTooManyWait) {
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), static_cast<int>(Arp::max_waiting) + 5));
  lan_.run();
  EXPECT_EQ(alice_.drops()[Drop::queue_full], 5U);
  EXPECT_EQ(ear_.heard.size(), Arp::max_waiting);
}

TEST_F(ArpTest, AsksAgainWhenAnEntryHasGrownOld) {
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), 2, Arp::entry_lifetime + seconds{1}));
  lan_.run();
  EXPECT_EQ(ear_.heard.size(), 2U);
  EXPECT_EQ(lan_.network.counters().frames_sent, 6U);
}

TEST_F(ArpTest, DoesNotLearnFromRequestsToOthers) {  // RFC 826: only the target adds an entry
  Machine& carol = lan_.add_host(true);
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), 1));
  lan_.run_on(carol, [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{100});
    co_return co_await sender(Lan::address(0), 1)(self);
  });
  lan_.run();
  // Alice's request, Bob's reply, the datagram; Carol had to ask as well.
  EXPECT_EQ(lan_.network.counters().frames_sent, 6U);
}

// Carol broadcasts a request in Alice's name, for an address that nobody has.
testing_lan::Program forger(Duration when) {
  return [=](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(when);
    Tap& tap = self.machine().taps().front();
    const ArpPacket packet{.operation = ArpPacket::request,
                           .sender_mac = tap.mac(),
                           .sender_address = Lan::address(0),
                           .target_mac = {},
                           .target_address = Ipv4Address{10, 0, 0, 99}};
    Message message;
    packet.emit(message.prepend(ArpPacket::size));
    co_return tap.send(MacAddress::broadcast(), EtherType::arp, std::move(message));
  };
}

TEST_F(ArpTest, BelievesNewsOfAnAddressThatItKnows) {  // RFC 826: whoever was asked
  Machine& carol = lan_.add_host(true);
  lan_.run_on(bob_, listener(ear_));
  lan_.run_on(alice_, sender(Lan::address(1), 3, milliseconds{100}));
  lan_.run_on(bob_, [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{250});
    co_return co_await sender(Lan::address(0), 1)(self);
  });
  lan_.run_on(carol, forger(milliseconds{50}));
  lan_.run();
  EXPECT_EQ(carol.drops()[Drop::not_for_me], 1U) << "Bob's datagram for Alice comes to Carol";
  EXPECT_EQ(Lan::arp(bob_).neighbours(), 1U);
}

TEST_F(ArpTest, LearnsNothingFromNewsOfAStranger) {
  Machine& carol = lan_.add_host(true);
  lan_.run_on(carol, forger(milliseconds{50}));
  lan_.run();
  EXPECT_EQ(Lan::arp(bob_).neighbours(), 0U);
}

TEST_F(ArpTest, DropsWhatIsNoArpPacket) {
  lan_.run_on(alice_, [](Application& self) -> Task<Result<>> {
    Tap& tap = self.machine().taps().front();
    (void)tap.send(MacAddress::broadcast(), EtherType::arp, text("too short"));
    (void)tap.send(MacAddress::broadcast(), EtherType::arp, text(std::string(28, 'x')));
    co_return Result<>{};
  });
  lan_.run_on(bob_, [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{5});
    co_return Result<>{};
  });
  lan_.run();
  EXPECT_EQ(bob_.drops()[Drop::truncated], 1U);
  EXPECT_EQ(bob_.drops()[Drop::bad_version], 1U);
}

TEST_F(ArpTest, BoundsItsTableAgainstForgedReplies) {
  const std::size_t before = pool::live_blocks();
  lan_.run_on(alice_, [](Application& self) -> Task<Result<>> {
    Tap& tap = self.machine().taps().front();
    for (std::uint32_t i = 0; i < 3 * Arp::max_entries; ++i) {
      const ArpPacket forged{ArpPacket::reply, tap.mac(), Ipv4Address{0x0b00'0000U + i},
                             tap.network().mac_of(1), Lan::address(1)};
      Message packet;
      forged.emit(packet.prepend(ArpPacket::size));
      (void)tap.send(tap.network().mac_of(1), EtherType::arp, std::move(packet));
    }
    co_await self.sleep_for(milliseconds{5});
    co_return Result<>{};
  });
  lan_.run();
  EXPECT_LE(pool::live_blocks() - before, Arp::max_entries + 100);
}

TEST(ArpGatewayTest, SendsWhatNoNetworkHasToTheGateway) {
  Lan lan;
  lan.arp_options.gateway.address = Lan::address(1);
  Machine& alice = lan.add_host(true);
  Machine& gateway = lan.add_host(true);
  lan.run_on(alice, sender(Ipv4Address{192, 0, 2, 1}, 1));
  lan.run();
  EXPECT_EQ(gateway.drops()[Drop::not_for_me], 1U);
}

}  // namespace
}  // namespace elvis
