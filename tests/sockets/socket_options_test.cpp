// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <vector>

#include "elvis/sockets/names.hpp"
#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
#include "internet.hpp"

namespace elvis {
namespace {

namespace posix = boost::system::errc;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_lan::Internet;
using testing_lan::Lan;
using testing_lan::one_millisecond;
using testing_lan::text;

class SocketOptionsTest : public testing::Test {
 protected:
  void on_alice(testing_lan::Program program) { lan_.run_on(alice_, std::move(program)); }
  // Runs `talk` with the first connection to port 80 of bob.
  void on_bob(std::function<Task<Result<>>(Application&, TcpSocket&)> talk) {
    lan_.run_on(bob_, [talk = std::move(talk)](Application& self) -> Task<Result<>> {
      TcpListener listener{self.machine()};
      EXPECT_TRUE(listener.listen({{}, 80}));
      Result<TcpSocketRef> peer = co_await listener.accept();
      co_return co_await talk(self, **peer);
    });
  }
  void run() { EXPECT_EQ(lan_.run().reason, StopReason::completed); }

  Lan lan_{one_millisecond()};
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Endpoint bob_end_{Lan::address(1), 80};
};

// ===== Names and time limits =====

TEST_F(SocketOptionsTest, ConnectsToAMachineByName) {
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    const Result<> sent = co_await peer.send(text("found"));
    co_return sent;
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_TRUE((co_await socket.connect("nobody", 80)).error() == Errc::unknown_name);
    EXPECT_TRUE(co_await socket.connect("host1", 80));
    EXPECT_EQ(socket.remote(), bob_end_);
    EXPECT_EQ((co_await socket.receive())->to_string(), "found");
    UdpSocket datagrams{self.machine()};
    EXPECT_TRUE(datagrams.connect("nobody", 5).error() == Errc::unknown_name);
    EXPECT_TRUE(datagrams.connect("10.0.0.2", 5));
    EXPECT_EQ(datagrams.remote(), (Endpoint{Lan::address(1), 5}));
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, ResolvesMachinesOfCountedSections) {
  World world;
  Network& network = world.add_network("lan", {});
  Network* const networks[] = {&network};
  world.add_group("web", 3, true);
  std::vector<Machine*> made;
  for (std::uint32_t i = 0; i < 3; ++i) {
    made.push_back(&world.add_machine(networks, 1));
    world.claim(made.back()->taps().front(),
                Ipv4Address{10, 0, 0, static_cast<std::uint8_t>(i + 1)});
  }
  world.add_group("web-2b", 1, false);
  Machine& bare = world.add_machine({}, 1);
  EXPECT_EQ(*resolve(bare, "web-2"), (Ipv4Address{10, 0, 0, 3}));
  EXPECT_EQ(*resolve(bare, "10.1.2.3"), (Ipv4Address{10, 1, 2, 3}));
  EXPECT_EQ(*resolve(bare, "localhost"), (Ipv4Address{127, 0, 0, 1}));
  for (const char* const name : {"web", "web-3", "web-02", "web-", "web-2x", "", "10.1.2"}) {
    EXPECT_TRUE(resolve(bare, name).error() == Errc::unknown_name) << name;
  }
  EXPECT_TRUE(resolve(bare, "web-2b").error() == Errc::address_not_available);
}

TEST_F(SocketOptionsTest, GivesUpConnectingInTimeAndMayTryAgain) {
  Internet net;
  LinkProperties slow;
  slow.latency = {seconds{1}, seconds{1}};
  net.add_network(slow);
  Machine& near = net.add("near", 1, {0});
  Machine& far = net.add("far", 2, {0});
  const TcpSettings settings;
  for (Machine* const machine : {&near, &far}) {
    net.world.add_protocol<Tcp>(*machine, Lan::ipv4(*machine), settings);
  }
  net.run_on(far, [](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}));
    for (;;) (void)co_await listener.accept();
  });
  int passed = 0;
  net.run_on(near, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    const Endpoint remote{Internet::at(0, 2), 80};
    const Result<> late = co_await socket.connect(remote, milliseconds{1'500});
    EXPECT_TRUE(late.error() == posix::timed_out);
    EXPECT_EQ(self.now() - start_of_time, milliseconds{1'500});
    EXPECT_TRUE((co_await socket.send(text("x"))).error() == posix::not_connected);
    EXPECT_TRUE(co_await socket.connect(remote, seconds{3}));
    ++passed;
    co_return Result<>{};
  });
  net.run();
  EXPECT_EQ(passed, 1);
}

TEST_F(SocketOptionsTest, TriesAgainWhereItWasRefused) {
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{10});
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}));
    EXPECT_TRUE(co_await listener.accept());
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    const Result<> refused = co_await socket.connect(bob_end_);
    EXPECT_TRUE(refused.error() == posix::connection_refused);
    EXPECT_TRUE(std::error_code{refused.error()} == std::errc::connection_refused);
    co_await self.sleep_for(milliseconds{20});
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    EXPECT_TRUE((co_await socket.connect(bob_end_)).error() == posix::already_connected);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, ConnectsOnceAtATime) {
  on_bob([](Application&, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_TRUE((co_await peer.receive())->empty());
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_TRUE(socket.start_connecting(bob_end_));
    const Result<> second = co_await socket.connect(bob_end_);
    EXPECT_TRUE(second.error() == posix::connection_already_in_progress);
    Watch connected[] = {{socket, Ready::connected}};
    EXPECT_TRUE(co_await wait_any(self.machine(), connected));
    EXPECT_TRUE((co_await socket.connect(bob_end_)).error() == posix::already_connected);
    co_return Result<>{};
  });
  run();
}

