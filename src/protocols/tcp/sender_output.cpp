// SPDX-License-Identifier: MIT
// TcpSender: what goes out next.
#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp/sender.hpp"
#include "sender_burst.hpp"
#include "sender_repair.hpp"

namespace elvis {

void TcpSender::send_syn(Time now, std::size_t bytes) {
  next_ = 1;
  record(0, 1, now);
  if (bytes != 0) {
    const Message data = stream_.send(std::min(bytes, stream_.unsent()));
    record(next_, static_cast<std::uint32_t>(data.size()), now);
    next_ += data.size();
    bytes_sent_ += data.size();
    ++segments_;
    has_syn_data_ = true;
  }
  wants_syn_ = true;
  timer_base_ = progress_at_ = now;
  arm(now);
}

// The stream's bytes in [begin, end), which were sent and not acknowledged.
Message TcpSender::bytes_of(std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t base = std::max<std::uint64_t>(una_, 1);
  const std::uint64_t data_end = base + stream_.sent();
  const std::uint64_t first = std::clamp(begin, base, data_end);
  return stream_.slice(first - base, std::clamp(end, first, data_end) - first);
}

// The SYN, and what of the stream it carries.
void TcpSender::first_segment(Outgoing& out, Time now) {
  wants_syn_ = false;
  last_sent_at_ = now;
  out = {.position = 0, .payload = {}, .is_syn = true};
  if (has_syn_data_) out.payload = bytes_of(1, next_);
  has_syn_data_ = false;
}

bool TcpSender::next_segment(Outgoing& out, Time now) {
  if (next_ == 0) return false;
  if (una_ == 0) [[unlikely]] {
    if (wants_syn_) {
      first_segment(out, now);
      return true;
    }
    // Before the SYN is acknowledged nothing else is sent again.
    if (lost_ != 0 && flight_.front().is_lost && resend(out, now)) return true;
    if (!sends_early) return false;
  } else if (lost_ != 0 && resend(out, now)) {
    return true;
  }
  if (wants_tail_resend_) {
    wants_tail_resend_ = false;
    if (!flight_.empty() && !flight_.back().is_sacked) {
      tail_probe_end_ = next_;
      const TcpSent& last = flight_.back();
      // The path may have become narrower meanwhile.
      if (last.length > window_.mss) flight_.split(flight_.size() - 1, last.end() - window_.mss);
      send_again(flight_.size() - 1, out, now);
      return true;
    }
    tail_probe_end_ = 0;
  }
  if (stream_.has_unsent() || (wants_fin_ && fin_ == 0)) {
    if (send_new(out, now)) return true;
  }
  if (wants_probe_ && stream_.has_unsent()) {
    wants_probe_ = false;
    last_sent_at_ = now;
    if (is_like_linux() && una_ != 0) {
      // Nothing new, but from before the window: that must be answered, too.
      out = {.position = una_ - 1, .payload = {}, .is_resent = true};
      return true;
    }
    // RFC 9293, 3.8.6.1: an octet of new data, beyond the window. RFC 3168, 6.1.6: never with ECT;
    // FreeBSD believes so only of what it sends again.
    const bool is_like_freebsd = settings_->option_layout() == TcpLayout::like_freebsd;
    out = {.position = next_,
           .payload = stream_.slice(stream_.sent(), 1),
           .is_resent = is_probing_ || !is_like_freebsd};
    is_probing_ = true;
    return true;
  }
  return false;
}

// What is believed lost, as far as the window allows.
bool TcpSender::resend(Outgoing& out, Time now) {
  Repair& state = *repair_;
  const std::uint64_t flying = in_flight();
  if (!must_resend_ && flying != 0 && flying + window_.mss > window_.bytes) return false;
  if (state.prefers_new && !must_resend_) return false;
  std::size_t index = flight_.index_of(std::max(state.lost_from, una_));
  while (index < flight_.size() && !flight_[index].is_lost) ++index;
  if (index == flight_.size()) return false;
  must_resend_ = false;
  TcpSent& lost = flight_[index];
  lost.is_lost = false;
  lost_ -= lost.length;
  state.lost_from = lost.begin;
  if (lost.length > window_.mss) {
    // The path has become narrower meanwhile: in pieces.
    const std::uint64_t middle = lost.begin + window_.mss;
    flight_.split(index, middle);
    mark_lost(flight_[index + 1]);
  }
  send_again(index, out, now);
  // RFC 3168, 6.1.2 has it with the next new data; FreeBSD does not wait for those.
  if (settings_->option_layout() == TcpLayout::like_freebsd) {
    out.has_cwr = wants_cwr_;
    wants_cwr_ = false;
  }
  state.resent.push_back({flight_[index].begin, now});
  ++state.unproven;
  state.first_resent_at = std::min(state.first_resent_at, now);
  if (index == 0) {
    // RFC 6675, 6: its acknowledgement gets the time that the first one had.
    timer_base_ = now;
    arm(now);
  }
  return true;
}

void TcpSender::send_again(std::size_t index, Outgoing& out, Time now) {
  TcpSent& sent = flight_[index];
  sent.is_resent = sent.was_resent = true;
  if (sent.resent_count < 255) ++sent.resent_count;
  sent.sent_at = last_sent_at_ = now;
  out = {.position = sent.begin, .payload = bytes_of(sent.begin, sent.end()), .is_resent = true};
  out.is_syn = sent.begin == 0;
  out.is_fin = fin_ != 0 && sent.end() > fin_;
  out.is_push = !out.payload.empty() && (sent.is_pushed || sent.end() >= next_ - (fin_ != 0));
  ++resent_segments_;
  bytes_resent_ += out.payload.size();
  bytes_sent_ += out.payload.size();
  if (!out.payload.empty()) ++segments_;
  sent.order = static_cast<std::uint16_t>(segments_);
  if (repair_ != nullptr) repair_->sent += sent.length;
}

// How many bytes the next new segment has: 0 if it is better to wait. `is_window_limited` says that
// it is the remote end's window that makes it wait.
[[gnu::always_inline]] std::size_t TcpSender::size_of_next(bool& is_window_limited) const {
  const std::uint64_t room = right_edge_ > next_ ? right_edge_ - next_ : 0;
  const std::uint64_t left = record_end() - next_;
  const std::uint64_t size = std::min({std::uint64_t{window_.mss}, left, room});
  if (size == window_.mss) return size;
  if (size < left) {
    // RFC 9293, 3.8.6.2.1: a small window is not filled bit by bit, unless it stays so.
    is_window_limited = true;
    return size != 0 && (size >= largest_window_ / 2 || is_cork_over_) ? size : 0;
  }
  // The last bytes, which are no full segment; of a record, unless it is the last, they don't wait.
  if (wants_fin_ || size == 0 || size < stream_.unsent() || is_cork_over_) return size;
  if (is_corked || is_held) return 0;
  // RFC 9293, 3.7.4, as Minshall has it: not while another small one is on its way.
  if (!is_undelayed && has_small_in_flight() && urgent_end <= next_) return 0;
  return size;
}

// Where the segments of the first record end that is not sent yet.
std::uint64_t TcpSender::record_end() const {
  const std::uint64_t written = next_ + stream_.unsent();
  if (repair_ == nullptr || repair_->record_ends.empty()) return written;
  for (const std::uint64_t end : repair_->record_ends) {
    if (end > next_) return std::min(end, written);
  }
  return written;
}

void TcpSender::end_record() {
  if (!stream_.has_unsent()) return;  // it went out as it is
  repair().record_ends.push_back(next_ + stream_.unsent());
}

[[gnu::always_inline]] inline bool TcpSender::send_new(Outgoing& out, Time now) {
  bool is_window_limited = false;
  const std::size_t size = size_of_next(is_window_limited);
  const bool is_fin = wants_fin_ && fin_ == 0 && size == stream_.unsent();
  if (size == 0 && !is_fin) {
    if (next_ == una_ && timer_ == Timer::none) arm(now);  // probes of a closed window
    is_cork_over_ = false;
    is_window_used_ = false;
    return false;
  }
  const std::uint64_t flying = in_flight();
  // (A SYN on its way takes none of the window.)
  if (flying + size > window_.bytes && flying != 0 && !must_send_new_ &&
      (una_ != 0 || flying + size > window_.bytes + 1)) {
    is_window_used_ = true;
    // RFC 3042: the first two duplicates let something new out. (With SACK they make room.)
    if (!may_transmit_beyond(size)) return false;
  }
  must_send_new_ = false;
  if (next_ == una_) restart(now);
  const bool ends_record = next_ + size == record_end();
  out.position = next_;
  out.payload = stream_.send(size);
  out.is_syn = out.is_resent = false;
  out.is_fin = is_fin;
  out.is_push = !stream_.has_unsent() && size != 0;
  if (!stream_.has_unsent() || is_window_limited) is_cork_over_ = false;
  if (repair_ != nullptr && !repair_->record_ends.empty()) {
    out.is_push = ends_record;
    std::erase_if(repair_->record_ends,
                  [sent = next_ + size](std::uint64_t end) { return end <= sent; });
  }
  out.has_cwr = wants_cwr_;
  wants_cwr_ = false;
  if (size != 0) {
    if (size < window_.mss) small_end_ = static_cast<std::uint32_t>(next_ + size);
    ++segments_;
    bytes_sent_ += size;
  }
  if (is_fin) fin_ = next_ + size;
  const auto length = static_cast<std::uint32_t>(size + (is_fin ? 1 : 0));
  // What follows another one at the same time is waited for as that is: arm() would find the same.
  const bool is_armed = timer_ == Timer::probe_tail &&
                        (last_sent_at_ == now || timer_base_ == now) && flight_.size() > 1 &&
                        repair_ == nullptr && tail_probe_end_ == 0 && phase_ <= Phase::disorder;
  record(next_, length, now);
  flight_.back().is_pushed = out.is_push;
  next_ += length;
  is_probing_ = wants_probe_ = false;
  if (repair_ != nullptr) repair_->sent += length;
  if (!is_armed) arm(now);
  if (is_like_linux()) flight_.note_peak(is_window_used_);
  return true;
}

// The first after a pause.
void TcpSender::restart(Time now) {
  // Who had more to send did not pause while the window was on its way. (Linux takes it for that.)
  const bool had_more = is_window_used_ && !is_like_linux();
  const Time quiet_from = had_more ? std::max(last_sent_at_, progress_at_) : last_sent_at_;
  timer_base_ = progress_at_ = now;
  const Duration pause = now - last_sent_at_;
  if (pause <= Duration{} || segments_ == 0) return;
  if (congestion_ != nullptr && now > quiet_from) congestion_->resumed(now - quiet_from, now);
  // RFC 5681, 4.1: who has been silent for a timeout begins again.
  if (settings_->slow_start_after_idle && pause > timeout()) {
    const std::uint64_t initial = settings_->initial_window * window_.mss;
    window_.threshold = std::max(window_.threshold, window_.bytes * 3 / 4);
    window_.bytes = std::min(window_.bytes, initial);
  }
}

bool TcpSender::may_transmit_beyond(std::size_t size) const {
  if (!settings_->limited_transmit || phase_ >= Phase::recovery || repair_ == nullptr) return false;
  const std::uint32_t duplicates = repair_->duplicates + repair_->sacked_segments;
  if (duplicates == 0 || duplicates > 2) return false;
  return next_ - una_ + size <= window_.bytes + duplicates * std::uint64_t{window_.mss};
}

void TcpSender::resend_syn_data(Time now) {
  repair();
  for (std::size_t i = 0; i < flight_.size(); ++i) mark_lost(flight_[i]);
  phase_ = Phase::loss;
  recover_ = next_;
  must_resend_ = true;
  arm(now);
}

// Everything in flight was too long for the path: in smaller pieces again (RFC 1191, 6.5: without
// the window giving way).
void TcpSender::mss_reduced(std::uint32_t mss, Time now) {
  if (mss >= window_.mss) return;
  window_.bytes = std::max<std::uint64_t>(window_.bytes / window_.mss * mss, mss);
  window_.mss = mss;
  if (flight_.empty()) return;
  // Without SACK duplicates only told how much has arrived, not what: now all of it counts as lost.
  repair().duplicates = 0;
  if (!uses_sack_) sacked_ = 0;
  bool has_lost = false;
  for (std::size_t i = 0; i < flight_.size(); ++i) {
    if (flight_[i].is_sacked || flight_[i].length <= mss) continue;
    mark_lost(flight_[i]);
    has_lost = true;
  }
  if (!has_lost) return;
  if (phase_ < Phase::recovery) {
    phase_ = Phase::loss;  // repaired by sending again, at the present window
    recover_ = next_;
  }
  must_resend_ = true;
  arm(now);
}

}  // namespace elvis
