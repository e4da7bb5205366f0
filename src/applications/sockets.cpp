// SPDX-License-Identifier: MIT
#include "elvis/applications/sockets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common_options.hpp"
#include "elvis/sockets/stream_reader.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "elvis/sockets/waiting.hpp"
#include "stream_messages.hpp"
#include "stream_server.hpp"

namespace elvis {

namespace {

// ===== Questions and answers: a line of text, or a datagram =====

constexpr std::size_t longest_line = 1'024;

std::string question_of(const SocketClientOptions& options, std::uint64_t number) {
  return fmt::format("client {} asks {}", options.id, number);
}

std::string answer_to(std::string_view question) {
  return fmt::format("server heard: {}", question);
}

// Takes down an answer; an error if it is another one.
Result<> check(Application& self, std::string_view question, const std::string& answer) {
  if (answer != answer_to(question)) {
    self.set_detail(fmt::format("a wrong answer: `{}`", answer));
    return Errc::invalid_argument;
  }
  self.count_message(answer.size());
  return {};
}

Task<Result<>> ask_over_udp(Application& self, const SocketClientOptions& options) {
  UdpSocket socket{self.machine()};
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) co_return bound;
  }
  const Result<> connected = socket.connect({options.to.address, options.port});
  if (!connected) co_return connected;
  for (std::uint64_t i = 1; i <= options.count; ++i) {
    if (i != 1 && options.interval > Duration{}) co_await self.sleep_for(options.interval);
    const std::string question = question_of(options, i);
    if (const Result<> sent = socket.send(Message{question}); !sent) co_return sent;
    const Result<Datagram> answer = co_await with_timeout(socket.receive(), options.timeout);
    if (!answer) co_return answer.error();
    const Result<> checked = check(self, question, answer->payload.to_string());
    if (!checked) co_return checked;
  }
  co_return Result<>{};
}

Task<Result<>> ask_over_tcp(Application& self, const SocketClientOptions& options) {
  TcpSocket socket{self.machine()};
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) co_return bound;
  }
  const Endpoint remote{options.to.address, options.port};
  const Result<> connected = co_await socket.connect(remote, options.timeout);
  if (!connected) co_return connected;
  StreamReader reader{socket};
  for (std::uint64_t i = 1; i <= options.count; ++i) {
    if (i != 1 && options.interval > Duration{}) co_await self.sleep_for(options.interval);
    const std::string question = question_of(options, i);
    const Result<> sent = co_await socket.send(Message{question + '\n'});
    if (!sent) co_return sent;
    Task<Result<std::string>> reading = reader.read_line(longest_line);
    const Result<std::string> answer =
        co_await with_timeout(self.machine(), std::move(reading), options.timeout);
    if (!answer) co_return answer.error();
    const Result<> checked = check(self, question, *answer);
    if (!checked) co_return checked;
  }
  co_return Result<>{};
}

Task<Result<>> answer_datagrams(Application& self, const SocketServerOptions& options) {
  UdpSocket socket{self.machine()};
  const Result<> bound = socket.bind(own_end(options.ip, options.port));
  if (!bound) co_return bound;
  for (;;) {
    const Result<Datagram> asked = co_await socket.receive();
    if (!asked) co_return asked.error();
    self.count_message(asked->payload.size());
    const std::string answer = answer_to(asked->payload.to_string());
    // Whom no answer reaches may ask again.
    (void)socket.send_to(asked->remote, Message{answer});
  }
}

Task<Result<>> answer_lines(Application& self, TcpSocketRef peer) {
  StreamReader reader{*peer};
  for (;;) {
    const Result<std::string> question = co_await reader.read_line(longest_line);
    if (!question) co_return Result<>{};  // the client has gone
    self.count_message(question->size());
    const Result<> sent = co_await peer->send(Message{answer_to(*question) + '\n'});
    if (!sent) co_return Result<>{};
  }
}

}  // namespace

Task<Result<>> socket_client(Application& self, const SocketClientOptions& options) {
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  const bool is_stream = uses_tcp(self, options.transport);
  Task<Result<>> asking = is_stream ? ask_over_tcp(self, options) : ask_over_udp(self, options);
  const Result<> asked = co_await std::move(asking);
  co_return asked;
}

Task<Result<>> socket_server(Application& self, const SocketServerOptions& options) {
  if (!uses_tcp(self, options.transport)) return answer_datagrams(self, options);
  return serve(self, own_end(options.ip, options.port), options.backlog,
               [&self](TcpSocketRef peer) { return answer_lines(self, std::move(peer)); });
}

