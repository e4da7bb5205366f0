// SPDX-License-Identifier: MIT
// TcpSender: what got lost, and how the window gives way (RFC 6675, RFC 8985, RFC 6937, RFC 6582).
#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp/sender.hpp"
#include "sender_repair.hpp"

namespace elvis {

namespace {

constexpr std::uint32_t duplicate_threshold = 3;  // RFC 5681, 3.2

// RFC 8985, 6.2, RACK_sent_after(). Sequence numbers don't tell the order of what was sent at one
// time, once something old was sent again among it.
bool is_sent_after(Time at, std::uint16_t order, Time other_at, std::uint16_t other_order) {
  constexpr std::uint16_t half = 0x8000;  // beyond it, the number has wrapped around
  const auto ahead = static_cast<std::uint16_t>(order - other_order);
  return at > other_at || (at == other_at && ahead != 0 && ahead < half);
}

// Linux' timer for reordering: two ticks more, in whole ticks, and one for the one that runs.
Duration linux_wait(Duration wait) {
  constexpr Duration tick = std::chrono::milliseconds{1};
  const Duration padded = wait + 2 * tick;
  return (padded + tick - Duration{1}) / tick * tick + tick;
}

}  // namespace

// ===== TcpSender: what is known of each segment =====

// Returns how many bytes are newly known to have arrived.
std::uint64_t TcpSender::take_sack(const Ack& ack, Time now) {
  Repair& state = repair();
  if (una_ >= state.duplicate_round_end) state.duplicate_round_end = 0;
  std::uint64_t fresh = 0;
  std::array<Repair::Range, TcpOptions::max_blocks> seen;
  for (std::size_t i = 0; i < ack.blocks.size(); ++i) {
    const std::int64_t begin = position_of(ack.blocks[i].begin);
    const std::int64_t end = position_of(ack.blocks[i].end);
    if (begin < 0 || begin >= end || end > static_cast<std::int64_t>(next_)) continue;
    auto first = static_cast<std::uint64_t>(begin);
    auto last = static_cast<std::uint64_t>(end);
    // RFC 2883, 4: a first block below the acknowledgement, or inside the second, is a duplicate.
    const bool is_inside = i == 0 && ack.blocks.size() > 1 &&
                           begin >= position_of(ack.blocks[1].begin) &&
                           end <= position_of(ack.blocks[1].end);
    if (i == 0 && (first < ack.position || is_inside)) {
      ++duplicates_seen_;
      saw_duplicate_ = true;
      if (state.duplicate_round_end == 0) {
        reordering_.saw_duplicate();
        state.duplicate_round_end = next_;
      }
      note_duplicate(first, last);
      continue;
    }
    seen[i] = {first, last};
    // What the acknowledgement before said needs no second look.
    for (const Repair::Range& known : state.seen) {
      if (known.begin <= first && first < known.end) first = std::min(known.end, last);
      if (known.begin < last && last <= known.end) last = std::max(known.begin, first);
    }
    if (first < last) fresh += mark_sacked(first, last, now);
  }
  state.seen = seen;
  return fresh;
}

std::uint64_t TcpSender::mark_sacked(std::uint64_t begin, std::uint64_t end, Time now) {
  Repair& state = *repair_;
  std::uint64_t fresh = 0;
  for (std::size_t i = flight_.index_of(std::max(begin, una_)); i < flight_.size(); ++i) {
    TcpSent& sent = flight_[i];
    if (sent.end() > end) break;
    if (sent.is_sacked || sent.begin < begin) continue;
    // RFC 8985, 6.2, step 3: what was sent earlier and never again arrives behind what was later.
    if (!sent.was_resent) {
      has_delivered_original_ = true;
      if (sent.end() < state.highest_sacked && sent.end() > una_ && fresh == 0) {
        saw_reordering(sent.begin);
      }
    }
    if (sent.is_lost) lost_ -= sent.length;
    sent.is_lost = sent.is_resent = false;
    sent.is_sacked = true;
    sacked_ += sent.length;
    ++state.sacked_segments;
    state.highest_sacked = std::max(state.highest_sacked, sent.end());
    fresh += sent.length;
    ++state.fresh_segments;
    rack_delivered(sent, now);
  }
  return fresh;
}

// What begins here arrived behind what had been sent later.
void TcpSender::saw_reordering(std::uint64_t begin) {
  reordering_.seen((repair_->highest_sacked - begin + window_.mss - 1) / window_.mss);
}

// RFC 8985, 6.2, steps 1 and 2.
void TcpSender::rack_delivered(const TcpSent& sent, Time now) {
  const Duration rtt = now - sent.sent_at;
  // The acknowledgement may be that of the first transmission.
  if (sent.was_resent && rtt < rtt_.least()) return;
  Repair& state = *repair_;
  // Of whatever has arrived last, also if something that was sent later came before.
  state.rack_rtt = rtt;
  if (is_sent_after(sent.sent_at, sent.order, state.rack_sent_at, state.rack_order)) {
    state.rack_sent_at = sent.sent_at;
    state.rack_order = sent.order;
  }
}

void TcpSender::mark_lost(TcpSent& sent) {
  if (sent.is_lost || sent.is_sacked) return;
  sent.is_lost = true;
  sent.is_resent = false;
  lost_ += sent.length;
  repair_->lost_from = std::min(repair_->lost_from, sent.begin);
}

void TcpSender::mark_first_lost() {
  if (!flight_.empty()) mark_lost(flight_.front());
}

void TcpSender::find_losses(Time now) {
  repair_->reorder_deadline = end_of_time;
  if (una_ >= repair_->duplicate_round_end) repair_->duplicate_round_end = 0;
  if (!uses_sack_ || flight_.empty()) return;
  if (settings_->rack) {
    find_losses_by_time(now);
  } else if (sacked_ != 0) {
    find_losses_by_count();
  }
}

// RFC 8985, 6.2, step 5: lost is what was sent long enough before something that has arrived.
void TcpSender::find_losses_by_time(Time now) {
  Repair& state = *repair_;
  const bool is_sure = phase_ >= Phase::recovery || state.sacked_segments >= duplicate_threshold;
  const Duration patience = reordering_.window(rtt_, is_sure);
  const auto is_before_rack = [&state](const TcpSent& sent) {
    return is_sent_after(state.rack_sent_at, state.rack_order, sent.sent_at, sent.order);
  };
  const auto judge = [&](TcpSent& sent) {
    const Time due = add_saturated(sent.sent_at, state.rack_rtt + patience);
    if (due <= now) {
      mark_lost(sent);
      return true;
    }
    const Duration wait = is_like_linux() ? linux_wait(due - now) : due - now;
    state.reorder_deadline = std::min(state.reorder_deadline, now + wait);
    return false;
  };
  std::size_t i = flight_.index_of(std::max(state.scan_from, una_));
  for (; i < flight_.size(); ++i) {
    TcpSent& sent = flight_[i];
    if (sent.is_sacked || sent.is_lost || sent.was_resent) continue;
    if (!is_before_rack(sent) || !judge(sent)) break;
  }
  state.scan_from = i < flight_.size() ? flight_[i].begin : next_;

  for (; state.resent_first < state.resent.size(); ++state.resent_first) {
    const Repair::Resent& resent = state.resent[state.resent_first];
    if (resent.position < una_) continue;
    TcpSent& sent = flight_[flight_.index_of(resent.position)];
    if (sent.is_sacked || sent.is_lost || sent.sent_at != resent.at) continue;
    if (!is_before_rack(sent) || !judge(sent)) break;
  }
  if (state.resent_first == state.resent.size()) {
    state.resent.clear();
    state.resent_first = 0;
  }
}

// RFC 6675, 4, IsLost(): with more than two segments' bytes that have arrived behind it.
void TcpSender::find_losses_by_count() {
  Repair& state = *repair_;
  const std::uint64_t enough = (duplicate_threshold - 1) * std::uint64_t{window_.mss};
  std::uint64_t behind = 0;
  std::uint32_t segments = 0;
  std::size_t i = flight_.index_of(state.highest_sacked);
  while (i > 0 && behind <= enough && segments < duplicate_threshold) {
    --i;
    if (!flight_[i].is_sacked) continue;
    behind += flight_[i].length;
    ++segments;
  }
  if (behind <= enough && segments < duplicate_threshold) return;
  for (std::size_t at = flight_.index_of(std::max(state.scan_from, una_)); at < i; ++at) {
    if (!flight_[at].was_resent) mark_lost(flight_[at]);
  }
  state.scan_from = std::max(state.scan_from, flight_[i].begin);
}

// RFC 6675, 4, NextSeg(), rule 3: with nothing better to send, what others arrived behind, though
// too few of them to call it lost. (RACK tells by time; Linux sends again only what is lost.)
void TcpSender::doubt_next_hole() {
  bool is_window_limited = false;
  const bool has_better = stream_.has_unsent() && size_of_next(is_window_limited) != 0;
  if (has_better || is_like_linux() || in_flight() + window_.mss > window_.bytes) return;
  std::size_t index = flight_.index_of(std::max(repair_->scan_from, una_));
  while (index < flight_.size() && (flight_[index].is_sacked || flight_[index].was_resent)) ++index;
  if (index == flight_.size() || flight_[index].end() > repair_->highest_sacked) return;
  mark_lost(flight_[index]);
}

// Without SACK a duplicate acknowledgement stands for a segment that has arrived (RFC 5681, 3.2).
// Returns how much of what is acknowledged now duplicates had told of.
std::uint64_t TcpSender::count_duplicates(const Ack& ack, bool advances, bool window_changed,
                                          std::uint64_t acked) {
  if (advances) {
    if (repair_ == nullptr) return 0;
    const std::uint64_t counted = sacked_;
    if (phase_ < Phase::recovery || una_ >= recover_) {
      sacked_ = repair_->duplicates = 0;
    } else if (phase_ == Phase::recovery) {
      // RFC 6582, 3.2, step 3: one of what was acknowledged was missing, the others were counted.
      const std::uint64_t others = acked > window_.mss ? acked - window_.mss : 0;
      sacked_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(sacked_, others));
    }
    const std::uint64_t most = flight_.empty() ? 0 : next_ - una_ - flight_.front().length;
    sacked_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(sacked_, most));
    return counted - sacked_;
  }
  if (!ack.is_pure || window_changed || flight_.empty() || phase_ == Phase::loss) return 0;
  Repair& state = repair();
  ++state.duplicates;
  const std::uint64_t most = next_ - una_ - flight_.front().length -
                             (lost_ - (flight_.front().is_lost ? flight_.front().length : 0));
  sacked_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(sacked_ + window_.mss, most));
  // RFC 6582, 3.2, step 1: not for what an earlier recovery left behind.
  if (state.duplicates >= duplicate_threshold && phase_ < Phase::recovery && una_ > recover_) {
    mark_first_lost();
  }
  return 0;
}

