// SPDX-License-Identifier: MIT
// Whatever a network does to segments, a stream arrives whole, in order and once.
#include <gtest/gtest.h>

#include "elvis/sockets/tcp_listener.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing_lan::Lan;

std::vector<std::uint8_t> pattern(std::size_t size, std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(size);
  Rng rng{seed, 7};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
  return bytes;
}

Message message_of(const std::vector<std::uint8_t>& bytes) {
  return Message{std::span<const std::uint8_t>{bytes}};
}

Task<std::vector<std::uint8_t>> read_all(TcpSocket& socket) {
  std::vector<std::uint8_t> got;
  for (;;) {
    const Result<Message> part = co_await socket.receive();
    EXPECT_TRUE(part) << part.error().message();
    if (!part || part->empty()) break;
    const std::vector<std::uint8_t> more = part->to_bytes();
    got.insert(got.end(), more.begin(), more.end());
  }
  co_return got;
}

// Sends `size` bytes each way at once over a network like `properties`.
void exchange(std::uint64_t seed, const LinkProperties& properties, const TcpSettings& settings,
              std::size_t size) {
  const std::vector<std::uint8_t> there = pattern(size, seed);
  const std::vector<std::uint8_t> back = pattern(size / 2, seed + 1);
  const std::size_t blocks_before = pool::live_blocks();
  {
    WorldOptions options;
    options.seed = seed;
    Lan lan{properties, options};
    lan.tcp_settings = settings;
    Machine& alice = lan.add_host();
    Machine& bob = lan.add_host();
    int ended = 0;
    lan.run_on(bob, [&](Application& self) -> Task<Result<>> {
      TcpListener listener{self.machine()};
      EXPECT_TRUE(listener.listen({{}, 80}));
      Result<TcpSocketRef> peer = co_await listener.accept();
      EXPECT_TRUE(peer);
      if (!peer) co_return peer.error();
      Message answer = message_of(back);
      EXPECT_TRUE((*peer)->try_send(answer)) << "all at once";
      EXPECT_TRUE(answer.empty());
      EXPECT_TRUE((*peer)->shutdown());
      EXPECT_TRUE(co_await read_all(**peer) == there);
      ++ended;
      co_return Result<>{};
    });
    lan.run_on(alice, [&](Application& self) -> Task<Result<>> {
      TcpSocket socket{self.machine()};
      const Result<> connected = co_await socket.connect({Lan::address(1), 80});
      EXPECT_TRUE(connected);
      if (!connected) co_return connected.error();
      EXPECT_TRUE(co_await socket.send(message_of(there)));
      EXPECT_TRUE(socket.shutdown());
      EXPECT_TRUE(co_await read_all(socket) == back);
      EXPECT_TRUE(co_await socket.flush());
      ++ended;
      co_return Result<>{};
    });
    World::RunOptions run_options;
    run_options.engine.max_events = 3'000'000;
    const Outcome outcome = lan.world.run(std::move(run_options));
    EXPECT_EQ(ended, 2) << "seed " << seed << " at "
                        << outcome.ended_at.time_since_epoch().count() / 1'000'000 << " ms";
    EXPECT_TRUE(lan.world.conserves_frames());
  }
  EXPECT_EQ(pool::live_blocks(), blocks_before);
}

LinkProperties troubled(std::uint64_t per_cent) {
  LinkProperties properties;  // (Of flipped bits the checksum misses some.)
  properties.latency = {microseconds{500}, milliseconds{4}};
  properties.loss = Probability::ratio(per_cent, 100);
  properties.duplication = Probability::ratio(per_cent, 100);
  return properties;
}

TEST(TcpChaosTest, DeliversWholeThroughLossDuplicationAndReordering) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TcpSettings settings;
    settings.sack = seed % 3 != 0;
    settings.rack = seed % 2 == 0;
    settings.timestamps = seed % 5 != 0;
    settings.window_scale = seed % 7 != 0;
    settings.congestion = static_cast<int>(seed % 2);
    constexpr std::array<std::uint64_t, 4> initial{0, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff};
    settings.initial_sequence = initial[seed % 4];
    exchange(seed, troubled(seed % 11), settings, 200'000);
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace elvis
