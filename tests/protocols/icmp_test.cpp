// SPDX-License-Identifier: MIT
#include "elvis/protocols/icmp.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "elvis/sockets/udp_socket.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

using testing_lan::Internet;
using testing_lan::Lan;
using testing_lan::Listener;
using testing_lan::text;

class IcmpTest : public testing::Test {
 protected:
  IcmpTest() {
    internet_.add_network();
    alice_ = &internet_.add("alice", 1, {0});
    bob_ = &internet_.add("bob", 2, {0});
  }
  void alice_sends(Ipv4Header header, Message payload, int times = 1) {
    internet_.run_on(*alice_, [=](Application& self) -> Task<Result<>> {
      for (int i = 0; i < times; ++i) {
        (void)Internet::ipv4(self.machine()).send(header, Message{payload});
      }
      co_return Result<>{};
    });
  }
  static Ipv4Header header_to(Ipv4Address destination, std::uint8_t protocol = 253) {
    Ipv4Header header;
    header.protocol = protocol;
    header.destination = destination;
    return header;
  }
  std::uint64_t frames() {
    internet_.run();
    return internet_.world.network(0).counters().frames_sent;
  }

  Internet internet_;
  Machine* alice_;
  Machine* bob_;
};

TEST_F(IcmpTest, ConnectedSocketsLearnThatNobodyListens) {  // RFC 1122, 4.1.3.3
  std::vector<boost::system::error_code> errors;
  internet_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.connect({Internet::at(0, 2), 9});
    (void)socket.send(text("anyone?"));
    errors.push_back((co_await socket.receive()).error());
    (void)socket.send(text("anyone?"));
    co_await self.sleep_for(std::chrono::seconds{1});
    errors.push_back(socket.send(text("anyone now?")).error());
    EXPECT_TRUE(socket.send(text("told once, it goes on")));
    co_await self.sleep_for(std::chrono::seconds{1});
    errors.push_back((co_await socket.receive()).error());
    co_return Result<>{};
  });
  EXPECT_EQ(frames(), 6U);
  const boost::system::error_code refused = Errc::refused;
  EXPECT_EQ(errors, (std::vector<boost::system::error_code>(3, refused)));
  EXPECT_EQ(refused, boost::system::errc::connection_refused);
}

TEST_F(IcmpTest, OtherSocketsAreNotToldOfOneThatRefuses) {
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.send_to({Internet::at(0, 2), 9}, text("anyone?"));
    co_await self.sleep_for(std::chrono::seconds{1});
    EXPECT_TRUE(socket.send_to({Internet::at(0, 2), 9}, text("no?")));
    co_return Result<>{};
  });
  EXPECT_EQ(frames(), 4U);
}

TEST_F(IcmpTest, SaysThatItDoesNotSpeakAProtocol) {
  alice_sends(header_to(Internet::at(0, 2)), text("what?"));
  EXPECT_EQ(frames(), 2U);
  EXPECT_EQ(bob_->drops()[Drop::unknown_protocol], 1U);
  EXPECT_EQ(alice_->drops()[Drop::unknown_protocol], 0U);
}

