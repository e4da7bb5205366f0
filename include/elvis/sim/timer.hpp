// SPDX-License-Identifier: MIT
// Timers of one entity: armed, re-armed and cancelled without touching the engine's queue.
#pragma once

#include <cstdint>

#include "elvis/util/units.hpp"

namespace elvis {

class Entity;
class Timer;

/// The armed timers of one entity, earliest first: a pairing heap through the timers themselves
/// (Fredman, Sedgewick, Sleator and Tarjan 1986). Equal deadlines expire in the order of arming.
class TimerHeap {
 public:
  Timer* earliest() const { return root_; }
  void insert(Timer& timer);
  /// The same while there is none.
  void insert_first(Timer& timer);
  void remove(Timer& timer);
  /// Removes earliest(), which there is.
  void remove_earliest();

 private:
  Timer* root_ = nullptr;
};

/// A deadline with something to do. Cancels itself when destroyed.
class Timer {
 public:
  /// `expire` is called on the entity's partition when the deadline has come; the timer is no
  /// longer armed then and may be armed again or destroyed.
  using Expire = void (*)(Timer& timer);

  explicit Timer(Expire expire, Time deadline = {}) : deadline_{deadline}, expire_{expire} {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Arms the timer of `entity` for `deadline`, which is not in the past; re-arms it if armed.
  void arm(Entity& entity, Time deadline);
  void cancel() {
    if (entity_ != nullptr) unlink();
  }
  bool is_armed() const { return entity_ != nullptr; }
  Time deadline() const { return deadline_; }
  /// For the compiler, which need not look then.
  void is_known_to_be_unarmed() const { __builtin_assume(entity_ == nullptr); }

 private:
  friend Entity;
  friend TimerHeap;

  void arm_again(Entity& entity, Time deadline);
  void unlink();
  static Timer* meld(Timer* left, Timer* right);
  static Timer* merge_pairs(Timer* first);
  bool is_before(const Timer& other) const {
    if (deadline_ != other.deadline_) return deadline_ < other.deadline_;
    return static_cast<std::int32_t>(sequence_ - other.sequence_) < 0;
  }

  Entity* entity_ = nullptr;  // while armed
  Time deadline_;
  // While armed:
  std::uint32_t sequence_;
  Timer* child_;  // the first of those below
  // Of those that are not the earliest:
  Timer* sibling_;   // the next with the same parent
  Timer* previous_;  // the sibling before, or the parent
  Expire expire_;
};

inline void TimerHeap::insert_first(Timer& timer) {
  timer.child_ = nullptr;
  root_ = &timer;
}

inline void TimerHeap::remove_earliest() {
  Timer* const below = root_->child_;
  root_ = below == nullptr ? nullptr : Timer::merge_pairs(below);
}

}  // namespace elvis
