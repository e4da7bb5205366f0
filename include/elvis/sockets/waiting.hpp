// SPDX-License-Identifier: MIT
// What can be made of waits: a time limit, an end by somebody else, and one of several.
//
//   Result<Message> answer = co_await with_timeout(socket.receive(), 5s);
//   Result<Page>    page   = co_await with_timeout(self.machine(), fetch(url), 5s);
//   Result<Datagram> next  = co_await with_cancel(socket.receive(), stop);
//
//   Watch watches[] = {{socket, Ready::readable}, {listener, Ready::readable}, {stop}};
//   Result<std::size_t> which = co_await wait_any(self.machine(), watches, 5s);
//
// Nothing here makes a coroutine frame. What ends first at one instant is what happens first in the
// order of events, so it is the same in each run.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "elvis/sim/task.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/sockets/signal.hpp"

namespace elvis {

/// What a socket's calls give to be awaited.
template <typename T>
concept SocketWait = std::derived_from<T, Wait> && requires(T wait) {
  { wait.machine() } -> std::convertible_to<Machine&>;
};

/// The awaitable of with_timeout() for one call of a socket.
template <SocketWait Awaited>
class [[nodiscard]] TimedWait : private Timer {
 public:
  TimedWait(Awaited&& awaited, Duration timeout)
      : Timer{[](Timer& self) {
          Awaited& late = static_cast<TimedWait&>(self).awaited_;
          late.give_up(late.machine(), Errc::timed_out);
        }},
        awaited_{std::move(awaited)},
        timeout_{timeout} {}

  bool await_ready() { return awaited_.await_ready(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    Machine& machine = awaited_.machine();
    awaited_.await_suspend(waiting);
    arm(machine, add_saturated(machine.now(), timeout_ < Duration{} ? Duration{} : timeout_));
  }
  decltype(auto) await_resume() {
    cancel();
    return awaited_.await_resume();
  }

 private:
  Awaited awaited_;
  Duration timeout_;
};

/// Awaits `awaited`, but no longer than `timeout`; then it ends with Errc::timed_out.
template <SocketWait Awaited>
TimedWait<Awaited> with_timeout(Awaited awaited, Duration timeout) {
  return TimedWait<Awaited>{std::move(awaited), timeout};
}

/// The awaitable of with_timeout() for a task.
template <typename T>
class [[nodiscard]] TimedTask : private TaskObserver, private Timer {
 public:
  TimedTask(Machine& machine, Task<T>&& task, Duration timeout)
      : Timer{[](Timer& self) { static_cast<TimedTask&>(self).expire(); }},
        machine_{machine},
        task_{std::move(task)},
        timeout_{timeout} {}

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    waiter_.wait(waiting);
    task_.start(this);
    if (task_.is_done()) return false;
    arm(machine_, add_saturated(machine_.now(), timeout_ < Duration{} ? Duration{} : timeout_));
    has_begun_ = true;
    return true;
  }
  T await_resume() {
    if (!task_) return T{Errc::timed_out};
    return task_.take();
  }

 private:
  void task_ended() override {
    if (!has_begun_) return;
    cancel();
    machine_.partition().wake(waiter_);
  }
  void expire() {
    task_.reset();
    machine_.partition().wake(waiter_);
  }

  Machine& machine_;
  Task<T> task_;
  Duration timeout_;
  bool has_begun_ = false;
  Waiter waiter_;
};

/// Awaits `task`, a Task of a Result, but no longer than `timeout`; then it is destroyed wherever
/// it waits, and ends with Errc::timed_out.
template <typename T>
TimedTask<T> with_timeout(Machine& machine, Task<T> task, Duration timeout) {
  return TimedTask<T>{machine, std::move(task), timeout};
}

/// The awaitable of with_cancel().
template <SocketWait Awaited>
class [[nodiscard]] CancellableWait : private ReadyCall {
 public:
  CancellableWait(Awaited&& awaited, Signal& stop)
      : ReadyCall{[](ReadyCall& self) {
          Awaited& ended = static_cast<CancellableWait&>(self).awaited_;
          ended.give_up(ended.machine(), Errc::cancelled);
        }},
        awaited_{std::move(awaited)},
        stop_signal_{stop} {}

  bool await_ready() { return !stop_signal_.is_set() && awaited_.await_ready(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    awaited_.await_suspend(waiting);
    start(stop_signal_, Ready::readable);
  }
  decltype(auto) await_resume() {
    stop();
    return awaited_.await_resume();
  }

 private:
  Awaited awaited_;
  Signal& stop_signal_;
};

/// Awaits `awaited`; when `stop` is set (or destroyed), it ends with Errc::cancelled.
template <SocketWait Awaited>
CancellableWait<Awaited> with_cancel(Awaited awaited, Signal& stop) {
  return CancellableWait<Awaited>{std::move(awaited), stop};
}

/// One of the things that wait_any() waits for, as an entry of poll() is.
class Watch : private ReadyCall {
 public:
  template <typename Socket>
  Watch(Socket& socket, Ready interest = Ready::readable)
      : ReadyCall{told},
        socket_{&socket},
        look_{[](void* at) { return static_cast<Socket*>(at)->ready(); }},
        begin_{[](Watch& self) { self.start(*static_cast<Socket*>(self.socket_), self.wanted_); }},
        wanted_{interest | Ready::closed} {}

  /// What it was ready for when wait_any() went on; Ready::closed also if the socket is gone.
  Ready ready() const { return ready_; }
  explicit operator bool() const { return ready_ != Ready::none; }

 private:
  friend class WaitAny;

  static void told(ReadyCall& self);
  Ready look() {
    ready_ = socket_ == nullptr ? Ready::closed : look_(socket_) & wanted_;
    return ready_;
  }

  void* socket_;  // null when it was destroyed while it was waited for
  Ready (*look_)(void* socket);
  void (*begin_)(Watch& self);
  Ready wanted_;
  Ready ready_ = Ready::none;
  class WaitAny* any_ = nullptr;
};

/// The awaitable of wait_any().
class [[nodiscard]] WaitAny : private Timer {
 public:
  WaitAny(Machine& machine, std::span<Watch> watches, Duration timeout);
  ~WaitAny();
  WaitAny(const WaitAny&) = delete;
  WaitAny& operator=(const WaitAny&) = delete;

  bool await_ready();
  void await_suspend(std::coroutine_handle<> waiting);
  Result<std::size_t> await_resume();

 private:
  friend Watch;

  void told(Watch& watch);
  void end(Errc outcome);

  Machine& machine_;
  std::span<Watch> watches_;
  Duration timeout_;
  Waiter waiter_;
  std::size_t first_told_ = ~std::size_t{0};
  Errc outcome_{};
};

/// `Result<std::size_t> which = co_await wait_any(machine, watches, timeout);` Goes on when one of
/// `watches` is ready, with the place of the first that is; watches[i].ready() says what each is
/// ready for. What it was told of somebody else may have taken by then. Errors: timed_out;
/// cancelled, if one of the sockets cancels its waits.
inline WaitAny wait_any(Machine& machine, std::span<Watch> watches,
                        Duration timeout = Duration::max()) {
  return {machine, watches, timeout};
}

}  // namespace elvis
