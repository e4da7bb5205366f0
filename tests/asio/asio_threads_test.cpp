// SPDX-License-Identifier: MIT
// Programs of Asio on several threads: what TSan looks at.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "asio_lan.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::echo_server;
using testing_lan::udp;

awaitable<void> ask_by_stream(asio_executor executor, std::size_t server) {
  asio_stream stream{executor};
  co_await stream.async_connect(AsioLan::tcp_at(server, 80), use_awaitable);
  std::string data(4'000, 'x');
  data.back() = '\n';
  for (int k = 0; k < 20; ++k) {
    co_await net::async_write(stream, net::buffer(data), use_awaitable);
    co_await net::async_read(stream, net::buffer(data), use_awaitable);
  }
}

awaitable<void> echo_datagrams(asio_executor executor) {
  asio_udp socket{executor, {udp::v4(), 7}};
  std::array<char, 8> data{};
  udp::endpoint from;
  for (;;) {
    const std::size_t bytes =
        co_await socket.async_receive_from(net::buffer(data), from, use_awaitable);
    co_await socket.async_send_to(net::buffer(data, bytes), from, use_awaitable);
  }
}

// Now and then, whatever comes back.
awaitable<void> send_datagrams(asio_executor executor, std::size_t server) {
  asio_udp socket{executor, udp::v4()};
  asio_timer timer{executor};
  for (int k = 0; k < 50; ++k) {
    co_await socket.async_send_to(net::buffer("ball", 4), AsioLan::udp_at(server, 7),
                                  use_awaitable);
    timer.expires_after(3ms);
    co_await timer.async_wait(use_awaitable);
  }
}

// Pairs that talk over a network with loss; their world's digest on `threads` threads.
std::uint64_t digest_of_talk(unsigned threads) {
  LinkProperties properties = testing_lan::latency_of(2ms);
  properties.loss = Probability::ratio(1, 50);
  AsioLan lan{properties};
  constexpr std::size_t pairs = 8;
  for (std::size_t i = 0; i < 2 * pairs; ++i) lan.add_host();
  for (std::size_t i = 0; i < 2 * pairs; i += 2) {
    Machine& one = lan.world.machine(i);
    Machine& other = lan.world.machine(i + 1);
    lan.run_asio(one, [](asio_executor executor) { return echo_server(executor, 1); });
    lan.run_asio(other, [i](asio_executor executor) { return ask_by_stream(executor, i); });
    lan.run_asio(one, echo_datagrams, testing_lan::server_kind);
    lan.run_asio(other, [i](asio_executor executor) { return send_datagrams(executor, i); });
  }
  World::RunOptions options;
  options.engine.threads = threads;
  options.engine.shares_always = true;
  options.partitions = threads;
  EXPECT_EQ(lan.world.run(options).reason, StopReason::completed);
  EXPECT_EQ(lan.world.partition_count(), threads);
  return lan.world.digest();
}

TEST(AsioRuns, AreTheSameOnAnyNumberOfThreads) {
  EXPECT_EQ(digest_of_talk(1), digest_of_talk(2));
}

}  // namespace
}  // namespace elvis
