// SPDX-License-Identifier: MIT
#include "elvis/sockets/udp_socket.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "elvis/sockets/waiting.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing_lan::Lan;
using testing_lan::text;

class UdpSocketTest : public testing::Test {
 protected:
  // Lets alice send these, one every millisecond.
  void say_to_bob(const std::vector<std::string>& words) {
    lan_.run_on(alice_, [this, words](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.connect(bob_end_));
      for (const std::string& word : words) {
        EXPECT_TRUE(socket.send(text(word)));
        co_await self.sleep_for(milliseconds{1});
      }
      co_return Result<>{};
    });
  }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Endpoint alice_end_{Lan::address(0), 1000};
  const Endpoint bob_end_{Lan::address(1), 2000};
};

TEST_F(UdpSocketTest, CarriesADatagramAndItsAnswer) {
  std::string heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    const Result<Datagram> asked = co_await socket.receive();
    EXPECT_EQ(asked->remote, alice_end_);
    EXPECT_EQ(asked->local, bob_end_);
    co_return socket.send_to(asked->remote, text("pong"));
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind(alice_end_));
    EXPECT_TRUE(socket.send_to(bob_end_, text("ping")));
    const Result<Datagram> answered = co_await socket.receive();
    heard = answered->payload.to_string();
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, "pong");
}

TEST_F(UdpSocketTest, KeepsDatagramsUntilSomebodyReceivesThem) {
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    co_await self.sleep_for(milliseconds{1});
    for (int i = 0; i < 3; ++i) heard.push_back((co_await socket.receive())->payload.to_string());
    co_return Result<>{};
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect(bob_end_));
    for (const char* const word : {"one", "two", "three"}) EXPECT_TRUE(socket.send(text(word)));
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(UdpSocketTest, ShowsEachDatagramThatComesOrHasWaitedUntilTheSocketIsClosed) {
  std::vector<std::string> heard;
  Result<> ended;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    co_await self.sleep_for(microseconds{2'500});  // three have come and wait
    ended = co_await socket.receive_each([&](const Message& message) {
      heard.push_back(message.to_string());
      if (heard.back() == "five") socket.close();
    });
    co_return Result<>{};
  });
  say_to_bob({"one", "two", "three", "four", "five", "six"});
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two", "three", "four", "five"}));
  EXPECT_EQ(ended.error(), Errc::closed);
}

TEST_F(UdpSocketTest, HasOnePort) {
  std::vector<Endpoint> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind(bob_end_));
    for (int i = 0; i < 2; ++i) heard.push_back((co_await socket.receive())->remote);
    co_return Result<>{};
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect({bob_end_.address, 2001}));
    const Endpoint chosen = socket.local();
    EXPECT_TRUE(socket.bind(alice_end_).error() == Errc::invalid_argument);
    EXPECT_TRUE(socket.send_to(bob_end_, text("from the port that connect() chose")));
    UdpSocket other{self.machine()};
    EXPECT_TRUE(other.connect(bob_end_));
    EXPECT_TRUE(other.disconnect());
    EXPECT_TRUE(other.bind(alice_end_));
    EXPECT_TRUE(other.bind({{}, 1001}).error() == Errc::invalid_argument);
    EXPECT_TRUE(other.send_to(bob_end_, text("from its own")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(heard, (std::vector<Endpoint>{chosen, alice_end_}));
    other.close();
    EXPECT_TRUE(other.bind({{}, 1001}).error() == Errc::closed);
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard.size(), 2U);
}

TEST_F(UdpSocketTest, AnswersWithWhatItSees) {
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    const auto answer = [&, left = 2](const BareDatagram& question) mutable {
      EXPECT_EQ(question.remote, alice_end_);
      EXPECT_EQ(question.local, bob_end_);
      EXPECT_TRUE(socket.send_to(question.remote, std::move(question.payload)));
      return --left != 0;
    };
    EXPECT_TRUE(co_await socket.receive_each(answer));  // comes while it waits
    co_await self.sleep_for(milliseconds{5});
    co_return co_await socket.receive_each(answer);  // the first two have waited
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind(alice_end_));
    for (const char* const word : {"one", "two", "three", "four"}) {
      EXPECT_TRUE(socket.send_to(bob_end_, text(word)));
      co_await self.sleep_for(milliseconds{1});
    }
    for (int i = 0; i < 4; ++i) heard.push_back((co_await socket.receive())->payload.to_string());
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST_F(UdpSocketTest, ReceivesIntoADatagramOfTheCallers) {
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    Datagram next{.payload = text("old"), .remote = {}, .local = {}};
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(co_await socket.receive(next), Errc{});
      heard.push_back(next.payload.to_string());
      EXPECT_EQ(next.remote.address, alice_end_.address);
      EXPECT_EQ(next.local, bob_end_);
      if (i == 1) co_await self.sleep_for(milliseconds{5});  // the others have waited
    }
    EXPECT_EQ(co_await with_timeout(socket.receive(next), milliseconds{1}), Errc::timed_out);
    EXPECT_EQ(next.payload.to_string(), "four") << "a failure changes nothing";
    socket.close();
    EXPECT_EQ(co_await socket.receive(next), Errc::closed);
    EXPECT_EQ(next.payload.to_string(), "four");
    co_return Result<>{};
  });
  say_to_bob({"one", "two", "three", "four"});
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two", "three", "four"}));
}

