// SPDX-License-Identifier: MIT
// Task<T>: a function that lets simulated time pass, as a lazily started coroutine.
//
// `co_await task` runs the task in place until it first waits; the awaiting coroutine goes on when
// it has ended. A task that never waits costs no suspension. Frames come from the pool. Destroying
// a Task destroys the coroutine wherever it waits, and all that it awaits.
#pragma once

#include <coroutine>
#include <cstddef>
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

namespace task_internal {

/// The coroutine that the one which just ended hands over to; taken by resume().
inline constinit thread_local std::coroutine_handle<> continuation{};

struct PromiseBase : Pooled {
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      PromiseBase& promise = ended.promise();
      if (promise.next == nullptr) return;
      if (promise.is_awaited) {
        continuation = std::coroutine_handle<>::from_address(promise.next);
      } else {
        static_cast<TaskObserver*>(promise.next)->task_ended();
      }
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }

  void* next = nullptr;  // the coroutine that awaits this one, or the observer
  bool is_awaited = false;
  bool has_result = false;
  std::exception_ptr exception;
};

}  // namespace task_internal

/// A coroutine that ends with a T. Owned by whoever holds the Task.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type : task_internal::PromiseBase {
    Task get_return_object() noexcept {
      return Task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    promise_type() noexcept {}  // makes no result
    promise_type(const promise_type&) = delete;
    promise_type& operator=(const promise_type&) = delete;
    ~promise_type() {
      if (has_result) std::destroy_at(&result);
    }
    template <typename Value>
    void return_value(Value&& value) {
      std::construct_at(&result, std::forward<Value>(value));
      has_result = true;
    }
    union {
      T result;
    };
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
    handle_.promise().next = observer;
    resume(handle_);
  }

  /// What the coroutine ended with; rethrows what it threw. Once, after it is done.
  T take() {
    auto& promise = handle_.promise();
    if (promise.exception) std::rethrow_exception(std::exchange(promise.exception, nullptr));
    if constexpr (!std::is_void_v<T>) return std::move(promise.result);
  }
  /// What the coroutine threw, or null.
  std::exception_ptr exception() const { return handle_.promise().exception; }

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
        handle.promise().next = awaiting.address();
        handle.promise().is_awaited = true;
        return true;
      }
      T await_resume() const {
        auto& promise = handle.promise();
        if (promise.exception) std::rethrow_exception(std::exchange(promise.exception, nullptr));
        if constexpr (!std::is_void_v<T>) return std::move(promise.result);
      }
    };
    return Awaiter{handle_};
  }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_{handle} {}

  std::coroutine_handle<promise_type> handle_;
};

template <>
struct Task<void>::promise_type : task_internal::PromiseBase {
  Task get_return_object() noexcept {
    return Task{std::coroutine_handle<promise_type>::from_promise(*this)};
  }
  void return_void() const noexcept {}
};

inline void resume(std::coroutine_handle<> waiting) {
  while (waiting) {
    waiting.resume();
    waiting = std::exchange(task_internal::continuation, {});
  }
}

}  // namespace elvis
