// SPDX-License-Identifier: MIT
// The windows of TCP: a slow reader closes them, and auto_tune lets them grow.
#include <gtest/gtest.h>

#include "elvis/sockets/tcp_listener.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Lan;

LinkProperties with_latency(Duration latency) {
  LinkProperties properties;
  properties.latency = {latency, latency};
  return properties;
}

std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

// What became of a stream that one machine sent to another.
struct Streamed {
  std::string got;
  Duration time{};
  std::uint32_t least_window = ~0U;  // that the sender saw
  std::uint32_t largest_buffer = 0;  // of the receiver
  std::uint32_t sent_again = 0;
};

// `bob` reads `size` bytes at a time and rests in between.
Streamed stream(Duration latency, const TcpSettings& settings, const std::string& bytes,
                std::size_t size, Duration rest) {
  Lan lan{with_latency(latency)};
  Machine& alice = lan.add_host();
  Machine& bob = lan.add_host();
  Streamed outcome;
  lan.run_on(bob, [&](Application& self) -> Task<Result<>> {
    TcpListener listener{self.machine()};
    listener.use(settings);
    EXPECT_TRUE(listener.listen({{}, 80}));
    const Result<TcpSocketRef> peer = co_await listener.accept();
    for (;;) {
      if (rest > Duration{}) co_await self.sleep_for(rest);
      const Result<Message> part = co_await (*peer)->receive(size);
      EXPECT_TRUE(part);
      if (!part || part->empty()) break;
      outcome.got += part->to_string();
      outcome.largest_buffer = std::max(outcome.largest_buffer, (*peer)->info().rcv_space);
    }
    co_return Result<>{};
  });
  const TcpSocket* sending = nullptr;
  lan.run_on(alice, [&](Application& self) -> Task<Result<>> {
    TcpSocket socket{self.machine()};
    socket.use(settings);
    EXPECT_TRUE(co_await socket.connect({Lan::address(1), 80}));
    sending = &socket;
    const Time begun = self.now();
    for (std::size_t at = 0; at < bytes.size(); at += 1'000) {
      EXPECT_TRUE(co_await socket.send(Message{std::string_view{bytes}.substr(at, 1'000)}));
    }
    EXPECT_TRUE(socket.shutdown());
    EXPECT_TRUE(co_await socket.flush());
    outcome.time = self.now() - begun;
    outcome.sent_again = socket.info().total_retrans;
    sending = nullptr;
    co_return Result<>{};
  });
  lan.run_on(alice, [&](Application& self) -> Task<Result<>> {
    while (outcome.time == Duration{}) {
      co_await self.sleep_for(5ms);
      if (sending == nullptr) continue;
      outcome.least_window = std::min(outcome.least_window, sending->info().snd_wnd);
    }
    co_return Result<>{};
  });
  EXPECT_EQ(lan.run().reason, StopReason::completed);
  return outcome;
}

TcpSettings with_buffers(std::uint64_t bytes, bool auto_tune = false) {
  TcpSettings settings;
  settings.send_buffer = settings.receive_buffer = bytes;
  settings.auto_tune = auto_tune;
  return settings;
}

TEST(TcpBuffersTest, ASlowReaderClosesTheWindowAndNothingIsLost) {
  const std::string bytes = some_bytes(60'000);
  const Streamed outcome = stream(1ms, with_buffers(8'192), bytes, 900, 700ms);
  EXPECT_TRUE(outcome.got == bytes);
  EXPECT_LT(outcome.least_window, 1'448U) << "no segment fits: else the reader was not slow";
  EXPECT_EQ(outcome.largest_buffer, 8'192U);
  EXPECT_EQ(outcome.sent_again, 0U);
}

TEST(TcpBuffersTest, WindowsStayAsTheyAreUnlessTheyMayGrow) {
  const std::string bytes = some_bytes(2'000'000);
  const Streamed fixed = stream(50ms, with_buffers(65'536), bytes, 1'000'000, {});
  const Streamed tuned = stream(50ms, with_buffers(65'536, true), bytes, 1'000'000, {});
  EXPECT_TRUE(fixed.got == bytes);
  EXPECT_TRUE(tuned.got == bytes);
  EXPECT_EQ(fixed.largest_buffer, 65'536U);
  EXPECT_GE(tuned.largest_buffer, 4 * 65'536U);
  EXPECT_LE(tuned.largest_buffer, 16 * 65'536U);
  // A window each round trip of 100 ms.
  EXPECT_GE(fixed.time, 3s);
  EXPECT_LE(tuned.time, 2s);
}

TEST(TcpBuffersTest, TheWindowOfASlowReaderDoesNotGrow) {
  const std::string bytes = some_bytes(200'000);
  const Streamed outcome = stream(10ms, with_buffers(16'384, true), bytes, 2'000, 50ms);
  EXPECT_TRUE(outcome.got == bytes);
  EXPECT_EQ(outcome.largest_buffer, 16'384U);
}

TEST(TcpBuffersTest, TheLargestBufferMayNotGrowBeyondWhatAWindowCanTell) {  // RFC 7323, 2.3
  EXPECT_EQ(TcpSettings::tuned(TcpSettings::largest_buffer), TcpSettings::largest_buffer);
  EXPECT_EQ(TcpConnection::scale_for(with_buffers(TcpSettings::largest_buffer, true)), 14);
}

}  // namespace
}  // namespace elvis
