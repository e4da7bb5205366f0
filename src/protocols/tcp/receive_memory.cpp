// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/receive_memory.hpp"

#include <utility>

namespace elvis {

namespace {

// What a packet takes besides its bytes: its record, the tail of its first buffer, and the room for
// headers before it. Long ones have a buffer of a page, and pages.
constexpr std::uint64_t record = 256;
constexpr std::uint64_t tail = 320;
constexpr std::uint64_t headroom = 64;
constexpr std::uint64_t page = 4'096;
constexpr std::uint64_t least_buffer = 640;
constexpr std::uint64_t headers = 40;
constexpr std::uint64_t timestamps = 12;

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

std::uint32_t TcpReceiveMemory::first_window(std::uint64_t memory, std::uint32_t most_segment) {
  constexpr std::uint32_t largest = 65'535;  // what a SYN can tell
  const auto half = static_cast<std::uint32_t>(memory / 2);
  const bool is_rounded = most_segment != 0 && half > most_segment;
  return std::min(is_rounded ? half / most_segment * most_segment : half, largest);
}

TcpReceiveMemory::TcpReceiveMemory(const TcpSettings& settings, std::uint32_t most_segment,
                                   unsigned scale, bool has_timestamps, bool tells_of_gaps)
    : limit_{settings.receive_memory},
      most_{settings.most_receive_memory},
      ceiling_{settings.receive_memory_ceiling},
      told_at_{1},
      most_segment_{most_segment},
      offloaded_{static_cast<std::uint32_t>(settings.offloaded_mss)},
      shrinks_{settings.shrinks_window},
      has_timestamps_{has_timestamps},
      tells_of_gaps_{tells_of_gaps},
      scale_{scale} {
  const std::uint32_t carried = most_segment - (has_timestamps ? timestamps : 0);
  offered_ = first_window(limit_, carried);
  offered_edge_ = 1 + offered_;
  // One segment is kept free.
  const std::int64_t full = bytes_in(static_cast<std::int64_t>(limit_));
  const std::int64_t segment = most_segment;
  clamp_ = std::min(full, std::int64_t{65'535} << scale);
  if (clamp_ > 2 * segment && clamp_ + segment > full) {
    clamp_ = std::max(2 * segment, full - segment);
  }
  threshold_ = static_cast<std::uint32_t>(std::min<std::int64_t>(offered_, clamp_));
  segment_ = std::clamp(std::min(carried, offered_ / 2), 88U, 536U);
}

std::uint64_t TcpReceiveMemory::memory_of(std::size_t size) const {
  const std::uint64_t length = size + headers + (has_timestamps_ ? timestamps : 0);
  constexpr std::uint64_t first = page - headroom - tail;
  if (headroom + length >= page) {
    return page + record + rounded_up(length - std::min(length, first), page);
  }
  std::uint64_t buffer = least_buffer;
  const std::uint64_t wanted = headroom + length + tail;
  if (buffer < wanted) {
    for (buffer = 1'024; buffer < wanted;) buffer *= 2;
  }
  return buffer + record;
}

// ===== TcpReceiveMemory: what arrives =====

bool TcpReceiveMemory::has_room(std::size_t size) {
  if (used_ <= limit_ && (!waiting_.empty() || used_ + size <= limit_)) return true;
  is_calm_ = true;
  if (used_ > limit_ && most_ != 0) limit_ = std::max(limit_, std::min(used_, most_));
  if (used_ > limit_) {
    threshold_ =
        static_cast<std::uint32_t>(std::min<std::int64_t>(clamp_, std::int64_t{2} * most_segment_));
  }
  return used_ + size <= limit_;
}

void TcpReceiveMemory::take(std::uint64_t end, std::size_t size) {
  if (size == 0) return;
  const std::uint64_t memory = memory_of(size);
  waiting_.push_back({end, memory});
  used_ += memory;
  measure(size, memory);
  if (size >= 128) grow(size, memory);
}

void TcpReceiveMemory::take_behind_gap(std::uint64_t end, std::size_t size, std::uint64_t next) {
  const std::uint64_t memory = memory_of(size);
  measure(size, memory);
  if (tells_of_gaps_) grow(size, memory);  // without SACK, only duplicates tell of the gap
  const auto place = std::find_if(behind_gaps_.begin(), behind_gaps_.end(),
                                  [end](const Waiting& waiting) { return waiting.end > end; });
  behind_gaps_.insert(place, {end, memory});
  used_ += memory;
  if (!is_owned || most_ == 0) return;
  // What lies behind the gap must fit in addition to twice what is read in a round trip.
  const std::uint64_t usual =
      std::min<std::uint64_t>({threshold_, offered_, std::uint64_t{10} * most_segment_});
  grow_limit(2 * usual + (behind_gaps_.back().end - next));
}

void TcpReceiveMemory::fill(std::uint64_t next) {
  while (!behind_gaps_.empty() && behind_gaps_.front().end <= next) {
    waiting_.push_back(behind_gaps_.front());
    behind_gaps_.pop_front();
  }
}

void TcpReceiveMemory::read(std::uint64_t position) {
  while (!waiting_.empty() && waiting_.front().end <= position) {
    used_ -= waiting_.front().memory;
    waiting_.pop_front();
  }
}

// A larger segment than before tells anew how much of a packet's memory is bytes.
void TcpReceiveMemory::measure(std::size_t size, std::uint64_t memory) {
  const auto carried =
      static_cast<std::uint32_t>(offloaded_ != 0 && size > offloaded_ ? offloaded_ : size);
  if (carried < segment_) return;
  if (carried != segment_) {
    const std::uint32_t before = ratio_;
    ratio_ = std::max<std::uint32_t>(static_cast<std::uint8_t>(size * 256 / memory), 1);
    if (ratio_ != before) {
      constexpr std::int64_t least = 1'152;
      const std::int64_t old = clamp_;
      clamp_ = std::clamp(bytes_in(static_cast<std::int64_t>(limit_)), least,
                          std::int64_t{65'535} << scale_);
      if (clamp_ < old) {
        threshold_ = static_cast<std::uint32_t>(std::min<std::int64_t>(threshold_, clamp_));
      } else {
        const auto reached = static_cast<std::uint32_t>(std::min<std::int64_t>(offered_, clamp_));
        threshold_ = std::max(threshold_, reached);
      }
    }
  }
  segment_ = std::min(carried, most_segment_);
}

// The window grows with what comes, the more the better its packets are filled.
void TcpReceiveMemory::grow(std::size_t size, std::uint64_t memory) {
  const std::int64_t room = std::min(clamp_, free()) - threshold_;
  if (room <= 0) return;
  const auto length = static_cast<std::int64_t>(size);
  std::int64_t needs = bytes_in(static_cast<std::int64_t>(memory));
  std::int64_t more = 0;
  if (needs <= length) {
    more = std::int64_t{2} * most_segment_;
  } else {
    std::int64_t bound = bytes_in(static_cast<std::int64_t>(ceiling_)) / 2;
    for (needs /= 2; threshold_ <= bound && more == 0; needs /= 2, bound /= 2) {
      if (needs <= length) more = std::int64_t{2} * segment_;
    }
  }
  if (more == 0) return;
  threshold_ += static_cast<std::uint32_t>(std::min(room, std::max(more, 2 * length)));
  hurries_ = true;
}

void TcpReceiveMemory::grow_limit(std::uint64_t wanted) {
  const std::uint64_t grown = std::min(wanted * 256 / ratio_, most_);
  if (grown <= limit_) return;
  limit_ = grown;
  clamp_ = std::min(bytes_in(static_cast<std::int64_t>(limit_)), std::int64_t{65'535} << scale_);
}

// ===== TcpReceiveMemory: the window =====

std::uint64_t TcpReceiveMemory::choose() {
  const std::int64_t unit = std::int64_t{1} << scale_;
  const std::int64_t allowed = bytes_in(static_cast<std::int64_t>(limit_));
  const std::int64_t full = std::min(clamp_, allowed);
  const std::int64_t segment = std::min<std::int64_t>(segment_, full);
  std::int64_t space = std::max<std::int64_t>(free(), 0);
  const bool may_shrink = shrinks_ && scale_ != 0;
  if (segment <= 0) return 0;
  if (may_shrink) space = space / unit * unit;
  if (space < full / 2) {
    is_calm_ = true;
    space = space / unit * unit;
    // Closed in time, before what comes does not fit (RFC 9293, 3.8.6.2.2).
    if (space < allowed / 16 || space < segment || (may_shrink && space < unit)) return 0;
  }
  space = std::min<std::int64_t>(space, threshold_);
  if (scale_ != 0) {
    return rounded_up(static_cast<std::uint64_t>(space), static_cast<std::uint64_t>(unit));
  }
  // Whole segments, and as it was if that is about right.
  const std::int64_t old = offered_;
  if (old <= space - segment || old > space) {
    return static_cast<std::uint64_t>(space / segment * segment);
  }
  return static_cast<std::uint64_t>(segment == full && space > old + full / 2 ? space : old);
}

std::uint64_t TcpReceiveMemory::advertise(std::uint64_t next) {
  told_at_ = next;
  if (std::exchange(is_exhausted_, false)) {
    offered_ = 0;
    offered_edge_ = next;
    return 0;
  }
  const std::uint64_t left = window(next);
  std::uint64_t chosen = choose();
  if (chosen < left && (!shrinks_ || scale_ == 0)) {
    chosen = rounded_up(left, std::uint64_t{1} << scale_);  // RFC 9293, 3.8.6: it does not shrink
  }
  offered_ = static_cast<std::uint32_t>(chosen);
  offered_edge_ = next + chosen;
  constexpr std::uint64_t largest = 65'535;
  return std::min(chosen, largest << scale_);
}

bool TcpReceiveMemory::is_worth_telling(std::uint64_t next) {
  const std::uint64_t now = window(next);
  if (static_cast<std::int64_t>(2 * now) > clamp_) return false;
  const std::uint64_t chosen = choose();
  return chosen != 0 && chosen >= 2 * now;
}

}  // namespace elvis
