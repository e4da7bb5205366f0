// SPDX-License-Identifier: MIT
// AsioCore: what an Asio context of a machine is without Asio: operations that were begun, where
// they wait, and the loop that calls their handlers. Compiled once; the templates stand above it.
//
//   AsioLane (of a socket: what it receives; what it sends; of a timer)
//      │ operations that wait, first come, first served
//      ▼  done, failed or cancelled
//   AsioCore::ready_ ──► run(): one handler after the other, never inside the call that began it
#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include "elvis/asio/queue.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/util/assert.hpp"

namespace elvis {

class AsioCanceller;
class AsioCore;
class AsioLane;

/// An operation of an I/O object that waits: it is tried when there is news, until it is done.
class AsioAttempt : public AsioOperation {
 public:
  /// Tries once; true when it is done, outcome() says how.
  bool attempt() { return take(Step::attempt); }
  /// Ends the wait with operation_aborted, if it still waits.
  void cancel();

  AsioOutcome& outcome() { return outcome_; }

 protected:
  /// What the first operation does when there is news at its lane, which may be gone then, and
  /// handlers may be called.
  using GoOn = void (*)(AsioLane& lane);
  explicit AsioAttempt(TakeStep step, GoOn go_on) : AsioOperation{step}, go_on_{go_on} {}
  ~AsioAttempt() {
    if (canceller_ != nullptr) [[unlikely]]
      forget_canceller();
  }

 private:
  friend AsioCanceller;
  friend AsioCore;
  friend AsioLane;

  void forget_canceller();

  GoOn go_on_;
  AsioLane* lane_ = nullptr;  // while it waits
  AsioCanceller* canceller_ = nullptr;
  AsioOutcome outcome_;
};

/// What a cancellation slot holds for an operation; either may be destroyed first.
class AsioCanceller {
 public:
  explicit AsioCanceller(AsioAttempt& operation) : operation_{&operation} {
    operation.canceller_ = this;
  }
  AsioCanceller(const AsioCanceller&) = delete;
  AsioCanceller& operator=(const AsioCanceller&) = delete;
  ~AsioCanceller() {
    if (operation_ != nullptr) operation_->canceller_ = nullptr;
  }

  /// Every type of cancellation ends an operation that waits: it has done nothing yet.
  template <typename Type>
  void operator()(Type type) {
    if (operation_ != nullptr && type != Type::none) operation_->cancel();
  }

 private:
  friend AsioAttempt;

  AsioAttempt* operation_;
};

/// Operations that wait for the same.
class AsioLane {
 public:
  explicit AsioLane(AsioCore& core);
  AsioLane(const AsioLane&) = delete;
  AsioLane& operator=(const AsioLane&) = delete;

  /// Lets `operation`, which counts as work and cannot be done yet, wait behind those before it.
  void wait(AsioAttempt& operation) {
    ELVIS_ASSERT(core_ != nullptr);
    const bool is_first = waiting_.empty();
    operation.lane_ = this;
    waiting_.push(operation);
    if (is_first) watch();
  }
  /// Ends the first or all waits with operation_aborted; returns how many.
  std::size_t cancel_one();
  std::size_t cancel_all();
  bool has_waits() const { return !waiting_.empty(); }

  // ----- for operations: see AsioAttempt::GoOn -----

  /// The core, if a handler may be called now and only one operation waits; else null.
  AsioCore* core_to_call() const;
  AsioOperation& first() const { return waiting_.front(); }
  /// The only one waits no longer and is no work any more.
  void forget_only_one();
  /// The first one has to wait on.
  void wait_on() { watch(); }
  /// Tries those who wait, and calls handlers if they may be called now: the lane may be gone then.
  void go_on_and_call();

 protected:
  ~AsioLane();

  /// There is news: tries those who wait.
  void go_on();
  /// The same in an event or a function of its own, which may call handlers.
  void go_on_by_hand() {
    if (waiting_.empty()) [[unlikely]]
      return;
    static_cast<AsioAttempt&>(waiting_.front()).go_on_(*this);
  }
  /// Sees to it that go_on() is called once, in an event of its own or after the present one.
  virtual void watch() = 0;
  /// go_on() need not be called any more.
  virtual void unwatch() = 0;

