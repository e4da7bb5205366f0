// SPDX-License-Identifier: MIT
// TcpSender: the window, acknowledgements, and timers.
#include "elvis/protocols/tcp/sender.hpp"

#include <algorithm>
#include <utility>

#include "sender_burst.hpp"
#include "sender_repair.hpp"

namespace elvis {

namespace {

// Whether the timestamp that an acknowledgement echoes, if it does, is from before `sent_at`.
bool is_echo_before(Duration echoed_rtt, Time sent_at, Time now) {
  constexpr Duration tick = std::chrono::milliseconds{1};
  const std::int64_t echoed = now.time_since_epoch() / tick - echoed_rtt / tick;
  return echoed_rtt >= tick && echoed < sent_at.time_since_epoch() / tick;
}

}  // namespace

TcpSender::TcpSender(const TcpSettings& settings, std::uint32_t initial)
    : is_undelayed{settings.no_delay}, settings_{&settings}, initial_{initial} {
  window_.bytes = window_.mss;
}

TcpSender::~TcpSender() = default;

TcpSender::Repair& TcpSender::repair() {
  if (repair_ == nullptr) {
    repair_ = std::make_unique<Repair>();
    repair_->scan_from = repair_->lost_from = una_;
  }
  return *repair_;
}

TcpCongestion& TcpSender::congestion() {
  if (congestion_ == nullptr) {
    congestion_ = congestion_kinds()[static_cast<std::size_t>(settings_->congestion)].make();
  }
  return *congestion_;
}

void TcpSender::discard_unsent() {
  stream_.discard_unsent();
}

// A window that data on a SYN has begun has room for a segment still (RFC 5681, 3.1).
void TcpSender::set_mss(std::uint32_t mss) {
  window_.bytes = std::max<std::uint64_t>(window_.bytes, mss);
  window_.mss = mss;
}

// The window is so many segments, however long those are, and what it comes back to after a loss
// has room for two (RFC 5681, 3.1).
void TcpSender::change_mss(std::uint32_t mss) {
  if (mss == window_.mss) return;
  window_.bytes = std::max<std::uint64_t>(window_.bytes / window_.mss * mss, mss);
  window_.threshold = std::max(window_.threshold, 2 * std::uint64_t{mss});
  window_.mss = mss;
}

void TcpSender::prepare_window() {
  lost_syn_ = !flight_.empty() && flight_.front().was_resent;
  // Linux lets it be lost once.
  begins_small_ = lost_syn_ && (!is_like_linux() || flight_.front().resent_count > 1);
}

// RFC 6928, 2; one segment if the SYN was lost (RFC 5681, 3.1).
void TcpSender::start_window() {
  window_.bytes = (begins_small_ ? 1 : settings_->initial_window) * window_.mss;
  window_.threshold = TcpWindow::unlimited;
  phase_ = Phase::open;
}

// ===== TcpSender: what is acknowledged =====

void TcpSender::acknowledged(const Ack& ack, Time now) {
  if (is_probing_ && ack.position > next_) commit_probe(now);
  const bool advances = ack.position > una_;
  const std::uint64_t before = una_;
  const std::uint64_t in_flight_before = in_flight();
  const std::uint64_t flight_size = next_ - una_;
  const bool was_recovering = phase_ == Phase::recovery;
  bool window_changed = false;
  if (ack.updates_window) {
    const std::uint64_t edge = ack.position + ack.window;
    window_changed = edge != right_edge_;
    right_edge_ = edge;
    largest_window_ = std::max(largest_window_, static_cast<std::uint32_t>(ack.window));
  }
  unanswered_ = 0;
  is_held = false;
  if (!advances && ack.blocks.empty() && !ack.echoes_congestion) {
    if (uses_sack_ || !ack.is_pure || window_changed || next_ == una_) {
      if (window_changed) arm(now);
      return;
    }
  }

  // Linux remembers how much was on its way until that has arrived.
  const std::uint64_t used =
      is_like_linux() ? std::max(in_flight_before, std::uint64_t{flight_.peak()} * window_.mss)
                      : in_flight_before;
  Duration rtt{};
  bool was_resent = false;
  std::uint64_t delivered = 0;
  has_delivered_original_ = false;
  if (repair_ != nullptr) repair_->fresh_segments = 0;
  if (advances) delivered = pop_acknowledged(ack, now, rtt, was_resent);
  const std::uint64_t acked = delivered;
  std::uint64_t news = acked;  // what lets the window grow
  // RFC 7323, 4: with timestamps there is no ambiguity.
  const Duration measured = rtt == Duration{} && advances && was_resent ? ack.echoed_rtt : rtt;
  if (measured > Duration{}) {
    rtt_.measured(measured);
    backoff_ = 0;  // RFC 6298, 5: and not before
  }
  if (uses_sack_ && !ack.blocks.empty()) delivered += take_sack(ack, now);
  // Linux lets it grow by SACK as well where segments overtake each other.
  if (is_like_linux() && reordering_.degree() > 3) news = delivered;
  if (!uses_sack_) {
    const std::uint64_t counted = count_duplicates(ack, advances, window_changed, acked);
    // Duplicates have told of some of it; Linux lets the window grow by the rest only.
    if (is_like_linux()) news -= std::min(news, counted);
  }
  if (advances) {
    has_timed_out_ = false;
    if (before == 0) backoff_ = 0;  // RFC 6298, 5.7: data have a timeout of their own
    timer_base_ = now;
    progress_at_ = now;
    if (congestion_ != nullptr || settings_->echoes_exactly()) {
      congestion().heard({.now = now,
                          .acked = una_ - before,
                          .in_flight = in_flight_before,
                          .rtt = rtt,
                          .smoothed_rtt = rtt_.smoothed(),
                          .met_congestion = ack.echoes_congestion,
                          .acked_to = una_,
                          .sent_to = next_});
    }
  }
  if (ack.echoes_congestion) congestion_met(flight_size, now);
  if (repair_ != nullptr) {
    const bool has_undone = try_undo(ack, advances, delivered != acked, now);
    find_losses(now);
    if (phase_ == Phase::cwr && is_like_linux()) reduce_proportionally(delivered, advances);
    if (!has_undone || phase_ < Phase::recovery) repair_step(advances, acked, delivered, now);
  }
  if (tail_probe_end_ != 0) judge_tail_probe(ack, advances);
  if (phase_ == Phase::cwr && una_ >= recover_) {
    phase_ = Phase::open;
    if (is_like_linux()) window_.bytes = window_.threshold;
  }
  // A paced window is in use when its last segment has left, most of a round trip behind its first.
  constexpr int pace = 6;  // fifths of what the window makes
  const bool has_left =
      !settings_->device_paces || window_.is_in_slow_start() || rtt * pace / 5 >= rtt_.smoothed();
  if (news != 0 && !was_recovering && phase_ != Phase::recovery && phase_ != Phase::cwr &&
      ((is_window_used_ && has_left) || (window_.is_in_slow_start() && window_.bytes < 2 * used))) {
    congestion().acknowledged({.now = now,
                               .acked = counted(news),
                               .in_flight = in_flight_before,
                               .rtt = rtt,
                               .smoothed_rtt = rtt_.smoothed(),
                               .met_congestion = ack.echoes_congestion,
                               .acked_to = una_,
                               .sent_to = next_},
                              window_);
  }
  arm(now);
}

// How much of what one acknowledgement tells of lets the window grow. In slow start it is what a
// few segments hold (RFC 3465, 2.2), behind a timeout one (2.3; RFC 5681, 3.1, would have one
// always).
std::uint64_t TcpSender::counted(std::uint64_t acked) const {
  if (!window_.is_in_slow_start() || settings_->slow_start_limit == 0) return acked;
  const std::uint64_t segments = phase_ == Phase::loss ? 1 : settings_->slow_start_limit;
  return std::min(acked, segments * window_.mss);
}

// What acknowledged() comes to if more is acknowledged, nothing else said and nothing missing.
bool TcpSender::acknowledged_smoothly(const Ack& ack, Time now) {
  if (ack.position <= una_ || una_ == 0 || fin_ != 0 || repair_ != nullptr ||
      phase_ != Phase::open || (lost_ | sacked_) != 0 || tail_probe_end_ != 0 || is_probing_ ||
      ack.echoes_congestion || !ack.blocks.empty() ||
      settings_->option_layout() == TcpLayout::like_linux) {
    return false;
  }
  if (ack.updates_window) {
    right_edge_ = ack.position + ack.window;
    largest_window_ = std::max(largest_window_, static_cast<std::uint32_t>(ack.window));
  }
  TcpAckSample sample{.now = now,
                      .acked = ack.position - una_,
                      .in_flight = next_ - una_,
                      .acked_to = ack.position,
                      .sent_to = next_};
  stream_.remove_front(sample.acked);
  Time oldest = end_of_time;
  bool was_resent = false;
  while (!flight_.empty()) {
    TcpSent& sent = flight_.front();
    if (sent.end() > ack.position) {
      sent.length -= static_cast<std::uint32_t>(ack.position - sent.begin);
      sent.begin = ack.position;
      break;
    }
    if (sent.was_resent) [[unlikely]] {
      was_resent = true;
    } else if (sent.sent_at < oldest) {
      oldest = sent.sent_at;
    }
    ++delivered_segments_;
    flight_.pop();
  }
  una_ = ack.position;
  if (!has_small_in_flight()) small_end_ = 0;
  if (was_resent) {
    if (ack.echoed_rtt > Duration{}) {
      rtt_.measured(ack.echoed_rtt);
      backoff_ = 0;
    }
  } else if (oldest != end_of_time) {
    sample.rtt = std::max(now - oldest, Duration{1});
    rtt_.measured(sample.rtt);
    backoff_ = 0;
  }
  unanswered_ = 0;
  is_held = false;
  timer_base_ = progress_at_ = now;
  sample.smoothed_rtt = rtt_.smoothed();
  if (congestion_ != nullptr || settings_->echoes_exactly()) congestion().heard(sample);
  if (is_window_used_ || (window_.is_in_slow_start() && window_.bytes < 2 * sample.in_flight)) {
    sample.acked = counted(sample.acked);
    congestion().acknowledged(sample, window_);
  }
  arm(now);
  return true;
}

// Takes what is acknowledged off the scoreboard. Returns how many bytes of it nothing was known of
// before; `rtt` becomes how long the oldest of them took, if none was sent twice (RFC 6298, 3).
std::uint64_t TcpSender::pop_acknowledged(const Ack& ack, Time now, Duration& rtt,
                                          bool& was_resent) {
  const std::uint64_t data_end = fin_ != 0 ? fin_ : next_;
  const std::uint64_t data_begin = std::max<std::uint64_t>(una_, 1);
  const std::uint64_t acked_end = std::min(ack.position, data_end);
  if (acked_end > data_begin) stream_.remove_front(acked_end - data_begin);
  std::uint64_t fresh = 0;
  Time oldest = end_of_time;
  std::uint64_t overtaken = 0;  // the first that others had arrived before
  while (!flight_.empty() && flight_.front().begin < ack.position) {
    TcpSent& sent = flight_.front();
    if (sent.end() > ack.position) {  // a part of it
      const auto part = static_cast<std::uint32_t>(ack.position - sent.begin);
      if (sent.is_sacked) {
        sacked_ -= part;
      } else {
        fresh += part;
        if (sent.is_lost) lost_ -= part;
      }
      sent.begin += part;
      sent.length -= part;
      break;
    }
    if (!sent.is_sacked) {
      fresh += sent.length;
      if (sent.is_lost) lost_ -= sent.length;
      if (sent.was_resent) {
        was_resent = true;
      } else {
        has_delivered_original_ = true;
        if (sent.sent_at < oldest) oldest = sent.sent_at;
        const bool is_late = repair_ != nullptr && sent.end() < repair_->highest_sacked;
        if (is_late && overtaken == 0 && sent.begin != 0) overtaken = sent.begin;
      }
      // RFC 8985, 6.2, step 1: a timestamp may tell that it is an earlier transmission that
      // arrived. (Linux does not ask.)
      const bool is_earlier =
          sent.was_resent && !is_like_linux() && is_echo_before(ack.echoed_rtt, sent.sent_at, now);
      if (repair_ != nullptr) ++repair_->fresh_segments;
      if (repair_ != nullptr && !is_earlier) rack_delivered(sent, now);
    } else {
      sacked_ -= sent.length;
      --repair_->sacked_segments;
    }
    ++delivered_segments_;
    flight_.pop();
  }
  if (overtaken != 0) saw_reordering(overtaken);
  una_ = ack.position;
  if (!has_small_in_flight()) small_end_ = 0;
  if (!was_resent && oldest != end_of_time) rtt = std::max(now - oldest, Duration{1});
  return fresh;
}

std::uint32_t TcpSender::segments_below(std::uint64_t position) const {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < flight_.size() && flight_[i].end() <= position; ++i) {
    if (!flight_[i].is_sacked) ++count;
  }
  return count;
}

