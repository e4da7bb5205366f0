// SPDX-License-Identifier: MIT
// TcpReceiveMemory: the room of a receiver as Linux counts it: by the memory that packets take
// while they wait to be read, of which their bytes are a part. Only receivers that are to behave so
// have one (TcpSettings::receive_memory).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

/// Positions are those of the receiver. All sizes are bytes.
class TcpReceiveMemory : public Pooled {
 public:
  /// `most_segment` is what a segment carries at most that comes, `scale` that of the window.
  TcpReceiveMemory(const TcpSettings& settings, std::uint32_t most_segment, unsigned scale,
                   bool has_timestamps, bool tells_of_gaps);

  /// The window of the first segment: half the memory, in whole segments, but no more than a SYN
  /// can tell.
  static std::uint32_t first_window(std::uint64_t memory, std::uint32_t most_segment);

  /// What the remote end may send from `next` on. It may have been told more before.
  std::uint64_t window(std::uint64_t next) const {
    return offered_edge_ > next ? offered_edge_ - next : 0;
  }
  /// The window as it was told last.
  std::uint32_t offered() const { return offered_; }
  /// What was acknowledged when the window was told last.
  std::uint64_t told_at() const { return told_at_; }

  // ----- what arrives -----

  /// Whether packets that wait in order leave room for one more, of `size` bytes. Even a full
  /// memory takes one if nothing waits.
  bool has_room(std::size_t size);
  bool is_empty() const { return waiting_.empty(); }
  /// A packet of `size` bytes is taken that ends at `end`: in order, or behind a gap.
  void take(std::uint64_t end, std::size_t size);
  void take_behind_gap(std::uint64_t end, std::size_t size, std::uint64_t next);
  /// Gaps are filled up to `next`.
  void fill(std::uint64_t next);
  /// All up to `position` was read.
  void read(std::uint64_t position);
  /// Nothing could be taken: the next acknowledgement closes the window.
  void close_window() { is_exhausted_ = true; }

  // ----- the window -----

  /// The window that the next segment tells of, which is on its way then.
  std::uint64_t advertise(std::uint64_t next);
  /// Whether the window would not be smaller than it was told last.
  bool would_keep_window() { return choose() >= offered_; }
  /// Whether reading has opened it so far that the remote end should hear of it.
  bool is_worth_telling(std::uint64_t next);

  /// Whether the window has grown, so that the remote end should hear of it. Asking sets it back.
  bool takes_hurry() { return std::exchange(hurries_, false); }
  /// Whether there is so little room that acknowledgements need not hurry. Likewise.
  bool takes_calm() { return std::exchange(is_calm_, false); }

  std::uint64_t limit() const { return limit_; }  ///< Grows if nobody has chosen it.
  void set_limit(std::uint64_t limit) { limit_ = limit; }
  std::uint32_t threshold() const { return threshold_; }  ///< The most that the window grows to.
  std::uint32_t segment() const { return segment_; }      ///< What a segment seems to carry.

  /// Somebody reads: only then the memory grows.
  bool is_owned = true;

 private:
  struct Waiting {
    std::uint64_t end;
    std::uint64_t memory;
  };
  std::uint64_t memory_of(std::size_t size) const;
  std::int64_t bytes_in(std::int64_t memory) const { return memory * ratio_ / 256; }
  std::int64_t free() const {
    return bytes_in(static_cast<std::int64_t>(limit_) - static_cast<std::int64_t>(used_));
  }
  void measure(std::size_t size, std::uint64_t memory);
  void grow(std::size_t size, std::uint64_t memory);
  void grow_limit(std::uint64_t wanted);
  std::uint64_t choose();

  std::uint64_t limit_;
  std::uint64_t most_;  // that the limit grows to; 0: somebody has chosen it
  std::uint64_t ceiling_;
  std::uint64_t used_ = 0;
  std::uint64_t offered_edge_;
  std::uint64_t told_at_;
  std::uint32_t offered_;
  std::uint32_t ratio_ = 128;  // of bytes in memory, of 256
  std::uint32_t most_segment_;
  std::uint32_t segment_ = 536;
  std::uint32_t offloaded_;  // what packets were put together of; 0: they were not
  std::int64_t clamp_ = 0;   // the most that the window may be
  std::uint32_t threshold_ = 0;
  bool shrinks_;
  bool is_exhausted_ = false;
  bool hurries_ = false;
  bool is_calm_ = false;
  bool has_timestamps_;
  bool tells_of_gaps_;  // by SACK
  unsigned scale_;
  std::deque<Waiting> waiting_;
  std::deque<Waiting> behind_gaps_;
};

}  // namespace elvis
