// SPDX-License-Identifier: MIT
#include "elvis/applications/messages.hpp"

#include <utility>

#include "common_options.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "listening.hpp"
#include "stream_messages.hpp"

namespace elvis {

namespace {

constexpr std::uint64_t messages_per_event = 4'096;

// Apart, so that the message on its way takes no room in a coroutine's frame.
[[gnu::noinline, gnu::flatten]] Result<> send(UdpSocket& socket, const Payload& message) {
  return socket.send(message);
}

// Takes what arrives, and compares it if it is to be something.
class Taker {
 public:
  Taker(Application& self, const CaptureOptions& options)
      : self_{self},
        wanted_{options.message},
        compares_{options.type == CaptureOptions::message_text ||
                  (options.type == -1 && !options.message.text().empty())} {}

  void operator()(const Message& message) const {
    if (compares_ && !wanted_.is_in(message)) return self_.count_other_message();
    self_.count_message(message.size());
    if (self_.messages() == self_.expected_messages()) self_.satisfied();
  }

 private:
  Application& self_;
  Payload wanted_;
  bool compares_;
};

// Then a datagram touches two cache lines of a capture's frame, the second and the third.
static_assert(sizeof(UdpSocket::Each<Taker>) == 96);

Task<Result<>> send_message_over_udp(Application& self, const SendMessageOptions& options) {
  UdpSocket socket{self.machine()};
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) {
      co_return bound.error();
    }
  }
  socket.set_time_to_live(static_cast<std::uint8_t>(options.ttl));
  socket.set_broadcast(true);
  const Endpoint remote{options.to.address, options.port};
  if (const Result<> connected = socket.connect(remote); !connected) co_return connected.error();

  // Kept in the frame, which every message touches anyway.
  const Payload message = options.message;
  const Duration interval = options.interval;
  for (std::uint64_t left = options.count; left > 0; --left) {
    if (const Result<> sent = send(socket, message); !sent) co_return sent.error();
    self.count_message(message.text().size());
    // Without an interval all is sent at one instant, but not in one event that never ends.
    if (left > 1 && (interval > Duration{} || left % messages_per_event == 0)) {
      co_await self.sleep_for(interval);
    }
  }
  co_return Result<>{};
}

// A satisfied capture stays at its port and goes on counting, but is no longer waited for.
Task<Result<>> capture_over_udp(Application& self, const CaptureOptions& options) {
  UdpSocket socket{self.machine()};
  self.expect_messages(options.message_count);
  if (const Result<> ready = listen(socket, options.ip, options.group, options.port); !ready) {
    co_return ready.error();
  }
  co_return co_await socket.receive_each(Taker{self, options});
}

Task<Result<>> forward_over_udp(Application& self, const ForwardOptions& options) {
  UdpSocket socket{self.machine()};
  socket.set_broadcast(true);
  if (const Result<> bound = socket.bind(own_end(options.ip, options.local_port)); !bound) {
    co_return bound.error();
  }
  const Endpoint remote{options.to.address, options.remote_port};

  for (;;) {
    Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    self.count_message(received->payload.size());
    if (const Result<> sent = socket.send_to(remote, std::move(received->payload)); !sent) {
      co_return sent.error();
    }
  }
}

// The counter is one byte, as in the original. Whoever receives a 0 or takes the counter to 0 is
// done; the one that takes it there says so to the other.
Task<Result<>> ping_pong_over_udp(Application& self, const PingPongOptions& options) {
  UdpSocket socket{self.machine()};
  socket.set_broadcast(true);
  if (const Result<> bound = socket.bind(own_end(options.ip, options.local_port)); !bound) {
    co_return bound.error();
  }
  const Endpoint remote{options.to.address, options.remote_port};
  const auto counter_message = [](std::uint8_t counter) {
    return Message{std::span<const std::uint8_t>{&counter, 1}};
  };

  if (options.starter) {
    const auto first = static_cast<std::uint8_t>(options.count);
    if (const Result<> sent = socket.send_to(remote, counter_message(first)); !sent) {
      co_return sent.error();
    }
  }
  for (;;) {
    const Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    if (received->payload.size() != 1) continue;  // not a counter
    self.count_message(1);
    const std::uint8_t counter = received->payload[0];
    if (counter == 0) co_return Result<>{};
    const auto next = static_cast<std::uint8_t>(counter - 1);
    if (const Result<> sent = socket.send_to(remote, counter_message(next)); !sent) {
      co_return sent.error();
    }
    if (next == 0) co_return Result<>{};
  }
}

}  // namespace

Task<Result<>> send_message(Application& self, const SendMessageOptions& options) {
  if (uses_tcp(self, options.transport)) return send_message_over_tcp(self, options);
  return send_message_over_udp(self, options);
}

Task<Result<>> capture(Application& self, const CaptureOptions& options) {
  // A group is spoken to by datagrams.
  const bool has_group = options.group.address.has_value();
  if (!has_group && uses_tcp(self, options.transport)) return capture_over_tcp(self, options);
  return capture_over_udp(self, options);
}

Task<Result<>> forward(Application& self, const ForwardOptions& options) {
  if (uses_tcp(self, options.transport)) return forward_over_tcp(self, options);
  return forward_over_udp(self, options);
}

Task<Result<>> ping_pong(Application& self, const PingPongOptions& options) {
  if (uses_tcp(self, options.transport)) return ping_pong_over_tcp(self, options);
  return ping_pong_over_udp(self, options);
}

}  // namespace elvis