// The byte of a window probe was taken: it counts as sent.
void TcpSender::commit_probe(Time now) {
  is_probing_ = false;
  if (!stream_.has_unsent()) return;
  (void)stream_.send(1);
  record(next_, 1, now);
  next_ += 1;
}

// RFC 3168, 6.1.2: as for a loss, but nothing is missing; once a window.
void TcpSender::congestion_met(std::uint64_t flight_size, Time now) {
  if (phase_ == Phase::cwr || phase_ == Phase::recovery || phase_ == Phase::loss) return;
  if (una_ < recover_) return;
  const std::uint64_t before = window_.bytes;
  window_.threshold =
      congestion().congested(window_, is_like_linux() ? before : flight_size, false, now);
  recover_ = next_;
  if (is_like_linux()) {  // which comes down bit by bit
    Repair& state = repair();
    state.undo_window = 0;
    state.flight_at_entry = before;
    state.delivered = state.sent = 0;
  } else {
    window_.bytes = std::min(window_.bytes, window_.threshold);
  }
  phase_ = Phase::cwr;
  wants_cwr_ = true;
}

// ===== TcpSender: timers =====

Duration TcpSender::timeout() const {
  // RFC 6298, 5.7: behind a SYN that was lost, and until something else is measured.
  constexpr Duration after_lost_syn = std::chrono::seconds{3};
  const bool follows_lost_syn = lost_syn_ && una_ > 0;
  const Duration unmeasured =
      follows_lost_syn ? std::max(settings_->initial_rto, after_lost_syn) : settings_->initial_rto;
  const Duration measured = std::max(rtt_.timeout(), rtt_.smoothed() + settings_->min_rto_margin);
  const Duration plain = rtt_.has_sample() ? measured : unmeasured;
  const Duration bounded = std::clamp(plain, settings_->min_rto, settings_->max_rto);
  unsigned shift = std::min<unsigned>(backoff_, 16);
  if (una_ == 0)
    shift -= std::min<unsigned>(shift, static_cast<unsigned>(settings_->linear_syn_timeouts));
  const Duration slop = rtt_.has_sample() || backoff_ != 0 ? settings_->rto_slop : Duration{};
  // RFC 6298, 5.5
  return std::min(bounded * (std::int64_t{1} << shift) + slop, settings_->max_rto);
}

