// SPDX-License-Identifier: MIT
// What a program does with UNIX sockets now and then: to connect datagrams anew, to end a half of
// them, to choose where groups are, to look before taking, to keep a port.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "elvis/graph/observer.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

namespace posix = boost::system::errc;
using std::chrono::milliseconds;
using testing_lan::Ear;
using testing_lan::Internet;
using testing_lan::Lan;
using testing_lan::one_millisecond;
using testing_lan::text;

class SocketCallsTest : public testing::Test {
 protected:
  void on(Machine& machine, testing_lan::Program program) {
    lan_.run_on(machine, std::move(program));
  }
  void run() { EXPECT_EQ(lan_.run().reason, StopReason::completed); }

  // Answers `count` datagrams at `port` with their own text and the port that they came from.
  void echo_on(Machine& machine, std::uint16_t port, int count) {
    on(machine, [port, count](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind({{}, port}));
      for (int i = 0; i < count; ++i) {
        const Result<Datagram> got = co_await socket.receive();
        const std::string from = std::to_string(got->remote.port);
        EXPECT_TRUE(socket.send_to(got->remote, text(got->payload.to_string() + " " + from)));
      }
      co_return Result<>{};
    });
  }

  Lan lan_{one_millisecond()};
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  Machine& carol_ = lan_.add_host();
  const Endpoint bob_end_{Lan::address(1), 7};
  const Endpoint carol_end_{Lan::address(2), 7};
};

// ===== Datagrams: connected anew =====

TEST_F(SocketCallsTest, ADatagramSocketIsConnectedToOneAfterTheOther) {
  echo_on(bob_, 7, 2);
  echo_on(carol_, 7, 1);
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.disconnect().error() == posix::not_connected);
    EXPECT_TRUE(socket.connect(bob_end_));
    EXPECT_TRUE(socket.connect(bob_end_)) << "again";
    const Endpoint own = socket.local();
    const std::string port = std::to_string(own.port);
    EXPECT_TRUE(socket.send(text("to bob")));
    EXPECT_EQ((co_await socket.receive())->payload.to_string(), "to bob " + port);
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_EQ(socket.remote(), carol_end_);
    EXPECT_EQ(socket.local(), own) << "the port stays";
    EXPECT_TRUE(socket.send(text("to carol")));
    EXPECT_EQ((co_await socket.receive())->payload.to_string(), "to carol " + port);
    EXPECT_TRUE(socket.connect({Ipv4Address{10, 0, 0, 99}, 7}).error() ==
                Errc::network_unreachable);
    EXPECT_EQ(socket.remote(), carol_end_) << "as before";
    EXPECT_TRUE(socket.connect({Ipv4Address::broadcast(), 7}).error() == posix::permission_denied);
    EXPECT_TRUE(socket.send_to(bob_end_, text("beside"))) << "from the same port";
    EXPECT_TRUE(socket.disconnect());
    EXPECT_EQ(socket.remote(), Endpoint{});
    EXPECT_EQ((co_await socket.receive())->payload.to_string(), "beside " + port);
    EXPECT_TRUE(socket.send(text("x")).error() == posix::destination_address_required);
    socket.close();
    EXPECT_TRUE(socket.disconnect().error() == Errc::closed);
    EXPECT_TRUE(socket.connect(bob_end_).error() == Errc::closed);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, AConnectedDatagramSocketHearsOnlyWhomItIsConnectedTo) {
  on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 7}));
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_EQ((co_await socket.receive())->payload.to_string(), "from carol");
    EXPECT_EQ(socket.try_receive().error(), Errc::would_block) << "what alice sent came before";
    EXPECT_TRUE(socket.disconnect());
    EXPECT_EQ((co_await socket.receive())->payload.to_string(), "from alice again");
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.send_to(bob_end_, text("from alice")));
    co_await self.sleep_for(milliseconds{10});
    EXPECT_TRUE(socket.send_to(bob_end_, text("from alice again")));
    co_return Result<>{};
  });
  on(carol_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind(carol_end_));
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.send_to(bob_end_, text("from carol")));
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(bob_.drops()[Drop::no_listener], 1U);
}