// ===== Halves of a stream =====

// As Linux has it: what the other end sent before it said that it was done can be read, then comes
// the end; only sending fails, and with EPIPE.
TEST_F(SocketOptionsTest, ReadsToTheEndOfAStreamThatIsThenReset) {
  on_bob([](Application& self, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_TRUE(co_await peer.send(text("last words")));
    EXPECT_TRUE(peer.shutdown());
    co_await self.sleep_for(milliseconds{10});
    peer.abort();
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    co_await self.sleep_for(milliseconds{100});
    EXPECT_TRUE((co_await socket.send(text("x"))).error() == posix::broken_pipe);
    EXPECT_EQ((co_await socket.receive())->to_string(), "last words");
    for (int i = 0; i < 2; ++i) {
      const Result<Message> end = co_await socket.receive();
      EXPECT_TRUE(end && end->empty());
      const Result<Message> peeked = socket.peek(1);
      EXPECT_TRUE(peeked && peeked->empty());
    }
    EXPECT_TRUE((co_await socket.send(text("x"))).error() == posix::broken_pipe);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, EndsEitherHalfOfAStream) {
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_EQ((co_await peer.receive())->to_string(), "question");
    EXPECT_TRUE((co_await peer.receive())->empty()) << "alice writes no more";
    EXPECT_TRUE(co_await peer.send(text("answer")));
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    TcpSocket socket{alice_};
    EXPECT_TRUE(socket.shutdown().error() == posix::not_connected);
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    EXPECT_TRUE(co_await socket.send(text("question")));
    EXPECT_TRUE(socket.shutdown(TcpSocket::Half::write));
    EXPECT_TRUE((co_await socket.send(text("more"))).error() == posix::broken_pipe);
    EXPECT_EQ((co_await socket.receive(3))->to_string(), "ans") << "never more than asked";
    EXPECT_TRUE(socket.shutdown(TcpSocket::Half::read));
    EXPECT_EQ((co_await socket.receive())->to_string(), "wer") << "what was there";
    EXPECT_TRUE((co_await socket.receive())->empty());
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, WakesWhoReceivesWhenReadingIsShutDown) {
  TcpSocket socket{alice_};
  int ended = 0;
  on_bob([&](Application& self, TcpSocket&) -> Task<Result<>> {
    co_await self.sleep_for(seconds{1});
    co_return Result<>{};
  });
  for (int i = 0; i < 2; ++i) {
    on_alice([&](Application& self) -> Task<Result<>> {
      if (!socket.is_connected() && socket.session() == nullptr) {
        EXPECT_TRUE(co_await socket.connect(bob_end_));
      }
      co_await self.sleep_for(milliseconds{10});
      const Result<Message> end = co_await socket.receive();
      EXPECT_TRUE(end && end->empty());
      ++ended;
      co_return Result<>{};
    });
  }
  on_alice([&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{50});
    EXPECT_TRUE(socket.shutdown(TcpSocket::Half::both));
    co_await self.sleep_for(Duration{1});
    EXPECT_EQ(ended, 2);
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(ended, 2);
}

// ===== Reading so many bytes, or up to a delimiter =====

TEST_F(SocketOptionsTest, ReadsExactlySoMuchOrUpToADelimiter) {
  on_bob([&](Application& self, TcpSocket& peer) -> Task<Result<>> {
    for (const char* const part : {"first\r", "\nsec", "ond\n12345", "678rest", "end"}) {
      EXPECT_TRUE(co_await peer.send(text(part)));
      co_await self.sleep_for(milliseconds{5});
    }
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    TcpSocket socket{alice_};
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    StreamReader reader{socket};
    EXPECT_EQ((co_await reader.read_until("\r\n"))->to_string(), "first\r\n");
    EXPECT_EQ(*co_await reader.read_line(), "second");
    EXPECT_EQ((co_await reader.read_exact(8))->to_string(), "12345678");
    EXPECT_TRUE((co_await reader.read_until("", 5)).error() == posix::invalid_argument);
    EXPECT_TRUE((co_await reader.read_until("#", 3)).error() == posix::message_size);
    EXPECT_EQ((co_await reader.read(2))->to_string(), "re") << "nothing is lost";
    EXPECT_TRUE((co_await reader.read_exact(50)).error() == Errc::end_of_stream);
    EXPECT_EQ(reader.take_kept().to_string(), "stend");
    EXPECT_TRUE((co_await read_exact(socket, 1)).error() == Errc::end_of_stream);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, FindsADelimiterExactlyAtTheLimit) {
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_TRUE(co_await peer.send(text("abc\nabcd\n")));
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    TcpSocket socket{alice_};
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    StreamReader reader{socket};
    EXPECT_EQ(*co_await reader.read_line(4), "abc");
    EXPECT_TRUE((co_await reader.read_line(4)).error() == Errc::message_too_long);
    EXPECT_EQ(*co_await reader.read_line(5), "abcd");
    co_return Result<>{};
  });
  run();
}

// ===== Addresses in use =====

TEST_F(SocketOptionsTest, BindsWhileConnectionsAreInTimeWaitOnlyIfItReusesAddresses) {
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_TRUE((co_await peer.receive())->empty());
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    const Endpoint own{Lan::address(0), 4'000};
    {
      TcpSocket socket{self.machine()};
      EXPECT_TRUE(socket.bind(own));
      EXPECT_TRUE(co_await socket.connect(bob_end_));
    }
    co_await self.sleep_for(milliseconds{100});
    EXPECT_EQ(Lan::tcp(alice_).session_count(), 1U) << "in TIME-WAIT";
    TcpSocket next{self.machine()};
    EXPECT_TRUE(next.bind(own).error() == posix::address_in_use);
    TcpListener refused{self.machine()};
    EXPECT_TRUE(refused.listen({{}, 4'000}).error() == posix::address_in_use);
    TcpListener listener{self.machine()};
    listener.set_reuse_address(true);
    EXPECT_TRUE(listener.listen({{}, 4'000}));
    next.set_reuse_address(true);
    EXPECT_TRUE(next.bind(own).error() == posix::address_in_use) << "somebody listens there";
    listener.close();
    EXPECT_TRUE(next.bind(own));
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, SharesAPortOfAGroupAmongSocketsThatReuseIt) {
  const Ipv4Address group{239, 1, 1, 1};
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket alone{self.machine()};
    EXPECT_TRUE(alone.bind({{}, 4'999}));
    UdpSocket second{self.machine()};
    second.set_reuse_address(true);
    EXPECT_TRUE(second.bind({{}, 4'999}).error() == posix::address_in_use) << "both must want it";
    UdpSocket a{self.machine()};
    UdpSocket b{self.machine()};
    for (UdpSocket* const socket : {&a, &b}) {
      socket->set_reuse_address(true);
      EXPECT_TRUE(socket->bind({{}, 5'000}));
      EXPECT_TRUE(socket->join(group));
    }
    co_await self.sleep_for(milliseconds{20});
    for (UdpSocket* const socket : {&a, &b}) {
      while (const Result<Datagram> got = socket->try_receive()) {
        heard.push_back((socket == &a ? "a " : "b ") + got->payload.to_string());
      }
    }
    b.close();
    co_await self.sleep_for(milliseconds{20});
    while (const Result<Datagram> got = a.try_receive()) {
      heard.push_back("a " + got->payload.to_string());
    }
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.send_to({group, 5'000}, text("all")));
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.send_to({Lan::address(1), 5'000}, text("one")));
    co_await self.sleep_for(milliseconds{20});
    EXPECT_TRUE(socket.send_to({group, 5'000}, text("later")));
    co_await self.sleep_for(milliseconds{5});
    EXPECT_TRUE(socket.send_to({Lan::address(1), 5'000}, text("last")));
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard, (std::vector<std::string>{"a all", "b all", "b one", "a later", "a last"}));
}

// ===== Options of datagrams =====

TEST_F(SocketOptionsTest, SendsToAllOnlyIfItMay) {
  std::string heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    heard = (co_await socket.receive())->payload.to_string();
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    const Endpoint all{Ipv4Address::broadcast(), 2'000};
    EXPECT_TRUE(socket.send_to(all, text("no")).error() == posix::permission_denied);
    EXPECT_TRUE(socket.connect(all).error() == Errc::access_denied);
    socket.set_broadcast(true);
    EXPECT_TRUE(socket.send_to(all, text("yes")));
    socket.set_broadcast(false);
    EXPECT_TRUE(socket.send_to(all, text("no")).error() == posix::permission_denied) << "again";
    socket.set_broadcast(true);
    EXPECT_TRUE(socket.connect(all));
    socket.set_broadcast(false);
    EXPECT_TRUE(socket.send(text("connected"))) << "as on Linux";
    EXPECT_TRUE(socket.send_to(all, text("no")).error() == posix::permission_denied);
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard, "yes");
}

TEST_F(SocketOptionsTest, KeepsOnlyWhatItsReceiveBufferHolds) {
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    socket.set_receive_buffer(250);
    EXPECT_EQ(socket.receive_buffer(), 250U);
    co_await self.sleep_for(milliseconds{10});
    int got = 0;
    while (socket.try_receive()) ++got;
    EXPECT_EQ(got, 2);
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect({Lan::address(1), 2'000}));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket.send(Message::zeros(100)));
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(bob_.drops()[Drop::queue_full], 1U);
}

TEST_F(SocketOptionsTest, TellsWhichOptionsAStreamHas) {
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    peer.set_no_delay(true);
    EXPECT_TRUE(peer.no_delay());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    TcpSocket socket{alice_};
    EXPECT_FALSE(socket.no_delay());
    socket.set_no_delay(true);
    socket.set_keep_alive(seconds{9}, seconds{3}, 2);
    socket.set_receive_buffer(70'000);
    socket.set_send_buffer(80'000);
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    EXPECT_TRUE(socket.no_delay());
    EXPECT_TRUE(socket.settings().keep_alive);
    EXPECT_EQ(socket.settings().receive_buffer, 70'000U);
    EXPECT_EQ(socket.settings().send_buffer, 80'000U);
    socket.set_no_delay(false);
    EXPECT_FALSE(socket.no_delay());
    co_return Result<>{};
  });
  run();
}

// ===== Errors =====

TEST_F(SocketOptionsTest, HoldsBackSegmentsFromTheStartOnIfItIsToldSo) {
  std::vector<std::string> pieces;
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    for (;;) {
      const Result<Message> got = co_await peer.receive();
      if (!got || got->empty()) co_return Result<>{};
      pieces.push_back(got->to_string());
    }
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    socket.set_cork(true);
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    for (const char* const part : {"ab", "cd"}) {
      EXPECT_TRUE(co_await socket.send(text(part)));
      co_await self.sleep_for(milliseconds{5});
    }
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(pieces, std::vector<std::string>{"abcd"});
}

TEST_F(SocketOptionsTest, TakesTheNearestOfWhatMakesNoSense) {
  on_bob([&](Application& self, TcpSocket& peer) -> Task<Result<>> {
    EXPECT_EQ((co_await peer.receive())->to_string(), "x");
    EXPECT_TRUE(co_await peer.send(text("yes")));
    co_await self.sleep_for(seconds{1});
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    socket.set_send_buffer(0);
    socket.set_receive_buffer(0);
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    socket.set_keep_alive(Duration{0}, Duration{0},
                          ~0U);  // or probes are without end at one instant
    co_await self.sleep_for(milliseconds{100});
    EXPECT_TRUE(socket.is_connected());
    EXPECT_TRUE(co_await socket.send(text("x")));
    std::string answer;
    while (answer.size() < 3) answer += (co_await socket.receive())->to_string();
    EXPECT_EQ(answer, "yes");
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, EachErrorComparesEqualToThatOfPosix) {
  const std::pair<Errc, posix::errc_t> meanings[] = {
      {Errc::address_in_use, posix::address_in_use},
      {Errc::address_not_available, posix::address_not_available},
      {Errc::network_unreachable, posix::network_unreachable},
      {Errc::host_unreachable, posix::host_unreachable},
      {Errc::message_too_long, posix::message_size},
      {Errc::not_connected, posix::not_connected},
      {Errc::closed, posix::bad_file_descriptor},
      {Errc::cancelled, posix::operation_canceled},
      {Errc::timed_out, posix::timed_out},
      {Errc::no_protocol, posix::protocol_not_supported},
      {Errc::invalid_argument, posix::invalid_argument},
      {Errc::refused, posix::connection_refused},
      {Errc::reset, posix::connection_reset},
      {Errc::would_block, posix::operation_would_block},
      {Errc::shut_down, posix::broken_pipe},
      {Errc::already_connected, posix::already_connected},
      {Errc::in_progress, posix::connection_already_in_progress},
      {Errc::access_denied, posix::permission_denied},
      {Errc::end_of_stream, posix::no_message_available},
      {Errc::unknown_name, posix::no_such_device_or_address},
      {Errc::no_destination, posix::destination_address_required},
  };
  for (const auto& [code, condition] : meanings) {
    const boost::system::error_code error = make_error_code(code);
    EXPECT_TRUE(error == condition) << error.message();
    EXPECT_TRUE(std::error_code{error} == static_cast<std::errc>(condition)) << error.message();
    EXPECT_NE(error.message(), "unknown error");
  }
}

TEST_F(SocketOptionsTest, TellsOfAResetAndOfNothingToDo) {
  on_bob([&](Application& self, TcpSocket& peer) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{10});
    peer.abort();
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    TcpListener idle{self.machine()};
    EXPECT_TRUE(idle.try_accept().error() == posix::invalid_argument);
    EXPECT_TRUE(idle.listen({{}, 0}));
    EXPECT_NE(idle.local().port, 0);
    EXPECT_TRUE(idle.try_accept().error() == posix::operation_would_block);
    TcpSocket socket{self.machine()};
    EXPECT_TRUE(socket.try_receive().error() == posix::not_connected);
    EXPECT_TRUE(co_await socket.connect(bob_end_));
    EXPECT_TRUE(socket.try_receive().error() == posix::operation_would_block);
    Message much = Message::zeros(5'000'000);
    EXPECT_TRUE(socket.try_send(much));
    EXPECT_TRUE(socket.try_send(much).error() == posix::operation_would_block);
    for (;;) {
      const Result<Message> got = co_await socket.receive();
      EXPECT_TRUE(got.error() == posix::connection_reset);
      break;
    }
    socket.close();
    EXPECT_TRUE((co_await socket.receive()).error() == posix::bad_file_descriptor);
    EXPECT_TRUE((co_await socket.send(text("x"))).error() == Errc::closed);
    EXPECT_TRUE((co_await socket.flush()).error() == Errc::closed);
    EXPECT_TRUE(socket.bind({}).error() == Errc::closed);
    EXPECT_TRUE((co_await socket.connect(bob_end_)).error() == Errc::closed);
    EXPECT_TRUE(socket.shutdown().error() == Errc::closed);
    co_return Result<>{};
  });
  run();
}

TEST_F(SocketOptionsTest, SaysThatAMachineWithoutTcpHasNone) {
  World world;
  world.add_group("bare", 1, false);
  Machine& bare = world.add_machine({}, 0);
  TcpSocket socket{bare};
  EXPECT_TRUE(socket.bind({{}, 5}).error() == posix::protocol_not_supported);
  EXPECT_TRUE(socket.start_connecting({Ipv4Address{1, 2, 3, 4}, 5}).error() == Errc::no_protocol);
  TcpListener listener{bare};
  EXPECT_TRUE(listener.listen({{}, 5}).error() == Errc::no_protocol);
}

}  // namespace
}  // namespace elvis
