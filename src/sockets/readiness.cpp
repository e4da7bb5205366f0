// SPDX-License-Identifier: MIT
#include "elvis/sockets/readiness.hpp"

namespace elvis {

// ===== Waitable: who is told =====

void Waitable::tell(Machine& machine, Ready what) {
  if (newest_ == nullptr) return;
  Ready to_take = what - Ready::writable;  // who sends is told when all of it was taken
  Wait* wait = newest_;
  do {
    wait = wait->behind_;
    const Ready met = wait->interest_ & what;
    if (met == Ready::none || wait->is_over()) continue;
    if (wait->is_taker_) {
      if (!has(to_take, met)) continue;
      to_take = to_take - met;
    }
    machine.partition().wake(*wait);
  } while (wait != newest_);
}

void Waitable::taken(Machine& machine, Ready kind, Ready rest) {
  if (newest_ == nullptr) return;
  if (has(rest, kind)) {
    if (Wait* const next = first_taker(kind)) machine.partition().wake(*next);
    return;
  }
  // What others were told of is gone.
  Wait* wait = newest_;
  do {
    wait = wait->behind_;
    if (wait->is_taker_ && has(wait->interest_, kind) && wait->outcome_ == Errc{}) wait->unlink();
  } while (wait != newest_);
}

void Waitable::tell_all(Machine& machine) {
  if (newest_ == nullptr) return;
  Wait* wait = newest_;
  do {
    wait = wait->behind_;
    machine.partition().wake(*wait);
  } while (wait != newest_);
}

void Waitable::end_waits(Machine& machine, Errc outcome) {
  if (newest_ == nullptr) return;
  Wait* wait = newest_;
  do {
    wait = wait->behind_;
    wait->give_up(machine, outcome);
  } while (wait != newest_);
}

// While the machine ends nobody goes on: the coroutines are being destroyed.
void Waitable::abandon(Machine& machine) {
  if (newest_ == nullptr) return;
  Wait* const newest = std::exchange(newest_, nullptr);
  Wait* next = newest->behind_;
  for (bool is_last = false; !is_last;) {
    Wait& wait = *next;
    is_last = &wait == newest;
    next = std::exchange(wait.behind_, nullptr);
    wait.at_ = nullptr;
    if (wait.outcome_ == Errc{}) wait.outcome_ = Errc::closed;
    if (!machine.is_ending()) machine.partition().wake(wait);
  }
}

Wait* Waitable::first_taker(Ready kind) const {
  if (newest_ == nullptr) return nullptr;
  Wait* wait = newest_;
  do {
    wait = wait->behind_;
    if (wait->is_taker_ && has(wait->interest_, kind) && !wait->is_over()) return wait;
  } while (wait != newest_);
  return nullptr;
}

// ===== Wait: its end =====

void Wait::unjoin() {
  Wait* before = this;
  while (before->behind_ != this) before = before->behind_;
  if (before == this) {
    at_->newest_ = nullptr;
  } else {
    before->behind_ = behind_;
    if (at_->newest_ == this) at_->newest_ = before;
  }
  Waitable& at = *std::exchange(at_, nullptr);
  behind_ = nullptr;
  // Who goes away after it was told lets the next one take what it was told of.
  if (is_taker_ && is_ready() && outcome_ == Errc{}) {
    if (Wait* const next = at.first_taker(interest_)) cede(*next);
  }
}

}  // namespace elvis
