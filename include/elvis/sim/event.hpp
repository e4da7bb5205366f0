// SPDX-License-Identifier: MIT
// What is going to happen: Event, and the order that all events have (DESIGN law 2).
#pragma once

#include <cstdint>

#include "elvis/util/units.hpp"

namespace elvis {

class Entity;

/// Something that will happen to one entity. Events are ordered by time, then by the entity they
/// come from, then by that entity's own count: an order that knows nothing of threads.
struct Event {
  Time time;
  std::uint64_t order;  ///< Origin's id in the high, its sequence number in the low 32 bits.
  Entity* target;
  void* subject;  ///< What arrives; the target itself: its timers are due.

  bool is_for_timers() const { return subject == target; }

  friend bool operator<(const Event& left, const Event& right) { return left.key() < right.key(); }

 private:
  // One number, so that no branch has to be guessed.
  __extension__ using Key = __int128;
  Key key() const { return static_cast<Key>(time.time_since_epoch().count()) << 64 | order; }
};
static_assert(sizeof(Event) == 32, "two events a cache line");

}  // namespace elvis
