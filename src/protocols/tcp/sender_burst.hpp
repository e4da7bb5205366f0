// SPDX-License-Identifier: MIT
// TcpSender: what is done for every segment, and segments as nearly all of a stream are, which go
// out one behind the other.
#pragma once

#include "elvis/protocols/tcp/sender.hpp"
#include "sender_repair.hpp"

namespace elvis {

inline void TcpSender::record(std::uint64_t begin, std::uint32_t length, Time now) {
  flight_.push({.begin = begin,
                .sent_at = now,
                .length = length,
                .order = static_cast<std::uint16_t>(segments_)});
  last_sent_at_ = now;
}

inline bool TcpSender::has_small_in_flight() const {
  return small_end_ != 0 &&
         static_cast<std::int32_t>(small_end_ - static_cast<std::uint32_t>(una_)) > 0;
}

// Whether the timer is armed as arm() would do it if another full segment went out now, and nothing
// is being repaired or is to be said first.
[[gnu::always_inline]] inline bool TcpSender::goes_smoothly(Time now) const {
  return timer_ == Timer::probe_tail && (last_sent_at_ == now || timer_base_ == now) &&
         flight_.size() > 1 && repair_ == nullptr && tail_probe_end_ == 0 &&
         phase_ <= Phase::disorder && (lost_ | sacked_) == 0 && una_ != 0 && !wants_probe_ &&
         !wants_cwr_ && !must_send_new_ && !wants_tail_resend_;
}

// What send_new() does for a full segment that has others before and behind it.
[[gnu::always_inline]] inline TcpSender::Full TcpSender::next_full(TcpSegment& segment, Time now) {
  const std::uint32_t size = window_.mss;
  const std::uint64_t left = stream_.unsent();
  const std::uint64_t room = right_edge_ > next_ ? right_edge_ - next_ : 0;
  if (!goes_smoothly(now)) return Full::unknown;
  if (left <= size) {
    // Of a rest it is only known if Nagle holds it back; see size_of_next().
    const bool waits = left != 0 && left < size && left <= room && !wants_fin_ && !is_cork_over_ &&
                       !is_undelayed && has_small_in_flight() && urgent_end <= next_;
    if (!waits) return Full::unknown;
    is_window_used_ = false;
    return Full::waits;
  }
  if (room < size) {
    if (room != 0 && (room >= largest_window_ / 2 || is_cork_over_)) return Full::unknown;
    is_cork_over_ = is_window_used_ = false;
    return Full::waits;
  }
  if (next_ - una_ + size > window_.bytes) {
    is_window_used_ = true;
    return Full::waits;
  }
  segment.sequence = wire(next_);
  segment.payload = stream_.send(size);
  ++segments_;
  bytes_sent_ += size;
  record(next_, size, now);
  next_ += size;
  is_probing_ = false;
  return Full::goes;
}

}  // namespace elvis
