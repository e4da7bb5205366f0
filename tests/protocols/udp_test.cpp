// SPDX-License-Identifier: MIT
#include "elvis/protocols/udp.hpp"

#include <gtest/gtest.h>

#include "elvis/wire/checksum.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using testing_lan::Ear;
using testing_lan::Lan;

const Ipv4Address host = Lan::address(0);
const Ipv4Address peer = Lan::address(1);

// Runs `act` on the first of two hosts, then `ask` after everything has arrived.
class UdpTest : public testing::Test {
 protected:
  UdpTest() : machine_{lan_.add_host()}, peer_{lan_.add_host()} {}

  // What the peer sends: a datagram as it would stand behind an IPv4 header.
  static Message datagram(Endpoint from, Endpoint to, std::string_view text,
                          std::uint16_t checksum_error = 0) {
    Message message{text};
    UdpHeader header{from.port, to.port, static_cast<std::uint16_t>(8 + text.size()), 0};
    const std::uint64_t sum = message.partial_sum() + header.source_port + header.destination_port +
                              header.length +
                              pseudo_header_sum(from.address, to.address, 17, header.length);
    header.checksum = static_cast<std::uint16_t>(finish_checksum(sum) ^ checksum_error);
    header.emit(message.prepend(UdpHeader::size));
    return message;
  }

  void arrive(Endpoint from, Endpoint to, std::string_view text) {
    arrive(from, to, datagram(from, to, text));
  }
  void arrive(Endpoint from, Endpoint to, Message message) {
    lan_.run_on(peer_, [=, this, message = std::move(message)](Application&) -> Task<Result<>> {
      Arrival arrival;
      arrival.source = from.address;
      arrival.destination = to.address;
      udp_.demux(Message{message}, arrival);
      co_return Result<>{};
    });
  }
  // Something the host does; in the order of the calls.
  void act(std::function<void()> what) {
    lan_.run_on(machine_, [what = std::move(what)](Application&) -> Task<Result<>> {
      what();
      co_return Result<>{};
    });
  }
  void run() { EXPECT_EQ(lan_.run().reason, StopReason::completed); }

  Lan lan_;
  Machine& machine_;
  Machine& peer_;
  Udp& udp_ = Lan::udp(machine_);
  Ear session_ear_{machine_};
  Ear listener_ear_{machine_};
};

TEST_F(UdpTest, PrefersAnOpenSessionToAListener) {
  SessionRef session;
  act([&] {
    ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9}));
    session = *udp_.open(session_ear_, {.local = {host, 9}, .remote = {peer, 7}});
  });
  arrive({peer, 7}, {host, 9}, "for the session");
  arrive({peer, 8}, {host, 9}, "for the listener");
  run();
  EXPECT_EQ(session_ear_.heard, std::vector<std::string>{"for the session"});
  EXPECT_EQ(listener_ear_.heard, std::vector<std::string>{"for the listener"});
}

TEST_F(UdpTest, PrefersAListenerForTheAddressToOneForAny) {
  act([&] {
    ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9}));
    ASSERT_TRUE(udp_.listen(session_ear_, {host, 9}));
  });
  arrive({peer, 7}, {host, 9}, "to the address");
  run();
  EXPECT_EQ(session_ear_.heard, std::vector<std::string>{"to the address"});
  EXPECT_TRUE(listener_ear_.heard.empty());
}

TEST_F(UdpTest, CountsADatagramNobodyWants) {
  arrive({peer, 7}, {host, 9}, "anyone?");
  run();
  EXPECT_EQ(machine_.drops()[Drop::no_listener], 1U);
}

TEST_F(UdpTest, DropsWhatIsShorterThanAHeader) {
  arrive({peer, 7}, {host, 9}, Message{std::string_view{"1234567"}});
  run();
  EXPECT_EQ(machine_.drops()[Drop::truncated], 1U);
}

TEST_F(UdpTest, DropsADatagramWithAWrongChecksum) {
  act([&] { ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9})); });
  arrive({peer, 7}, {host, 9}, datagram({peer, 7}, {host, 9}, "flipped", 0x0100));
  run();
  EXPECT_EQ(machine_.drops()[Drop::bad_checksum], 1U);
  EXPECT_TRUE(listener_ear_.heard.empty());
}

TEST_F(UdpTest, TakesADatagramWithoutAChecksum) {  // RFC 768: an all zero field means none
  act([&] { ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9})); });
  Message message{std::string_view{"trusting"}};
  UdpHeader{7, 9, 16, 0}.emit(message.prepend(UdpHeader::size));
  arrive({peer, 7}, {host, 9}, message);
  run();
  EXPECT_EQ(listener_ear_.heard, std::vector<std::string>{"trusting"});
}

