// SPDX-License-Identifier: MIT
// Flow: as much data as TCP lets through from one machine to another, measured.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "internet.hpp"

namespace elvis::test {

/// A bulk transfer that begins at a given time and never ends.
class Flow {
 public:
  Flow(Machine& from, Machine& to, Endpoint remote, Duration start = {})
      : from_{from}, to_{to}, remote_{remote}, start_{start} {}

  /// How many bytes there are to send; without limit if nobody says so.
  void set_bytes(std::uint64_t bytes) { bytes_ = bytes; }
  /// Adds the programs of both ends.
  void begin(testing_lan::Internet& internet) {
    internet.run_on(to_, [this](Application& self) { return sink(self); });
    internet.run_on(from_, [this](Application& self) { return source(self); });
  }

  /// Bits a second that were received between two times.
  double goodput(Duration from, Duration until) const {
    const auto seconds = std::chrono::duration<double>(until - from).count();
    return 8.0 * static_cast<double>(heard_until(until) - heard_until(from)) / seconds;
  }
  std::uint64_t heard() const { return samples_.empty() ? 0 : samples_.back().second; }
  Time first_at() const { return samples_.front().first; }
  Time last_at() const { return samples_.back().first; }
  /// The sender's numbers, while it is there.
  TcpInfo info() const { return socket_->info(); }
  TcpSocket& socket() const { return *socket_; }

 private:
  std::uint64_t heard_until(Duration until) const {
    const auto later = std::ranges::upper_bound(samples_, start_of_time + until, {},
                                                &std::pair<Time, std::uint64_t>::first);
    return later == samples_.begin() ? 0 : std::prev(later)->second;
  }
  Task<Result<>> source(Application& self) {
    // Held here too, as who waits in it may be there longer than the flow.
    const auto socket = std::make_shared<TcpSocket>(self.machine());
    socket_ = socket;
    co_await self.sleep_for(start_);
    const Result<> connected = co_await socket->connect(remote_);
    if (!connected) co_return connected.error();
    constexpr std::size_t at_once = 65'536;
    for (std::uint64_t left = bytes_; left > 0;) {
      const std::size_t size = std::min<std::uint64_t>(left, at_once);
      const Result<> sent = co_await socket->send(Message::zeros(size));
      if (!sent) co_return sent.error();
      left -= size;
    }
    co_return socket->shutdown();
  }
  Task<Result<>> sink(Application& self) {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, remote_.port}); !listening) {
      co_return listening.error();
    }
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (!peer) co_return peer.error();
    std::uint64_t heard = 0;
    for (;;) {
      const Result<Message> got = co_await (*peer)->receive();
      if (!got) co_return got.error();
      if (got->empty()) co_return Result<>{};
      heard += got->size();
      samples_.emplace_back(self.now(), heard);
    }
  }

  Machine& from_;
  Machine& to_;
  Endpoint remote_;
  Duration start_;
  std::uint64_t bytes_ = ~std::uint64_t{0};
  std::shared_ptr<TcpSocket> socket_;
  std::vector<std::pair<Time, std::uint64_t>> samples_;
};

/// Adds TCP with `settings`, which outlive the world, to a machine of the internet.
inline Tcp& add_tcp(testing_lan::Internet& internet, Machine& machine,
                    const TcpSettings& settings) {
  return internet.world.add_protocol<Tcp>(machine, testing_lan::Internet::ipv4(machine), settings);
}

/// The place of an algorithm in congestion_kinds().
inline int congestion_named(std::string_view name) {
  const auto kinds = congestion_kinds();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].name == name) return static_cast<int>(i);
  }
  ELVIS_UNREACHABLE();
}

}  // namespace elvis::test
