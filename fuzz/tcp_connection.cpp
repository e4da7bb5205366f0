// SPDX-License-Identifier: MIT
// A TCP connection in any of its states, to which any segments, calls and times happen. Whatever
// comes, it keeps the rules of a conversation, says nothing once it is over, and comes to an end
// when it is closed and nobody answers any more.
//
// Input: four bytes choose settings, a state and the ISNs; then come steps, each a byte that says
// what happens and what it needs behind it (see Steps).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "elvis/protocols/tcp/connection.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/chunk.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;

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

 private:
  std::span<const std::uint8_t> bytes_;
};

/// As many bytes as a test may want to send, once.
Message zeros(std::size_t size) {
  static Message all = Message::zeros(65'536);
  return all.slice(0, size);
}

TcpSettings settings_of(Input& input) {
  const std::uint8_t bits = input.byte();
  const std::uint8_t more = input.byte();
  TcpSettings settings;
  settings.sack = (bits & 1) != 0;
  settings.rack = (bits & 2) != 0;
  settings.timestamps = (bits & 4) != 0;
  settings.window_scale = (bits & 8) != 0;
  settings.ecn = (bits & 16) != 0;
  settings.accurate_ecn = (bits & 16) != 0 && (more & 128) != 0;
  settings.no_delay = (bits & 32) != 0;
  settings.delayed_ack = (bits & 64) != 0;
  settings.auto_tune = (bits & 128) != 0;
  settings.congestion = static_cast<int>((more & 7U) % congestion_kinds().size());
  settings.keep_alive = (more & 8) != 0;
  settings.limited_transmit = (more & 16) != 0;
  constexpr std::array<std::uint64_t, 4> buffers{2'048, 20'000, 65'535, 1'000'000};
  settings.send_buffer = settings.receive_buffer = buffers[more >> 6];
  settings.retries = settings.syn_retries = 4;
  settings.strict_timestamps = (more & 32) != 0;
  return settings;
}

/// The states that a connection can be led to, and the ways there.
enum class Way : std::uint8_t {
  nowhere,
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
};
constexpr std::uint8_t ways = 15;

class Steps {
 public:
  explicit Steps(Input input)
      : input_{input},
        settings_{settings_of(input_)},
        way_{static_cast<Way>(input_.byte() % ways)},
        isn_{isns[input_.byte() & 3]},
        connection_{settings_, isn_, 77, 1'500} {}

  void run() {
    lead();
    while (!input_.empty()) step();
    if (way_ == Way::nowhere && connection_.is_over()) return;
    end();
  }

 private:
  static constexpr std::array<std::uint32_t, 4> isns{1'000, 0x7fff'ffff, 0xffff'ffff, 0};
  static constexpr std::uint32_t peer_isn = 0xffff'fff0;  // the peer's wraps around at once

  // ----- to a state -----

  TcpOptions syn_options() const {
    TcpOptions options;
    options.mss = 1'460;
    options.sack_permitted = true;
    options.window_scale = std::uint8_t{3};
    options.timestamps = {.value = 10, .echo = 0};
    return options;
  }
  void arrive(std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledged) {
    TcpSegment segment;
    segment.flags = flags;
    segment.sequence = peer_isn + sequence;
    if ((flags & TcpHeader::ack) != 0) segment.acknowledgement = isn_ + acknowledged;
    segment.window = 8'000;
    if ((flags & TcpHeader::syn) != 0) {
      segment.options = syn_options();
    } else if (settings_.timestamps) {
      segment.options.timestamps = {.value = 20, .echo = 0};
    }
    take(std::move(segment));
  }
  static TcpSegment peers_syn(const TcpOptions& options) {
    TcpSegment segment;
    segment.flags = TcpHeader::syn | TcpHeader::ece | TcpHeader::cwr;
    segment.sequence = peer_isn;
    segment.window = 8'000;
    segment.options = options;
    return segment;
  }
  void lead() {
    constexpr std::uint16_t ack = TcpHeader::ack;
    constexpr std::uint16_t fin_ack = TcpHeader::fin | TcpHeader::ack;
    constexpr std::uint16_t syn = TcpHeader::syn | TcpHeader::ece | TcpHeader::cwr;
    switch (way_) {
      case Way::nowhere:
        return;
      case Way::accepted:
      case Way::syn_received: {
        TcpSegment opening = peers_syn(syn_options());
        connection_.accept(opening, now_);
        speak();
        if (way_ == Way::accepted) arrive(ack, 1, 1);
        return;
      }
      case Way::let_in: {
        TcpSegment opening = peers_syn(syn_options());
        opening.payload = zeros(100);
        connection_.accept_fast(std::move(opening), now_);
        ELVIS_ASSERT(connection_.readable() == 100);
        return speak();
      }
      case Way::syn_with_data: {
        const std::size_t room = connection_.room_in_syn(1'000);
        connection_.connect_fast(TcpOptions::FastOpen{}, zeros(std::min<std::size_t>(room, 900)),
                                 now_);
        return speak();
      }
      case Way::by_cookie: {
        TcpOptions options;
        options.mss = 536;
        const TcpSegment opening = peers_syn(options);
        connection_.accept_cookie(opening, now_);
        return speak();
      }
      default:
        break;
    }
    connection_.connect(now_);
    speak();
    if (way_ == Way::syn_sent) return;
    if (way_ == Way::both_open) return arrive(syn, 0, 0);
    arrive(TcpHeader::syn | ack | TcpHeader::ece, 0, 1);
    ELVIS_ASSERT(connection_.state() == TcpState::established);
    if (way_ == Way::close_wait || way_ == Way::last_ack) arrive(fin_ack, 1, 1);
    if (way_ != Way::connected && way_ != Way::close_wait) {
      connection_.shutdown(now_);
      speak();
    }
    if (way_ == Way::fin_wait_2 || way_ == Way::time_wait) arrive(ack, 1, 2);
    if (way_ == Way::closing) arrive(fin_ack, 1, 1);
    if (way_ == Way::time_wait) arrive(fin_ack, 1, 2);
    constexpr std::array<TcpState, ways> reached{
        TcpState::closed,       TcpState::syn_sent,    TcpState::syn_received,
        TcpState::syn_received, TcpState::established, TcpState::established,
        TcpState::established,  TcpState::fin_wait_1,  TcpState::fin_wait_2,
        TcpState::closing,      TcpState::close_wait,  TcpState::last_ack,
        TcpState::time_wait};
    ELVIS_ASSERT(connection_.state() == reached[static_cast<std::size_t>(way_)]);
  }

  // ----- what happens -----

  void step() {
    const std::uint8_t what = input_.byte();
    switch (what & 15) {
      case 0:
      case 1:
      case 2:
      case 3:
        return any_segment(what);
      case 4:
      case 5: {
        if (connection_.is_over() || connection_.has_finished()) return;
        Message data = zeros(input_.word() & 0x3fff);
        connection_.write(data, now_);
        return speak();
      }
      case 6: {
        const std::size_t before = connection_.readable();
        const std::size_t most = 1 + std::size_t{input_.word()};
        ELVIS_ASSERT(connection_.read(most).size() == std::min(before, most));
        return speak();
      }
      case 7:
        return pass(std::chrono::microseconds{input_.word()});
      case 8:
        return pass(std::chrono::milliseconds{input_.word()});
      case 9:
        return to_deadline();
      case 10:
        connection_.shutdown(now_);
        return speak();
      case 11:
        return call(what);
      case 12:
        connection_.set_path_mtu(68 + input_.word(), now_);
        return speak();
      case 13: {
        TcpSettings& own = connection_.own_settings();
        own.receive_buffer = 2'048 + 16 * std::uint64_t{input_.word()};
        own.delayed_ack = (what & 16) != 0;
        own.keep_alive = (what & 32) != 0;
        own.no_delay = (what & 64) != 0;
        if ((what & 128) != 0) own.user_timeout = 1s;
        connection_.settings_changed(now_);
        return speak();
      }
      default:
        return likely_segment(what);
    }
  }
  void call(std::uint8_t what) {
    switch (what >> 4) {
      case 0:
        connection_.close(now_);
        break;
      case 1:
        connection_.abort();
        break;
      case 2:
        connection_.set_cork(true);
        break;
      case 3:
        connection_.set_cork(false);
        break;
      case 4:
        if (!connection_.is_over()) connection_.set_linger(now_ + 5s);
        break;
      case 5:
        connection_.set_urgent();
        break;
      case 6:
        connection_.fail(Errc::host_unreachable);
        break;
      default:
        (void)connection_.info(now_);
        break;
    }
    speak();
  }

  /// A segment of any kind, around what the connection expects.
  void any_segment(std::uint8_t what) {
    TcpSegment segment;
    segment.flags = static_cast<std::uint16_t>(input_.byte() | (what & 16) << 4);
    segment.sequence = connection_.receiver().acknowledgement() + input_.distance();
    segment.acknowledgement =
        connection_.sender().wire(connection_.sender().una()) + input_.distance();
    segment.window = input_.word();
    segment.ecn = (what & 32) != 0 ? 3 : (what >> 6 & 3);
    if ((segment.flags & TcpHeader::urg) != 0) segment.urgent = input_.word();
    if ((what & 64) != 0) add_options(segment);
    if ((what & 128) != 0) segment.payload = zeros(input_.word() & 0x3fff);
    take(std::move(segment));
  }
  /// What a peer might send that plays by the rules: data in order or behind a gap, and an
  /// acknowledgement of some of what is under way.
  void likely_segment(std::uint8_t what) {
    const TcpSender& sender = connection_.sender();
    TcpSegment segment;
    segment.flags = TcpHeader::ack;
    segment.sequence = connection_.receiver().acknowledgement();
    if ((what & 16) != 0) segment.sequence += 1'460;
    const std::uint64_t flight = sender.next() - sender.una();
    const std::uint64_t acked = flight * (input_.byte() & 7U) / 7;
    segment.acknowledgement = sender.wire(sender.una() + acked);
    segment.window = 20'000;
    segment.ecn = (what & 32) != 0 ? 3 : (what >> 6 & 3);
    if (settings_.timestamps) add_timestamps(segment, 0);
    if ((what & 64) != 0 && flight > acked + 2'920) {
      segment.options.block_count = 1;
      segment.options.blocks[0] = {segment.acknowledgement + 1'460,
                                   segment.acknowledgement + 2'920};
    }
    if ((what & 128) != 0) segment.payload = zeros(1'460);
    take(std::move(segment));
  }
  void add_timestamps(TcpSegment& segment, std::uint32_t offset) {
    const auto ms = static_cast<std::uint32_t>((now_ - start_of_time) / 1ms);
    segment.options.timestamps = {.value = 20 + ms + offset, .echo = ms + 77 - offset};
  }
  void add_options(TcpSegment& segment) {
    const std::uint8_t which = input_.byte();
    if ((which & 1) != 0) add_timestamps(segment, input_.distance());
    if ((which & 2) != 0) segment.options.mss = input_.word();
    if ((which & 4) != 0) segment.options.window_scale = input_.byte();
    segment.options.sack_permitted = (which & 8) != 0;
    segment.options.block_count = std::min<std::uint8_t>(which >> 4 & 7, 4);
    for (std::size_t i = 0; i < segment.options.block_count; ++i) {
      const std::uint32_t begin = segment.acknowledgement + input_.distance();
      segment.options.blocks[i] = {begin, begin + input_.distance()};
    }
  }

  void take(TcpSegment&& segment) {
    if (connection_.settles_before(segment)) speak();
    connection_.take(std::move(segment), now_);
    speak();
  }
  void pass(Duration time) {
    const Time until = now_ + time;
    for (int i = 0; i < 64 && connection_.deadline() <= until; ++i) to_deadline();
    now_ = std::max(now_, until);
    if (connection_.deadline() <= now_) to_deadline();
  }
  void to_deadline() {
    const Time due = connection_.deadline();
    if (due == end_of_time) return;
    now_ = std::max(now_, due);
    // What is due is done once: a deadline that does not move would stop time.
    for (int times = 0; connection_.deadline() <= now_; ++times) {
      ELVIS_ASSERT(times < 10);
      connection_.expire(now_);
      speak();
    }
  }

  // ----- what it says -----

  void speak() {
    const bool was_over = is_silent_;
    std::size_t count = 0;
    for (TcpSegment out; connection_.next(out, now_); out = {}) {
      ELVIS_ASSERT(!was_over);
      ELVIS_ASSERT(++count < 200'000);
      look_at(out);
    }
    look();
    if (connection_.is_over()) is_silent_ = true;
    (void)connection_.take_events();
  }
  void look_at(const TcpSegment& out) {
    const TcpSender& sender = connection_.sender();
    const TcpReceiver& receiver = connection_.receiver();
    if (out.has(TcpHeader::rst)) return ELVIS_ASSERT(out.payload.empty());
    const std::int64_t position = sender.position_of(out.sequence);
    const auto next = static_cast<std::int64_t>(sender.next());
    const auto una = static_cast<std::int64_t>(sender.una());
    const auto end = position + static_cast<std::int64_t>(out.length());
    // A keep-alive is one before, the byte of a window probe one behind.
    ELVIS_ASSERT(position >= una - 1 && end <= next + 1);
    ELVIS_ASSERT(out.has(TcpHeader::syn) == (position == 0 && out.length() != 0));
    if (out.has(TcpHeader::fin)) {
      ELVIS_ASSERT(fin_ == 0 || fin_ == end);
      fin_ = end;
    }
    ELVIS_ASSERT(fin_ == 0 || end <= fin_);
    const std::size_t options =
        (out.options.timestamps ? 12U : 0U) +
        (out.options.block_count > 0 ? 4U + 8U * out.options.block_count : 0U);
    constexpr std::size_t too_narrow = 128;  // for all options beside data
    ELVIS_ASSERT(out.payload.empty() || connection_.path_mtu() < too_narrow ||
                 out.payload.size() + options + 40 <= connection_.path_mtu());
    if (!out.has(TcpHeader::ack)) return;
    // What was acknowledged and what was offered is never taken back (RFC 9293, 3.8.6).
    ELVIS_ASSERT(out.acknowledgement == receiver.acknowledgement());
    ELVIS_ASSERT(receiver.next() >= acknowledged_);
    acknowledged_ = receiver.next();
    ELVIS_ASSERT(receiver.right_edge() >= right_edge_ && receiver.right_edge() >= receiver.next());
    right_edge_ = receiver.right_edge();
    for (const TcpOptions::Block& block : out.options.sack()) {
      const std::int64_t begin = receiver.position_of(block.begin);
      const std::int64_t block_end = receiver.position_of(block.end);
      ELVIS_ASSERT(begin < block_end && block_end <= static_cast<std::int64_t>(right_edge_));
    }
  }
  void look() const {
    const TcpSender& sender = connection_.sender();
    ELVIS_ASSERT(sender.una() <= sender.next());
    ELVIS_ASSERT(sender.in_flight() <= sender.next() - sender.una());
    ELVIS_ASSERT(sender.window().bytes >= sender.window().mss || sender.window().mss > 536);
    ELVIS_ASSERT(sender.unacknowledged_bytes() <= most_written);
    ELVIS_ASSERT(connection_.readable() <= most_kept);
    ELVIS_ASSERT(pool::live_blocks() <= most_blocks);
    if (connection_.is_over()) ELVIS_ASSERT(connection_.deadline() == end_of_time);
  }
  static constexpr std::size_t most_written = 16'100'000;  // 16 times the largest buffer
  static constexpr std::size_t most_kept = 16'100'000;
  static constexpr std::size_t most_blocks = 10'000;

  // ----- the end -----

  /// The user closes, and nobody answers any more.
  void end() {
    connection_.set_cork(false);
    connection_.close(now_);
    speak();
    for (int i = 0; !connection_.is_over(); ++i) {
      ELVIS_ASSERT(i < 200 && connection_.deadline() != end_of_time);
      to_deadline();
    }
  }

  Input input_;
  TcpSettings settings_;
  Way way_;
  std::uint32_t isn_;
  Time now_ = start_of_time + 1s;
  TcpConnection connection_;
  bool is_silent_ = false;
  std::int64_t fin_ = 0;  // where it ended
  std::uint64_t acknowledged_ = 0;
  std::uint64_t right_edge_ = 0;
};

}  // namespace
}  // namespace elvis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)elvis::zeros(1);
  const std::size_t before = elvis::pool::live_blocks();
  {
    elvis::Steps{elvis::Input{{data, size}}}.run();
  }
  ELVIS_ASSERT(elvis::pool::live_blocks() == before);
  return 0;
}