// ===== TcpSender: recovery =====

void TcpSender::enter_recovery(Time now) {
  Repair& state = repair();
  if (phase_ != Phase::cwr) {  // else the window has given way already
    begin_undo(now);
    window_.threshold = congestion().congested(window_, used_window(), true, now);
    wants_cwr_ = true;
  }
  phase_ = Phase::recovery;
  recover_ = next_;
  state.flight_at_entry = std::max<std::uint64_t>(used_window(), 1);
  state.delivered = state.sent = 0;
  state.lost_before = lost_;
  must_resend_ = true;  // RFC 6675, 5, step 4.3: the first at once
  tail_probe_end_ = 0;
}

void TcpSender::repair_step(bool advances, std::uint64_t acked, std::uint64_t delivered, Time now) {
  Repair& state = *repair_;
  if (phase_ < Phase::recovery) {
    if (lost_ != 0) {
      enter_recovery(now);
      // RFC 9937, 5: what the acknowledgement that began it tells of is delivered in the recovery.
      const std::uint64_t marked = uses_sack_ ? delivered - acked : advances ? 0 : window_.mss;
      if (!is_like_linux()) {
        const std::uint64_t before = sacked_ > marked ? sacked_ - marked : 0;
        const std::uint64_t flight = next_ - una_ + acked;
        state.flight_at_entry = flight > before ? flight - before : 1;
      }
      reduce_proportionally(acked + marked, false);
      return;
    }
    phase_ = phase_ == Phase::cwr ? phase_ : sacked_ != 0 ? Phase::disorder : Phase::open;
    if (state.undo_window != 0 && una_ >= state.undo_until) state.undo_window = 0;
    if (sacked_ == 0 && state.duplicates == 0 && !state.is_needed() && phase_ != Phase::cwr) {
      repair_.reset();
    }
    return;
  }
  if (una_ >= recover_) return leave_recovery();
  if (phase_ == Phase::loss) return;
  // RFC 6582, 3.2, step 3: a partial acknowledgement tells of the next loss.
  if (!uses_sack_ && advances && acked != 0) {
    mark_first_lost();
    must_resend_ = true;
  }
  if (!uses_sack_ && !advances) delivered = window_.mss;
  reduce_proportionally(delivered, advances);
  if (uses_sack_ && !settings_->rack && lost_ == 0) doubt_next_hole();
}

