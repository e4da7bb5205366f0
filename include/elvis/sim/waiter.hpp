// SPDX-License-Identifier: MIT
// Waiter: how somebody waits for something other than time, and the ready list of those who need
// wait no longer (Partition::wake()).
#pragma once

#include <coroutine>

namespace elvis {

/// A coroutine that waits for something other than time; or a function, for those who have none.
/// Leaves the ready list when destroyed.
class Waiter {
 public:
  /// Called in the place of a coroutine; may destroy the waiter.
  using Call = void (*)(Waiter& self);

  Waiter() {}  // NOLINT(*-member-init): see coroutine_
  ~Waiter() { unlink(); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  void wait(std::coroutine_handle<> coroutine) {
    coroutine_ = coroutine;
    is_call_ = false;
  }
  void wait(Call call) {
    call_ = call;
    is_call_ = true;
  }
  /// Since wait() and until it goes on; not to be asked before.
  bool is_waiting() const { return is_call_ ? call_ != nullptr : static_cast<bool>(coroutine_); }
  /// Whether it is in the ready list: woken, and not gone on yet.
  bool is_ready() const { return next_ != nullptr; }
  /// For the compiler, which need not look then.
  void is_known_to_be_unready() const { __builtin_assume(next_ == nullptr); }
  /// Takes it out of the ready list: it waits on.
  void unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }
  /// Lets `other` go on in its place; it is in the ready list, and `other` is not.
  void cede(Waiter& other) {
    other.next_ = next_;
    other.previous_ = previous_;
    next_->previous_ = previous_->next_ = &other;
    next_ = previous_ = nullptr;
  }

 private:
  friend class Partition;

  Waiter* next_ = nullptr;  // in the ready list, which is a ring
  Waiter* previous_ = nullptr;
  // Not before wait(): it would be written twice where a coroutine waits at once.
  union {
    std::coroutine_handle<> coroutine_;
    Call call_;
  };
  bool is_call_ = false;
};

}  // namespace elvis
