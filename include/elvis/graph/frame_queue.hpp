// SPDX-License-Identifier: MIT
// FrameQueue: frames that wait for a medium, and which of them are dropped or marked.
//
// It has no clock and starts nothing: who owns the medium offers frames as they come, polls when
// the medium is free, and tells the time both times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

struct Frame;

/// Random early detection (Floyd and Jacobson, 1993). Thresholds are in frames, or in bytes if the
/// queue's limit is.
struct RedProperties {
  double least = 5;                ///< Of the average queue, below which nothing is dropped.
  double most = 15;                ///< From which on everything is.
  double max_probability = 0.1;    ///< Of a drop as the average reaches `most`; to 1.
  double weight = 1.0 / 512;       ///< Of the queue of now in the average.
  Duration frame_time{1'000'000};  ///< A typical frame's on the medium: idle time counts in it.
  std::uint32_t frame_bytes =
      1500;  ///< The largest frame: smaller ones are dropped less, in bytes.
};

/// Controlled delay (RFC 8289).
struct CodelProperties {
  Duration target{5'000'000};        ///< The wait that is good enough.
  Duration interval{100'000'000};    ///< How long it may be exceeded; a worst round trip.
  std::uint32_t frame_bytes = 1500;  ///< With no more than this waiting nothing is dropped.
};

struct QueueProperties {
  enum class Discipline : std::uint8_t { drop_tail, step, red, codel };
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  Discipline discipline = Discipline::drop_tail;
  std::uint64_t most_frames = unlimited;  ///< A frame beyond either limit is dropped at the tail,
  std::uint64_t most_bytes = unlimited;   ///< whatever the discipline.
  /// RED and CoDel mark a frame that bears it instead of dropping it (RFC 3168, 5; RFC 8289, 1).
  bool marks = false;
  /// With `step`: frames, or bytes if the limit is, beyond which what comes is marked (RFC 8257,
  /// 3.1).
  std::uint64_t step = 0;
  RedProperties red;
  CodelProperties codel;

  bool may_mark() const { return marks || discipline == Discipline::step; }
  bool counts_bytes() const { return most_bytes != unlimited; }
  /// Whether it never drops anything.
  bool is_endless() const {
    return discipline == Discipline::drop_tail && most_frames == unlimited && !counts_bytes();
  }
};

/// First come, first served. The frames that wait belong to it; it never looks into them.
class FrameQueue {
 public:
  /// `properties` outlive it, and may be shared.
  explicit FrameQueue(const QueueProperties& properties) : properties_{&properties} {}

  const QueueProperties& properties() const { return *properties_; }
  std::size_t frames() const { return items_.size() - head_; }
  std::uint64_t bytes() const { return bytes_; }
  bool empty() const { return frames() == 0; }
  /// When the first of those that wait has come; there is one.
  Time waits_since() const { return items_[head_].arrived; }

  struct Admission {
    bool is_taken;   ///< Else it is dropped, and stays the caller's.
    bool is_marked;  ///< The caller is to mark it.
    explicit operator bool() const { return is_taken; }
  };
  /// Takes a frame of `bytes` bytes, or refuses it. RED draws one word where it has to choose.
  /// `bears_mark`: it may be marked.
  Admission offer(Frame* frame, std::uint32_t bytes, Time now, Rng& luck, bool bears_mark = false);

  struct Departure {
    Frame* frame = nullptr;
    std::uint32_t bytes = 0;
    Duration waited{};
    bool is_marked = false;  ///< By CoDel: the caller is to mark it.
  };
  /// The next frame to be sent, or nothing if none is left. Frames that CoDel drops on the way are
  /// added to `dropped`, and are the caller's.
  std::optional<Departure> poll(Time now, std::vector<Frame*>& dropped);

  /// Takes out all frames, for a link that goes down.
  std::vector<Frame*> clear();

 private:
  struct Item {
    Frame* frame;
    std::uint32_t bytes;
    bool bears_mark;
    Time arrived;
  };
  struct Red {
    double average = 0;
    int since_drop = -1;  // frames since one was dropped; -1 below the lower threshold
    Time idle_since = start_of_time;
  };
  struct Codel {
    Time next_drop = start_of_time;
    std::optional<Time> late_since_then;  // when the wait will have been too long for an interval
    std::uint32_t count = 0;              // drops since dropping began
    std::uint32_t last_count = 0;
    bool is_dropping = false;
  };

  enum class Early : std::uint8_t { none, chosen, overflow };

  Early judge_early(std::uint32_t bytes, Time now, Rng& luck);
  bool marks(const Item& item) const { return properties_->marks && item.bears_mark; }
  std::optional<Item> pop(Time now);
  std::optional<Item> pop_and_judge(Time now, bool& may_drop);
  Time next_drop_after(Time time) const;

  const QueueProperties* properties_;
  std::vector<Item> items_;  // those from head_ on
  std::size_t head_ = 0;
  std::uint64_t bytes_ = 0;
  Red red_;
  Codel codel_;
};

}  // namespace elvis