// ===== tcp_stream_client, tcp_listener_server: bytes there and back =====

namespace {

Message random_bytes(Rng& rng, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
  return Message{std::span<const std::uint8_t>{bytes}};
}

Task<Result<>> send_back(Application& self, TcpSocketRef peer) {
  for (;;) {
    Result<Message> part = co_await peer->receive();
    if (!part || part->empty()) co_return Result<>{};  // the client is done
    self.count_message(part->size());
    const Result<> sent = co_await peer->send(*std::move(part));
    if (!sent) co_return Result<>{};
  }
}

// Sends beside the reading, as both directions together may hold more than the buffers.
Task<Result<>> send_all(TcpSocket& socket, Message bytes) {
  const Result<> sent = co_await socket.send(std::move(bytes));
  co_return sent;
}

}  // namespace

Task<Result<>> tcp_stream_client(Application& self, const TcpStreamClientOptions& options) {
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  TcpSocket socket{self.machine()};
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) co_return bound;
  }
  const Result<> connected = co_await socket.connect({options.to.address, options.port});
  if (!connected) co_return connected;
  Rng rng = self.machine().rng("tcp_stream_client");
  TaskGroup sending{self.machine()};
  for (std::uint64_t i = 0; i < options.count; ++i) {
    const Message bytes = random_bytes(rng, options.size);
    sending.start(send_all(socket, bytes));
    const Result<Message> back = co_await read_exact(socket, options.size);
    if (!back) co_return back.error();
    if (!(*back == bytes)) {
      self.set_detail(fmt::format("other bytes came back of message {}", i + 1));
      co_return Errc::invalid_argument;
    }
    self.count_message(options.size);
  }
  (void)socket.shutdown();
  const Result<Message> end = co_await socket.receive();
  co_return end ? Result<>{} : end.error();
}

Task<Result<>> tcp_listener_server(Application& self, const TcpListenerServerOptions& options) {
  return serve(self, own_end(options.ip, options.port), options.backlog,
               [&self](TcpSocketRef peer) { return send_back(self, std::move(peer)); });
}

// ===== throughput =====

namespace {

// "1.250", in milliseconds.
std::string milliseconds(Duration time) {
  const auto us = static_cast<std::uint64_t>((time.count() + 500) / 1'000);
  return fmt::format("{}.{:03}", us / 1'000, us % 1'000);
}

// Times between messages.
struct Delays {
  Duration least = Duration::max();
  Duration most{};
  Duration sum{};
  std::int64_t count = 0;

  void add(Duration delay) {
    least = std::min(least, delay);
    most = std::max(most, delay);
    sum += delay;
    ++count;
  }
  // What came in the time of all delays: the first message began it.
  std::string text(std::uint64_t messages, std::uint64_t bytes, std::uint64_t first) const {
    if (count == 0) return fmt::format("{} messages, {} bytes", messages, bytes);
    __extension__ using Product = unsigned __int128;
    const auto time = static_cast<std::uint64_t>(std::max<std::int64_t>(sum.count(), 1));
    const auto rate = static_cast<std::uint64_t>(Product{bytes - first} * 8'000'000'000U / time);
    return fmt::format("{} messages, {} bytes at {}.{:03} kbps, delay min/avg/max {}/{}/{} ms",
                       messages, bytes, rate / 1'000, rate % 1'000, milliseconds(least),
                       milliseconds(sum / count), milliseconds(most));
  }
};

}  // namespace

Task<Result<>> throughput(Application& self, const ThroughputOptions& options) {
  self.expect_messages(options.message_count);
  UdpSocket socket{self.machine()};
  const Result<> bound = socket.bind(own_end(options.ip, options.port));
  if (!bound) co_return bound;
  Delays delays;
  std::uint64_t first = 0;
  std::uint64_t unexpected = 0;
  Time before{};
  for (std::uint64_t i = 0; i < options.message_count; ++i) {
    const Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    self.count_message(received->payload.size());
    const Time now = self.now();
    if (i == 0) {
      first = received->payload.size();
    } else {
      const Duration delay = now - before;
      delays.add(delay);
      const bool is_late = options.max_delay > Duration{} && delay > options.max_delay;
      if (delay < options.min_delay || is_late) ++unexpected;
    }
    before = now;
  }
  std::string text = delays.text(self.messages(), self.bytes(), first);
  if (unexpected != 0) text += fmt::format(", {} delays out of the expected range", unexpected);
  self.set_detail(std::move(text));
  if (unexpected != 0) co_return Errc::timed_out;
  co_return Result<>{};
}

}  // namespace elvis
