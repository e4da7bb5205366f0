// SPDX-License-Identifier: MIT
#include "elvis/sockets/waiting.hpp"

#include <algorithm>
#include <utility>

namespace elvis {

void Watch::told(ReadyCall& self) {
  auto& watch = static_cast<Watch&>(self);
  watch.any_->told(watch);
}

WaitAny::WaitAny(Machine& machine, std::span<Watch> watches, Duration timeout)
    : Timer{[](Timer& self) { static_cast<WaitAny&>(self).end(Errc::timed_out); }},
      machine_{machine},
      watches_{watches},
      timeout_{timeout} {}

WaitAny::~WaitAny() {
  for (Watch& watch : watches_) {
    if (watch.any_ == this) watch.stop();
  }
}

bool WaitAny::await_ready() {
  bool is_ready = false;
  for (Watch& watch : watches_) is_ready |= watch.look() != Ready::none;
  return is_ready;
}

void WaitAny::await_suspend(std::coroutine_handle<> waiting) {
  waiter_.wait(waiting);
  for (Watch& watch : watches_) {
    ELVIS_ASSERT(watch.any_ == nullptr);  // each waits in one place
    watch.any_ = this;
    watch.begin_(watch);
  }
  if (timeout_ == Duration::max()) return;
  arm(machine_, add_saturated(machine_.now(), std::max(timeout_, Duration{})));
}

void WaitAny::told(Watch& watch) {
  const auto place = static_cast<std::size_t>(&watch - watches_.data());
  first_told_ = std::min(first_told_, place);
  end(watch.outcome() == Errc::closed ? Errc{} : watch.outcome());
}

void WaitAny::end(Errc outcome) {
  if (waiter_.is_ready() || !waiter_.is_waiting()) return;
  outcome_ = outcome;
  machine_.partition().wake(waiter_);
}

Result<std::size_t> WaitAny::await_resume() {
  cancel();
  std::size_t first = ~std::size_t{0};
  for (std::size_t i = 0; i < watches_.size(); ++i) {
    Watch& watch = watches_[i];
    if (std::exchange(watch.any_, nullptr) == this) {
      if (watch.outcome() == Errc::closed) watch.socket_ = nullptr;
      watch.stop();
    }
    if (watch.look() != Ready::none && first == ~std::size_t{0}) first = i;
  }
  if (first != ~std::size_t{0}) return first;
  if (outcome_ != Errc{}) return outcome_;
  return first_told_;
}

}  // namespace elvis