TEST_F(IcmpTest, NothingIsLearntOfPathsThatNobodyUses) {  // RFC 5927, 7
  constexpr std::uint16_t port = 4'711;
  // Bob says that a datagram of alice's was too long for a link of 100 bytes.
  const auto claim = [this](std::uint8_t protocol, std::uint32_t first_word, std::uint32_t second) {
    Message quote;
    std::uint8_t* const payload = quote.prepend(8);
    store32(payload, first_word);
    store32(payload + 4, second);
    Ipv4Header header = header_to(Internet::at(0, 2), protocol);
    header.source = Internet::at(0, 1);
    header.total_length = 1'400;
    header.emit(quote.prepend(Ipv4Header::min_size));
    (void)Internet::icmp(*bob_).send(
        IcmpMessage::unreachable(Unreachable::fragmentation_needed, 100), std::move(quote),
        {.destination = Internet::at(0, 1)});
  };
  std::vector<std::size_t> known;
  internet_.run_on(*alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    (void)socket.bind({{}, port});
    (void)socket.connect({Internet::at(0, 2), 9});
    for (int i = 0; i < 6; ++i) {
      co_await self.sleep_for(std::chrono::seconds{1});
      known.push_back(
          Internet::ipv4(*alice_).path_mtu(Internet::at(0, 2), self.machine().taps()[0]));
    }
    co_return Result<>{};
  });
  internet_.run_on(*bob_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(std::chrono::milliseconds{500});
    claim(17, std::uint32_t{port + 1} << 16 | 9, 0);  // a port that nobody has
    co_await self.sleep_for(std::chrono::seconds{1});
    claim(1, 0x0800'0000, 0x0005'0001);  // an echo request that nobody waits for
    co_await self.sleep_for(std::chrono::seconds{1});
    claim(253, 0, 0);  // a protocol that is not spoken
    co_await self.sleep_for(std::chrono::seconds{1});
    claim(6, std::uint32_t{port} << 16 | 9, 0);
    co_await self.sleep_for(std::chrono::seconds{1});
    claim(17, std::uint32_t{port} << 16 | 9, 0);  // the socket's
    co_return Result<>{};
  });
  internet_.run();
  EXPECT_EQ(known, (std::vector<std::size_t>{1'500, 1'500, 1'500, 1'500, 100, 100}));
}

TEST_F(IcmpTest, ReportsNoErrorAboutAnError) {  // RFC 1122, 3.2.2
  Message about = text("not a datagram");
  IcmpMessage::unreachable(Unreachable::port).prepend_to(about);
  alice_sends(header_to(Internet::at(0, 2), 1), about);
  EXPECT_EQ(frames(), 1U);
  EXPECT_EQ(bob_->drops()[Drop::truncated] + bob_->drops()[Drop::bad_version], 1U);
}

TEST_F(IcmpTest, ReportsNoErrorAboutWhatManyGot) {  // RFC 1122, 3.2.2
  alice_sends(header_to(Ipv4Address::broadcast()), text("all"));
  alice_sends(header_to(Internet::at(0, 255)), text("all here"));
  alice_sends(header_to(Ipv4Address{224, 0, 0, 1}), text("group"));
  EXPECT_EQ(frames(), 3U);
  EXPECT_EQ(bob_->drops()[Drop::unknown_protocol], 3U);
}

TEST_F(IcmpTest, ReportsNoErrorToSourcesThatAreNobody) {  // RFC 1122, 3.2.2
  Ipv4Header header = header_to(Internet::at(0, 2));
  header.source = Ipv4Address{0, 0, 0, 9};
  alice_sends(header, text("from nowhere"));
  header.source = Ipv4Address{250, 0, 0, 9};
  alice_sends(header, text("from class E"));
  header.source = Internet::at(0, 255);
  alice_sends(header, text("from all"));
  EXPECT_EQ(frames(), 3U);
}

TEST_F(IcmpTest, ReportsNoMoreThanItsRate) {  // RFC 1812, 4.3.2.8
  alice_sends(header_to(Internet::at(0, 2)), text("flood"), 1'000);
  EXPECT_EQ(frames(), 1'000U + Icmp::error_burst);
}

TEST_F(IcmpTest, AnswersNoEchoForAll) {  // RFC 1122, 3.2.2.6
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    Icmp& icmp = Internet::icmp(self.machine());
    co_return icmp.send_echo({Ipv4Address::broadcast(), 5, 1}, text("who is there?"));
  });
  EXPECT_EQ(frames(), 1U);
}

