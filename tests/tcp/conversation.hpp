// SPDX-License-Identifier: MIT
// Two machines that talk over TCP while a test does to the network what it likes; what each hears
// is checked byte by byte.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "internet.hpp"

namespace elvis::test {

/// A stream whose bytes follow from their place.
class Pattern {
 public:
  explicit Pattern(std::uint64_t seed) : seed_{seed} {}
  std::uint8_t at(std::uint64_t place) const {
    const std::uint64_t word = (place >> 3 ^ seed_) * 0x9e37'79b9'7f4a'7c15U;
    return static_cast<std::uint8_t>(word >> (8 * (place & 7)));
  }
  Message message(std::uint64_t begin, std::size_t size) const {
    Message made = Message::zeros(size);
    for (std::uint8_t& byte : made.writable_front()) byte = at(begin++);
    return made;
  }
  /// Whether `bytes` are those from `begin` on.
  bool matches(std::uint64_t begin, const Message& bytes) const {
    for (const std::uint8_t byte : bytes.bytes()) {
      if (byte != at(begin++)) return false;
    }
    return true;
  }

 private:
  std::uint64_t seed_;
};

/// What one end of a connection does.
struct Role {
  std::uint64_t bytes = 0;         ///< To be sent.
  std::uint64_t most_sent = 1;     ///< At a time, at least 1.
  std::uint64_t most_read = 1;     ///< At a time, at least 1.
  Duration longest_pause{};        ///< Between two calls, now and then.
  bool listens_first = false;      ///< Sends nothing before it has heard all.
  std::optional<Duration> aborts;  ///< When it resets the connection.
  TcpSettings settings;
};

/// What became of one end.
struct EndResult {
  std::uint64_t sent = 0;
  std::uint64_t heard = 0;
  bool has_heard_end = false;
  bool is_wrong = false;  ///< A byte was not the one that was sent there.
  bool writer_is_done = false;
  bool reader_is_done = false;
  std::optional<boost::system::error_code> write_error;
  std::optional<boost::system::error_code> read_error;
};

/// A connection from machine 0 to machine 1. Both are to have TCP.
class Conversation {
 public:
  static constexpr std::uint16_t port = 80;

  Conversation(Machine& client, Machine& server, Ipv4Address server_address,
               const Role& client_role, const Role& server_role, std::uint64_t seed)
      : machines_{&client, &server},
        server_address_{server_address},
        roles{client_role, server_role},
        seed_{seed} {}

  /// Adds the programs of both to the internet.
  void begin(testing_lan::Internet& internet) {
    internet.run_on(*machines_[0], [this](Application& self) { return connect(self); });
    internet.run_on(*machines_[1], [this](Application& self) { return accept(self); });
    for (const std::size_t end : {0U, 1U}) {
      internet.run_on(*machines_[end], [this, end](Application& self) { return write(self, end); });
      internet.run_on(*machines_[end], [this, end](Application& self) { return read(self, end); });
      if (!roles[end].aborts) continue;
      internet.run_on(*machines_[end], [this, end](Application& self) { return abort(self, end); });
    }
  }

  /// Both ends have heard all that the other sent, and its end.
  bool is_complete() const {
    for (const std::size_t end : {0U, 1U}) {
      const EndResult& one = results[end];
      if (one.is_wrong || one.write_error || one.read_error || !one.has_heard_end) return false;
      if (one.sent != roles[end].bytes || one.heard != roles[1 - end].bytes) return false;
    }
    return true;
  }
  bool is_over() const {
    return std::ranges::all_of(
        results, [](const EndResult& one) { return one.writer_is_done && one.reader_is_done; });
  }
  TcpSocket* socket(std::size_t end) const { return sockets_[end].get(); }

  static Tcp& tcp(Machine& machine) { return static_cast<Tcp&>(*machine.find(ProtocolId::tcp)); }

 private:
  using Code = boost::system::error_code;