TEST_F(SocketCallsTest, ADatagramSocketForgetsTheErrorOfWhoItWasConnectedTo) {
  echo_on(carol_, 7, 1);
  on(alice_, [&](Application&) -> Task<Result<>> {
    UdpSocket socket{alice_};
    EXPECT_TRUE(socket.connect(bob_end_));
    socket.failed({Errc::refused, true, {socket.local(), bob_end_}, {}, 3, 3});
    EXPECT_TRUE(has(socket.ready(), Ready::readable));
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_FALSE(has(socket.ready(), Ready::readable));
    EXPECT_TRUE(socket.send(text("well")));
    EXPECT_TRUE(co_await socket.receive());
    socket.failed({Errc::refused, true, {socket.local(), carol_end_}, {}, 3, 3});
    EXPECT_TRUE(socket.disconnect());
    EXPECT_TRUE(socket.try_receive().error() == posix::operation_would_block);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, AnErrorEndsToSeeEachDatagram) {
  echo_on(carol_, 7, 1);
  UdpSocket socket{alice_};
  std::size_t seen = 0;
  on(alice_, [&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_TRUE(socket.send(text("well")));
    const Result<> ended = co_await socket.receive_each([&](const Message&) { ++seen; });
    EXPECT_TRUE(ended.error() == posix::connection_refused);
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{100});
    socket.failed({Errc::refused, true, {socket.local(), carol_end_}, {}, 3, 3});
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(seen, 1U);
}

// As on Linux.
TEST_F(SocketCallsTest, NobodysAddressIsTheMachineItselfAndPortZeroIsNobody) {
  echo_on(alice_, 7, 2);
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.send_to({bob_end_.address, 0}, text("x")).error() ==
                posix::invalid_argument);
    EXPECT_TRUE(socket.send_to({{}, 7}, text("me")));
    const Result<Datagram> echo = co_await socket.receive();
    EXPECT_EQ(echo->remote, (Endpoint{Ipv4Address{127, 0, 0, 1}, 7}));
    EXPECT_TRUE(socket.connect({{}, 7}));
    EXPECT_EQ(socket.remote(), echo->remote);
    EXPECT_TRUE(socket.send(text("me")));
    EXPECT_TRUE(co_await socket.receive());

    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}));
    TcpSocket stream{self.machine()};
    EXPECT_TRUE(co_await stream.connect({{}, 80}));
    EXPECT_EQ(stream.remote(), (Endpoint{Ipv4Address{127, 0, 0, 1}, 80}));
    co_return Result<>{};
  });
  run();
}

