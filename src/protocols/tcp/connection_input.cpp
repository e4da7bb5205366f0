// SPDX-License-Identifier: MIT
// TcpConnection: segments that arrive (RFC 9293, 3.10.7).
#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp/connection.hpp"

namespace elvis {

namespace {

// Whether timestamp `a` is older than `b`.
bool is_older(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace

// RFC 7323, 4.3: of what reaches to what was acknowledged last.
[[gnu::always_inline]] inline void TcpConnection::remember_timestamp(std::uint32_t time,
                                                                     std::uint32_t sequence) {
  if (!is_older(time, recent_timestamp_) && !is_older(last_ack_sent_, sequence)) {
    recent_timestamp_ = time;
  }
}

void TcpConnection::take(TcpSegment&& segment, Time now) {
  const TcpOptions& options = segment.options;
  if (!segment.met_congestion() && options.block_count == 0) {
    TcpUsualHeader header{.sequence = segment.sequence,
                          .acknowledgement = segment.acknowledgement,
                          .flags = segment.flags,
                          .window = segment.window,
                          .has_timestamps = options.timestamps.has_value(),
                          .time = 0,
                          .echoed_time = 0};
    if (options.timestamps) {
      header.time = options.timestamps->value;
      header.echoed_time = options.timestamps->echo;
    }
    if (take_usual(header, segment.payload, 0, now)) return;
  }
  ++segments_in_;
  if (!segment.payload.empty()) ++data_segments_in_;
  if (is_over()) return;
  if (state_ == TcpState::syn_sent) return take_in_syn_sent(segment, now);
  take_in_order(segment, now);
}

// What nearly all segments of a stream are: the next ones, and nothing else (Jacobson 1990).
bool TcpConnection::take_usual(const TcpUsualHeader& header, Message& segment,
                               std::size_t header_bytes, Time now) {
  constexpr std::uint16_t expected = TcpHeader::ack | TcpHeader::psh;
  if (state_ != TcpState::established || (header.flags | TcpHeader::psh) != expected) return false;
  if (header.sequence != receiver_.acknowledgement() || receiver_.has_gaps()) return false;
  if (receiver_.echoes_congestion || is_unread_ || uses_accurate_ecn_) return false;
  if (header.has_timestamps != uses_timestamps_ || receiver_.memory() != nullptr) return false;
  const std::size_t size = segment.size() - header_bytes;
  if (size > receiver_.window()) return false;
  const std::int64_t acknowledged = sender_.position_of(header.acknowledgement);
  if (acknowledged < static_cast<std::int64_t>(sender_.una()) ||
      acknowledged > static_cast<std::int64_t>(sender_.next())) {
    return false;
  }
  if (uses_timestamps_) {
    if (is_older(header.time, recent_timestamp_)) return false;
    remember_timestamp(header.time, header.sequence);
  }
  ++segments_in_;
  last_received_at_ = now;
  const auto position = static_cast<std::uint64_t>(acknowledged);
  const std::uint64_t window = std::uint64_t{header.window} << send_scale_;
  if (size == 0 || !sender_.knows(position, window)) {
    TcpSender::Ack ack{.position = position,
                       .window = window,
                       .updates_window = false,
                       .is_pure = size == 0,
                       .echoes_congestion = false,
                       .echoed_rtt = {},
                       .blocks = {}};
    if (uses_timestamps_) ack.echoed_rtt = echoed_rtt(header.echoed_time, now);
    apply_acknowledgement(ack, receiver_.next(), now);
  }
  if (size == 0) return true;
  ++data_segments_in_;
  if (header_bytes != 0) [[likely]] {
    segment.remove_front(header_bytes);
    segment.set_verified(false);  // as Tcp::demux does
  }
  receiver_.take_next(std::move(segment), *settings_, now);
  if (receiver_.auto_tune_limit != 0) [[unlikely]]
    receiver_.tune(now, sender_.rtt().smoothed());
  note(tcp_readable);
  return true;
}

// ===== TcpConnection: SYN-SENT (RFC 9293, 3.10.7.3) =====

void TcpConnection::take_in_syn_sent(TcpSegment& segment, Time now) {
  const std::int64_t acknowledged = sender_.position_of(segment.acknowledgement);
  if (segment.has(TcpHeader::ack) && (acknowledged < 1 || !sender_.may_acknowledge(acknowledged) ||
                                      echoes_another(segment, now))) {
    if (!segment.has(TcpHeader::rst)) reply_reset(segment);
    return;
  }
  if (segment.has(TcpHeader::rst)) {
    // RFC 5961, 3.2: only of somebody who knows our SYN.
    if (segment.has(TcpHeader::ack)) end(Errc::refused);
    return;
  }
  if (!segment.has(TcpHeader::syn)) return;
  last_received_at_ = now;
  agree(segment);
  if (!segment.has(TcpHeader::ack)) {
    // Both ends open at once (RFC 9293, 3.5, figure 7).
    accurate_ecn_.reset();
    uses_ecn_ = settings_->wants_ecn() && segment.has(TcpHeader::ece | TcpHeader::cwr);
    state_ = TcpState::syn_received;
    sender_.repeat_syn();
    // Linux drops text that comes with it.
    if (!segment.payload.empty() && settings_->option_layout() != TcpLayout::like_linux) {
      receiver_.hold(std::move(segment.payload));
    }
    return;
  }
  agree_on_ecn(segment);
  sender_.prepare_window();
  sender_.acknowledged({.position = static_cast<std::uint64_t>(acknowledged),
                        .window = segment.window,
                        .updates_window = true,
                        .is_pure = false,
                        .echoes_congestion = false,
                        .echoed_rtt = {},
                        .blocks = {}},
                       now);
  established();
  if (fast_open_ != nullptr) opened_fast(segment, now);
  receiver_.acknowledge_now();
  receiver_.is_interactive =
      settings_->option_layout() == TcpLayout::like_linux && sender_.unsent_bytes() != 0;
  if (sender_.has_finished()) state_ = TcpState::fin_wait_1;
  if (segment.payload.empty() && !segment.has(TcpHeader::fin)) return;
  segment.flags = static_cast<std::uint16_t>(segment.flags & ~TcpHeader::syn);
  take_data(segment, 1, now);
}

// Linux does not believe who echoes a time at which no SYN was sent.
bool TcpConnection::echoes_another(const TcpSegment& segment, Time now) const {
  if (settings_->option_layout() != TcpLayout::like_linux || !settings_->timestamps) return false;
  if (!segment.options.timestamps || segment.options.timestamps->echo == 0) return false;
  const std::uint32_t age = timestamp(now) - segment.options.timestamps->echo;
  return age > timestamp(now) - timestamp(sender_.progress_at());
}

// RFC 7413, 4.2.1: what of the SYN's data was not acknowledged is sent again at once.
void TcpConnection::opened_fast(const TcpSegment& answer, Time now) {
  fast_open_->granted = answer.options.fast_open;
  fast_open_->granted_mss = peer_mss_;
  fast_open_->was_resent = sender_.has_lost_syn();
  if (!fast_open_->has_data) return;
  if (sender_.una() == sender_.next()) {
    has_fast_data_ = fast_open_->is_acknowledged = true;
    sender_.count_syn_with_data();
  } else {
    sender_.resend_syn_data(now);
  }
}

// ===== TcpConnection: all other states (RFC 9293, 3.10.7.4) =====

void TcpConnection::take_in_order(TcpSegment& segment, Time now) {
  std::int64_t position = receiver_.position_of(segment.sequence);
  if (state_ == TcpState::syn_received && segment.has(TcpHeader::syn) && position == 0) {
    // The SYN again: so is the answer. With ACK, it answers our own (both opened at once).
    if (!segment.has(TcpHeader::ack)) {
      if (uses_accurate_ecn_) {
        accurate_ecn_->syn_arrived_as = segment.ecn;
        // RFC 9768, 3.1.4.1: perhaps the path does not let through those that ask for ECN.
        if (!wants_accurate_ecn(segment)) accurate_ecn_->hides_capability = true;
      }
      return sender_.repeat_syn();
    }
    segment.flags = static_cast<std::uint16_t>(segment.flags & ~TcpHeader::syn);
    position = 1;
  }
  if (state_ == TcpState::time_wait && settings_->option_layout() != TcpLayout::rfc) {
    return take_in_time_wait(segment, position, now);
  }
  if (!passes_paws(segment, now)) {
    if (!segment.has(TcpHeader::rst)) challenge(now);
    return;
  }
  if (uses_accurate_ecn_) [[unlikely]]
    count_arrival(segment, position);
  if (!is_acceptable(segment, position)) return refuse(segment, position, now);
  if (segment.has(TcpHeader::rst)) return take_reset(position, now);
  // RFC 5961, 4.2: whoever really began anew will answer with a reset.
  if (segment.has(TcpHeader::syn)) {
    // RFC 9293, 3.10.7.4, fourth: who only listens listens again. (Linux says so, FreeBSD doesn't.)
    if (state_ == TcpState::syn_received && is_passive_ && !is_early_ &&
        settings_->option_layout() != TcpLayout::like_freebsd) {
      if (settings_->option_layout() == TcpLayout::like_linux) reply_reset(segment);
      return end(Errc::reset);
    }
    if (settings_->challenged_syns) return challenge_control(now);
    const bool tells = state_ == TcpState::time_wait;  // which abort() does not
    abort();
    failure_ = Errc::reset;
    if (tells) {
      wants_reset_ = reset_has_ack_ = true;
      reset_sequence_ = sender_.wire(sender_.next());
      reset_acknowledgement_ = receiver_.acknowledgement();
    }
    return;
  }
  if (!segment.has(TcpHeader::ack)) return;
  last_received_at_ = now;
  if (!take_acknowledgement(segment, position, now)) return;
  if (uses_timestamps_ && segment.options.timestamps) {
    remember_timestamp(segment.options.timestamps->value, segment.sequence);
  }
  if (is_over()) return;
  if (segment.has(TcpHeader::urg)) take_urgent(segment, static_cast<std::uint64_t>(position));
  take_data(segment, position, now);
}

bool TcpConnection::is_acceptable(const TcpSegment& segment, std::int64_t position) const {
  const std::uint32_t length = segment.length();
  if (receiver_.memory() != nullptr) [[unlikely]] {
    return receiver_.is_acceptable_by_memory(position, length, segment.has(TcpHeader::fin));
  }
  const auto next = static_cast<std::int64_t>(receiver_.next());
  const auto window = static_cast<std::int64_t>(receiver_.window());
  const std::int64_t end = position + length;
  if (length == 0) {
    return window == 0 ? position == next : position >= next && position < next + window;
  }
  // With a closed window acknowledgements still count, though not what comes with them.
  if (window == 0) return position == next;
  return position < next + window && end > next;
}

// RFC 9293, 3.10.7.4, first: answered with where we are.
void TcpConnection::refuse(const TcpSegment& segment, std::int64_t position, Time now) {
  if (segment.has(TcpHeader::rst)) return;
  if (segment.has(TcpHeader::syn) && is_synchronized()) return challenge_control(now);
  const std::uint32_t length = segment.length();
  if (length == 0) {
    // RFC 9293, 3.8.4: probes of a peer that keeps alive come from before the window.
    if (position < static_cast<std::int64_t>(receiver_.next())) last_received_at_ = now;
    return challenge(now);
  }
  last_received_at_ = now;
  if (position > 0 && !segment.payload.empty() &&
      position + length <= static_cast<std::int64_t>(receiver_.next())) {
    receiver_.note_duplicate(static_cast<std::uint64_t>(position),
                             static_cast<std::uint64_t>(position) + segment.payload.size());
  }
  receiver_.acknowledge_now();
  // The FIN again: TIME-WAIT begins anew.
  if (state_ == TcpState::time_wait && segment.has(TcpHeader::fin)) enter_time_wait(now);
}

// RFC 7323, 5.3: what is older than what was seen is no part of this conversation.
bool TcpConnection::passes_paws(const TcpSegment& segment, Time now) const {
  if (!uses_timestamps_ || segment.has(TcpHeader::rst)) return true;
  if (!segment.options.timestamps) {
    return state_ == TcpState::syn_received || !settings_->strict_timestamps;
  }
  constexpr Duration forgotten = std::chrono::hours{24 * 24};  // RFC 7323, 5.5
  if (now - last_received_at_ > forgotten) return true;
  return !is_older(segment.options.timestamps->value, recent_timestamp_);
}

// RFC 5961, 3.2: only the very next sequence number resets.
void TcpConnection::take_reset(std::int64_t position, Time now) {
  if (settings_->exact_resets && position != static_cast<std::int64_t>(receiver_.next())) {
    return challenge_control(now);
  }
  switch (state_) {
    case TcpState::syn_received:
      return end(is_passive_ ? Errc::reset : Errc::refused);
    case TcpState::closing:
    case TcpState::last_ack:
    case TcpState::time_wait:
      return end();
    case TcpState::close_wait:
      // The other end has said all; sending is what fails. (FreeBSD says what has happened.)
      return end(settings_->option_layout() == TcpLayout::like_freebsd ? Errc::reset
                                                                       : Errc::shut_down);
    default:
      return end(Errc::reset);
  }
}

// Whether it waits for data before there is somebody to accept, for a while.
bool TcpConnection::defers(const TcpSegment& segment) const {
  return is_passive_ && sender_.unanswered() < settings_->deferred_accept &&
         segment.payload.empty() && !segment.has(TcpHeader::fin);
}

// Returns false if nothing else of the segment counts.
bool TcpConnection::take_acknowledgement(const TcpSegment& segment, std::int64_t position,
                                         Time now) {
  const std::int64_t acknowledged = sender_.position_of(segment.acknowledgement);
  if (state_ == TcpState::syn_received) {
    if (acknowledged < 1 || !sender_.may_acknowledge(acknowledged)) {
      reply_reset(segment);
      return false;
    }
    if (defers(segment)) {
      is_deferred_ = true;
      return false;
    }
    sender_.prepare_window();
    if (uses_accurate_ecn_) {
      accurate_ecn_->take_third(segment, settings_->checks_ecn_path);
      sender_.change_mss(payload_limit());
    }
    if (is_passive_ && settings_->option_layout() == TcpLayout::like_freebsd) {
      sender_.distrust_syn();  // its queue of those who connect does not measure
    }
    apply_acknowledgement(segment, static_cast<std::uint64_t>(acknowledged),
                          static_cast<std::uint64_t>(position), now);
    established();
    if (fast_open_ != nullptr && fast_open_->has_data && sender_.una() != sender_.next()) {
      sender_.resend_syn_data(now);  // both opened at once
    }
    fast_open_.reset();
    if (sender_.has_finished()) {
      state_ = TcpState::fin_wait_1;
      if (sender_.is_fin_acknowledged()) fin_acknowledged(now);
    }
    return true;
  }
  // RFC 5961, 5.2: neither the future nor the distant past.
  const auto una = static_cast<std::int64_t>(sender_.una());
  const auto oldest = una - static_cast<std::int64_t>(sender_.largest_window());
  if (!sender_.may_acknowledge(acknowledged) || acknowledged < oldest) {
    // Linux says nothing to what acknowledges the future.
    const bool is_silent = state_ == TcpState::established && acknowledged > una &&
                           settings_->option_layout() == TcpLayout::like_linux;
    if (!is_silent) challenge(now);
    // FreeBSD looks at the flags of ECN before it does at the acknowledgement.
    if (uses_ecn_ && settings_->option_layout() == TcpLayout::like_freebsd) take_mark(segment);
    return false;
  }
  if (acknowledged >= una) {
    apply_acknowledgement(segment, static_cast<std::uint64_t>(acknowledged),
                          static_cast<std::uint64_t>(position), now);
  } else if (segment.options.block_count != 0) {
    // It was overtaken, but its blocks may still tell something new.
    sender_.acknowledged({.position = sender_.una(),
                          .window = 0,
                          .updates_window = false,
                          .is_pure = false,
                          .echoes_congestion = false,
                          .echoed_rtt = {},
                          .blocks = segment.options.sack()},
                         now);
  }
  return true;
}

void TcpConnection::apply_acknowledgement(const TcpSegment& segment, std::uint64_t acknowledged,
                                          std::uint64_t position, Time now) {
  TcpSender::Ack ack{
      .position = acknowledged,
      .window = std::uint64_t{segment.window} << send_scale_,
      .updates_window = false,
      .is_pure = segment.payload.empty() && !segment.has(TcpHeader::fin),
      .echoes_congestion = (uses_ecn_ && segment.has(TcpHeader::ece)) ||
                           (uses_accurate_ecn_ && tells_of_marks(segment, acknowledged)),
      .echoed_rtt = {},
      .blocks = segment.options.sack()};
  if (uses_timestamps_ && segment.options.timestamps) {
    ack.echoed_rtt = echoed_rtt(segment.options.timestamps->echo, now);
  }
  apply_acknowledgement(ack, position, now);
}

// How long the round trip took of what is acknowledged; 0 if that makes no sense.
Duration TcpConnection::echoed_rtt(std::uint32_t echoed_time, Time now) const {
  const std::uint32_t ms = timestamp(now) - echoed_time;
  constexpr std::uint32_t senseless = 1U << 30;
  if (ms >= senseless) return {};
  return std::max<Duration>(std::chrono::milliseconds{ms}, Duration{1});
}

// `position` is that of the segment which it came with.
void TcpConnection::apply_acknowledgement(TcpSender::Ack& ack, std::uint64_t position, Time now) {
  const std::uint64_t before = sender_.una();
  // RFC 9293, 3.10.7.4: SND.WL1 keeps old segments from changing the window. (SND.WL2 is never
  // beyond SND.UNA, from which on only acknowledgements come here.)
  ack.updates_window = position >= window_update_at_;
  if (ack.updates_window) window_update_at_ = position;
  if (!sender_.acknowledged_smoothly(ack, now)) sender_.acknowledged(ack, now);
  if (sender_.una() == before) return;
  note(tcp_writable);
  if (is_delivered()) note(tcp_delivered);
  if (sender_.is_fin_acknowledged()) fin_acknowledged(now);
}

void TcpConnection::fin_acknowledged(Time now) {
  switch (state_) {
    case TcpState::fin_wait_1:
      state_ = TcpState::fin_wait_2;
      // Nobody waits for the other FIN any more: not for ever.
      is_lingering_ = false;
      if (is_unread_) wait_for_fin(now);
      return;
    case TcpState::closing:
      return enter_time_wait(now);
    case TcpState::last_ack:
      return end();
    default:
      return;
  }
}

// RFC 9293, 3.8.5 as RFC 6093 reads it: the pointer is behind the last urgent byte.
void TcpConnection::take_urgent(const TcpSegment& segment, std::uint64_t position) {
  if (receiver_.has_finished()) return;  // RFC 9293, 3.10.7.4, sixth: this should not occur
  const std::uint64_t end = position + segment.urgent;
  if (end <= receiver_.next() || end <= receiver_.urgent_end) return;
  receiver_.urgent_end = end;
  note(tcp_urgent);
}

void TcpConnection::take_mark(const TcpSegment& segment) {
  if (segment.met_congestion()) has_seen_marks_ = true;
  if (settings_->echoes_exactly()) {
    // RFC 8257, 3.2: what is echoed follows the marks, and a change is told at once.
    if (segment.payload.empty() || segment.met_congestion() == receiver_.echoes_congestion) return;
    receiver_.echoes_congestion = segment.met_congestion();
    receiver_.acknowledge_now();
  } else if (segment.met_congestion()) {
    receiver_.echoes_congestion = true;  // RFC 3168, 6.1.3: until it is answered
    if (settings_->option_layout() != TcpLayout::like_freebsd) receiver_.acknowledge_now();
  } else if (segment.has(TcpHeader::cwr)) {
    receiver_.echoes_congestion = false;
    if (settings_->option_layout() == TcpLayout::like_freebsd && !segment.payload.empty()) {
      receiver_.acknowledge_now();
    }
  }
}

// RFC 8257, 3.2: so that no acknowledgement speaks of marked and of unmarked data.
bool TcpConnection::settles_before(const TcpSegment& segment) {
  if (segment.met_congestion() == receiver_.echoes_congestion || segment.payload.empty() ||
      receiver_.ack_deadline() == end_of_time || !uses_ecn_ || !settings_->echoes_exactly()) {
    return false;
  }
  receiver_.acknowledge_now();
  return true;
}

void TcpConnection::take_data(TcpSegment& segment, std::int64_t position, Time now) {
  const bool has_fin = segment.has(TcpHeader::fin);
  if (uses_ecn_) take_mark(segment);
  if (segment.payload.empty() && !has_fin) return;
  if (receiver_.has_finished() && position >= static_cast<std::int64_t>(receiver_.next())) {
    return;  // RFC 9293, 3.10.7.4, seventh: behind the FIN nothing should come
  }
  if (receiver_.has_finished() || position < 0) return receiver_.acknowledge_now();
  // RFC 9293, 3.6 (MUST-12): data that nobody will read.
  if (is_unread_ && !segment.payload.empty() &&
      position + static_cast<std::int64_t>(segment.payload.size()) >
          static_cast<std::int64_t>(receiver_.next())) {
    reply_reset(segment);
    return end();
  }
  const std::uint64_t before = receiver_.next();
  const bool is_lone_fin = segment.payload.empty() && !receiver_.has_gaps();
  receiver_.take(static_cast<std::uint64_t>(position), std::move(segment.payload), has_fin,
                 *settings_, now);
  if (receiver_.next() != before) note(tcp_readable);
  if (!receiver_.has_finished()) return;
  // Linux believes that our own FIN will follow, with which it can be acknowledged.
  if (is_lone_fin && state_ == TcpState::established && !has_fast_data_ &&
      settings_->option_layout() == TcpLayout::like_linux) {
    receiver_.put_off_fin(now, *settings_);
  }
  fin_received(now);
}

void TcpConnection::fin_received(Time now) {
  switch (state_) {
    case TcpState::established:
      state_ = TcpState::close_wait;
      return;
    case TcpState::fin_wait_1:
      state_ = TcpState::closing;
      return;
    case TcpState::fin_wait_2:
      return enter_time_wait(now);
    default:
      return;
  }
}

void TcpConnection::enter_time_wait(Time now) {
  state_ = TcpState::time_wait;
  slow_deadline_ = add_saturated(now, 2 * settings_->msl);
  is_lingering_ = false;
}

// As the systems have it, which look at no window here: whatever is not the bare acknowledgement of
// what was said last is answered with another one. FreeBSD's TIME-WAIT no reset ends (RFC 1337, 3),
// nor does it speak to who acknowledges nothing; on Linux every answer lets it begin anew.
void TcpConnection::take_in_time_wait(const TcpSegment& segment, std::int64_t position, Time now) {
  const bool is_like_linux = settings_->option_layout() == TcpLayout::like_linux;
  const bool is_next = position == static_cast<std::int64_t>(receiver_.next());
  if (segment.has(TcpHeader::rst)) {
    if (is_like_linux && is_next) end();
    return;
  }
  if (is_like_linux) {
    const bool is_recent = passes_paws(segment, now);
    if (is_recent && is_next && segment.length() == 0) return;
    if (!is_recent || segment.has(TcpHeader::ack)) enter_time_wait(now);
    return segment.length() == 0 ? challenge(now) : receiver_.acknowledge_now();
  }
  if (!segment.has(TcpHeader::ack)) return;
  if (uses_timestamps_ && settings_->strict_timestamps && !segment.options.timestamps) return;
  const std::int64_t end = position + segment.length();
  if (segment.has(TcpHeader::fin) && end == static_cast<std::int64_t>(receiver_.next())) {
    enter_time_wait(now);
  }
  const bool is_known =
      segment.flags == TcpHeader::ack && segment.payload.empty() && is_next &&
      sender_.position_of(segment.acknowledgement) == static_cast<std::int64_t>(sender_.next());
  if (!is_known) receiver_.acknowledge_now();
}

// RFC 6191, 2.
bool TcpConnection::may_be_reused(const TcpSegment& syn) const {
  const bool is_later =
      receiver_.position_of(syn.sequence) > static_cast<std::int64_t>(receiver_.next());
  if (!syn.options.timestamps || !settings_->timestamps) return is_later;
  if (!uses_timestamps_) {  // which tells the two apart; Linux goes by the number all the same
    return is_later || settings_->option_layout() != TcpLayout::like_linux;
  }
  const std::uint32_t value = syn.options.timestamps->value;
  return value == recent_timestamp_ ? is_later : is_older(recent_timestamp_, value);
}

// Linux' tcp_tw_reuse: segments of the old connection have older timestamps (RFC 7323, 5.2).
bool TcpConnection::may_be_replaced(Duration wait, Time now) const {
  if (state_ != TcpState::time_wait || !uses_timestamps_ || wait == Duration{}) return false;
  return slow_deadline_ < add_saturated(now, 2 * settings_->msl - wait);
}

// Linux echoes in its SYN what it saw last of the old connection, if it chose the port.
void TcpConnection::follow(const TcpConnection& old) {
  if (settings_->option_layout() != TcpLayout::like_linux || !old.uses_timestamps_) return;
  recent_timestamp_ = old.recent_timestamp_;
}

// ===== TcpConnection: what answers what should not have come =====

// An acknowledgement, but not too many (RFC 5961, 7).
void TcpConnection::challenge(Time now) {
  constexpr std::uint8_t most = 10;
  const auto second =
      static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000'000'000) + 1;
  if (second != challenged_in_) {
    challenged_in_ = second;
    challenges_left_ = most;
  }
  if (challenges_left_ == 0) return;
  --challenges_left_;
  receiver_.acknowledge_now();
}

// What answers SYNs and resets of whoever may not know the conversation. (Of FreeBSD's it is the
// one acknowledgement that does not say a FIN again.)
void TcpConnection::challenge_control(Time now) {
  is_plain_ack_ = true;
  challenge(now);
}

// RFC 9293, 3.10.7.1.
void TcpConnection::reply_reset(const TcpSegment& segment) {
  wants_reset_ = true;
  reset_has_ack_ = !segment.has(TcpHeader::ack);
  reset_sequence_ = segment.has(TcpHeader::ack) ? segment.acknowledgement : 0;
  reset_acknowledgement_ = segment.sequence + segment.length();
}

}  // namespace elvis
