// SPDX-License-Identifier: MIT
#include "elvis/asio/core.hpp"

#include <boost/asio/error.hpp>

#include "elvis/sim/sleep.hpp"

namespace elvis {

// ===== AsioAttempt: one operation =====

void AsioAttempt::forget_canceller() {
  canceller_->operation_ = nullptr;
}

void AsioAttempt::cancel() {
  if (lane_ != nullptr) lane_->abort(*this);
}

// ===== AsioLane: who waits for the same =====

AsioLane::AsioLane(AsioCore& core) : core_{&core}, next_{core.lanes_} {
  if (next_ != nullptr) next_->previous_ = this;
  core.lanes_ = this;
}

AsioLane::~AsioLane() {
  ELVIS_ASSERT(waiting_.empty());
  if (core_ == nullptr) return;
  (previous_ == nullptr ? core_->lanes_ : previous_->next_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

void AsioLane::finish(AsioAttempt& operation) {
  operation.lane_ = nullptr;
  waiting_.remove(operation);
  core_->ready(operation);
}

void AsioLane::abort(AsioAttempt& operation) {
  operation.outcome_.error = boost::asio::error::operation_aborted;
  finish(operation);
  if (waiting_.empty()) unwatch();
}

void AsioLane::go_on() {
  while (!waiting_.empty()) {
    auto& first = static_cast<AsioAttempt&>(waiting_.front());
    if (!first.attempt()) return watch();
    finish(first);
  }
}

void AsioLane::go_on_and_call() {
  if (core_ == nullptr) return;
  // run() may not be there, or woken already.
  if (core_->waiter_ == nullptr) return go_on();
  core_->call_in_event([this] { go_on(); });
}

std::size_t AsioLane::cancel_one() {
  if (waiting_.empty()) return 0;
  abort(static_cast<AsioAttempt&>(waiting_.front()));
  return 1;
}

std::size_t AsioLane::cancel_all() {
  std::size_t count = 0;
  while (cancel_one() != 0) ++count;
  return count;
}

// ===== AsioCore: the loop =====

AsioCore::~AsioCore() {
  ELVIS_ASSERT(lanes_ == nullptr && ready_.empty());
}

Task<> AsioCore::run() {
  for (;;) {
    if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (!ready_.empty()) {
      const Running running{*this};
      call_ready();
    }
    if (!ready_.empty()) {
      co_await Sleep{machine_, machine_.now()};
      continue;
    }
    if (work_ == 0) co_return;
    co_await Next{*this};
  }
}

void AsioCore::call_ready() {
  if (limit_ != most_at_once && machine_.now() != instant_) [[unlikely]]
    limit_ = most_at_once;
  for (std::uint32_t left = limit_;;) {
    AsioOperation& next = ready_.pop();
    --work_;
    next.complete();
    if (thrown_ != nullptr) [[unlikely]]
      std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (ready_.empty()) return;
    if (--left == 0) [[unlikely]]
      break;
  }
  limit_ = 1;
  instant_ = machine_.now();
}

// Destroying a handler may destroy sockets, whose other operations become ready then.
void AsioCore::shut_down() {
  while (lanes_ != nullptr || !ready_.empty()) {
    while (lanes_ != nullptr) {
      AsioLane& lane = *lanes_;
      lanes_ = lane.next_;
      if (lanes_ != nullptr) lanes_->previous_ = nullptr;
      lane.core_ = nullptr;
      lane.unwatch();
      while (!lane.waiting_.empty()) {
        auto& operation = static_cast<AsioAttempt&>(lane.waiting_.pop());
        operation.lane_ = nullptr;
        ready_.push(operation);
      }
    }
    while (!ready_.empty()) ready_.pop().destroy();
  }
}

}  // namespace elvis
