// SPDX-License-Identifier: MIT
#include "elvis/sockets/readiness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>

#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing_lan::Lan;
using testing_lan::text;

// A ReadyCall that notes how it ended.
struct Noted : ReadyCall {
  Noted() : ReadyCall{[](ReadyCall& self) { static_cast<Noted&>(self).note(); }} {}
  void note() {
    ++calls;
    if (then) then();
  }
  int calls = 0;
  std::function<void()> then;
};

LinkProperties far() {
  LinkProperties properties;
  properties.latency = {milliseconds{10}, milliseconds{10}};
  return properties;
}

class ReadinessTest : public testing::Test {
 protected:
  void on_alice(testing_lan::Program program) { lan_.run_on(alice_, std::move(program)); }
  // Sends `count` datagrams to port 2000 of alice, a millisecond apart from 1 ms on.
  void send_to_alice(int count, Duration apart = milliseconds{1}) {
    lan_.run_on(bob_, [=](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      EXPECT_TRUE(socket.connect({Lan::address(0), 2'000}));
      for (int i = 1; i <= count; ++i) {
        if (apart > Duration{} || i == 1) co_await self.sleep_for(milliseconds{1});
        EXPECT_TRUE(socket.send(text(std::to_string(i))));
      }
      co_return Result<>{};
    });
  }

  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
};

TEST_F(ReadinessTest, CallsAFunctionOnceForEachStart) {
  UdpSocket socket{alice_};
  Noted noted;
  on_alice([&](Application& self) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    noted.start(socket, Ready::readable);
    EXPECT_TRUE(noted.is_started());
    co_await self.sleep_for(milliseconds{10});
    EXPECT_EQ(noted.calls, 1) << "of three datagrams";
    EXPECT_FALSE(noted.is_started());
    noted.start(socket, Ready::readable);
    EXPECT_EQ(noted.calls, 1) << "never inside start()";
    co_await self.sleep_for(milliseconds{1});
    EXPECT_EQ(noted.calls, 2) << "though it was ready before";
    EXPECT_EQ(noted.outcome(), Errc{});
    co_return Result<>{};
  });
  send_to_alice(3);
  lan_.run();
  EXPECT_EQ(noted.calls, 2);
}

TEST_F(ReadinessTest, CallsNobodyWhoHasStopped) {
  UdpSocket socket{alice_};
  Noted noted;
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    noted.start(socket, Ready::readable);
    noted.stop();
    noted.start(socket, Ready::writable);  // ready at once
    noted.stop();
    co_return Result<>{};
  });
  send_to_alice(1);
  lan_.run();
  EXPECT_EQ(noted.calls, 0);
}

TEST_F(ReadinessTest, TellsAllWhoWatchAndOneWhoTakes) {
  UdpSocket socket{alice_};
  Noted watchers[20];
  std::vector<std::string> order;
  const auto read = [&](std::string name) {
    return [&, name](Application&) -> Task<Result<>> {
      const Result<Datagram> got = co_await socket.receive();
      order.push_back(name + (got ? got->payload.to_string() : got.error().message()));
      co_return Result<>{};
    };
  };
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    for (Noted& watcher : watchers) watcher.start(socket, Ready::readable);
    co_return Result<>{};
  });
  on_alice(read("a"));
  on_alice(read("b"));
  on_alice(read("c"));
  send_to_alice(2);
  lan_.run();
  for (const Noted& watcher : watchers) EXPECT_EQ(watcher.calls, 1);
  EXPECT_EQ(order, (std::vector<std::string>{"a1", "b2"}));
  socket.close();
}

TEST_F(ReadinessTest, LetsAWaitGoOnWhoseDatagramSomebodyElseTook) {
  UdpSocket socket{alice_};
  std::vector<std::string> got;
  Noted thief;
  thief.then = [&] {
    const Result<Datagram> stolen = socket.try_receive();
    got.push_back("stolen " + stolen->payload.to_string());
  };
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    thief.start(socket, Ready::readable);
    const Result<Datagram> datagram = co_await socket.receive();
    got.push_back(datagram ? datagram->payload.to_string() : datagram.error().message());
    co_return Result<>{};
  });
  send_to_alice(2);
  lan_.run();
  EXPECT_EQ(got, (std::vector<std::string>{"stolen 1", "2"}));
}

