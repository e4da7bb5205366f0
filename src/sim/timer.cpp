// SPDX-License-Identifier: MIT
#include "elvis/sim/timer.hpp"

#include <utility>

#include "elvis/sim/entity.hpp"

namespace elvis {

// ===== TimerHeap: which deadline comes first =====

void TimerHeap::insert(Timer& timer) {
  if (root_ == nullptr) return insert_first(timer);
  timer.child_ = nullptr;
  root_ = Timer::meld(root_, &timer);
}

void TimerHeap::remove(Timer& timer) {
  if (&timer == root_) return remove_earliest();
  Timer* const below = timer.child_ == nullptr ? nullptr : Timer::merge_pairs(timer.child_);
  if (timer.previous_->child_ == &timer) {
    timer.previous_->child_ = timer.sibling_;
  } else {
    timer.previous_->sibling_ = timer.sibling_;
  }
  if (timer.sibling_ != nullptr) timer.sibling_->previous_ = timer.previous_;
  root_ = Timer::meld(root_, below);
}

// ===== Timer: one deadline =====

void Timer::unlink() {
  std::exchange(entity_, nullptr)->timers_.remove(*this);
}

[[gnu::noinline]] Timer* Timer::meld(Timer* left, Timer* right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  if (right->is_before(*left)) std::swap(left, right);
  right->previous_ = left;
  right->sibling_ = left->child_;
  if (left->child_ != nullptr) left->child_->previous_ = right;
  left->child_ = right;
  left->sibling_ = left->previous_ = nullptr;
  return left;
}

// Melds siblings two by two, then the pairs from the last to the first; without recursion.
[[gnu::noinline]] Timer* Timer::merge_pairs(Timer* first) {
  Timer* pairs = nullptr;
  while (first != nullptr) {
    Timer* const second = first->sibling_;
    Timer* const rest = second != nullptr ? second->sibling_ : nullptr;
    first->sibling_ = first->previous_ = nullptr;
    if (second != nullptr) second->sibling_ = second->previous_ = nullptr;
    Timer* const pair = meld(first, second);
    pair->sibling_ = pairs;  // a stack through the siblings
    pairs = pair;
    first = rest;
  }
  Timer* merged = nullptr;
  while (pairs != nullptr) {
    Timer* const rest = pairs->sibling_;
    pairs->sibling_ = nullptr;
    merged = meld(merged, pairs);
    pairs = rest;
  }
  return merged;
}

}  // namespace elvis
