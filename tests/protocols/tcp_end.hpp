// SPDX-License-Identifier: MIT
// One end of a TCP connection for tests that go step by step: segments by hand, time by hand.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/protocols/tcp/connection.hpp"

namespace elvis::testing_tcp {

inline constexpr std::uint32_t our_isn = 1'000;
inline constexpr std::uint32_t peer_isn = 5'000;

inline TcpSettings plain_settings() {
  TcpSettings settings;
  settings.timestamps = false;
  settings.window_scale = false;
  settings.send_buffer = settings.receive_buffer = 60'000;
  settings.mss = 1'000;
  return settings;
}

/// A connection, and what it said since it was asked last.
class End {
 public:
  explicit End(const TcpSettings& with = plain_settings())
      : settings{with}, connection{settings, our_isn, 0, 1'500} {}

  void advance(Duration by) {
    now += by;
    while (connection.deadline() <= now && !connection.is_over()) {
      const Time due = connection.deadline();
      connection.expire(now);
      if (connection.deadline() == due) break;
      collect();
    }
    collect();
  }
  /// Goes to the next deadline, and says how far that was.
  Duration advance_to_deadline() {
    const Duration waited = connection.deadline() - now;
    now = connection.deadline();
    connection.expire(now);
    collect();
    return waited;
  }
  void collect() {
    for (TcpSegment segment; connection.next(segment, now); segment = {}) {
      sent.push_back(std::move(segment));
    }
  }
  /// Sequence numbers count from the ISNs.
  void arrive(std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledgement,
              std::string_view data = {}, std::uint16_t window = 60'000,
              const TcpOptions& options = {}) {
    TcpSegment segment;
    segment.flags = flags;
    segment.sequence = peer_isn + sequence;
    if ((flags & TcpHeader::ack) != 0) segment.acknowledgement = our_isn + acknowledgement;
    segment.window = window;
    segment.options = options;
    if (!data.empty()) segment.payload = Message{data};
    connection.take(std::move(segment), now);
    collect();
  }
  void write(std::string_view text) {
    connection.write_all(Message{text}, now);
    collect();
  }
  void shutdown() {
    connection.shutdown(now);
    collect();
  }
  /// The oldest segment that was not looked at: "SA 0:1(0) ack 1".
  std::string next() {
    if (sent.empty()) return "nothing";
    const TcpSegment segment = std::move(sent.front());
    sent.erase(sent.begin());
    return text_of(segment);
  }
  static std::string text_of(const TcpSegment& segment) {
    std::string text;
    const auto add = [&](std::uint16_t bit, char letter) {
      if (segment.has(bit)) text += letter;
    };
    add(TcpHeader::syn, 'S');
    add(TcpHeader::fin, 'F');
    add(TcpHeader::rst, 'R');
    add(TcpHeader::psh, 'P');
    add(TcpHeader::urg, 'U');
    add(TcpHeader::ece, 'E');
    add(TcpHeader::cwr, 'W');
    if (text.empty()) text = ".";
    const std::uint32_t begin = segment.sequence - our_isn;
    text += ' ' + std::to_string(begin) + '(' + std::to_string(segment.payload.size()) + ')';
    if (segment.has(TcpHeader::ack)) {
      text += " ack " + std::to_string(segment.acknowledgement - peer_isn);
    }
    for (const TcpOptions::Block& block : segment.options.sack()) {
      text += " sack " + std::to_string(block.begin - peer_isn) + ':' +
              std::to_string(block.end - peer_isn);
    }
    return text;
  }

  /// Opens actively; the peer knows SACK if `options` say so.
  void establish(TcpOptions options = {}) {
    if (options.mss == 0) options.mss = 1'000;
    connection.connect(now);
    collect();
    sent.clear();
    now += std::chrono::milliseconds{10};
    arrive(TcpHeader::syn | TcpHeader::ack, 0, 1, {}, 60'000, options);
    sent.clear();
    ASSERT_EQ(connection.state(), TcpState::established);
    connection.take_events();
  }
  TcpState state() const { return connection.state(); }

  TcpSettings settings;
  Time now{};
  TcpConnection connection;
  std::vector<TcpSegment> sent;
};

}  // namespace elvis::testing_tcp
