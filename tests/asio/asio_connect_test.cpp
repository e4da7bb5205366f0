// SPDX-License-Identifier: MIT
// How streams of the Asio model are connected when something comes in between, and how they end.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <string>
#include <vector>

#include "asio_lan.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;

using namespace std::chrono_literals;
using net::awaitable;
using net::use_awaitable;
using testing_lan::AsioLan;
using testing_lan::AsioTest;
using testing_lan::error_code;
using testing_lan::tcp;

constexpr auto tuple = net::as_tuple(use_awaitable);

// Says who it is to each who comes.
awaitable<void> greeter(asio_executor executor, std::uint16_t port, std::string name, int times) {
  asio_acceptor acceptor{executor, {tcp::v4(), port}};
  for (int i = 0; i < times; ++i) {
    asio_stream peer = co_await acceptor.async_accept(use_awaitable);
    co_await net::async_write(peer, net::buffer(name), tuple);
    asio_timer timer{executor, 20ms};
    co_await timer.async_wait(use_awaitable);
  }
}

// Reads all that the first who comes has to say.
awaitable<void> listener(asio_executor executor, std::uint16_t port) {
  asio_acceptor acceptor{executor, {tcp::v4(), port}};
  asio_stream peer = co_await acceptor.async_accept(use_awaitable);
  std::array<char, 4096> data{};
  while (!std::get<0>(co_await peer.async_read_some(net::buffer(data), tuple))) {
  }
}

awaitable<std::string> read_name(asio_stream& stream) {
  std::array<char, 3> name{};
  const auto [error, bytes] = co_await net::async_read(stream, net::buffer(name), tuple);
  co_return error ? error.message() : std::string(name.data(), bytes);
}

TEST_F(AsioTest, WhoGaveUpConnectingDoesNotGetWhatItTriedBefore) {
  lan_.run_asio(bob_, [](asio_executor executor) -> awaitable<void> {
    net::co_spawn(executor, greeter(executor, 80, "one", 1), net::detached);
    net::co_spawn(executor, greeter(executor, 81, "two", 2), net::detached);
    net::co_spawn(executor, listener(executor, 83), net::detached);
    co_return;
  });
  const tcp::endpoint one = AsioLan::tcp_at(1, 80);
  const tcp::endpoint two = AsioLan::tcp_at(1, 81);
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    asio_timer timer{executor};
    const auto give_up = [&](tcp::endpoint remote) -> awaitable<void> {
      stream.async_connect(
          remote, [](error_code error) { EXPECT_EQ(error, net::error::operation_aborted); });
      timer.expires_after(1ms);
      co_await timer.async_wait(use_awaitable);
      stream.cancel();
    };
    // The first attempt goes on.
    co_await give_up(one);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(two, tuple)), net::error::already_started);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(one, tuple)), net::error::already_started);
    timer.expires_after(10ms);
    co_await timer.async_wait(use_awaitable);
    EXPECT_EQ(std::get<0>(co_await stream.async_connect(two, tuple)),
              net::error::already_connected);
    EXPECT_EQ(co_await read_name(stream), "one");
    // Who closes is free.
    stream.close();
    co_await give_up(one);
    stream.close();
    EXPECT_FALSE(std::get<0>(co_await stream.async_connect(two, tuple)));
    EXPECT_EQ(co_await read_name(stream), "two");
    // So is who was refused meanwhile.
    stream.close();
    stream.async_connect(AsioLan::tcp_at(1, 82), [](error_code) {});
    stream.cancel();
    timer.expires_after(10ms);
    co_await timer.async_wait(use_awaitable);
    EXPECT_FALSE(std::get<0>(co_await stream.async_connect(two, tuple)));
    EXPECT_EQ(co_await read_name(stream), "two");
    // Who writes more than there is room for goes on when there is some.
    stream.close();
    co_await give_up(AsioLan::tcp_at(1, 83));
    const std::string much(3'000'000, 'm');
    const auto [error, bytes] = co_await net::async_write(stream, net::buffer(much), tuple);
    EXPECT_FALSE(error);
    EXPECT_EQ(bytes, much.size());
  });
  run();
}

TEST_F(AsioTest, ARangeIsGivenUpByEveryTypeOfCancellation) {
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    using net::cancellation_type;
    const std::vector<tcp::endpoint> nobody{AsioLan::tcp_at(1, 82)};
    for (const auto type :
         {cancellation_type::terminal, cancellation_type::partial, cancellation_type::total}) {
      for (const bool has_iterators : {false, true}) {
        asio_stream stream{executor};
        net::cancellation_signal signal;
        int ended = 0;
        const auto end = [&](error_code error, auto&&...) {
          EXPECT_EQ(error, net::error::operation_aborted);
          ++ended;
        };
        if (has_iterators) {
          net::async_connect(stream, nobody.begin(), nobody.end(),
                             net::bind_cancellation_slot(signal.slot(), end));
        } else {
          net::async_connect(stream, nobody, net::bind_cancellation_slot(signal.slot(), end));
        }
        asio_timer timer{executor, 1ms};
        co_await timer.async_wait(use_awaitable);
        signal.emit(type);
        timer.expires_after(1ms);
        co_await timer.async_wait(use_awaitable);
        EXPECT_EQ(ended, 1) << static_cast<int>(type) << has_iterators;
      }
    }
  });
  run();
}

TEST_F(AsioTest, WhatHasArrivedIsReadAfterAShutdown) {  // as on Linux
  lan_.run_asio(bob_, [](asio_executor executor) { return greeter(executor, 80, "one", 1); });
  lan_.run_asio(alice_, [&](asio_executor executor) -> awaitable<void> {
    asio_stream stream{executor};
    co_await stream.async_connect(bob_end_, use_awaitable);
    asio_timer timer{executor, 10ms};
    co_await timer.async_wait(use_awaitable);
    stream.shutdown(tcp::socket::shutdown_receive);
    EXPECT_EQ(co_await read_name(stream), "one");
    EXPECT_EQ(co_await read_name(stream), "End of file");
  });
  run();
}

}  // namespace
}  // namespace elvis