// RFC 8985, 7.2.
Duration TcpSender::tail_probe_time() const {
  constexpr Duration peer_ack_delay = std::chrono::milliseconds{200};
  if (!rtt_.has_sample()) return std::chrono::seconds{1};
  const Duration two_trips = 2 * rtt_.smoothed();
  return flight_.size() == 1 ? two_trips + peer_ack_delay : two_trips + TcpRtt::granularity * 2;
}

// Chooses what to wait for.
void TcpSender::arm(Time now) {
  if (una_ == next_) {
    const bool has_more = stream_.has_unsent() || (wants_fin_ && fin_ == 0);
    if (has_more && settings_->device_is_full) [[unlikely]] {
      // What was not taken is no loss: Linux tries again after a timeout, then twice a second, for
      // as long as it would wait for an acknowledgement.
      constexpr Duration again = std::chrono::milliseconds{500};
      if (timer_ != Timer::persist) timer_base_ = now;
      backoff_ = 0;
      Time next_try = add_saturated(timer_base_, unanswered_ == 0 ? timeout() : again);
      if (const Duration limit = time_limit(); limit > Duration{} && unanswered_ != 0) {
        next_try = std::min(next_try, add_saturated(progress_at_, limit));
      }
      return set_timer(Timer::persist, next_try);
    }
    // RFC 9293, 3.8.6.1: a closed window is probed.
    bool is_window_limited = false;
    if (has_more && stream_.has_unsent() && size_of_next(is_window_limited) == 0 &&
        is_window_limited) {
      if (timer_ != Timer::persist) {
        timer_base_ = now;
        backoff_ = 0;
      }
      const Duration wait = std::max(timeout(), settings_->min_probe_wait);
      return set_timer(Timer::persist, add_saturated(timer_base_, wait));
    }
    // RFC 6298, 5.1: how long answers to probes were waited for does not count for what goes now.
    if (timer_ == Timer::persist) backoff_ = 0;
    if (has_more && !is_window_limited && (is_corked || is_held)) {
      // Nothing is on its way that could let it go: not for ever.
      if (timer_ != Timer::cork) timer_base_ = now;
      return set_timer(Timer::cork, add_saturated(timer_base_, timeout()));
    }
    is_probing_ = false;
    return set_timer(Timer::none, end_of_time);
  }
  if (timer_ == Timer::persist) backoff_ = 0;
  Time expires = add_saturated(timer_base_, timeout());
  if (const Duration limit = time_limit(); limit > Duration{}) {
    expires = std::min(expires, add_saturated(progress_at_, limit));
  }
  const Time reorder = repair_ == nullptr ? end_of_time : repair_->reorder_deadline;
  if (reorder < expires) return set_timer(Timer::reorder, reorder);
  // RFC 8985, 7.2: a probe of the tail, unless something is being repaired.
  if (uses_sack_ && settings_->rack && settings_->tail_probes && phase_ <= Phase::disorder &&
      sacked_ == 0 && reorder == end_of_time && tail_probe_end_ == 0 && !has_timed_out_ &&
      una_ != 0) {
    const Time probe =
        add_saturated(last_sent_at_ > timer_base_ ? last_sent_at_ : timer_base_, tail_probe_time());
    return set_timer(Timer::probe_tail, std::min(probe, expires));
  }
  set_timer(Timer::retransmit, expires);
}

