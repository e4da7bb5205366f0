// SPDX-License-Identifier: MIT
// The workloads with the Asio model and coroutines, as a person writes them.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "elvis/asio/asio.hpp"
#include "sockets_workloads.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using net::deferred;
using net::ip::tcp;
using net::ip::udp;
// The executor's type is known, so nobody has to ask for it.
using Coroutine = asio_awaitable<>;
using Stream = asio_basic_stream<asio_executor>;
using Acceptor = asio_basic_acceptor<asio_executor>;
using Datagrams = asio_basic_udp<asio_executor>;

const WorkloadOptions& of(const ApplicationOptions& options) {
  return static_cast<const WorkloadOptions&>(options);
}

template <typename AsioEndpoint>
AsioEndpoint to(Endpoint endpoint) {
  return {net::ip::address_v4{endpoint.address.value()}, endpoint.port};
}

// ===== basic =====

Task<Result<>> sender(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Datagrams socket{executor, udp::v4()};
    socket.connect(to<udp::endpoint>(of(options).remote));
    asio_basic_timer<asio_executor> timer{executor};
    const std::vector<char> message(of(options).size);
    for (std::uint64_t i = 0; i < of(options).count; ++i) {
      if (i != 0) {
        timer.expires_after(std::chrono::milliseconds{1});
        co_await timer.async_wait(deferred);
      }
      self.count_message(co_await socket.async_send(net::buffer(message), deferred));
    }
  });
}

Task<Result<>> receiver(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Datagrams socket{executor, {udp::v4(), of(options).port}};
    std::vector<char> message(of(options).size);
    for (std::uint64_t i = 0; i < of(options).count; ++i) {
      self.count_message(co_await socket.async_receive(net::buffer(message), deferred));
    }
  });
}

// ===== ping_pong =====

Task<Result<>> pinger(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Datagrams socket{executor, udp::v4()};
    socket.connect(to<udp::endpoint>(of(options).remote));
    std::vector<char> ball(of(options).size);
    for (std::uint64_t i = 0; i < of(options).count; ++i) {
      co_await socket.async_send(net::buffer(ball), deferred);
      self.count_message(co_await socket.async_receive(net::buffer(ball), deferred));
    }
  });
}

Task<Result<>> ponger(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Datagrams socket{executor, {udp::v4(), of(options).port}};
    std::vector<char> ball(of(options).size);
    udp::endpoint from;
    for (std::uint64_t i = 0; i < of(options).count; ++i) {
      self.count_message(co_await socket.async_receive_from(net::buffer(ball), from, deferred));
      co_await socket.async_send_to(net::buffer(ball), from, deferred);
    }
  });
}

// ===== server =====

Task<Result<>> client(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Stream stream{executor};
    co_await stream.async_connect(to<tcp::endpoint>(of(options).remote), deferred);
    std::vector<char> message(of(options).size);
    for (std::uint64_t i = 0; i < of(options).count; ++i) {
      co_await net::async_write(stream, net::buffer(message), deferred);
      self.count_message(co_await net::async_read(stream, net::buffer(message), deferred));
    }
  });
}

Coroutine answer(Application& self, std::size_t size, Stream peer) {
  std::vector<char> message(size);
  for (;;) {  // until the end of the stream throws
    self.count_message(co_await net::async_read(peer, net::buffer(message), deferred));
    co_await net::async_write(peer, net::buffer(message), deferred);
  }
}

Task<Result<>> server(Application& self, const ApplicationOptions& options) {
  return asio_application(self, [&](asio_executor executor) -> Coroutine {
    Acceptor acceptor{executor, {tcp::v4(), of(options).port}};
    for (;;) {
      net::co_spawn(executor,
                    answer(self, of(options).size, co_await acceptor.async_accept(deferred)),
                    net::detached);
    }
  });
}

}  // namespace

WorkloadPrograms asio_programs() {
  return {sender, receiver, pinger, ponger, client, server};
}

}  // namespace elvis