TEST_F(ReadinessTest, GivesTheDatagramOfOneWhoGoesAwayToTheNext) {
  UdpSocket socket{alice_};
  std::vector<std::string> got;
  std::optional<Task<Result<>>> first;
  Noted killer;  // comes first, and destroys a coroutine that was told and has not gone on
  killer.then = [&] { first.reset(); };
  const auto read = [](UdpSocket& from, std::vector<std::string>& to) -> Task<Result<>> {
    const Result<Datagram> datagram = co_await from.receive();
    to.push_back(datagram ? datagram->payload.to_string() : datagram.error().message());
    co_return Result<>{};
  };
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(socket.bind({{}, 2'000}));
    killer.start(socket, Ready::readable);
    first.emplace(read(socket, got));
    first->start();
    co_return co_await read(socket, got);
  });
  send_to_alice(1);
  lan_.run();
  EXPECT_EQ(got, (std::vector<std::string>{"1"}));
}

TEST_F(ReadinessTest, EndsAllWaitsOfASocketThatCancels) {
  UdpSocket socket{alice_};
  std::vector<boost::system::error_code> errors;
  Noted noted;
  for (int i = 0; i < 3; ++i) {
    on_alice([&](Application&) -> Task<Result<>> {
      if (socket.local().port == 0) EXPECT_TRUE(socket.bind({{}, 2'000}));
      const Result<Datagram> got = co_await socket.receive();
      errors.push_back(got.error());
      co_return Result<>{};
    });
  }
  on_alice([&](Application& self) -> Task<Result<>> {
    noted.start(socket, Ready::readable);
    co_await self.sleep_for(milliseconds{1});
    socket.cancel();
    EXPECT_TRUE(socket.try_receive().error() == Errc::would_block) << "it is still open";
    co_return Result<>{};
  });
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(errors, (std::vector<boost::system::error_code>(3, Errc::cancelled)));
  EXPECT_EQ(noted.calls, 1);
  EXPECT_EQ(noted.outcome(), Errc::cancelled);
}

TEST_F(ReadinessTest, EndsTheWaitsOfASocketThatIsDestroyed) {
  Lan lan{far()};
  Machine& machine = lan.add_host();
  lan.add_host();
  const auto on_alice = [&](testing_lan::Program program) {
    lan.run_on(machine, std::move(program));
  };
  auto datagrams = std::make_unique<UdpSocket>(machine);
  // What is not there any more must not be asked: something else lies in its memory then.
  alignas(UdpSocket) std::byte memory[sizeof(UdpSocket)];
  auto* const shown = new (memory) UdpSocket{machine};
  auto listener = std::make_unique<TcpListener>(machine);
  auto stream = std::make_unique<TcpSocket>(machine);
  std::vector<boost::system::error_code> errors;
  Noted noted;
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(datagrams->bind({{}, 2'000}));
    noted.start(*datagrams, Ready::readable);
    errors.push_back((co_await datagrams->receive()).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(shown->bind({{}, 2'001}));
    errors.push_back((co_await shown->receive_each([](const Message&) {})).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(listener->listen({{}, 80}));
    errors.push_back((co_await listener->accept()).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    errors.push_back((co_await stream->connect({Lan::address(1), 80})).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    errors.push_back((co_await stream->receive()).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    errors.push_back((co_await stream->flush()).error());
    co_return Result<>{};
  });
  on_alice([&](Application&) -> Task<Result<>> {
    errors.push_back((co_await stream->send(Message::zeros(10'000'000))).error());
    co_return Result<>{};
  });
  on_alice([&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(milliseconds{1});
    datagrams.reset();
    std::destroy_at(shown);
    std::ranges::fill(memory, std::byte{0xa5});
    listener.reset();
    stream.reset();
    co_return Result<>{};
  });
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  EXPECT_EQ(errors, (std::vector<boost::system::error_code>(7, Errc::closed)));
  EXPECT_EQ(noted.calls, 1);
  EXPECT_EQ(noted.outcome(), Errc::closed);
}

TEST_F(ReadinessTest, SendsWholeMessagesOfSeveralInTheOrderOfTheirCalls) {
  constexpr std::size_t size = 1'000'000;  // more than the send buffer
  std::string heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    EXPECT_TRUE(listener.listen({{}, 80}));
    Result<TcpSocketRef> peer = co_await listener.accept();
    for (;;) {
      const Result<Message> part = co_await (*peer)->receive();
      if (!part || part->empty()) break;
      heard += part->to_string();
    }
    co_return Result<>{};
  });
  TcpSocket socket{alice_};
  std::vector<char> order;
  int left = 3;
  const auto send = [&](char letter) {
    return [&, letter](Application& self) -> Task<Result<>> {
      co_await self.sleep_for(milliseconds{1});
      const Result<> sent = co_await socket.send(text(std::string(size, letter)));
      EXPECT_TRUE(sent);
      order.push_back(letter);
      if (--left == 0) EXPECT_TRUE(socket.shutdown());
      co_return Result<>{};
    };
  };
  on_alice([&](Application&) -> Task<Result<>> {
    EXPECT_TRUE(co_await socket.connect({Lan::address(1), 80}));
    co_return Result<>{};
  });
  for (const char letter : {'a', 'b', 'c'}) on_alice(send(letter));
  EXPECT_EQ(lan_.run().reason, StopReason::completed);
  EXPECT_EQ(order, (std::vector<char>{'a', 'b', 'c'}));
  EXPECT_TRUE(heard == std::string(size, 'a') + std::string(size, 'b') + std::string(size, 'c'));
}

}  // namespace
}  // namespace elvis