void TcpSender::wait_for_device(Time now) {
  if (una_ == next_ && timer_ == Timer::none) arm(now);
}

bool TcpSender::expire(Time now) {
  if (now < deadline_) return true;
  switch (timer_) {
    case Timer::none:
      return true;
    case Timer::reorder:
      if (repair_ != nullptr) {
        find_losses(now);
        if (lost_ != 0 && phase_ < Phase::recovery) {
          enter_recovery(now);
          reduce_proportionally(0, false);
        } else if (lost_ != 0 && phase_ == Phase::recovery) {
          window_.bytes = std::max(window_.bytes, in_flight() + window_.mss);
        }
      }
      arm(now);
      return true;
    case Timer::probe_tail:
      send_tail_probe(now);
      return true;
    case Timer::persist:
      if (settings_->device_is_full) {
        const Duration limit = time_limit();
        if (unanswered_ == 0) progress_at_ = now;
        const bool is_over =
            limit > Duration{} ? now - progress_at_ >= limit : unanswered_ >= settings_->retries;
        if (is_over) return false;
        ++unanswered_;
        timer_base_ = now;
        arm(now);
        return true;
      }
      if (has_given_up(now)) return false;
      if (right_edge_ > next_) {
        is_cork_over_ = true;  // it is filled after all
        backoff_ = 0;
        set_timer(Timer::none, end_of_time);
        return true;
      }
      ++unanswered_;
      if (backoff_ < 16) ++backoff_;
      wants_probe_ = true;
      timer_base_ = now;
      arm(now);
      return true;
    case Timer::cork:
      is_cork_over_ = true;
      set_timer(Timer::none, end_of_time);
      return true;
    case Timer::retransmit:
      return retransmission_timed_out(now);
  }
  return true;
}