TEST_F(UdpSocketTest, SeesNoMoreThanItWants) {
  std::vector<std::string> heard;
  std::string next;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    const auto look = [&](const Message& message) {
      heard.push_back(message.to_string());
      return heard.size() % 2 == 1;
    };
    EXPECT_TRUE(co_await socket.receive_each(look));  // comes while it waits
    co_await self.sleep_for(milliseconds{10});
    EXPECT_TRUE(co_await socket.receive_each(look));  // has waited
    next = (co_await socket.receive())->payload.to_string();
    co_return Result<>{};
  });
  say_to_bob({"one", "two", "three", "four", "five"});
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two", "three", "four"}));
  EXPECT_EQ(next, "five");
}

TEST_F(UdpSocketTest, ThrowsWhatIsThrownAtTheSightOfADatagram) {
  std::string caught;
  std::string next;
  const auto look = [](const Message& message) { throw std::runtime_error{message.to_string()}; };
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    try {
      static_cast<void>(co_await socket.receive_each(look));  // comes while it waits
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    next = (co_await socket.receive())->payload.to_string();
    co_return co_await socket.receive_each(look);
  });
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2001}));
    co_await self.sleep_for(milliseconds{10});
    co_return co_await socket.receive_each(look);  // has waited
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    for (const char* const word : {"one", "two", "three"}) {
      EXPECT_TRUE(socket.send_to(bob_end_, text(word)));
      co_await self.sleep_for(milliseconds{1});
    }
    EXPECT_TRUE(socket.send_to({Lan::address(1), 2001}, text("other")));
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(caught, "one");
  EXPECT_EQ(next, "two");
  std::vector<std::string> details;
  for (const Application* own = bob_.first_application(); own != nullptr;
       own = Machine::next_application(*own)) {
    EXPECT_EQ(own->status(), ApplicationStatus::failed);
    details.push_back(own->detail());
  }
  EXPECT_THAT(details, testing::UnorderedElementsAre("three", "other"));
}

TEST_F(UdpSocketTest, SeesNothingOfWhatIsClosedAlready) {
  Result<> ended;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    socket.close();
    ended = co_await socket.receive_each([](const Message&) { ADD_FAILURE(); });
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(ended.error(), Errc::closed);
}

TEST_F(UdpSocketTest, TakesItsTurnWithOthersWhenItSeesEach) {
  std::vector<std::string> seen;
  std::vector<std::string> received;
  UdpSocket socket{bob_};
  EXPECT_TRUE(socket.bind({{}, 2000}));
  Result<> ended;
  lan_.run_on(bob_, [&](Application&) -> Task<Result<>> {
    ended = co_await socket.receive_each(
        [&](const Message& message) { seen.push_back(message.to_string()); });
    co_return Result<>{};
  });
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    for (int i = 0; i < 2; ++i) {
      received.push_back((co_await socket.receive())->payload.to_string());
    }
    co_await self.sleep_for(milliseconds{3});
    socket.cancel();
    co_return Result<>{};
  });
  say_to_bob({"one", "two", "three", "four", "five", "six"});
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "three", "five", "six"}));
  EXPECT_EQ(received, (std::vector<std::string>{"two", "four"}));
  EXPECT_EQ(ended.error(), Errc::cancelled);
}

TEST_F(UdpSocketTest, DropsWhatItsBufferDoesNotHold) {
  constexpr std::size_t large = 60'000;
  LinkProperties properties;
  properties.mtu = 65'535;
  Lan lan{properties};
  Machine& sender = lan.add_host();
  Machine& receiver = lan.add_host();
  lan.run_on(receiver, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    co_await self.sleep_for(milliseconds{1});
    co_return Result<>{};
  });
  constexpr std::size_t fits = UdpSocket::default_receive_buffer / large;
  lan.run_on(sender, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect(bob_end_));
    for (std::size_t i = 0; i < fits + 7; ++i) EXPECT_TRUE(socket.send(Message::zeros(large)));
    co_return Result<>{};
  });
  lan.run();
  EXPECT_EQ(receiver.drops()[Drop::queue_full], 7U);
}

