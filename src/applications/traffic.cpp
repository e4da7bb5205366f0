// SPDX-License-Identifier: MIT
#include "elvis/applications/traffic.hpp"

#include <utility>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/util/repeatable_math.hpp"
#include "listening.hpp"
#include "stream_messages.hpp"

namespace elvis {

namespace {

constexpr std::uint64_t datagrams_per_event = 4'096;

// That nobody listened to an earlier datagram, which the socket tells once instead of sending.
bool is_refusal(const Result<>& sent) {
  return !sent && (sent.error() == Errc::refused || sent.error() == Errc::no_protocol);
}

// A source goes on though nobody listens, or its datagrams are known to be too long for the path;
// only what no later datagram can overcome ends it.
Result<> send(Application& self, UdpSocket& socket, const TrafficOptions& options) {
  Result<> sent = socket.send(Message::zeros(options.size));
  if (is_refusal(sent)) {
    self.count_other_message();
    sent = socket.send(Message::zeros(options.size));
  }
  if (sent) {
    self.count_message(options.size);
    return {};
  }
  self.count_other_message();
  if (options.dont_fragment && sent.error() == Errc::message_too_long) return {};
  return sent;
}

Result<> connect(UdpSocket& socket, const TrafficOptions& options) {
  socket.set_dont_fragment(options.dont_fragment);
  socket.set_time_to_live(static_cast<std::uint8_t>(options.ttl));
  socket.set_broadcast(true);
  return socket.connect({options.to.address, options.port});
}

// A length of exponential distribution: memoryless, so that many sources come to Poisson traffic.
Duration exponential(Rng& rng, Duration mean) {
  const double factor = -repeatable_log(unit_interval(rng()));
  return round_to_duration(static_cast<double>(mean.count()) * factor);
}

}  // namespace

Task<Result<>> udp_flood(Application& self, const FloodOptions& options) {
  UdpSocket socket{self.machine()};
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  if (const Result<> connected = connect(socket, options); !connected) {
    co_return connected.error();
  }
  for (std::uint64_t i = 0; i < options.count; ++i) {
    // All at one instant, but not in one event that never ends.
    if (i != 0 && i % datagrams_per_event == 0) co_await self.sleep_for(Duration{});
    if (const Result<> sent = send(self, socket, options); !sent) co_return sent.error();
  }
  co_return Result<>{};
}

Task<Result<>> cbr(Application& self, const CbrOptions& options) {
  UdpSocket socket{self.machine()};
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  if (const Result<> connected = connect(socket, options); !connected) {
    co_return connected.error();
  }
  for (std::uint64_t i = 0; i < options.count; ++i) {
    if (i != 0) co_await self.sleep_for(options.interval);
    if (const Result<> sent = send(self, socket, options); !sent) co_return sent.error();
  }
  co_return Result<>{};
}

Task<Result<>> on_off(Application& self, const OnOffOptions& options) {
  UdpSocket socket{self.machine()};
  Rng rng = self.machine().rng("on_off");
  self.expect_messages(options.count);
  if (options.start > Duration{}) co_await self.sleep_for(options.start);
  if (const Result<> connected = connect(socket, options); !connected) {
    co_return connected.error();
  }
  const bool has_luck = options.lengths == OnOffOptions::exponential;
  for (std::uint64_t left = options.count; left > 0;) {
    const Time until =
        add_saturated(self.now(), has_luck ? exponential(rng, options.on) : options.on);
    while (left > 0 && self.now() < until) {
      if (const Result<> sent = send(self, socket, options); !sent) co_return sent.error();
      if (--left > 0) co_await self.sleep_for(options.interval);
    }
    if (left > 0) co_await self.sleep_for(has_luck ? exponential(rng, options.off) : options.off);
  }
  co_return Result<>{};
}

namespace {

Task<Result<>> sink_over_udp(Application& self, const SinkOptions& options) {
  UdpSocket socket{self.machine()};
  const Result<> listening = listen(socket, options.ip, options.group, options.port);
  if (!listening) co_return listening.error();
  for (;;) {
    const Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    self.count_message(received->payload.size());
  }
}

}  // namespace

Task<Result<>> sink(Application& self, const SinkOptions& options) {
  const bool has_group = options.group.address.has_value();
  if (!has_group && uses_tcp(self, options.transport)) return sink_over_tcp(self, options);
  return sink_over_udp(self, options);
}

}  // namespace elvis
