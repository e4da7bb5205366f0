// SPDX-License-Identifier: MIT
// Signal, Alarm and Queue: how the coroutines of a machine tell each other something. Each can be
// waited for beside sockets (wait_any).
#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "elvis/sim/timer.hpp"
#include "elvis/sockets/readiness.hpp"

namespace elvis {

/// Something that has happened or not; what an eventfd is for.
class Signal : public Waitable {
 public:
  explicit Signal(Machine& machine) : machine_{machine} {}
  ~Signal() { abandon(machine_); }

  /// It has happened: who waits goes on, and who comes later does not wait.
  void set() {
    is_set_ = true;
    tell(machine_, Ready::readable);
  }
  void clear() { is_set_ = false; }
  bool is_set() const { return is_set_; }

  class Happened;
  /// `Result<> happened = co_await signal.wait();` Errors: cancelled, closed if it is destroyed.
  Happened wait();

  Machine& machine() const { return machine_; }
  /// Ready::readable if it has happened.
  Ready ready() const { return is_set_ ? Ready::readable : Ready::none; }
  void cancel() { end_waits(machine_, Errc::cancelled); }

 private:
  Machine& machine_;
  bool is_set_ = false;
};

class Signal::Happened : public Wait {
 public:
  explicit Happened(Signal& signal) : Wait{Ready::readable}, signal_{signal} {}

  Machine& machine() const { return signal_.machine(); }
  bool await_ready() const { return signal_.is_set(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(signal_);
  }
  Result<> await_resume() {
    leave();
    if (outcome() != Errc{}) return outcome();
    return {};
  }

 private:
  Signal& signal_;
};

inline Signal::Happened Signal::wait() {
  return Happened{*this};
}

/// A signal that is set at a time; what a timerfd is for.
class Alarm final : public Signal, private Timer {
 public:
  explicit Alarm(Machine& machine)
      : Signal{machine}, Timer{[](Timer& self) { static_cast<Alarm&>(self).Signal::set(); }} {}

  /// Happens at `time`, or at once if that is over, instead of when it was set to before.
  void set(Time time) {
    clear();
    arm(machine(), time < machine().now() ? machine().now() : time);
  }
  /// The same, so much later than now.
  void set_after(Duration delay) {
    set(add_saturated(machine().now(), delay < Duration{} ? Duration{} : delay));
  }
  /// Does not happen any more.
  void stop() {
    clear();
    Timer::cancel();
  }
  using Signal::cancel;
};

/// Values that some coroutines make and others take, in order.
template <typename T>
class Queue final : public Waitable {
 public:
  /// It holds at most `capacity` values.
  explicit Queue(Machine& machine, std::size_t capacity = ~std::size_t{0})
      : machine_{machine}, capacity_{capacity} {}
  ~Queue() { abandon(machine_); }

  /// Errors: would_block if it is full, closed.
  Result<> try_push(T value) {
    if (is_closed_) return Errc::closed;
    if (values_.size() >= capacity_) return Errc::would_block;
    values_.push_back(std::move(value));
    tell(machine_, Ready::readable);
    return {};
  }
  /// Errors: would_block if it is empty; closed if it is that, too.
  Result<T> try_pop() {
    if (values_.empty()) return is_closed_ ? Errc::closed : Errc::would_block;
    T value = std::move(values_.front());
    values_.pop_front();
    taken(machine_, Ready::readable, ready());
    let_in();
    return value;
  }
  /// Nothing more comes: who pushes is refused, who pops takes what is left, then hears `closed`.
  void close() {
    is_closed_ = true;
    tell_all(machine_);
  }

  class Push;
  class Pop;
  /// `Result<> pushed = co_await queue.push(value);` Waits for room. Errors: closed, cancelled.
  Push push(T value) { return Push{*this, std::move(value)}; }
  /// `Result<T> value = co_await queue.pop();` Waits for a value; if several wait, each goes to the
  /// first. Errors: closed, cancelled.
  Pop pop() { return Pop{*this}; }

  std::size_t size() const { return values_.size(); }
  Machine& machine() const { return machine_; }
  Ready ready() const {
    if (is_closed_) return Ready::any;
    const Ready room = values_.size() < capacity_ ? Ready::writable : Ready::none;
    return values_.empty() ? room : room | Ready::readable;
  }
  void cancel() { end_waits(machine_, Errc::cancelled); }

 private:
  // Takes what waits for room, as long as there is some.
  void let_in() {
    if (!has_waits() || is_closed_) return;
    while (values_.size() < capacity_) {
      Wait* const next = first_taker(Ready::writable);
      if (next == nullptr) return tell(machine_, Ready::writable);
      auto& push = static_cast<Push&>(*next);
      values_.push_back(*std::exchange(push.value_, std::nullopt));
      machine_.partition().wake(push);
      tell(machine_, Ready::readable);
    }
  }

  Machine& machine_;
  std::deque<T> values_;
  std::size_t capacity_;
  bool is_closed_ = false;
};

template <typename T>
class Queue<T>::Push : public Wait {
 public:
  Push(Queue& queue, T&& value)
      : Wait{Ready::writable, true}, queue_{queue}, value_{std::move(value)} {}

  Machine& machine() const { return queue_.machine(); }
  bool await_ready() {
    if (!queue_.is_closed_ &&
        (queue_.values_.size() >= queue_.capacity_ || queue_.has_takers(Ready::writable))) {
      return false;
    }
    if (queue_.try_push(std::move(*value_))) value_.reset();
    return true;
  }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(queue_);
  }
  Result<> await_resume() {
    leave();
    if (!value_) return {};
    return outcome() == Errc{} ? Errc::closed : outcome();
  }

 private:
  friend Queue;

  Queue& queue_;
  std::optional<T> value_;  // until it is in the queue
};

template <typename T>
class Queue<T>::Pop : public Wait {
 public:
  explicit Pop(Queue& queue) : Wait{Ready::readable, true}, queue_{queue} {}

  Machine& machine() const { return queue_.machine(); }
  bool await_ready() const {
    return queue_.is_closed_ || (!queue_.values_.empty() && !queue_.has_takers(Ready::readable));
  }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(queue_);
  }
  Result<T> await_resume() {
    leave();
    if (outcome() != Errc{}) return outcome();
    return queue_.try_pop();
  }

 private:
  Queue& queue_;
};

}  // namespace elvis
