// SPDX-License-Identifier: MIT
// TcpSender: taking back what was done about losses that were none: by duplicates that the remote
// end reports (RFC 3708), by timestamps (RFC 3522, RFC 4015), and after timeouts by what
// acknowledgements are for (RFC 5682).
#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp/sender.hpp"
#include "sender_repair.hpp"

namespace elvis {

// How much of the window counts when it gives way: what was in flight (RFC 5681, 3.1), or all of
// it (RFC 9438, 4.6 allows that, and Linux does so).
std::uint64_t TcpSender::used_window() const {
  return is_like_linux() ? window_.bytes : next_ - una_;
}

// The window is about to give way.
void TcpSender::begin_undo(Time) {
  Repair& state = *repair_;
  state.undo_window = settings_->undo ? window_.bytes : 0;
  state.undo_threshold = window_.threshold;
  state.undo_from = una_;
  state.undo_until = next_;
  state.first_resent_at = end_of_time;
  state.unproven = 0;
}

// RFC 3708, 2: a DSACK says that one transmission too many was made.
void TcpSender::note_duplicate(std::uint64_t begin, std::uint64_t end) {
  Repair& state = *repair_;
  if (state.undo_window == 0 || end <= state.undo_from || end <= begin) return;
  const auto segments = static_cast<std::uint32_t>((end - begin + window_.mss - 1) / window_.mss);
  state.unproven -= std::min(state.unproven, segments);
}

// Whether all that was sent again since the window gave way was so in vain.
bool TcpSender::may_undo(const Ack& ack, bool advances, Time now) const {
  const Repair& state = *repair_;
  if (state.undo_window == 0 || state.first_resent_at == end_of_time) return false;
  if (state.unproven == 0) return true;
  // RFC 3522, 3.2, step 4: it is the first transmission that is acknowledged.
  constexpr Duration tick = std::chrono::milliseconds{1};  // of the clock of timestamps
  if (!advances || ack.echoed_rtt < tick) return false;
  const std::int64_t echoed = now.time_since_epoch() / tick - ack.echoed_rtt / tick;
  return echoed < state.first_resent_at.time_since_epoch() / tick;
}

// Looks whether an acknowledgement shows that the window gave way in vain. `has_news` says that it
// tells of something that has arrived. Returns true if the window is as it was before.
bool TcpSender::try_undo(const Ack& ack, bool advances, bool has_news, Time now) {
  Repair& state = *repair_;
  // Linux takes the first acknowledgement's word, RFC 5682 that of the one behind new data.
  const bool is_proof = std::exchange(state.prefers_new, false) || is_like_linux();
  if (may_undo(ack, advances, now)) {
    undo();
    return true;
  }
  if (phase_ != Phase::loss || !state.is_timeout_in_doubt) return false;
  // RFC 5682, 3.1, step 3b: what was sent once only arrives, so the timeout came too early.
  if (has_delivered_original_ && is_proof && state.undo_window != 0) {
    undo();
    return true;
  }
  if (next_ > recover_) {
    if (!advances) state.is_timeout_in_doubt = false;  // step 3a: it was right
  } else if (advances && una_ < recover_) {
    // Step 2b: two new segments instead of more old ones.
    recover_ = next_;
    bool is_window_limited = false;
    state.prefers_new = stream_.has_unsent() && size_of_next(is_window_limited) != 0;
    state.is_timeout_in_doubt = state.prefers_new;
  } else if (!advances && has_news) {
    state.is_timeout_in_doubt = false;
  }
  return false;
}

// RFC 4015, 3.2: the window goes on as it would have.
void TcpSender::undo() {
  Repair& state = *repair_;
  window_.bytes = std::max(window_.bytes, state.undo_window);
  window_.threshold = std::max(window_.threshold, state.undo_threshold);
  state.undo_window = 0;
  state.is_timeout_in_doubt = false;
  for (std::size_t i = 0; lost_ != 0 && i < flight_.size(); ++i) {
    TcpSent& sent = flight_[i];
    if (!sent.is_lost) continue;
    sent.is_lost = false;
    lost_ -= sent.length;
  }
  must_resend_ = false;
  wants_cwr_ = false;
  congestion().undone();
  phase_ = sacked_ != 0 ? Phase::disorder : Phase::open;
  recover_ = una_;
  state.scan_from = una_;
}

}  // namespace elvis