TEST_F(UdpSocketTest, RefusesWhatMakesNoSense) {
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_EQ(socket.send(text("to nobody")).error(), Errc::no_destination);
    EXPECT_EQ(socket.bind({Lan::address(1), 5}).error(), Errc::address_not_available);
    EXPECT_TRUE(socket.bind({{}, 5}));
    EXPECT_EQ(socket.bind({{}, 6}).error(), Errc::invalid_argument);
    UdpSocket second{self.machine()};
    EXPECT_EQ(second.bind({{}, 5}).error(), Errc::address_in_use);
    EXPECT_EQ(second.connect({Ipv4Address{9, 9, 9, 9}, 5}).error(), Errc::network_unreachable);
    EXPECT_TRUE(second.connect(bob_end_));
    EXPECT_TRUE(second.connect(bob_end_)) << "again";
    EXPECT_EQ(second.send(Message::zeros(65'508)).error(), Errc::message_too_long);
    socket.close();
    EXPECT_TRUE(UdpSocket{self.machine()}.bind({{}, 5})) << "closing frees the port";
    EXPECT_EQ(socket.send_to(bob_end_, text("late")).error(), Errc::closed);
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(alice_.first_application()->status(), ApplicationStatus::done);
}

TEST_F(UdpSocketTest, ErrorsCompareEqualToThoseOfPosix) {
  namespace posix = boost::system::errc;
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 5}));
    UdpSocket second{self.machine()};
    EXPECT_EQ(second.bind({{}, 5}).error(), posix::address_in_use);
    EXPECT_EQ(second.connect({Ipv4Address{9, 9, 9, 9}, 5}).error(), posix::network_unreachable);
    EXPECT_EQ(second.send(text("x")).error(), posix::destination_address_required);
    co_return Result<>{};
  });
  lan_.run();
}

TEST_F(UdpSocketTest, WakesAWaitingReceiverWhenItIsClosed) {
  bool is_closed = false;
  UdpSocket socket{alice_};
  lan_.run_on(alice_, [&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 5}));
    const Result<Datagram> received = co_await socket.receive();
    is_closed = received.error() == Errc::closed;
    co_return Result<>{};
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    socket.close();
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_TRUE(is_closed);
}

TEST_F(UdpSocketTest, SaysThatAMachineWithoutUdpHasNone) {
  World world;
  world.add_group("bare", 1, false);
  Machine& bare = world.add_machine({}, 0);
  UdpSocket socket{bare};
  EXPECT_EQ(socket.bind({{}, 5}).error(), Errc::no_protocol);
  EXPECT_EQ(socket.connect(bob_end_).error(), Errc::no_protocol);
}

TEST_F(UdpSocketTest, LeavesNothingBehindWhenItsMachineIsDestroyedWhileItWaits) {
  const std::size_t before = pool::live_blocks();
  {
    Lan lan;
    Machine& machine = lan.add_host();
    lan.run_on(machine, [](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind({{}, 5}));
      (void)co_await socket.receive();
      co_return Result<>{};
    });
    EXPECT_EQ(lan.run().reason, StopReason::idle);
    EXPECT_GT(pool::live_blocks(), before);
  }
  EXPECT_EQ(pool::live_blocks(), before);
}

// ===== Groups =====

class UdpGroupTest : public UdpSocketTest {
 protected:
  static constexpr Ipv4Address group{239, 1, 2, 3};
  static constexpr Ipv4Address twin{239, 129, 2, 3};  // with the same address on the link

