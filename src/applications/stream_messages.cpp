// SPDX-License-Identifier: MIT
#include "stream_messages.hpp"

#include <utility>

#include "elvis/sockets/tcp_listener.hpp"
#include "stream_pattern.hpp"
#include "stream_server.hpp"

namespace elvis {

namespace {

Endpoint own_stream_end(const OwnAddress& ip, std::uint16_t port) {
  return {ip.address.value_or(Ipv4Address{}), port};
}

// All that comes until the FIN.
Task<Result<Message>> read_message(TcpSocket& socket) {
  Message whole;
  for (;;) {
    Result<Message> part = co_await socket.receive();
    if (!part) co_return part.error();
    if (part->empty()) co_return std::move(whole);
    whole.append(*std::move(part));
  }
}

}  // namespace

bool uses_tcp(const Application& self, int transport) {
  if (transport != static_cast<int>(Transport::any)) {
    return transport == static_cast<int>(Transport::tcp);
  }
  return self.machine().find(ProtocolId::udp) == nullptr;
}

// ===== send_message: a connection for each =====

namespace {

Task<Result<>> send_one(Application& self, const SendMessageOptions& options) {
  TcpSocket socket{self.machine()};
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) co_return bound;
  }
  const Result<> connected = co_await socket.connect({options.to.address, options.port});
  if (!connected) co_return connected;
  const Result<> sent = co_await socket.send(options.message.message());
  if (!sent) co_return sent;
  (void)socket.shutdown();
  const Result<> delivered = co_await socket.flush();
  if (!delivered) co_return delivered;
  self.count_message(options.message.text().size());
  co_return Result<>{};
}

}  // namespace

Task<Result<>> send_message_over_tcp(Application& self, const SendMessageOptions& options) {
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  TaskGroup sending{self.machine()};
  for (std::uint64_t left = options.count; left > 0; --left) {
    if (options.interval > Duration{}) {
      sending.start(send_one(self, options));
      if (left > 1) co_await self.sleep_for(options.interval);
    } else {  // one behind the other
      const Result<> sent = co_await send_one(self, options);
      if (!sent) co_return sent;
    }
  }
  const Result<> sent = co_await sending.all_ended();
  co_return sent;
}

// ===== capture =====

namespace {

Task<Result<>> capture_one(Application& self, const CaptureOptions& options, TcpSocketRef peer) {
  const Result<Message> message = co_await read_message(*peer);
  if (!message) {
    self.count_other_message();
    co_return Result<>{};
  }
  const bool compares = options.type == CaptureOptions::message_text ||
                        (options.type == -1 && !options.message.text().empty());
  if (compares && !(*message == options.message.text())) {
    self.count_other_message();
    co_return Result<>{};
  }
  self.count_message(message->size());
  if (self.messages() == options.message_count) self.satisfied();
  co_return Result<>{};
}

}  // namespace

Task<Result<>> capture_over_tcp(Application& self, const CaptureOptions& options) {
  self.expect_messages(options.message_count);
  return serve(
      self, own_stream_end(options.ip, options.port), stream_backlog,
      [&self, &options](TcpSocketRef peer) { return capture_one(self, options, std::move(peer)); });
}

// ===== forward: each connection goes on as another one =====

namespace {

Task<Result<>> forward_one(Application& self, const ForwardOptions& options, TcpSocketRef peer) {
  TcpSocket onward{self.machine()};
  const Result<> connected = co_await onward.connect({options.to.address, options.remote_port});
  if (!connected) co_return Result<>{};  // the sender finds its connection reset
  for (;;) {
    Result<Message> part = co_await peer->receive();
    if (!part) co_return Result<>{};
    if (part->empty()) break;
    self.count_message(part->size());
    const Result<> sent = co_await onward.send(*std::move(part));
    if (!sent) co_return Result<>{};
  }
  (void)onward.shutdown();
  (void)co_await onward.flush();
  co_return Result<>{};
}

}  // namespace

Task<Result<>> forward_over_tcp(Application& self, const ForwardOptions& options) {
  return serve(
      self, own_stream_end(options.ip, options.local_port), stream_backlog,
      [&self, &options](TcpSocketRef peer) { return forward_one(self, options, std::move(peer)); });
}

// ===== ping_pong: over one connection, which the starter makes =====

namespace {

Message counter_byte(std::uint8_t counter) {
  return Message{std::span<const std::uint8_t>{&counter, 1}};
}

// Catches the counter and throws it back until it is used up.
Task<Result<>> play(Application& self, TcpSocket& socket) {
  socket.set_no_delay(true);
  for (;;) {
    const Result<Message> caught = co_await socket.receive(1);
    if (!caught) co_return caught.error();
    if (caught->empty()) co_return Errc::reset;  // the other one has left the game
    self.count_message(1);
    const std::uint8_t counter = (*caught)[0];
    if (counter == 0) co_return Result<>{};
    const auto next = static_cast<std::uint8_t>(counter - 1);
    const Result<> sent = co_await socket.send(counter_byte(next));
    if (!sent) co_return sent;
    if (next != 0) continue;
    (void)socket.shutdown();
    co_return co_await socket.flush();
  }
}

}  // namespace

Task<Result<>> ping_pong_over_tcp(Application& self, const PingPongOptions& options) {
  const Endpoint own = own_stream_end(options.ip, options.local_port);
  if (!options.starter) {
    TcpListener listener{self.machine()};
    if (const Result<> listening = listener.listen(own); !listening) co_return listening;
    const Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    co_return co_await play(self, **peer);
  }
  TcpSocket socket{self.machine()};
  if (const Result<> bound = socket.bind(own); !bound) co_return bound;
  const Result<> connected = co_await socket.connect({options.to.address, options.remote_port});
  if (!connected) co_return connected;
  const Result<> sent =
      co_await socket.send(counter_byte(static_cast<std::uint8_t>(options.count)));
  if (!sent) co_return sent;
  co_return co_await play(self, socket);
}

// ===== sink =====

namespace {

Task<Result<>> drain(Application& self, const SinkOptions& options, TcpSocketRef peer) {
  std::uint64_t offset = 0;
  for (;;) {
    const Result<Message> part = co_await peer->receive();
    if (!part) {
      self.count_other_message();
      co_return Result<>{};
    }
    if (part->empty()) co_return Result<>{};
    if (options.verify && !is_stream_pattern(*part, offset)) {
      self.set_detail("the bytes are not those that a verifying sender writes");
      self.count_other_message();
    }
    offset += part->size();
    self.count_message(part->size());
  }
}

}  // namespace

Task<Result<>> sink_over_tcp(Application& self, const SinkOptions& options) {
  return serve(
      self, own_stream_end(options.ip, options.port), stream_backlog,
      [&self, &options](TcpSocketRef peer) { return drain(self, options, std::move(peer)); });
}

}  // namespace elvis
