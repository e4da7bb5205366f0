// SPDX-License-Identifier: MIT
#include "elvis/applications/streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "elvis/graph/world.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/util/repeatable_math.hpp"
#include "elvis/wire/byte_order.hpp"
#include "stream_pattern.hpp"
#include "stream_server.hpp"
#include "window_trace.hpp"

namespace elvis {

namespace {

// "12.345", of a number of thousandths.
std::string thousandths(std::uint64_t value) {
  return fmt::format("{}.{:03}", value / 1'000, value % 1'000);
}

// How many bytes a second these are, as bits: "94.150 Mbps".
std::string rate_of(std::uint64_t bytes, Duration time) {
  if (time <= Duration{}) return "0.000 Mbps";
  __extension__ using Wide = unsigned __int128;
  const Wide kilobits = Wide{bytes} * 8 * 1'000'000 / static_cast<std::uint64_t>(time.count());
  return thousandths(static_cast<std::uint64_t>(kilobits)) + " Mbps";
}

}  // namespace

// ===== bulk =====

namespace {

// The session outlives the application in TIME-WAIT, but its tracer does not.
struct Traced {
  Traced(TcpSession& of, TcpTracer* tracer) : session{of} {
    if (tracer != nullptr) session.set_tracer(tracer);
  }
  ~Traced() { session.set_tracer(session.tcp().tracer()); }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;

  TcpSession& session;
};

struct BulkTotals {
  std::uint64_t bytes = 0;
  std::uint64_t resent = 0;
  Time begun = end_of_time;
  Time ended{};
  TcpInfo last;
};

Task<Result<>> send_bulk(Application& self, const BulkOptions& options, TcpTracer* tracer,
                         BulkTotals& totals) {
  TcpSocket socket{self.machine()};
  if (options.ip.address) {
    if (const Result<> bound = socket.bind({*options.ip.address, 0}); !bound) co_return bound;
  }
  if (options.congestion >= 0) socket.set_congestion(options.congestion);
  if (options.send_buffer != 0) {
    socket.set_send_buffer(std::max(options.send_buffer, TcpSettings::least_buffer));
  }
  if (options.no_delay) socket.set_no_delay(true);
  const Result<> connected = co_await socket.connect({options.to.address, options.port});
  if (!connected) co_return connected;
  const Traced traced{*socket.session(), tracer};
  const Time begun = self.now();
  totals.begun = std::min(totals.begun, begun);
  const bool has_end = options.duration > Duration{};
  const Time until = has_end ? add_saturated(begun, options.duration) : end_of_time;
  const std::uint64_t bytes =
      has_end && options.bytes == BulkOptions{}.bytes ? ~std::uint64_t{0} : options.bytes;
  for (std::uint64_t done = 0; done < bytes && self.now() < until;) {
    const std::size_t size = std::min(options.chunk, bytes - done);
    const Result<> sent = co_await socket.send(options.verify ? stream_pattern(done, size)
                                                              : Message::shared_zeros(size));
    if (!sent) co_return sent;
    self.count_message(size);
    done += size;
  }
  (void)socket.shutdown();
  const Result<> delivered = co_await socket.flush();
  if (!delivered) co_return delivered;
  totals.last = socket.info();
  totals.bytes += totals.last.bytes_acked;
  totals.resent += totals.last.total_retrans;
  totals.ended = std::max(totals.ended, self.now());
  co_return Result<>{};
}

}  // namespace

Task<Result<>> bulk(Application& self, const BulkOptions& options) {
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  std::optional<WindowTrace> trace;
  ApplicationOutput* const output = self.machine().world().output_of(self);
  if (output != nullptr) trace.emplace(*output);
  BulkTotals totals;
  TaskGroup connections{self.machine()};
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    connections.start(send_bulk(self, options, trace ? &*trace : nullptr, totals));
  }
  const Result<> result = co_await connections.all_ended();
  if (output != nullptr && !output->file().finish()) {
    self.set_detail(fmt::format("cannot write all of `{}`", options.trace));
    co_return Errc::invalid_argument;
  }
  if (!result) co_return result;
  self.set_detail(fmt::format("{} bytes at {}, {} retransmissions, rtt {}/{} ms (least/smoothed)",
                              totals.bytes, rate_of(totals.bytes, totals.ended - totals.begun),
                              totals.resent, thousandths(totals.last.min_rtt),
                              thousandths(totals.last.rtt)));
  co_return Result<>{};
}

// ===== request_response: a header of 16 bytes says how long both are =====

