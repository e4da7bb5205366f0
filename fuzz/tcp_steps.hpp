// SPDX-License-Identifier: MIT
// A TCP connection that is led to any of its states, to which segments, calls and times happen.
// Whatever comes, it keeps the rules of a conversation, gives each byte of a stream its place, says
// nothing once it is over, and leaves nothing behind.
//
//   | settings, 4 bytes | state | ISN, MTU, end | steps: each a byte and what it needs behind it |
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "elvis/protocols/tcp/connection.hpp"

namespace elvis::fuzz {

/// The input, from front to back; zeros behind its end.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}
  bool empty() const { return bytes_.empty(); }
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return first;
  }
  std::uint16_t word() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  std::uint32_t wide() { return std::uint32_t{word()} << 16 | word(); }
  /// A number near 0 more often than not.
  std::uint32_t distance() {
    switch (const std::uint8_t first = byte(); first >> 6) {
      case 0:
        return first;
      case 1:
        return 0U - (first & 0x3fU);
      case 2:
        return (first & 0x3fU) * 1'460U;
      default:
        return wide();
    }
  }
  /// The next `count` bytes, or what is left.
  std::span<const std::uint8_t> take(std::size_t count) {
    const auto taken = bytes_.first(std::min(count, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// The states that a connection can be led to, and the ways there.
enum class Way : std::uint8_t {
  nowhere,  // CLOSED
  syn_sent,
  syn_received,
  both_open,
  connected,
  accepted,
  by_cookie,
  fin_wait_1,
  fin_wait_2,
  closing,
  close_wait,
  last_ack,
  time_wait,
  let_in,         // by a cookie (RFC 7413), and not answered yet
  syn_with_data,  // sent, likewise
  listening,      // until a SYN, or what looks like the answer to one, makes it a connection
};
inline constexpr std::uint8_t ways = 16;

/// One connection and what happens to it.
class TcpSteps {
 public:
  explicit TcpSteps(std::span<const std::uint8_t> input);

  /// Everything that the input says, but not more than `most` steps. Then the user closes, and
  /// nobody answers any more: it comes to its end, `always` or when the input says so.
  void run(std::size_t most, bool always);

 private:
  // To a state.
  void lead();
  void arrive(std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledged);
  void open_by(TcpSegment&& opening, std::uint8_t what);

  // What happens.
  void step();
  void write();
  void read();
  void set_options(std::uint8_t what);
  void call(std::uint8_t what);
  void any_segment(std::uint8_t what);
  void likely_segment(std::uint8_t what);
  void add_timestamps(TcpSegment& segment, std::uint32_t offset) const;
  void add_options(TcpSegment& segment);
  void add_payload(TcpSegment& segment, std::size_t bytes) const;
  void take(TcpSegment&& segment);
  void pass(Duration time);
  void to_deadline();

  // What it says.
  void speak();
  void look_at(const TcpSegment& out);
  void look() const;
  void end();

  Input input_;
  TcpSettings settings_;
  Way way_;
  std::uint8_t bits_;  // ISN, MTU, end
  std::uint32_t isn_;
  Time now_ = start_of_time + std::chrono::seconds{1};
  TcpConnection connection_;
  bool is_listening_ = false;
  bool is_silent_ = false;
  std::int64_t fin_ = 0;  // where it ended
  std::uint64_t acknowledged_ = 0;
  std::uint64_t right_edge_ = 0;
  std::uint64_t written_ = 1;  // positions of streams
  std::uint64_t read_ = 1;
};

/// A fuzzer's input: TcpSteps::run, after which no block of memory is held.
void run_tcp(std::span<const std::uint8_t> input, std::size_t most, bool always);

}  // namespace elvis::fuzz