Duration TcpSender::time_limit() const {
  const bool is_connecting = una_ == 0 && settings_->connect_timeout > Duration{};
  return is_connecting ? settings_->connect_timeout : settings_->user_timeout;
}

// RFC 9293, 3.8.3: by time if a user said so, else by the number of attempts (R2).
bool TcpSender::has_given_up(Time now) const {
  if (const Duration limit = time_limit(); limit > Duration{} && next_ != una_) {
    if (now - progress_at_ >= limit) return true;
    if (settings_->user_timeout > Duration{}) return false;
  }
  return unanswered_ >=
         (una_ == 0 ? settings_->syn_retries + settings_->linear_syn_timeouts : settings_->retries);
}

void TcpSender::fill(TcpInfo& info, Time now) const {
  const auto microseconds = [](Duration duration) {
    return static_cast<std::uint32_t>(duration.count() / 1'000);
  };
  info.ca_state = phase_;
  info.retransmits = timer_ == Timer::persist ? std::uint8_t{0} : unanswered_;
  info.probes = timer_ == Timer::persist ? unanswered_ : std::uint8_t{0};
  info.backoff = backoff_;
  info.rto = microseconds(timeout());
  info.snd_mss = window_.mss;
  info.unacked = static_cast<std::uint32_t>(flight_.size());
  for (std::size_t i = 0; i < flight_.size(); ++i) {
    info.sacked += flight_[i].is_sacked ? 1 : 0;
    // As Linux counts: what was lost stays so until its next transmission arrives.
    info.lost += flight_[i].is_lost || (flight_[i].is_resent && repair_ != nullptr) ? 1 : 0;
    info.retrans += flight_[i].is_resent ? 1 : 0;
  }
  if (!uses_sack_ && repair_ != nullptr) info.sacked = repair_->duplicates;
  info.last_data_sent = microseconds(now - last_sent_at_) / 1'000;
  info.rtt = microseconds(rtt_.smoothed());
  info.rttvar = microseconds(rtt_.variation());
  info.min_rtt = microseconds(rtt_.least());
  info.snd_cwnd = static_cast<std::uint32_t>(window_.bytes / window_.mss);
  info.snd_ssthresh = window_.threshold == TcpWindow::unlimited
                          ? 0x7fff'ffff
                          : static_cast<std::uint32_t>(window_.threshold / window_.mss);
  info.total_retrans = resent_segments_;
  info.bytes_acked = una_ == 0 ? 0 : una_ - 1 - (is_fin_acknowledged() ? 1 : 0);
  info.notsent_bytes = static_cast<std::uint32_t>(stream_.unsent());
  info.data_segs_out = segments_;
  info.delivered = delivered_segments_ + (repair_ == nullptr ? 0 : repair_->sacked_segments);
  info.bytes_sent = bytes_sent_;
  info.bytes_retrans = bytes_resent_;
  info.dsack_dups = duplicates_seen_;
  info.reordering = reordering_.degree();
  info.reord_seen = reordering_.times_seen();
  info.snd_wnd = right_edge_ > una_ ? static_cast<std::uint32_t>(right_edge_ - una_) : 0;
}

}  // namespace elvis
