// SPDX-License-Identifier: MIT
// The workloads with sockets and coroutines, as a person writes them.
#include <utility>

#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/task_group.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "sockets_workloads.hpp"

namespace elvis {
namespace {

const WorkloadOptions& of(const ApplicationOptions& options) {
  return static_cast<const WorkloadOptions&>(options);
}

// ===== basic =====

Task<Result<>> sender(Application& self, const ApplicationOptions& options) {
  UdpSocket socket{self.machine()};
  if (const Result<> connected = socket.connect(of(options).remote); !connected) {
    co_return connected;
  }
  const Message message = Message::zeros(of(options).size);
  for (std::uint64_t i = 0; i < of(options).count; ++i) {
    if (i != 0) co_await self.sleep_for(std::chrono::milliseconds{1});
    if (const Result<> sent = socket.send(message); !sent) co_return sent;
    self.count_message(message.size());
  }
  co_return Result<>{};
}

Task<Result<>> receiver(Application& self, const ApplicationOptions& options) {
  UdpSocket socket{self.machine()};
  if (const Result<> bound = socket.bind({{}, of(options).port}); !bound) co_return bound;
  co_return co_await socket.receive_each(
      [&self, left = of(options).count](const Message& message) mutable {
        self.count_message(message.size());
        return --left != 0;
      });
}

// ===== ping_pong =====

Task<Result<>> pinger(Application& self, const ApplicationOptions& options) {
  UdpSocket socket{self.machine()};
  if (const Result<> connected = socket.connect(of(options).remote); !connected) {
    co_return connected;
  }
  Datagram ball{.payload = Message::zeros(of(options).size), .remote = {}, .local = {}};
  for (std::uint64_t i = 0; i < of(options).count; ++i) {
    if (const Result<> sent = socket.send(std::move(ball.payload)); !sent) co_return sent;
    if (const Errc failure = co_await socket.receive(ball); failure != Errc{}) co_return failure;
    self.count_message(ball.payload.size());
  }
  co_return Result<>{};
}

Task<Result<>> ponger(Application& self, const ApplicationOptions& options) {
  UdpSocket socket{self.machine()};
  if (const Result<> bound = socket.bind({{}, of(options).port}); !bound) co_return bound;
  Result<> outcome;
  const Result<> ended = co_await socket.receive_each(
      [&self, &socket, &outcome, left = of(options).count](const BareDatagram& ball) mutable {
        self.count_message(ball.payload.size());
        const Result<> sent = socket.send_to(ball.remote, std::move(ball.payload));
        if (!sent) outcome = sent;
        return sent && --left != 0;
      });
  co_return ended ? outcome : ended;
}

// ===== server =====

Task<Result<>> client(Application& self, const ApplicationOptions& options) {
  TcpSocket socket{self.machine()};
  const Result<> connected = co_await socket.connect(of(options).remote);
  if (!connected) co_return connected;
  for (std::uint64_t i = 0; i < of(options).count; ++i) {
    const Result<> sent = co_await socket.send(Message::zeros(of(options).size));
    if (!sent) co_return sent;
    for (std::size_t got = 0; got < of(options).size;) {
      const Result<Message> answer = co_await socket.receive(of(options).size - got);
      if (!answer) co_return answer.error();
      if (answer->empty()) co_return Errc::end_of_stream;
      got += answer->size();
    }
    self.count_message(of(options).size);
  }
  co_return Result<>{};
}

Task<Result<>> answer(Application& self, std::size_t size, TcpSocketRef peer) {
  for (;;) {
    for (std::size_t got = 0; got < size;) {
      const Result<Message> question = co_await peer->receive(size - got);
      if (!question) co_return question.error();
      if (question->empty()) co_return Result<>{};
      got += question->size();
    }
    self.count_message(size);
    const Result<> sent = co_await peer->send(Message::zeros(size));
    if (!sent) co_return sent;
  }
}

Task<Result<>> server(Application& self, const ApplicationOptions& options) {
  TcpListener listener{self.machine()};
  if (const Result<> listening = listener.listen({{}, of(options).port}, 1'024); !listening) {
    co_return listening;
  }
  TaskGroup peers{self.machine()};
  for (;;) {
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    peers.start(answer(self, of(options).size, *std::move(peer)));
  }
}

}  // namespace

WorkloadPrograms coroutine_programs() {
  return {sender, receiver, pinger, ponger, client, server};
}

}  // namespace elvis