// RFC 9937, 6.2: in proportion, and then with the slow start bound unless more is lost.
void TcpSender::reduce_proportionally(std::uint64_t delivered, bool has_advanced) {
  if (delivered == 0 && !must_resend_) return;
  Repair& state = *repair_;
  if (is_like_linux() && uses_sack_ && lost_ != 0) {
    // Linux counts segments: however short one is, it lets another one go.
    std::size_t next = flight_.index_of(std::max(state.lost_from, una_));
    while (next < flight_.size() && (!flight_[next].is_lost || flight_[next].is_resent)) ++next;
    const std::uint64_t length = next < flight_.size() ? flight_[next].length : 0;
    delivered = std::max(delivered, state.fresh_segments * length);
  }
  state.delivered += delivered;
  const std::uint64_t pipe = in_flight();
  const std::uint64_t threshold = window_.threshold;
  std::uint64_t room = 0;
  if (pipe > threshold) {
    const std::uint64_t due =
        (state.delivered * threshold + state.flight_at_entry - 1) / state.flight_at_entry;
    room = due > state.sent ? due - state.sent : 0;
  } else {
    std::uint64_t bound = state.delivered > state.sent ? state.delivered - state.sent : 0;
    bound = std::max(bound, delivered);
    if (has_advanced && lost_ <= state.lost_before) bound += window_.mss;
    room = std::min(threshold - pipe, bound);
  }
  if (state.sent == 0 && room == 0 && must_resend_) room = window_.mss;  // the first at once
  state.lost_before = lost_;
  window_.bytes = std::max(pipe + room, std::uint64_t{window_.mss});
}