// What IP_RECVERR and MSG_ERRQUEUE tell.
TEST_F(SocketCallsTest, ADatagramSocketLearnsWhichOfItsDatagramsWasRefusedAndByWhom) {
  for (Machine* const machine : {&alice_, &bob_, &carol_}) {
    lan_.world.add_protocol<Icmp>(*machine, Lan::ipv4(*machine));
  }
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.try_receive_error().error() == posix::operation_would_block);
    socket.set_receive_errors(true);
    const Endpoint ends[] = {bob_end_, carol_end_};  // of which nobody is there
    for (const Endpoint& end : ends) EXPECT_TRUE(socket.send_to(end, text("well?")));
    for (const Endpoint& end : ends) {
      EXPECT_TRUE((co_await socket.receive()).error() == posix::connection_refused);
      const Result<DeliveryError> error = socket.try_receive_error();
      EXPECT_TRUE(error);
      if (!error) co_return error.error();
      EXPECT_EQ(error->code, Errc::refused);
      EXPECT_EQ(error->endpoints.remote, end);
      EXPECT_EQ(error->endpoints.local.port, socket.local().port);
      EXPECT_EQ(error->reporter, end.address);
      EXPECT_EQ(error->icmp_type, 3);
      EXPECT_EQ(error->icmp_code, 3);
    }
    EXPECT_TRUE(socket.try_receive_error().error() == posix::operation_would_block);
    // It goes on as before, and keeps so many.
    const DeliveryError soft{Errc::host_unreachable, false, {socket.local(), bob_end_}, {}, 3, 1};
    for (int k = 0; k < 100; ++k) socket.failed(soft);
    EXPECT_TRUE(socket.try_receive().error() == posix::host_unreachable);
    EXPECT_TRUE(socket.try_receive().error() == posix::operation_would_block);
    int kept = 0;
    while (socket.try_receive_error()) ++kept;
    EXPECT_EQ(kept, 64);
    socket.set_receive_errors(false);
    socket.failed(soft);
    EXPECT_TRUE(socket.try_receive().error() == posix::operation_would_block);
    socket.close();
    EXPECT_TRUE(socket.try_receive_error().error() == posix::bad_file_descriptor);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, AConnectedSocketLetsGoOfThePortThatItWasBoundTo) {
  on(alice_, [&](Application& self) -> Task<Result<>> {
    {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind({{}, 5'000}));
      EXPECT_TRUE(socket.connect(bob_end_));
      EXPECT_EQ(socket.local(), (Endpoint{Lan::address(0), 5'000}));
      EXPECT_TRUE(socket.disconnect());
      EXPECT_EQ(socket.local(), (Endpoint{{}, 5'000}));
      EXPECT_TRUE(socket.connect(bob_end_));
    }
    UdpSocket next{self.machine()};
    EXPECT_TRUE(next.bind({{}, 5'000}));
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, ADatagramGoesWhereTheSocketIsConnectedToByNameToo) {
  echo_on(bob_, 7, 2);
  on(alice_, [&](Application&) -> Task<Result<>> {
    UdpSocket socket{alice_};
    EXPECT_TRUE(socket.connect(bob_end_));
    EXPECT_TRUE(socket.send_to(bob_end_, text("named")));
    EXPECT_TRUE(co_await socket.receive());
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_TRUE(socket.send_to(bob_end_, text("named")));
    EXPECT_TRUE(socket.disconnect()) << "or it would hear only carol";
    EXPECT_TRUE(co_await socket.receive());
    co_return Result<>{};
  });
  run();
}

// ===== Datagrams: halves =====

TEST_F(SocketCallsTest, ADatagramSocketEndsEitherHalf) {
  echo_on(bob_, 7, 1);
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::both).error() == posix::not_connected);
    EXPECT_TRUE(socket.connect(bob_end_));
    EXPECT_TRUE(socket.send(text("last")));
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::write));
    EXPECT_TRUE(socket.send(text("x")).error() == posix::broken_pipe);
    EXPECT_TRUE(socket.send_to(bob_end_, text("x")).error() == posix::broken_pipe);
    EXPECT_TRUE(socket.send_to(carol_end_, text("x")).error() == posix::broken_pipe);
    co_await self.sleep_for(milliseconds{10});
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::read));
    EXPECT_TRUE(co_await socket.receive()) << "what was there";
    EXPECT_TRUE((co_await socket.receive()).error() == posix::broken_pipe);
    EXPECT_TRUE(socket.connect(carol_end_));
    EXPECT_TRUE(socket.try_receive().error() == posix::operation_would_block) << "all is as new";
    EXPECT_TRUE(socket.send(text("x")));
    socket.close();
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::both).error() == Errc::closed);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, ShuttingDownWakesWhoReceivesDatagrams) {
  UdpSocket socket{alice_};
  int ended = 0;
  for (int i = 0; i < 2; ++i) {
    on(alice_, [&](Application& self) -> Task<Result<>> {
      if (socket.remote() == Endpoint{}) EXPECT_TRUE(socket.connect(bob_end_));
      co_await self.sleep_for(milliseconds{1});
      EXPECT_TRUE((co_await socket.receive()).error() == posix::broken_pipe);
      ++ended;
      co_return Result<>{};
    });
  }
  on(alice_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::read));
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(ended, 2);
}

// ===== Datagrams: handed over =====

// The coroutine goes on inside the call that brings the datagram, and takes everything down.
TEST_F(SocketCallsTest, WhoIsHandedADatagramMayDestroyTheSocket) {
  int heard = 0;
  on(bob_, [&](Application& self) -> Task<Result<>> {
    for (int i = 0; i < 3; ++i) {
      auto socket = std::make_unique<UdpSocket>(self.machine());
      EXPECT_TRUE(socket->bind({{}, 7}));
      const Result<Datagram> got = co_await with_timeout(socket->receive(), milliseconds{50});
      socket.reset();
      EXPECT_EQ(got->payload.to_string(), "datagram");
      EXPECT_EQ(got->local, bob_end_);
      ++heard;
    }
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(socket.send_to(bob_end_, text("datagram")));
      co_await self.sleep_for(milliseconds{10});
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard, 3);
}

TEST_F(SocketCallsTest, WhoWaitsFirstIsHandedTheDatagramWhoeverElseWatches) {
  std::string order;
  UdpSocket socket{bob_};
  for (const char name : {'a', 'b'}) {
    on(bob_, [&, name](Application&) -> Task<Result<>> {
      if (socket.local().port == 0) EXPECT_TRUE(socket.bind({{}, 7}));
      for (int i = 0; i < 2; ++i) {
        const Result<Datagram> got = co_await socket.receive();
        order += name + got->payload.to_string();
      }
      co_return Result<>{};
    });
  }
  on(bob_, [&](Application& self) -> Task<Result<>> {
    Watch watches[] = {{socket}};
    EXPECT_EQ(*co_await wait_any(self.machine(), watches), 0U);
    order += 'w';
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket sender{self.machine()};
    for (const char* const word : {"1", "2", "3", "4"}) {
      EXPECT_TRUE(sender.send_to(bob_end_, text(word)));
      co_await self.sleep_for(milliseconds{2});
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(order, "a1wb2a3b4");
}

// ===== Groups on one of several networks =====

TEST(SocketGroupsTest, AGroupIsSentToWhereTheProgramWants) {
  Internet net;
  net.add_network();
  net.add_network();
  Machine& sender = net.add("sender", 1, {0, 1});
  std::vector<std::string> heard[2];
  const Ipv4Address group{239, 1, 1, 1};
  for (std::size_t k = 0; k < 2; ++k) {
    Machine& machine = net.add("hears" + std::to_string(k), 2, {k});
    net.run_on(machine, [&, k](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind({{}, 7}));
      EXPECT_TRUE(socket.join(group));
      for (;;) {
        const Result<Datagram> got = co_await socket.receive();
        heard[k].push_back(got->payload.to_string() + " from " + got->remote.address.to_string());
      }
    });
  }
  net.run_on(sender, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.send_to({group, 7}, text("usual")));
    EXPECT_TRUE(socket.set_multicast_interface({10, 0, 7, 1}).error() ==
                posix::address_not_available);
    EXPECT_TRUE(socket.set_multicast_interface(Internet::at(1, 1)));
    EXPECT_TRUE(socket.send_to({group, 7}, text("chosen")));
    EXPECT_TRUE(socket.set_multicast_interface({}));
    EXPECT_TRUE(socket.send_to({group, 7}, text("again")));
    co_return Result<>{};
  });
  net.run();
  EXPECT_EQ(heard[0], (std::vector<std::string>{"usual from 10.0.0.1", "again from 10.0.0.1"}));
  EXPECT_EQ(heard[1], (std::vector<std::string>{"chosen from 10.0.1.1"}));
}

// ===== The byte of service =====

TEST_F(SocketCallsTest, DatagramsAndSegmentsCarryTheByteOfServiceThatWasAskedFor) {
  struct Bytes final : Observer {
    std::vector<int> service;
    void frame_sent(const Tap&, const Message& frame, Time) override {
      service.push_back(frame[15]);
    }
    void frame_delivered(const Tap&, const Message&, Time) override {}
    void dropped(const Machine&, Drop, const Message&, Time) override {}
  } seen;
  lan_.world.observe(seen);
  on(alice_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    socket.set_type_of_service(0x2e << 2);
    EXPECT_TRUE(socket.send_to({Lan::address(1), 9}, text("x")));
    EXPECT_EQ(seen.service, (std::vector<int>{0xb8}));
    TcpSocket stream{self.machine()};
    stream.set_type_of_service(0x13);  // two bits are TCP's
    EXPECT_FALSE(co_await stream.connect({Lan::address(1), 9}));
    EXPECT_EQ(seen.service.at(1), 0x10);
    co_return Result<>{};
  });
  run();
}

// ===== Streams: looking, and keeping a port =====

TEST_F(SocketCallsTest, AStreamIsLookedAtBeforeItIsTaken) {
  on(bob_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}));
    const Result<TcpSocketRef> peer = co_await listener.accept();
    EXPECT_TRUE(co_await (*peer)->send(text("GET /")));
    co_return Result<>{};
  });
  on(alice_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_TRUE(socket.peek().error() == posix::not_connected);
    EXPECT_TRUE(co_await socket.connect({Lan::address(1), 80}));
    EXPECT_TRUE(socket.peek().error() == posix::operation_would_block);
    const Time before = self.now();
    EXPECT_TRUE((co_await socket.receive(0))->empty()) << "asks for nothing";
    EXPECT_TRUE(socket.try_receive(0)->empty());
    EXPECT_EQ(self.now(), before);
    Watch watches[] = {{socket}};
    EXPECT_TRUE(co_await wait_any(self.machine(), watches));
    EXPECT_EQ(socket.peek(3)->to_string(), "GET");
    EXPECT_EQ(socket.peek()->to_string(), "GET /");
    EXPECT_EQ((co_await socket.receive())->to_string(), "GET /");
    EXPECT_TRUE((co_await socket.receive())->empty());
    EXPECT_TRUE(socket.peek()->empty()) << "the end";
    socket.close();
    EXPECT_TRUE(socket.peek().error() == Errc::closed);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, AStreamGoesToOneMachine) {
  on(alice_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    for (const Ipv4Address several : {Ipv4Address{224, 1, 2, 3}, Ipv4Address::broadcast()}) {
      EXPECT_TRUE((co_await socket.connect({several, 80})).error() == posix::network_unreachable);
    }
    EXPECT_TRUE((co_await socket.connect({Lan::address(1), 80})).error() ==
                posix::connection_refused)
        << "it may be tried elsewhere";
    // To itself, without a listener: both ends are one.
    EXPECT_TRUE(socket.bind({Lan::address(0), 5'000}).error() == posix::invalid_argument);
    TcpSocket mirror{self.machine()};
    EXPECT_TRUE(mirror.bind({Lan::address(0), 5'000}));
    EXPECT_TRUE(co_await mirror.connect({Lan::address(0), 5'000}));
    EXPECT_TRUE(co_await mirror.send(text("echo")));
    EXPECT_EQ((co_await mirror.receive())->to_string(), "echo");
    EXPECT_TRUE(mirror.shutdown());
    EXPECT_TRUE((co_await mirror.receive())->empty());
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, ABoundPortIsOneSocketsUntilItIsClosed) {
  on(alice_, [&](Application& self) -> Task<Result<>> {
    TcpSocket first{self.machine()};
    EXPECT_TRUE(first.bind({{}, 4'000}));
    EXPECT_EQ(first.local(), (Endpoint{{}, 4'000}));
    EXPECT_TRUE(first.bind({{}, 4'001}).error() == posix::invalid_argument);
    TcpSocket second{self.machine()};
    EXPECT_TRUE(second.bind({{}, 4'000}).error() == posix::address_in_use);
    EXPECT_TRUE(second.bind({Lan::address(0), 4'000}).error() == posix::address_in_use);
    EXPECT_TRUE(second.bind({Lan::address(1), 4'000}).error() == posix::address_not_available);
    second.set_reuse_address(true);
    EXPECT_TRUE(second.bind({{}, 4'000}).error() == posix::address_in_use) << "both must want it";
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 4'000}).error() == posix::address_in_use);
    EXPECT_TRUE(second.bind({{}, 4'001}));
    TcpSocket third{self.machine()};
    third.set_reuse_address(true);
    EXPECT_TRUE(third.bind({{}, 4'001})) << "both reuse it";
    EXPECT_TRUE(listener.listen({{}, 4'001}).error() == posix::address_in_use);
    first.close();
    EXPECT_TRUE(listener.listen({{}, 4'000}));
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, ABoundPortStaysWhileItsSocketConnectsAndIsChosenForNobodyElse) {
  on(alice_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({}));
    const std::uint16_t port = socket.local().port;
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE((co_await socket.connect({Lan::address(1), 80})).error() ==
                  posix::connection_refused);
      EXPECT_EQ(socket.local().port, port);
    }
    TcpSocket other{self.machine()};
    EXPECT_TRUE(other.bind({{}, port}).error() == posix::address_in_use);
    // Next to be chosen would be the same port, were it not kept.
    const Result<std::uint16_t> chosen = Lan::tcp(alice_).ephemeral_port();
    TcpSocket kept{self.machine()};
    EXPECT_TRUE(kept.bind({{}, static_cast<std::uint16_t>(*chosen + 1)}));
    EXPECT_EQ(*Lan::tcp(alice_).ephemeral_port(), *chosen + 2);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketCallsTest, AMachineWithoutTcpKeepsNoPort) {
  lan_.world.add_group("bare", 1, false);
  Network* const networks[] = {&lan_.network};
  Machine& bare = lan_.world.add_machine(networks, 1);
  TcpSocket socket{bare};
  EXPECT_TRUE(socket.bind({{}, 80}).error() == posix::protocol_not_supported);
}

}  // namespace
}  // namespace elvis