  Task<Result<>> connect(Application& self) {
    auto socket = std::make_unique<TcpSocket>(self.machine());
    socket->use(roles[0].settings);
    TcpSocket& connecting = *socket;
    const Result<> connected = co_await connecting.connect({server_address_, port});
    if (connected) {
      sockets_[0] = std::move(socket);
    } else {
      give_up(connected.error());
    }
    co_return Result<>{};
  }
  Task<Result<>> accept(Application& self) {
    TcpListener listener{self.machine()};
    listener.use(roles[1].settings);
    EXPECT_TRUE(listener.listen({{}, port}));
    Result<TcpSocketRef> peer = co_await listener.accept();
    if (peer && !has_given_up_) sockets_[1] = *std::move(peer);
    co_return Result<>{};
  }
  /// Nobody will ever be connected.
  void give_up(Code why) {
    for (const std::size_t end : {0U, 1U}) {
      if (sockets_[end] != nullptr) continue;
      results[end].read_error = results[end].write_error = why;
    }
    has_given_up_ = true;
  }

  Task<Result<>> write(Application& self, std::size_t end) {
    const Role& role = roles[end];
    EndResult& outcome = results[end];
    Rng luck{{seed_, end, 1}};
    const Pattern pattern{seed_ * 2 + end};
    while (sockets_[end] == nullptr && !has_given_up_) co_await self.sleep_for(millisecond);
    while (role.listens_first && !outcome.reader_is_done) co_await self.sleep_for(10 * millisecond);
    while (outcome.sent < role.bytes && !has_given_up_) {
      const std::size_t size = std::min(1 + luck.below(role.most_sent), role.bytes - outcome.sent);
      const Result<> sent = co_await sockets_[end]->send(pattern.message(outcome.sent, size));
      if (!sent) {
        outcome.write_error = sent.error();
        break;
      }
      outcome.sent += size;
      if (luck.below(8) == 0) co_await self.sleep_for(pause(role, luck));
    }
    if (!has_given_up_ && !outcome.write_error) {
      if (const Result<> ended = sockets_[end]->shutdown(); !ended) {
        outcome.write_error = ended.error();
      }
    }
    outcome.writer_is_done = true;
    close_if_over(end);
    co_return Result<>{};
  }

  Task<Result<>> read(Application& self, std::size_t end) {
    const Role& role = roles[end];
    EndResult& outcome = results[end];
    Rng luck{{seed_, end, 2}};
    const Pattern pattern{seed_ * 2 + 1 - end};
    while (sockets_[end] == nullptr && !has_given_up_) co_await self.sleep_for(millisecond);
    while (!has_given_up_) {
      const Result<Message> got = co_await sockets_[end]->receive(1 + luck.below(role.most_read));
      if (!got) {
        outcome.read_error = got.error();
        break;
      }
      if (got->empty()) {
        outcome.has_heard_end = true;
        break;
      }
      if (!pattern.matches(outcome.heard, *got)) outcome.is_wrong = true;
      outcome.heard += got->size();
      if (luck.below(8) == 0) co_await self.sleep_for(pause(role, luck));
    }
    outcome.reader_is_done = true;
    close_if_over(end);
    co_return Result<>{};
  }

  Task<Result<>> abort(Application& self, std::size_t end) {
    co_await self.sleep_for(*roles[end].aborts);
    if (sockets_[end] != nullptr) sockets_[end]->abort();
    co_return Result<>{};
  }

  void close_if_over(std::size_t end) {
    const EndResult& outcome = results[end];
    if (outcome.writer_is_done && outcome.reader_is_done && sockets_[end] != nullptr) {
      sockets_[end]->close();
      // A connection that was reset before the other end had it to accept never comes there.
      const std::optional<Code>& why =
          outcome.read_error ? outcome.read_error : outcome.write_error;
      if (why && sockets_[1 - end] == nullptr) give_up(*why);
    }
  }
  static Duration pause(const Role& role, Rng& luck) {
    return Duration{static_cast<Duration::rep>(
        luck.below(static_cast<std::uint64_t>(role.longest_pause.count()) + 1))};
  }

  static constexpr Duration millisecond = std::chrono::milliseconds{1};

  Machine* machines_[2];
  Ipv4Address server_address_;
  TcpSocketRef sockets_[2];
  bool has_given_up_ = false;

 public:
  Role roles[2];
  EndResult results[2];

 private:
  std::uint64_t seed_;
};

}  // namespace elvis::test
