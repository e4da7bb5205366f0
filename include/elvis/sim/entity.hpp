// SPDX-License-Identifier: MIT
// Entity: whatever events happen to, a machine or a network. It lives in one partition.
#pragma once

#include <cstdint>

#include "elvis/sim/timer.hpp"
#include "elvis/util/prefetch.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

class Partition;

class Entity {
 public:
  /// Ids are unique in a world; they order simultaneous events, so they follow the scenario.
  explicit Entity(std::uint32_t id) : id_{id} {}
  Entity(const Entity&) = delete;
  Entity& operator=(const Entity&) = delete;

  std::uint32_t id() const { return id_; }
  /// The partition that the entity lives in; set before the run starts.
  Partition& partition() const { return *partition_; }
  void move_to(Partition& partition) { partition_ = &partition; }
  /// Simulated time, as this entity's partition has it.
  Time now() const;

  /// What `subject`, given to Partition::schedule, means when its time has come.
  virtual void handle(void* subject) = 0;
  /// Asks for the memory that handle(`subject`), or a timer if it is the entity itself, is going to
  /// touch. `is_here`: this entity is being handled now, so that its own memory is at hand.
  virtual void prefetch(const void* subject, bool is_here) const;
  /// Frees `subject`, whose time will not come any more.
  virtual void discard(void* subject) = 0;
  /// For messages to people: what this is called.
  virtual const char* kind() const = 0;

  /// Remembers the cache lines, 1, 2 or 4 from that of `memory` on, which its next event will
  /// probably touch, to ask for them in time: a session, a coroutine's frame. A hint.
  void remember(const void* memory, int lines = 4) { remembered_ = hint(memory, 4) | lines >> 1; }
  /// The same for the line of what leads there.
  void remember_path(const void* memory) { remembered_path_ = hint(memory, 1); }

  /// The key of this entity's next event.
  std::uint64_t next_order() { return std::uint64_t{id_} << 32 | sequence_++; }

 protected:
  ~Entity() = default;
  // A timer is mostly part of a coroutine's frame, which begins two lines before it. (What is not
  // there is not asked for: a processor looks for the page of address 0 each time.)
  void prefetch_timers() const {
    if (const Timer* const timer = timers_.earliest()) {
      prefetch_line(timer, -2);
      prefetch_line(timer, 0);
      prefetch_line(timer, 1);
    }
  }
  // Where nothing is remembered, it asks for its own line, which is there.
  void prefetch_remembered() const {
    prefetch_line(this, remembered_path_);
    const int first = remembered_ >> 2;
    prefetch_line(this, first);
    const int more = remembered_ & 3;  // half of how many lines
    if (more == 0) return;
    prefetch_line(this, first + 1);
    if (more == 1) return;
    prefetch_line(this, first + 2);
    prefetch_line(this, first + 3);
  }

 private:
  friend Timer;
  friend Partition;

  // How many lines from here, times `scale`; 0, and so a line that is there anyway, if that is far.
  std::int32_t hint(const void* memory, std::int64_t scale) const {
    constexpr std::uintptr_t cache_line = 64;
    const std::int64_t away =
        static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(memory) / cache_line -
                                  reinterpret_cast<std::uintptr_t>(this) / cache_line) *
        scale;
    return static_cast<std::int32_t>(away) == away ? static_cast<std::int32_t>(away) : 0;
  }
  void look_at(Time time, std::uint64_t order);
  void timer_armed(Timer& timer);
  void timer_armed_too(Timer& timer, std::uint64_t order);
  void run_timers(Time now);

  Partition* partition_ = nullptr;
  std::uint32_t id_;
  std::uint32_t sequence_ = 0;
  TimerHeap timers_;
  // When the engine will look at the timers next: one event serves them all. A timer that is
  // cancelled or put off leaves the event where it is; when it comes, nothing is due.
  Time look_at_ = end_of_time;
  // How many lines from here; short, so that an entity leaves room in its first line. The lowest
  // bits of the first one are half of how many lines it is.
  std::int32_t remembered_ = 0;
  std::int32_t remembered_path_ = 0;
};

}  // namespace elvis