namespace {

constexpr std::size_t request_header = 16;

// A size around `mean`.
std::uint64_t size_around(std::uint64_t mean, int sizes, Rng& rng) {
  if (sizes == RequestResponseOptions::constant || mean == 0) return mean;
  const double uniform = unit_interval(rng());
  const double average = static_cast<double>(mean);
  double size;
  if (sizes == RequestResponseOptions::exponential) {
    size = -repeatable_log(uniform) * average;
  } else {
    // Pareto with shape 1.5, whose mean is three times its least.
    size = average / 3 * repeatable_exp(-repeatable_log(uniform) / 1.5);
  }
  return static_cast<std::uint64_t>(std::clamp(size, 1.0, 1e12));
}

struct Exchanges {
  std::vector<std::uint64_t> times;  // ns, of all that were answered
  std::uint64_t connections = 0;
};

// What follows `done` bytes of a request: a part of it, or all the rest. (Many clients wait at
// once: each is one coroutine, without others in it, and zero bytes are shared.)
Message part_of_request(std::uint64_t done, std::uint64_t request, std::uint64_t response) {
  constexpr std::uint64_t most = 65'536;
  const std::size_t size = std::min(request - done, most);
  if (done != 0) return Message::shared_zeros(size);
  std::array<std::uint8_t, request_header> header;
  store64(header.data(), request);
  store64(header.data() + 8, response);
  Message message{header};
  message.append(Message::shared_zeros(size - request_header));
  return message;
}

// The first part of the request goes with the SYN if the server is known (RFC 7413).
Task<Result<>> connect_asking(TcpSocket& socket, const RequestResponseOptions& options,
                              Message first) {
  const Result<> connected =
      co_await socket.connect({options.to.address, options.port}, std::move(first));
  co_return connected;
}

Task<Result<>> ask_repeatedly(Application& self, const RequestResponseOptions& options,
                              std::uint64_t number, Exchanges& exchanges) {
  Rng rng = self.machine().rng(fmt::format("request_response {}", number));
  std::optional<TcpSocket> socket;
  for (std::uint64_t i = 0; i < options.count; ++i) {
    if (i != 0 && options.interval > Duration{}) co_await self.sleep_for(options.interval);
    const Time begun = self.now();
    const std::uint64_t request = std::max<std::uint64_t>(
        size_around(options.request_size, options.sizes, rng), request_header);
    const std::uint64_t response = size_around(options.response_size, options.sizes, rng);
    std::uint64_t done = 0;
    if (i % options.per_connection == 0) {
      socket.emplace(self.machine());
      socket->set_no_delay(true);
      if (options.timeout > Duration{}) socket->set_user_timeout(options.timeout);
      if (options.ip.address) {
        if (const Result<> bound = socket->bind({*options.ip.address, 0}); !bound) co_return bound;
      }
      Result<> connected;
      if (socket->settings().may_open_fast()) {
        Message first = part_of_request(done, request, response);
        done += first.size();
        connected = co_await connect_asking(*socket, options, std::move(first));
      } else {
        connected = co_await socket->connect({options.to.address, options.port});
      }
      if (!connected) co_return connected;
      ++exchanges.connections;
    }
    while (done < request) {
      Message part = part_of_request(done, request, response);
      done += part.size();
      const Result<> sent = co_await socket->send(std::move(part));
      if (!sent) co_return sent;
    }
    for (std::uint64_t left = response; left > 0;) {
      const Result<Message> part = co_await socket->receive(left);
      if (!part) co_return part.error();
      if (part->empty()) co_return Errc::reset;
      left -= part->size();
    }
    exchanges.times.push_back(static_cast<std::uint64_t>((self.now() - begun).count()));
    self.count_message(response);
  }
  if (options.hold > Duration{}) co_await self.sleep_for(options.hold);
  co_return Result<>{};
}

// Reads requests and answers them, one after the other, until the client is done.
Task<Result<>> answer(Application& self, TcpSocketRef peer) {
  peer->set_no_delay(true);
  for (;;) {
    std::array<std::uint8_t, request_header> header;
    std::uint64_t request = request_header;  // until its header tells
    for (std::uint64_t done = 0; done < request;) {
      const Result<Message> part =
          co_await peer->receive((done < request_header ? request_header : request) - done);
      if (!part || part->empty()) co_return Result<>{};
      if (done < request_header) part->copy_to(std::span{header}.subspan(done));
      done += part->size();
      if (done != request_header) continue;
      request = load64(header.data());
      if (request < request_header) {
        self.count_other_message();
        co_return Result<>{};
      }
    }
    self.count_message(request);
    for (std::uint64_t left = load64(header.data() + 8); left > 0;) {
      constexpr std::uint64_t most = 65'536;
      const std::size_t size = std::min(left, most);
      const Result<> sent = co_await peer->send(Message::shared_zeros(size));
      if (!sent) co_return Result<>{};
      left -= size;
    }
  }
}

}  // namespace

Task<Result<>> request_response(Application& self, const RequestResponseOptions& options) {
  self.expect_messages(options.count * options.clients);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  const Time begun = self.now();
  Exchanges exchanges;
  TaskGroup clients{self.machine()};
  for (std::uint64_t i = 0; i < options.clients; ++i) {
    clients.start(ask_repeatedly(self, options, i, exchanges));
  }
  const Result<> result = co_await clients.all_ended();
  std::vector<std::uint64_t>& times = exchanges.times;
  std::sort(times.begin(), times.end());
  const auto at = [&times](std::uint64_t per_cent) {
    const std::size_t last = times.size() - 1;
    return thousandths(times[std::min(last, times.size() * per_cent / 100)] / 1'000);
  };
  const auto took =
      static_cast<std::uint64_t>(std::max<std::int64_t>((self.now() - begun).count(), 1));
  std::string text =
      fmt::format("{} answers over {} connections", times.size(), exchanges.connections);
  if (!times.empty()) {
    text += fmt::format(", {} connections a second, time 50%/99%/100% {}/{}/{} ms",
                        exchanges.connections * 1'000'000'000 / took, at(50), at(99),
                        thousandths(times.back() / 1'000));
  }
  if (!result) text = result.error().message() + "; " + text;
  self.set_detail(std::move(text));
  co_return result;
}

Task<Result<>> responder(Application& self, const ResponderOptions& options) {
  return serve(self, {options.ip.address.value_or(Ipv4Address{}), options.port}, options.backlog,
               [&self](TcpSocketRef peer) { return answer(self, std::move(peer)); });
}

}  // namespace elvis