  // Lets a machine join the group until `leaves`, and note what comes.
  void listen(Machine& machine, std::vector<std::string>& heard,
              Duration leaves = Duration::max()) {
    lan_.run_on(
        machine,
        [&heard, leaves](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          EXPECT_TRUE(socket.bind({{}, 5'000}));
          EXPECT_TRUE(socket.join(group));
          EXPECT_EQ(socket.join(group), Errc::address_in_use);
          for (;;) {
            const Result<Datagram> datagram = co_await socket.receive();
            EXPECT_EQ(datagram->local, (Endpoint{group, 5'000}));
            heard.push_back(datagram->payload.to_string());
            if (self.now() < start_of_time + leaves) continue;
            EXPECT_TRUE(socket.leave(group));
            EXPECT_EQ(socket.leave(group), Errc::address_not_available);
          }
        },
        testing_lan::server_kind);
  }
  // Alice sends "1", "2", … to `to`, a millisecond apart from 1 ms on.
  void talk(Ipv4Address to, int count, bool is_looped = true) {
    lan_.run_on(alice_, [=](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      socket.set_looped(is_looped);
      EXPECT_TRUE(socket.connect({to, 5'000}));
      for (int i = 1; i <= count; ++i) {
        co_await self.sleep_for(milliseconds{1});
        EXPECT_TRUE(socket.send(text(std::to_string(i))));
      }
      co_await self.sleep_for(milliseconds{1});
      co_return Result<>{};
    });
  }
};

TEST_F(UdpGroupTest, HearsWhatIsSentToAGroupItJoined) {
  std::vector<std::string> heard;
  listen(bob_, heard);
  talk(group, 3);
  lan_.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(alice_.drops()[Drop::no_listener], 0U);
}

TEST_F(UdpGroupTest, HearsNothingMoreWhenItHasLeft) {
  std::vector<std::string> heard;
  listen(bob_, heard, milliseconds{2});
  talk(group, 5);
  lan_.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(lan_.network.counters().frames_unknown_destination, 3U);
}

TEST_F(UdpGroupTest, DropsWhatIsForAnotherGroupWithTheSameLinkAddress) {
  std::vector<std::string> heard;
  listen(bob_, heard);
  talk(twin, 3);
  lan_.run();
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(bob_.drops()[Drop::not_for_me], 3U);
}

TEST_F(UdpGroupTest, HearsItselfUnlessItDoesNotWantTo) {
  std::vector<std::string> heard;
  listen(alice_, heard);
  talk(group, 2);
  talk(group, 2, false);
  lan_.run();
  EXPECT_EQ(heard, (std::vector<std::string>{"1", "2"}));
}

TEST_F(UdpGroupTest, LeavesItsGroupsWhenItIsClosed) {
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.join(group));
    EXPECT_TRUE(Lan::ipv4(bob_).is_member(group, bob_.taps().front()));
    socket.close();
    EXPECT_FALSE(Lan::ipv4(bob_).is_member(group, bob_.taps().front()));
    EXPECT_EQ(socket.join(group), Errc::closed);
    co_return Result<>{};
  });
  talk(group, 1);
  lan_.run();
  EXPECT_EQ(lan_.network.counters().frames_unknown_destination, 1U);
}

TEST_F(UdpGroupTest, JoinsOnlyGroupsAndOnlyOnItsOwnNetworks) {
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_EQ(socket.join(Lan::address(0)), Errc::invalid_argument);
    EXPECT_EQ(socket.join(group, Lan::address(0)), Errc::address_not_available);
    EXPECT_TRUE(socket.join(group, Lan::address(1)));
    co_return Result<>{};
  });
  lan_.run();
}

TEST_F(UdpGroupTest, GoesNoFurtherThanTheNetworkUnlessAsked) {  // RFC 1112, 6.1
  testing_lan::Ear ear{bob_};
  lan_.run_on(
      bob_,
      [&](Application& self) -> Task<Result<>> {
        Lan::ipv4(bob_).join(group, bob_.taps().front());
        co_return Lan::udp(self.machine()).listen(ear, {group, 5'000});
      },
      testing_lan::server_kind);
  for (const std::uint8_t ttl : {std::uint8_t{0}, std::uint8_t{9}}) {
    lan_.run_on(
        alice_,
        [=](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          socket.set_time_to_live(ttl);
          co_await self.sleep_for(milliseconds{1});
          co_return socket.send_to({group, 5'000}, text("x"));
        },
        testing_lan::server_kind);
  }
  lan_.run();
  ASSERT_EQ(ear.arrivals.size(), 2U);
  EXPECT_EQ(ear.arrivals[0].time_to_live, 1);
  EXPECT_EQ(ear.arrivals[1].time_to_live, 9);
}

TEST_F(UdpGroupTest, StaysOnTheMachineWithNoTimeToLive) {
  std::vector<std::string> heard[2];
  listen(alice_, heard[0]);
  listen(bob_, heard[1]);
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_multicast_time_to_live(0);
    co_await self.sleep_for(milliseconds{1});
    EXPECT_TRUE(socket.send_to({group, 5'000}, text("own")));
    UdpSocket mute{self.machine()};
    mute.set_multicast_time_to_live(0);
    mute.set_looped(false);
    EXPECT_TRUE(mute.send_to({group, 5'000}, text("nobody's")));
    socket.set_multicast_time_to_live(1);
    EXPECT_TRUE(socket.send_to({group, 5'001}, text("elsewhere")));
    EXPECT_TRUE(socket.send_to({group, 5'000}, text("all's")));
    co_await self.sleep_for(milliseconds{1});
    co_return Result<>{};
  });
  lan_.run();
  EXPECT_EQ(heard[0], (std::vector<std::string>{"own", "all's"}));
  EXPECT_EQ(heard[1], (std::vector<std::string>{"all's"}));
}

}  // namespace
}  // namespace elvis
