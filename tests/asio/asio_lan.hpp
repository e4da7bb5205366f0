// SPDX-License-Identifier: MIT
// Two hosts on a LAN whose programs are written for Asio.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "elvis/asio/asio.hpp"
#include "lan.hpp"

namespace elvis::testing_lan {

namespace net = boost::asio;
using boost::system::error_code;
using tcp = net::ip::tcp;
using udp = net::ip::udp;

inline LinkProperties latency_of(Duration latency) {
  LinkProperties properties;
  properties.latency = {latency, latency};
  return properties;
}

class AsioLan : public Lan {
 public:
  explicit AsioLan(const LinkProperties& properties = latency_of(std::chrono::milliseconds{1}),
                   const WorldOptions& options = {})
      : Lan{properties, options} {}

  /// Runs `program`, which gets an asio_executor, on `machine`.
  template <typename AsioProgram>
  Application& run_asio(Machine& machine, AsioProgram program,
                        const ApplicationKind& kind = program_kind) {
    return run_on(
        machine,
        [program = std::move(program)](Application& self) {
          return asio_application(self, program);
        },
        kind);
  }
  static tcp::endpoint tcp_at(std::size_t host, std::uint16_t port) {
    return {net::ip::address_v4{address(host).value()}, port};
  }
  static udp::endpoint udp_at(std::size_t host, std::uint16_t port) {
    return {net::ip::address_v4{address(host).value()}, port};
  }
};

class AsioTest : public testing::Test {
 protected:
  void run() {
    EXPECT_EQ(lan_.run().reason, StopReason::completed);
    EXPECT_TRUE(lan_.world.conserves_frames());
  }
  static std::string status_of(const Application& application) {
    return application.status() == ApplicationStatus::failed ? "failed: " + application.detail()
                                                             : "fine";
  }

  AsioLan lan_;
  Machine& alice_ = lan_.add_host();
  Machine& bob_ = lan_.add_host();
  const tcp::endpoint bob_end_ = AsioLan::tcp_at(1, 80);
};

// Sends back every line, until the end.
inline net::awaitable<void> echo_lines(asio_stream stream) {
  std::string data;
  for (;;) {
    const auto [error, bytes] = co_await net::async_read_until(
        stream, net::dynamic_buffer(data), '\n', net::as_tuple(net::use_awaitable));
    if (error == net::error::eof) co_return;
    if (error) throw boost::system::system_error{error};
    co_await net::async_write(stream, net::buffer(data.data(), bytes), net::use_awaitable);
    data.erase(0, bytes);
  }
}

inline net::awaitable<void> echo_server(asio_executor executor, int connections) {
  asio_acceptor acceptor{executor, {tcp::v4(), 80}};
  for (int i = 0; i < connections; ++i) {
    net::co_spawn(executor, echo_lines(co_await acceptor.async_accept(net::use_awaitable)),
                  net::detached);
  }
}

}  // namespace elvis::testing_lan
