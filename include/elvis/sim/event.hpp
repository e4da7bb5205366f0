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
  void* subject;  ///< What arrives; null: the target's timers are due.

  friend bool operator<(const Event& left, const Event& right) {
    if (left.time != right.time) return left.time < right.time;
    return left.order < right.order;
  }
};
static_assert(sizeof(Event) == 32, "two events a cache line");

}  // namespace elvis