void TcpSender::leave_recovery() {
  if (phase_ == Phase::recovery) window_.bytes = window_.threshold;
  phase_ = Phase::open;
  reordering_.repaired();
  if (!uses_sack_) sacked_ = 0;
  if (repair_ == nullptr) return;
  // RFC 3708: that it was in vain may still be told, for another round trip.
  repair_->undo_until = next_ + 1;
  if (una_ == next_ && !stream_.has_unsent()) repair_->undo_window = 0;
  if (sacked_ == 0 && lost_ == 0 && !repair_->is_needed()) {
    repair_.reset();
  } else {
    repair_->duplicates = 0;
  }
}

// ===== TcpSender: timeouts =====

bool TcpSender::retransmission_timed_out(Time now) {
  if (has_given_up(now)) return false;
  if (unanswered_ < 255) ++unanswered_;
  const bool is_first = !has_timed_out_ || una_ >= recover_;
  Repair& state = repair();
  // RFC 5682, 3.1, step 1: not if it follows upon another attempt to repair the same. (Linux tries
  // again.)
  state.is_timeout_in_doubt = settings_->undo && una_ > 0 && fin_ == 0 &&
                              (phase_ < Phase::recovery || (is_like_linux() && has_timed_out_));
  if (una_ > 0 && (phase_ != Phase::loss || is_first)) {
    begin_undo(now);
    window_.threshold = congestion().timed_out(window_, used_window(), now);
    wants_cwr_ = true;  // RFC 3168, 6.1.2: for whatever reason the window gave way
  }
  state.prefers_new = false;
  phase_ = Phase::loss;
  recover_ = next_;
  window_.bytes = window_.mss;  // RFC 5681, 3.1: the loss window
  if (backoff_ < 16) ++backoff_;
  has_timed_out_ = true;
  timer_base_ = now;
  tail_probe_end_ = 0;
  state.reorder_deadline = end_of_time;
  if (!uses_sack_) sacked_ = 0;
  // RFC 6675, 5.1: what the remote end has said it has is not sent again, unless it took that back.
  const bool has_reneged = !flight_.empty() && flight_.front().is_sacked;
  // RFC 8985, 6.3: nor is anything but the first lost before a round trip is over.
  const bool is_patient = settings_->rack && uses_sack_ && una_ > 0 && !has_reneged;
  const Duration round = state.rack_rtt != Duration{} ? state.rack_rtt : rtt_.smoothed();
  const Time late = now - (is_patient ? round + reordering_.window(rtt_, true) : Duration{});
  state.scan_from = next_;
  for (std::size_t i = 0; i < flight_.size(); ++i) {
    TcpSent& sent = flight_[i];
    if (has_reneged && sent.is_sacked) {
      sent.is_sacked = false;
      sacked_ -= sent.length;
      --state.sacked_segments;
    }
    if (sent.is_sacked) continue;
    if (i == 0 || sent.sent_at <= late) {
      mark_lost(sent);
    } else {
      state.scan_from = std::min(state.scan_from, sent.begin);
    }
  }
  if (has_reneged) state.seen = {};
  state.duplicates = 0;
  must_resend_ = true;
  arm(now);
  return true;
}

// RFC 8985, 7.3: something new, else the last segment again, makes the remote end speak.
void TcpSender::send_tail_probe(Time now) {
  bool is_window_limited = false;
  is_tail_probe_new_ = stream_.has_unsent() && size_of_next(is_window_limited) != 0;
  if (is_tail_probe_new_) {
    must_send_new_ = true;
  } else {
    wants_tail_resend_ = true;
  }
  tail_probe_end_ = next_ + 1;  // until it is sent
  timer_base_ = now;
  arm(now);
}

// RFC 8985, 7.4.2: whether the probe repaired a loss that nothing else would have told of.
void TcpSender::judge_tail_probe(const Ack& ack, bool advances) {
  if (ack.position < tail_probe_end_) return;
  const bool is_repaired = !is_tail_probe_new_ && !saw_duplicate_ && ack.position > tail_probe_end_;
  const bool is_settled =
      is_tail_probe_new_ || saw_duplicate_ || is_repaired || (!advances && ack.blocks.empty());
  if (!is_settled) return;
  saw_duplicate_ = false;
  tail_probe_end_ = 0;
  if (is_repaired) congestion_met(next_ - una_, last_sent_at_);
}

}  // namespace elvis
