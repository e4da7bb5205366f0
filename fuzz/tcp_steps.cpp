// SPDX-License-Identifier: MIT
#include "fuzz/tcp_steps.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/chunk.hpp"

namespace elvis::fuzz {

namespace {

using namespace std::chrono_literals;

/// Both streams repeat these bytes, so that each tells by its value where it belongs.
constexpr std::size_t period = 251;

std::uint8_t byte_at(std::int64_t position) {
  constexpr auto signed_period = static_cast<std::int64_t>(period);
  return static_cast<std::uint8_t>((position % signed_period + signed_period) % signed_period);
}

/// The bytes of a stream from `position` on, which are shared.
Message stream_at(std::int64_t position, std::size_t size) {
  static const Message all = [] {
    std::vector<std::uint8_t> bytes(65'536 + period);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i % period);
    return Message{bytes};
  }();
  return all.slice(byte_at(position), size);
}

/// The first and the last byte of each piece are where they belong, and there are none between
/// pieces (looking at all of them would take longer than everything else).
void check_stream(const Message& bytes, std::uint64_t position) {
  for (std::size_t i = 0; i < bytes.slice_count(); ++i) {
    const std::span<const std::uint8_t> piece = bytes.slice_at(i);
    const auto first = static_cast<std::int64_t>(position);
    position += piece.size();
    ELVIS_ASSERT(piece.front() == byte_at(first));
    ELVIS_ASSERT(piece.back() == byte_at(static_cast<std::int64_t>(position) - 1));
  }
}

TcpSettings settings_of(Input& input) {
  const std::uint8_t bits = input.byte();
  const std::uint8_t more = input.byte();
  const std::uint8_t others = input.byte();
  const std::uint8_t rest = input.byte();
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
  settings.layout = (others & 3) % 3;
  settings.ecn_plus_plus = (others >> 2 & 3) % 3;
  settings.accurate_ecn_option = 2 - (others >> 4 & 3) % 3;
  settings.undo = (others & 64) == 0;
  settings.tail_probes = (others & 128) == 0;
  settings.exact_resets = (rest & 1) == 0;
  settings.challenged_syns = (rest & 2) == 0;
  settings.slow_start_after_idle = (rest & 4) == 0;
  settings.checks_ecn_path = (rest & 8) == 0;
  settings.quick_acks = rest >> 4 & 3;
  if ((rest & 64) != 0) settings.initial_window = 1;
  if ((rest & 128) != 0) settings.mss = 88;
  return settings;
}

std::size_t mtu_of(std::uint8_t bits) {
  constexpr std::array<std::size_t, 4> mtus{1'500, 9'000, 65'535, 296};
  return mtus[bits >> 2 & 3];
}

constexpr std::array<std::uint32_t, 4> isns{1'000, 0x7fff'ffff, 0xffff'ffff, 0};
constexpr std::uint32_t peer_isn = 0xffff'fff0;  // the peer's wraps around at once

TcpOptions syn_options() {
  TcpOptions options;
  options.mss = 1'460;
  options.sack_permitted = true;
  options.window_scale = std::uint8_t{3};
  options.timestamps = {.value = 10, .echo = 0};
  return options;
}

TcpSegment peers_syn(const TcpOptions& options) {
  TcpSegment segment;
  segment.flags = TcpHeader::syn | TcpHeader::ece | TcpHeader::cwr;
  segment.sequence = peer_isn;
  segment.window = 8'000;
  segment.options = options;
  return segment;
}

}  // namespace

TcpSteps::TcpSteps(std::span<const std::uint8_t> input)
    : input_{input},
      settings_{settings_of(input_)},
      way_{static_cast<Way>(input_.byte() % ways)},
      bits_{input_.byte()},
      isn_{isns[bits_ & 3]},
      connection_{settings_, isn_, 77, mtu_of(bits_)} {}

void TcpSteps::run(std::size_t most, bool always) {
  lead();
  for (std::size_t i = 0; i < most && !input_.empty(); ++i) step();
  if (connection_.is_over() && (way_ == Way::nowhere || way_ == Way::listening)) return;
  if (always || bits_ >= 0xc0) end();
}

// ===== TcpSteps: to a state =====

void TcpSteps::arrive(std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledged) {
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

void TcpSteps::lead() {
  constexpr std::uint16_t ack = TcpHeader::ack;
  constexpr std::uint16_t fin_ack = TcpHeader::fin | TcpHeader::ack;
  constexpr std::uint16_t syn = TcpHeader::syn | TcpHeader::ece | TcpHeader::cwr;
  switch (way_) {
    case Way::nowhere:
      return;
    case Way::listening:
      is_listening_ = true;
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
      opening.payload = stream_at(1, 100);
      connection_.accept_fast(std::move(opening), now_);
      ELVIS_ASSERT(connection_.readable() == 100);
      return speak();
    }
    case Way::syn_with_data: {
      const std::size_t bytes = std::min<std::size_t>(connection_.room_in_syn(1'000), 900);
      connection_.connect_fast(TcpOptions::FastOpen{}, stream_at(1, bytes), now_);
      written_ += bytes;
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
      TcpState::closed,      TcpState::syn_sent,    TcpState::syn_received, TcpState::syn_received,
      TcpState::established, TcpState::established, TcpState::established,  TcpState::fin_wait_1,
      TcpState::fin_wait_2,  TcpState::closing,     TcpState::close_wait,   TcpState::last_ack,
      TcpState::time_wait};
  ELVIS_ASSERT(connection_.state() == reached[static_cast<std::size_t>(way_)]);
}

// ===== TcpSteps: what happens =====

void TcpSteps::step() {
  const std::uint8_t what = input_.byte();
  switch (what & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
      return any_segment(what);
    case 4:
    case 5:
      return write();
    case 6:
      return read();
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
    case 13:
      return set_options(what);
    default:
      return likely_segment(what);
  }
}

void TcpSteps::write() {
  if (connection_.is_over() || connection_.has_finished()) return;
  const std::size_t size = input_.word() & 0x3fff;
  Message data = stream_at(static_cast<std::int64_t>(written_), size);
  connection_.write(data, now_);
  written_ += size - data.size();
  speak();
}

void TcpSteps::read() {
  const std::size_t before = connection_.readable();
  const std::size_t most = 1 + std::size_t{input_.word()};
  const Message taken = connection_.read(most);
  ELVIS_ASSERT(taken.size() == std::min(before, most));
  check_stream(taken, read_);
  read_ += taken.size();
  speak();
}

void TcpSteps::set_options(std::uint8_t what) {
  TcpSettings& own = connection_.own_settings();
  own.receive_buffer = 2'048 + 16 * std::uint64_t{input_.word()};
  own.delayed_ack = (what & 16) != 0;
  own.keep_alive = (what & 32) != 0;
  own.no_delay = (what & 64) != 0;
  if ((what & 128) != 0) own.user_timeout = 1s;
  connection_.settings_changed(now_);
  speak();
}

void TcpSteps::call(std::uint8_t what) {
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
void TcpSteps::any_segment(std::uint8_t what) {
  TcpSegment segment;
  segment.flags = static_cast<std::uint16_t>(input_.byte() | (what & 16) << 4);
  segment.sequence = connection_.receiver().acknowledgement() + input_.distance();
  segment.acknowledgement =
      connection_.sender().wire(connection_.sender().una()) + input_.distance();
  segment.window = input_.word();
  segment.ecn = (what & 32) != 0 ? 3 : (what >> 6 & 3);
  if ((segment.flags & TcpHeader::urg) != 0) segment.urgent = input_.word();
  if ((what & 64) != 0) add_options(segment);
  if ((what & 128) != 0) add_payload(segment, input_.word() & 0x3fff);
  if (is_listening_) return open_by(std::move(segment), what);
  take(std::move(segment));
}

/// What a peer might send that plays by the rules: data in order or behind a gap, and an
/// acknowledgement of some of what is under way.
void TcpSteps::likely_segment(std::uint8_t what) {
  const TcpSender& sender = connection_.sender();
  TcpSegment segment;
  if (is_listening_) return open_by(peers_syn(syn_options()), what);
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
    segment.options.blocks[0] = {segment.acknowledgement + 1'460, segment.acknowledgement + 2'920};
  }
  if ((what & 128) != 0) add_payload(segment, 1'460);
  take(std::move(segment));
}

void TcpSteps::add_timestamps(TcpSegment& segment, std::uint32_t offset) const {
  const auto ms = static_cast<std::uint32_t>((now_ - start_of_time) / 1ms);
  segment.options.timestamps = {.value = 20 + ms + offset, .echo = ms + 77 - offset};
}

void TcpSteps::add_options(TcpSegment& segment) {
  const std::uint8_t which = input_.byte();
  if ((which & 128) != 0) {  // as they stand in a header
    segment.options = TcpOptions::parse(input_.take(which & 0x3f));
    return;
  }
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

/// Whoever sends it, what stands at one place of the stream is always the same.
void TcpSteps::add_payload(TcpSegment& segment, std::size_t bytes) const {
  const TcpReceiver& receiver = connection_.receiver();
  const bool has_begun = !is_listening_ && receiver.next() != 0;
  const std::int64_t position = has_begun ? receiver.position_of(segment.sequence) : 0;
  segment.payload =
      stream_at(position + (segment.has(TcpHeader::syn) || !has_begun ? 1 : 0), bytes);
}

/// LISTEN (RFC 9293, 3.10.7.2), as the protocol has it: a SYN opens, in one of three ways, and so
/// does the answer to a SYN cookie, of which all that is known of the SYN is what it tells.
void TcpSteps::open_by(TcpSegment&& opening, std::uint8_t what) {
  if (opening.has(TcpHeader::rst)) return;
  const bool has_syn = opening.has(TcpHeader::syn);
  if (opening.has(TcpHeader::ack)) {
    if (has_syn) return;
    is_listening_ = false;
    TcpSegment syn = peers_syn(opening.options);
    syn.sequence = opening.sequence - 1;
    syn.window = opening.window;
    connection_.accept_cookie(syn, now_);
    speak();
    opening.acknowledgement = isn_ + 1;
    return take(std::move(opening));
  }
  if (!has_syn) return;
  is_listening_ = false;
  if ((what & 16) != 0) {
    connection_.accept_fast(std::move(opening), now_);
  } else if ((what & 32) != 0) {
    TcpOptions::FastOpen cookie;
    cookie.size = 8;
    connection_.accept_with_cookie(opening, cookie, now_);
  } else {
    connection_.accept(opening, now_);
  }
  speak();
}

void TcpSteps::take(TcpSegment&& segment) {
  if (connection_.settles_before(segment)) speak();
  connection_.take(std::move(segment), now_);
  speak();
}

void TcpSteps::pass(Duration time) {
  const Time until = now_ + time;
  for (int i = 0; i < 64 && connection_.deadline() <= until; ++i) to_deadline();
  now_ = std::max(now_, until);
  if (connection_.deadline() <= now_) to_deadline();
}

void TcpSteps::to_deadline() {
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

// ===== TcpSteps: what it says =====

void TcpSteps::speak() {
  const bool was_over = is_silent_;
  std::size_t count = 0;
  for (TcpSegment out; connection_.next(out, now_); out = {}) {
    ELVIS_ASSERT(!was_over);
    ELVIS_ASSERT(++count < 200'000);
    look_at(out);
  }
  look();
  if (connection_.is_over() && !is_listening_) is_silent_ = true;
  (void)connection_.take_events();
}

void TcpSteps::look_at(const TcpSegment& out) {
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
  check_stream(out.payload,
               static_cast<std::uint64_t>(position + (out.has(TcpHeader::syn) ? 1 : 0)));
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

void TcpSteps::look() const {
  constexpr std::size_t most_written = 16'100'000;  // 16 times the largest buffer
  constexpr std::size_t most_kept = 16'100'000;
  constexpr std::size_t most_blocks = 10'000;
  const TcpSender& sender = connection_.sender();
  ELVIS_ASSERT(sender.una() <= sender.next());
  ELVIS_ASSERT(sender.in_flight() <= sender.next() - sender.una());
  ELVIS_ASSERT(sender.window().bytes >= sender.window().mss || sender.window().mss > 536);
  ELVIS_ASSERT(sender.unacknowledged_bytes() <= most_written);
  ELVIS_ASSERT(connection_.readable() <= most_kept);
  ELVIS_ASSERT(pool::live_blocks() <= most_blocks);
  if (connection_.is_over()) ELVIS_ASSERT(connection_.deadline() == end_of_time);
}

// ===== TcpSteps: the end =====

/// The user closes, and nobody answers any more.
void TcpSteps::end() {
  connection_.set_cork(false);
  connection_.close(now_);
  speak();
  for (int i = 0; !connection_.is_over(); ++i) {
    ELVIS_ASSERT(i < 200 && connection_.deadline() != end_of_time);
    to_deadline();
  }
}

void run_tcp(std::span<const std::uint8_t> input, std::size_t most, bool always) {
  (void)stream_at(0, 1);
  const std::size_t before = pool::live_blocks();
  {
    TcpSteps steps{input};
    steps.run(most, always);
  }
  ELVIS_ASSERT(pool::live_blocks() == before);
}

}  // namespace elvis::fuzz
