// SPDX-License-Identifier: MIT
// Sleep: the awaitable that lets simulated time pass.
#pragma once

#include <coroutine>

#include "elvis/sim/partition.hpp"
#include "elvis/sim/task.hpp"

namespace elvis {

/// `co_await Sleep{entity, deadline}` goes on at `deadline`, in the timer's own event. A deadline
/// that is now lets everything else that was already due at this instant happen first.
class Sleep : private Timer {
 public:
  Sleep(Entity& entity, Time deadline)
      : Timer{[](Timer& self) { resume_waiting(static_cast<Sleep&>(self).waiting_); }, deadline},
        sleeper_{&entity} {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    Entity& entity = *sleeper_;
    waiting_ = waiting;
    arm(entity, deadline() < entity.now() ? entity.now() : deadline());
  }
  void await_resume() const noexcept { is_known_to_be_unarmed(); }

 private:
  union {
    Entity* sleeper_;  // until it sleeps
    std::coroutine_handle<> waiting_;
  };
};

}  // namespace elvis
