// SPDX-License-Identifier: MIT
#include "elvis/sockets/tcp_socket.hpp"

#include <gtest/gtest.h>

#include "elvis/sockets/tcp_listener.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing_lan::Lan;
using testing_lan::one_millisecond;
using testing_lan::text;

class TcpSocketTest : public testing::Test {
 protected:
  // Runs `serve` with the first connection to port 80 of bob.
  void on_bob(std::function<Task<Result<>>(Application&, TcpSocket&)> serve) {
    lan_.run_on(bob_, [serve = std::move(serve)](Application& self) -> Task<Result<>> {
      TcpListener listener{self.machine()};
      EXPECT_TRUE(listener.listen({{}, 80}));
      Result<TcpSocketRef> peer = co_await listener.accept();
      EXPECT_TRUE(peer);
      if (!peer) co_return peer.error();
      co_return co_await serve(self, **peer);
    });
  }
  void on_alice(std::function<Task<Result<>>(Application&, TcpSocket&)> program) {
    lan_.run_on(alice_, [this, program = std::move(program)](Application& self) -> Task<Result<>> {
      TcpSocket socket{self.machine()};
      const Result<> connected = co_await socket.connect(bob_end_);
      EXPECT_TRUE(connected);
      if (!connected) co_return connected.error();
      co_return co_await program(self, socket);
    });
  }
  void run() {
    EXPECT_EQ(lan_.run().reason, StopReason::completed);
    EXPECT_TRUE(lan_.world.conserves_frames());
  }

  Lan lan_{one_millisecond()};
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Endpoint bob_end_{Lan::address(1), 80};
};

TEST_F(TcpSocketTest, CarriesAQuestionAndItsAnswer) {
  std::string heard;
  std::string answered;
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    const Result<Message> question = co_await peer.receive();
    heard = question->to_string();
    EXPECT_TRUE(co_await peer.send(text("pong")));
    co_return Result<>{};
  });
  on_alice([&](Application&, TcpSocket& socket) -> Task<Result<>> {
    EXPECT_TRUE(co_await socket.send(text("ping")));
    const Result<Message> answer = co_await socket.receive();
    answered = answer->to_string();
    const Result<Message> end = co_await socket.receive();
    EXPECT_TRUE(end);
    EXPECT_TRUE(end->empty()) << "the FIN";
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(heard, "ping");
  EXPECT_EQ(answered, "pong");
}

// RFC 7413: from the second connection on the question is there half a round trip after it began.
TEST_F(TcpSocketTest, SendsWithTheSynToWhomItKnows) {
  TcpSettings fast;
  fast.fast_open = tcp_fast_open_client | tcp_fast_open_server;
  std::vector<Duration> heard_after;
  Time begun{};
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    listener.use(fast);
    EXPECT_TRUE(listener.listen({{}, 80}));
    for (int i = 0; i < 2; ++i) {
      Result<TcpSocketRef> peer = co_await listener.accept();
      const Result<Message> question = co_await (*peer)->receive();
      EXPECT_EQ(question->to_string(), "ping");
      heard_after.push_back(self.now() - begun);
      EXPECT_TRUE(co_await (*peer)->send(text("pong")));
    }
    co_return Result<>{};
  });
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(seconds{1});
    for (int i = 0; i < 2; ++i) {
      TcpSocket socket{self.machine()};
      socket.use(fast);
      begun = self.now();
      EXPECT_TRUE(co_await socket.connect(bob_end_, text("ping")));
      EXPECT_EQ((co_await socket.receive())->to_string(), "pong");
      EXPECT_EQ((socket.info().options & TcpInfo::syn_data) != 0, i == 1);
      co_await self.sleep_for(seconds{1});
    }
    co_return Result<>{};
  });
  run();
  ASSERT_EQ(heard_after.size(), 2U);
  EXPECT_EQ(heard_after[1], milliseconds{1});
  EXPECT_GE(heard_after[0], milliseconds{3});
}

TEST_F(TcpSocketTest, CarriesALongStreamWhole) {
  constexpr std::size_t size = 3'000'000;
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  std::vector<std::uint8_t> got;
  on_bob([&](Application&, TcpSocket& peer) -> Task<Result<>> {
    for (;;) {
      const Result<Message> part = co_await peer.receive();
      EXPECT_TRUE(part);
      if (!part || part->empty()) break;
      const std::vector<std::uint8_t> more = part->to_bytes();
      got.insert(got.end(), more.begin(), more.end());
    }
    co_return Result<>{};
  });
  on_alice([&](Application&, TcpSocket& socket) -> Task<Result<>> {
    EXPECT_TRUE(co_await socket.send(Message{std::span<const std::uint8_t>{bytes}}));
    EXPECT_TRUE(socket.shutdown());
    EXPECT_TRUE(co_await socket.flush());
    EXPECT_EQ(socket.info().total_retrans, 0U);
    co_return Result<>{};
  });
  run();
  EXPECT_EQ(got.size(), size);
  EXPECT_TRUE(got == bytes);
}

TEST_F(TcpSocketTest, IsRefusedWhereNobodyListens) {
  lan_.run_on(alice_, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    EXPECT_EQ((co_await socket.connect(bob_end_)).error(), Errc::refused);
    EXPECT_EQ(self.now() - start_of_time, milliseconds{2});
    co_return Result<>{};
  });
  run();
}

}  // namespace
}  // namespace elvis