TEST_F(IcmpTest, AnswersEchoesOfEveryLength) {
  Listener ear{*alice_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  EXPECT_EQ(Internet::icmp(*alice_).listen(ear, {{}, 5}).error(), Errc::address_in_use);
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    for (const std::size_t size : {0U, 1U, 1'472U, 1'473U, 65'507U}) {
      (void)Internet::icmp(self.machine())
          .send_echo({Internet::at(0, 2), 5, 1}, Message::zeros(size));
    }
    co_return Result<>{};
  });
  frames();
  std::vector<std::size_t> sizes;
  for (const std::string& heard : ear.heard) sizes.push_back(heard.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 1, 1'472, 1'473, 65'507}));
}

TEST_F(IcmpTest, ARepliesIdentifierDecidesWhoGetsIt) {
  Message reply = text("to nobody");
  IcmpMessage echo = IcmpMessage::echo(77, 1);
  echo.type = IcmpType::echo_reply;
  echo.prepend_to(reply);
  alice_sends(header_to(Internet::at(0, 2), 1), reply);
  frames();
  EXPECT_EQ(bob_->drops()[Drop::no_listener], 1U);
}

TEST_F(IcmpTest, GivesIdentifiersThatNobodyHas) {
  Icmp& icmp = Internet::icmp(*alice_);
  Listener ear{*alice_};
  ASSERT_TRUE(icmp.listen(ear, {{}, 1}));
  ASSERT_TRUE(icmp.listen(ear, {{}, 2}));
  EXPECT_EQ(*icmp.free_identifier(), 3);
  icmp.unlisten({{}, 1});
  EXPECT_TRUE(icmp.listen(ear, {{}, 1}));
}

TEST_F(IcmpTest, DropsWhatIsDamaged) {
  Message echo = text("ping");
  IcmpMessage::echo(1, 1).prepend_to(echo);
  echo.flip_bit(70);
  alice_sends(header_to(Internet::at(0, 2), 1), echo);
  EXPECT_EQ(frames(), 1U);
  EXPECT_EQ(bob_->drops()[Drop::bad_checksum], 1U);
}

TEST_F(IcmpTest, MachinesTalkToThemselves) {
  Listener ear{*alice_};
  ASSERT_TRUE(Internet::icmp(*alice_).listen(ear, {{}, 5}));
  internet_.run_on(*alice_, [](Application& self) -> Task<Result<>> {
    Icmp& icmp = Internet::icmp(self.machine());
    (void)icmp.send_echo({Ipv4Address{127, 0, 0, 1}, 5, 1}, text("me"));
    co_return icmp.send_echo({Internet::at(0, 1), 5, 2}, text("myself"));
  });
  EXPECT_EQ(frames(), 0U);
  EXPECT_EQ(ear.heard, (std::vector<std::string>{"me", "myself"}));
}

// ===== Nobody answers for an address =====

// What `machine` hears about a datagram to `remote` within ten seconds.
std::vector<DeliveryError> errors_about(Internet& internet, Machine& machine, Ipv4Address remote) {
  Listener ear{machine};
  internet.run_on(machine, [&](Application& self) -> Task<Result<>> {
    const auto session =
        Lan::udp(self.machine()).open(ear, {.local = {{}, 40'000}, .remote = {remote, 7}});
    if (!session) co_return session.error();
    const Result<> sent = (*session)->send(text("anybody?"));
    if (!sent) co_return sent.error();
    co_await self.sleep_for(std::chrono::seconds{10});
    co_return Result<>{};
  });
  internet.run();
  return ear.errors;
}

TEST(IcmpUnresolvedTest, ARouterSaysThatAHostDoesNotAnswer) {
  Internet internet;
  internet.add_network();
  internet.add_network();
  Machine& alice = internet.add("alice", 1, {0}, false, true);
  internet.add("router", 254, {0, 1}, true, true);
  Internet::route(alice, {Internet::at(1, 0), 24}, Internet::at(0, 254));
  const auto errors = errors_about(internet, alice, Internet::at(1, 9));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, Errc::host_unreachable);
  EXPECT_EQ(errors[0].reporter, Internet::at(0, 254));
}

TEST(IcmpUnresolvedTest, AHostHearsItFromItself) {
  Internet internet;
  internet.add_network();
  Machine& alice = internet.add("alice", 1, {0}, false, true);
  const auto errors = errors_about(internet, alice, Internet::at(0, 9));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, Errc::host_unreachable);
  EXPECT_EQ(errors[0].reporter, Internet::at(0, 1));
}

}  // namespace
}  // namespace elvis
