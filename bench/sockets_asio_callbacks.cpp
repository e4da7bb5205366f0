// SPDX-License-Identifier: MIT
// The workloads with the Asio model and completion handlers: what it costs without Asio's own
// coroutines. Each program is an object that asio_application() keeps while it runs.
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "elvis/asio/asio.hpp"
#include "sockets_workloads.hpp"

namespace elvis {
namespace {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;
using net::ip::udp;
using Stream = asio_basic_stream<asio_executor>;
using Acceptor = asio_basic_acceptor<asio_executor>;
using Datagrams = asio_basic_udp<asio_executor>;
using Timer = asio_basic_timer<asio_executor>;

template <typename AsioEndpoint>
AsioEndpoint to(Endpoint endpoint) {
  return {net::ip::address_v4{endpoint.address.value()}, endpoint.port};
}

// What all programs know.
struct Program {
  Program(Application& of, const ApplicationOptions& options)
      : self{&of},
        told{static_cast<const WorkloadOptions*>(&options)},
        left{told->count},
        message(told->size) {}

  Application* self;
  const WorkloadOptions* told;
  std::uint64_t left;
  std::vector<char> message;
};

template <typename Kind>
Task<Result<>> run(Application& self, const ApplicationOptions& options) {
  return asio_application(self, Kind{self, options});
}

// ===== basic =====

struct Sender : Program {
  using Program::Program;
  void operator()(asio_executor executor) {
    socket.emplace(executor, udp::v4());
    socket->connect(to<udp::endpoint>(told->remote));
    timer.emplace(executor);
    send();
  }
  void send() {
    socket->async_send(net::buffer(message), [this](error_code, std::size_t bytes) {
      self->count_message(bytes);
      if (--left == 0) return;
      timer->expires_after(std::chrono::milliseconds{1});
      timer->async_wait([this](error_code) { send(); });
    });
  }
  std::optional<Datagrams> socket;
  std::optional<Timer> timer;
};

struct Receiver : Program {
  using Program::Program;
  void operator()(asio_executor executor) {
    socket.emplace(executor, udp::endpoint{udp::v4(), told->port});
    receive();
  }
  void receive() {
    socket->async_receive(net::buffer(message), [this](error_code, std::size_t bytes) {
      self->count_message(bytes);
      if (--left != 0) receive();
    });
  }
  std::optional<Datagrams> socket;
};

// ===== ping_pong =====

struct Pinger : Program {
  using Program::Program;
  void operator()(asio_executor executor) {
    socket.emplace(executor, udp::v4());
    socket->connect(to<udp::endpoint>(told->remote));
    ping();
  }
  void ping() {
    socket->async_send(net::buffer(message), [this](error_code, std::size_t) {
      socket->async_receive(net::buffer(message), [this](error_code, std::size_t bytes) {
        self->count_message(bytes);
        if (--left != 0) ping();
      });
    });
  }
  std::optional<Datagrams> socket;
};

struct Ponger : Program {
  using Program::Program;
  void operator()(asio_executor executor) {
    socket.emplace(executor, udp::endpoint{udp::v4(), told->port});
    pong();
  }
  void pong() {
    socket->async_receive_from(net::buffer(message), from, [this](error_code, std::size_t bytes) {
      self->count_message(bytes);
      socket->async_send_to(net::buffer(message), from, [this](error_code, std::size_t) {
        if (--left != 0) pong();
      });
    });
  }
  std::optional<Datagrams> socket;
  udp::endpoint from;
};

// ===== server =====

struct Client : Program {
  using Program::Program;
  void operator()(asio_executor executor) {
    stream.emplace(executor);
    stream->async_connect(to<tcp::endpoint>(told->remote), [this](error_code) { ask(); });
  }
  void ask() {
    net::async_write(*stream, net::buffer(message), [this](error_code, std::size_t) {
      net::async_read(*stream, net::buffer(message), [this](error_code, std::size_t bytes) {
        self->count_message(bytes);
        if (--left != 0) return ask();
        stream->close();
      });
    });
  }
  std::optional<Stream> stream;
};

struct Server : Program {
  using Program::Program;
  struct Peer {
    Peer(Application& of, std::size_t size, Stream accepted)
        : self{of}, stream{std::move(accepted)}, message(size) {}
    void answer() {
      net::async_read(stream, net::buffer(message), [this](error_code error, std::size_t bytes) {
        if (error) return stream.close();
        self.count_message(bytes);
        net::async_write(stream, net::buffer(message),
                         [this](error_code, std::size_t) { answer(); });
      });
    }
    Application& self;
    Stream stream;
    std::vector<char> message;
  };
  void operator()(asio_executor executor) {
    acceptor.emplace(executor, tcp::endpoint{tcp::v4(), told->port});
    accept();
  }
  void accept() {
    acceptor->async_accept([this](error_code, Stream accepted) {
      peers.push_back(std::make_unique<Peer>(*self, told->size, std::move(accepted)));
      peers.back()->answer();
      accept();
    });
  }
  std::optional<Acceptor> acceptor;
  std::vector<std::unique_ptr<Peer>> peers;
};

}  // namespace

WorkloadPrograms asio_callback_programs() {
  return {run<Sender>, run<Receiver>, run<Pinger>, run<Ponger>, run<Client>, run<Server>};
}

}  // namespace elvis
