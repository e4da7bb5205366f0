// SPDX-License-Identifier: MIT
// Task<T>: a function that lets simulated time pass, as a lazily started coroutine.
//
// `co_await task` runs the task in place until it first waits; the awaiting coroutine goes on when
// it has ended. A task that never waits costs no suspension. Frames come from the pool. Destroying
// a Task destroys the coroutine wherever it waits, and all that it awaits.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

/// Told when the task that it was given has ended (Task::start).
class TaskObserver {
 public:
  /// The coroutine is suspended at its end. The Task may be destroyed in this call.
  virtual void task_ended() = 0;

 protected:
  ~TaskObserver() = default;
};

/// Resumes `waiting`, then whatever ends up awaited by coroutines that ended: a loop, not a
/// recursion, so that no chain of coroutines deepens the stack.
void resume(std::coroutine_handle<> waiting);
/// The same of one that is known to wait.
void resume_waiting(std::coroutine_handle<> waiting);

namespace task_internal {

/// The coroutine that the one which just ended hands over to; taken by resume().
inline constinit thread_local std::coroutine_handle<> continuation{};

// Who is told of a task's end, and how it ended: one word, as every coroutine's frame has it. A
// coroutine and an observer lie at multiples of 8, which leaves three bits.
class PromiseBase : public PooledLines {
 public:
  enum class Ending : std::uintptr_t { none = 0, returned = 2, threw = 4 };

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const PromiseBase& promise = ended.promise();
      void* const next = promise.next();
      if (next == nullptr) return;
      if (promise.is_awaited()) {
        continuation = std::coroutine_handle<>::from_address(next);
      } else {
        static_cast<TaskObserver*>(next)->task_ended();
      }
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void tell(TaskObserver* observer) { set_next(observer, 0); }
  void go_on_with(std::coroutine_handle<> awaiting) { set_next(awaiting.address(), awaited_bit); }
  Ending ending() const { return static_cast<Ending>(word_ & ending_bits); }

 protected:
  void set_ending(Ending ending) {
    word_ = (word_ & ~ending_bits) | static_cast<std::uintptr_t>(ending);
  }

 private:
  static constexpr std::uintptr_t awaited_bit = 1;
  static constexpr std::uintptr_t ending_bits = 6;

  void* next() const { return reinterpret_cast<void*>(word_ & ~(awaited_bit | ending_bits)); }
  bool is_awaited() const { return (word_ & awaited_bit) != 0; }
  void set_next(void* next, std::uintptr_t bits) {
    word_ = reinterpret_cast<std::uintptr_t>(next) | bits | (word_ & ending_bits);
  }

  std::uintptr_t word_ = 0;
};

// What a coroutine ended with, a T or an exception.
template <typename T>
class Promise : public PromiseBase {
 public:
  Promise() noexcept {}
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  ~Promise() { destroy(); }

  template <typename Value>
  void return_value(Value&& value) {
    std::construct_at(&result_, std::forward<Value>(value));
    set_ending(Ending::returned);
  }
  void unhandled_exception() noexcept {
    destroy();
    std::construct_at(&exception_, std::current_exception());
    set_ending(Ending::threw);
  }
  std::exception_ptr exception() const {
    return ending() == Ending::threw ? exception_ : std::exception_ptr{};
  }
  T take() {
    if (ending() == Ending::threw) std::rethrow_exception(std::exchange(exception_, nullptr));
    return std::move(result_);
  }

 private:
  void destroy() noexcept {
    if (ending() == Ending::returned) std::destroy_at(&result_);
    if (ending() == Ending::threw) std::destroy_at(&exception_);
  }

  union {
    T result_;
    std::exception_ptr exception_;
  };
};

template <>
class Promise<void> : public PromiseBase {
 public:
  void return_void() const noexcept {}
  void unhandled_exception() noexcept {
    exception_ = std::current_exception();
    set_ending(Ending::threw);
  }
  std::exception_ptr exception() const { return exception_; }
  void take() {
    if (ending() == Ending::threw) std::rethrow_exception(std::exchange(exception_, nullptr));
  }

 private:
  std::exception_ptr exception_;
};

}  // namespace task_internal

/// A coroutine that ends with a T. Owned by whoever holds the Task.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : task_internal::Promise<T> {
    Task get_return_object() noexcept {
      return Task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
  };

  Task() = default;
  Task(Task&& other) noexcept : handle_{std::exchange(other.handle_, {})} {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { reset(); }

  /// Whether there is a coroutine, and whether it has ended.
  explicit operator bool() const { return static_cast<bool>(handle_); }
  bool is_done() const { return handle_ && handle_.done(); }

  /// Runs the coroutine until it first waits. `observer` is told when it has ended, perhaps in this
  /// call. For the outermost task; inner ones are awaited.
  void start(TaskObserver* observer = nullptr) {
    handle_.promise().tell(observer);
    resume(handle_);
  }

  /// What the coroutine ended with; rethrows what it threw. Once, after it is done.
  T take() { return handle_.promise().take(); }
  /// What the coroutine threw, or null.
  std::exception_ptr exception() const { return handle_.promise().exception(); }

  /// Destroys the coroutine, if there is one.
  void reset() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> handle;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> awaiting) const {
        handle.resume();  // until it first waits
        if (handle.done()) return false;
        handle.promise().go_on_with(awaiting);
        return true;
      }
      T await_resume() const { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_{handle} {}

  std::coroutine_handle<promise_type> handle_;
};

inline void resume_waiting(std::coroutine_handle<> waiting) {
  do {
    waiting.resume();
    if (!task_internal::continuation) [[likely]]
      return;
    waiting = std::exchange(task_internal::continuation, {});
  } while (waiting);
}

inline void resume(std::coroutine_handle<> waiting) {
  if (waiting) resume_waiting(waiting);
}

}  // namespace elvis