 private:
  friend AsioAttempt;
  friend AsioCore;

  void finish(AsioAttempt& operation);
  void abort(AsioAttempt& operation);

  AsioCore* core_;  // null when that is gone
  AsioQueue waiting_;
  AsioLane* next_;
  AsioLane* previous_ = nullptr;
};

/// The loop that calls the handlers of one program, and what it waits for.
class AsioCore {
 public:
  explicit AsioCore(Machine& machine) : machine_{machine} {}
  AsioCore(const AsioCore&) = delete;
  AsioCore& operator=(const AsioCore&) = delete;

  Machine& machine() const { return machine_; }

  /// Calls handlers until no work is left; ends with what a handler throws. Those that become ready
  /// at one instant are called at it, in that order. One at a time; again when it has ended.
  Task<> run();

  /// Work is what run() waits for: operations, and whoever holds it up.
  void work_started() { ++work_; }
  void work_finished() {
    if (--work_ == 0 && !is_running()) wake();
  }
  std::uint64_t work() const { return work_; }

  /// Lets the handler of `operation`, which counts as work, be called.
  void ready(AsioOperation& operation) {
    ready_.push(operation);
    if (!is_running()) wake();
  }
  /// Whether this is called by a handler that run() has called.
  bool is_running() const { return current_ == this; }
  /// Lets run() end with `thrown`, when the present handler has returned.
  void capture(std::exception_ptr thrown) {
    if (thrown_ == nullptr) thrown_ = std::move(thrown);
  }

  /// The core whose handler this thread is running, or null.
  static AsioCore* current() { return current_; }

  /// Calls a handler with `call`, and then all that are ready, in an event and in the place of
  /// run(), which waits for them: the way through the ready list is spared.
  template <typename Call>
  [[gnu::always_inline]] void call_in_event(Call call) {
    const Running running{*this};
    try {
      call();
      if (!ready_.empty() && thrown_ == nullptr) call_ready();
    } catch (...) {
      capture(std::current_exception());
    }
    if (!ready_.empty() || work_ == 0 || thrown_ != nullptr) [[unlikely]]
      wake();
  }

 protected:
  ~AsioCore();
  /// Destroys all operations, wherever they wait, handlers included.
  void shut_down();

 private:
  friend AsioAttempt;
  friend AsioLane;

  // After so many handlers at one instant each has an event of its own, so that the guard against
  // endless instants sees them.
  static constexpr std::uint32_t most_at_once = 10'000;

  struct Next {
    AsioCore& core;
    Waiter waiter{};
    ~Next() { core.waiter_ = nullptr; }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      waiter.wait(waiting);
      core.waiter_ = &waiter;
    }
    void await_resume() const {}
  };

  // That this core's handlers run, as long as it lives.
  struct Running {
    explicit Running(AsioCore& core) : before{std::exchange(current_, &core)} {}
    ~Running() { current_ = before; }
    AsioCore* before;
  };

  void wake() {
    if (waiter_ != nullptr) machine_.partition().wake(*std::exchange(waiter_, nullptr));
  }
  void call_ready();

  inline static constinit thread_local AsioCore* current_ = nullptr;

  Machine& machine_;
  AsioQueue ready_;
  Waiter* waiter_ = nullptr;  // of run(), while it waits
  std::uint64_t work_ = 0;
  std::uint32_t limit_ = most_at_once;  // of handlers in one event; less only at `instant_`
  Time instant_{};
  std::exception_ptr thrown_;
  AsioLane* lanes_ = nullptr;
};

inline AsioCore* AsioLane::core_to_call() const {
  return core_ != nullptr && core_->waiter_ != nullptr && waiting_.has_one() ? core_ : nullptr;
}

inline void AsioLane::forget_only_one() {
  waiting_.clear();
  --core_->work_;
}

}  // namespace elvis
