// SPDX-License-Identifier: MIT
// What is sent of a constant must be what is sent of a message with the same bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "elvis/graph/options.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/checksum.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;
using testing_lan::Lan;

// Keeps the bytes of what was sent.
class Wire final : public Observer {
 public:
  void frame_sent(const Tap&, const Message& frame, Time) override {
    frames.push_back(frame.to_bytes());
  }
  void frame_delivered(const Tap&, const Message&, Time) override {}
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::vector<std::vector<std::uint8_t>> frames;
};

class UdpConstantTest : public testing::Test {
 protected:
  Payload payload(const std::string& text) {
    chunks_.push_back(Chunk::make_constant(
        std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
    return Payload{*chunks_.back()};
  }
  void run(std::function<Task<Result<>>(Application&)> program) {
    lan_.run_on(alice_, std::move(program));
    lan_.run();
  }

  // They outlive what is on its way.
  struct Constants : std::vector<Chunk*> {
    ~Constants() {
      for (Chunk* const chunk : *this) Chunk::destroy_constant(chunk);
    }
  } chunks_;
  Lan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const Endpoint bob_end_{Lan::address(1), 2000};
};

TEST_F(UdpConstantTest, IsTheSameOnTheWire) {
  Wire wire;
  lan_.world.observe(wire);
  // Some have a checksum of 0 before RFC 768's rule, others a length that is odd, or no bytes.
  const std::string texts[] = {"", "a", "Hello!", std::string(1'400, 'x'), std::string(2, '\0')};
  run([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect(bob_end_));
    for (const std::string& text : texts) {
      EXPECT_TRUE(socket.send(Message{text}));
      EXPECT_TRUE(socket.send(payload(text)));
    }
    EXPECT_TRUE(socket.send(Payload{}));
    co_return Result<>{};
  });
  std::vector<std::vector<std::uint8_t>> sent;
  for (const auto& frame : wire.frames) {
    if (frame[23] == 17) sent.push_back(frame);  // bob answers with ICMP
  }
  ASSERT_EQ(sent.size(), 2 * std::size(texts) + 1);
  for (std::size_t i = 0; i + 1 < sent.size(); i += 2) {
    std::vector<std::uint8_t> by_message = sent[i];
    std::vector<std::uint8_t> by_constant = sent[i + 1];
    for (auto* const frame : {&by_message, &by_constant}) {
      EXPECT_EQ(finish_checksum(partial_sum(frame->data() + 14, 20)), 0);
      std::fill_n(frame->begin() + 18, 2, 0);  // the identification
      std::fill_n(frame->begin() + 24, 2, 0);  // and the checksum, which covers it
    }
    EXPECT_EQ(by_message, by_constant) << "text " << i / 2;
  }
  EXPECT_EQ(sent.back().size(), 42U);
}

TEST_F(UdpConstantTest, IsVerifiedWhereItArrives) {
  std::vector<std::string> heard;
  lan_.run_on(bob_, [&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.bind({{}, 2000}));
    for (int i = 0; i < 3; ++i) {
      heard.push_back((co_await socket.receive())->payload.to_string());
    }
    co_return Result<>{};
  });
  const std::string large(4'000, 'y');  // in fragments
  run([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_TRUE(socket.connect(bob_end_));
    EXPECT_TRUE(socket.send(payload("one")));
    EXPECT_TRUE(socket.send(payload(large)));
    EXPECT_TRUE(socket.send(payload("three")));
    co_return Result<>{};
  });
  EXPECT_EQ(heard, (std::vector<std::string>{"one", large, "three"}));
}

TEST_F(UdpConstantTest, FailsAsAMessageDoes) {
  for (Machine* const machine : {&alice_, &bob_}) {
    lan_.world.add_protocol<Icmp>(*machine, Lan::ipv4(*machine));
  }
  run([&](Application& self) -> Task<Result<>> {
    UdpSocket socket{self.machine()};
    EXPECT_EQ(socket.send(payload("x")).error(), Errc::no_destination);
    EXPECT_TRUE(socket.connect(bob_end_));
    EXPECT_EQ(socket.send(payload(std::string(65'508, 'x'))).error(), Errc::message_too_long);
    EXPECT_TRUE(socket.send(payload("to nobody")));
    co_await self.sleep_for(milliseconds{100});
    EXPECT_EQ(socket.send(payload("x")).error(), Errc::refused);  // told once
    EXPECT_TRUE(socket.send(payload("x")));
    EXPECT_TRUE(socket.shutdown(UdpSocket::Half::write));
    EXPECT_EQ(socket.send(payload("x")).error(), Errc::shut_down);
    socket.close();
    EXPECT_EQ(socket.send(payload("x")).error(), Errc::closed);
    co_return Result<>{};
  });
}

}  // namespace
}  // namespace elvis