TEST_F(UdpTest, CutsWhatStandsBehindTheLength) {
  act([&] { ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9})); });
  Message message = datagram({peer, 7}, {host, 9}, "whole");
  message.append(Message{std::string_view{"padding"}});
  arrive({peer, 7}, {host, 9}, message);
  run();
  EXPECT_EQ(listener_ear_.heard, std::vector<std::string>{"whole"});
}

TEST_F(UdpTest, ForgetsASessionWhenItsLastHolderLetsGo) {
  act([&] {
    const Endpoints endpoints{.local = {host, 9}, .remote = {peer, 7}};
    ASSERT_TRUE(udp_.open(session_ear_, endpoints));
    EXPECT_TRUE(udp_.open(session_ear_, endpoints)) << "the first session is gone";
  });
  run();
}

TEST_F(UdpTest, RefusesASecondSessionBetweenTheSameEndpoints) {
  act([&] {
    const Endpoints endpoints{.local = {host, 9}, .remote = {peer, 7}};
    const SessionRef first = *udp_.open(session_ear_, endpoints);
    EXPECT_EQ(udp_.open(session_ear_, endpoints).error(), Errc::address_in_use);
  });
  run();
}

TEST_F(UdpTest, RefusesASecondListenerAtOneEndpoint) {
  act([&] {
    ASSERT_TRUE(udp_.listen(listener_ear_, {host, 9}));
    EXPECT_EQ(udp_.listen(session_ear_, {host, 9}).error(), Errc::address_in_use);
    udp_.unlisten({host, 9});
    EXPECT_TRUE(udp_.listen(session_ear_, {host, 9}));
  });
  run();
}

TEST_F(UdpTest, RefusesToListenAtAForeignAddress) {
  act([&] {
    EXPECT_EQ(udp_.listen(listener_ear_, {peer, 9}).error(), Errc::address_not_available);
  });
  run();
}

TEST_F(UdpTest, RefusesAPayloadThatNoDatagramHolds) {
  act([&] {
    const SessionRef session = *udp_.open(session_ear_, {.local = {host, 9}, .remote = {peer, 7}});
    EXPECT_EQ(session->send(Message::zeros(UdpHeader::max_payload + 1)).error(),
              Errc::message_too_long);
  });
  run();
}

TEST_F(UdpTest, SendsNothingOnceASessionIsClosed) {
  act([&] {
    const SessionRef session = *udp_.open(session_ear_, {.local = {host, 9}, .remote = {peer, 7}});
    session->close();
    EXPECT_EQ(session->send(Message{std::string_view{"late"}}).error(), Errc::closed);
  });
  run();
}

TEST_F(UdpTest, FindsNoWayToAnUnknownAddress) {
  act([&] {
    EXPECT_EQ(
        udp_.open(session_ear_, {.local = {}, .remote = {Ipv4Address{9, 9, 9, 9}, 7}}).error(),
        Errc::network_unreachable);
  });
  run();
}

TEST_F(UdpTest, GivesEphemeralPortsInTurn) {
  act([&] {
    EXPECT_EQ(*udp_.ephemeral_port(), Udp::first_ephemeral);
    EXPECT_EQ(*udp_.ephemeral_port(), Udp::first_ephemeral + 1);
    ASSERT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = Udp::first_ephemeral + 2}));
    EXPECT_EQ(*udp_.ephemeral_port(), Udp::first_ephemeral + 3) << "the one between is taken";
  });
  run();
}

TEST_F(UdpTest, SaysWhenNoEphemeralPortIsLeft) {
  act([&] {
    for (int port = Udp::first_ephemeral; port <= 65'535; ++port) {
      ASSERT_TRUE(udp_.listen(listener_ear_, {{}, static_cast<std::uint16_t>(port)}));
    }
    EXPECT_EQ(udp_.ephemeral_port().error(), Errc::address_not_available);
  });
  run();
}

TEST_F(UdpTest, SendsToItselfInANanosecond) {
  lan_.run_on(machine_, [&](Application& self) -> Task<Result<>> {
    EXPECT_TRUE(udp_.listen(listener_ear_, {.address = {}, .port = 9}));
    const auto session =
        udp_.open(session_ear_, {.local = {}, .remote = {Ipv4Address{127, 0, 0, 1}, 9}});
    EXPECT_TRUE((*session)->send(Message{std::string_view{"note to self"}}));
    co_await self.sleep_for(std::chrono::milliseconds{1});
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(listener_ear_.heard, std::vector<std::string>{"note to self"});
  EXPECT_EQ(listener_ear_.times, std::vector<Time>{Time{Duration{1}}});
  EXPECT_EQ(lan_.network.counters().frames_sent, 0U);
}

}  // namespace
}  // namespace elvis
