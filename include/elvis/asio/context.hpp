// SPDX-License-Identifier: MIT
// asio_context: where Asio's handlers run on a simulated machine.
//
//   asio_context context{self.machine()};
//   boost::asio::post(context, [] { … });
//   co_await context.run();
//
// What asio_context is to a machine, io_context is to a thread. Handlers run on the machine's
// partition, at the instant of virtual time at which they became ready, in that order; post() and
// defer() never call inside themselves, dispatch() does where Asio says so. Names are in Asio's
// manner here, so that they read like what they stand in for.
#pragma once

#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/throw_exception.hpp>
#include <stdexcept>

#include "elvis/asio/executor.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// Virtual time as a clock: now() is the time of the machine whose handler this thread is running.
struct asio_clock {
  using rep = SimulatedClock::rep;
  using period = SimulatedClock::period;
  using duration = SimulatedClock::duration;
  using time_point = Time;
  static constexpr bool is_steady = true;

  static time_point now() {
    ELVIS_ASSERT(AsioCore::current() != nullptr);
    return AsioCore::current()->machine().now();
  }
};

/// What one program's handlers share: the queue of those that are ready, and the count of work.
/// Lives in the program's coroutine; destroying it destroys all handlers, wherever they wait.
class asio_context : public boost::asio::execution_context, public AsioCore {
 public:
  using executor_type = asio_executor;

  explicit asio_context(Machine& machine) : AsioCore{machine} {
    boost::asio::make_service<Keeper>(*this, *this);
    // Asio's own timers and sockets would bring a scheduler with a thread of its own. With this one
    // they exist (Beast's websocket::stream has a steady_timer in it), but nothing of them happens.
    using Scheduler = boost::asio::detail::scheduler;
    boost::asio::add_service<Scheduler>(*this, new Scheduler{*this, 1, false});
  }
  ~asio_context() {
    shutdown();
    destroy();
  }

  executor_type get_executor() noexcept { return executor_type{*this}; }

  /// The asio_context that `context` is. Throws std::logic_error if it is another one, for example
  /// an io_context, which knows no virtual time.
  static asio_context& of(boost::asio::execution_context& context) {
    return boost::asio::use_service<Keeper>(context).keeps();
  }

 private:
  // Is shut down with the other services, and finds the context.
  class Keeper final : public boost::asio::detail::execution_context_service_base<Keeper> {
   public:
    explicit Keeper(boost::asio::execution_context& owner)
        : boost::asio::detail::execution_context_service_base<Keeper>{owner} {
      boost::throw_exception(std::logic_error{"this execution context is no elvis::asio_context"});
    }
    Keeper(boost::asio::execution_context& owner, asio_context& kept)
        : boost::asio::detail::execution_context_service_base<Keeper>{owner}, kept_{&kept} {}

    asio_context& keeps() const { return *kept_; }

   private:
    void shutdown() override { kept_->shut_down(); }

    asio_context* kept_ = nullptr;
  };
};

// NOLINTEND(readability-identifier-naming)

// ===== What needs the context =====

namespace asio_internal {

inline ContextPointer<true>::~ContextPointer() {
  if (context_ != nullptr) context_->work_finished();
}

inline void ContextPointer<true>::start() noexcept {
  if (context_ != nullptr) context_->work_started();
}

}  // namespace asio_internal

template <typename Allocator, bool is_tracked>
bool asio_basic_executor<Allocator, is_tracked>::running_in_this_thread() const noexcept {
  return context().is_running();
}

template <typename Allocator, bool is_tracked>
void asio_basic_executor<Allocator, is_tracked>::on_work_started() const noexcept {
  context().work_started();
}

template <typename Allocator, bool is_tracked>
void asio_basic_executor<Allocator, is_tracked>::on_work_finished() const noexcept {
  context().work_finished();
}

// What it throws ends run(), not whoever called execute().
template <typename Allocator, bool is_tracked>
template <typename Function>
void asio_basic_executor<Allocator, is_tracked>::call(Function function) const {
  asio_context& where = context();  // this executor may be gone when the function returns
  try {
    std::move(function)();
  } catch (...) {
    where.capture(std::current_exception());
  }
}

template <typename Allocator, bool is_tracked>
template <typename Function, typename Other>
void asio_basic_executor<Allocator, is_tracked>::enqueue(Function&& function,
                                                         const Other& allocator) const {
  using Operation = asio_internal::Posted<std::decay_t<Function>, Other>;
  Operation* const made = asio_internal::Memory<Operation, Other>::make(
      allocator, std::forward<Function>(function), allocator);
  context().work_started();
  context().ready(*made);
}

}  // namespace elvis
