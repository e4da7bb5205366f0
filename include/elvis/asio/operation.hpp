// SPDX-License-Identifier: MIT
// An operation with its handler: how the completion handlers of I/O objects are kept, called where
// they want to be called, and cancelled.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "elvis/asio/context.hpp"

namespace elvis::asio_internal {

/// The core of the context that `executor` belongs to.
template <typename Executor>
AsioCore& core_of(const Executor& executor) {
  return asio_context::of(boost::asio::query(executor, boost::asio::execution::context));
}
template <typename Allocator, bool is_tracked>
AsioCore& core_of(const asio_basic_executor<Allocator, is_tracked>& executor) {
  return executor.context();
}
inline AsioCore& core_of(const boost::asio::any_io_executor& executor) {
  if (const auto* const plain = executor.target<asio_executor>()) return plain->context();
  return asio_context::of(boost::asio::query(executor, boost::asio::execution::context));
}

/// Whether what runs on `executor` may be called directly by the loop of `core`.
template <typename Executor>
bool is_plain(const Executor&, const AsioCore&) {
  return false;
}
template <typename Allocator, bool is_tracked>
bool is_plain(const asio_basic_executor<Allocator, is_tracked>& executor, const AsioCore& core) {
  return static_cast<AsioCore*>(&executor.context()) == &core;
}
inline bool is_plain(const boost::asio::any_io_executor& executor, const AsioCore& core) {
  if (const auto* const plain = executor.target<asio_executor>()) return is_plain(*plain, core);
  return false;
}

/// Stands in where a handler has no executor of its own.
struct NoExecutor {};

template <typename Handler>
inline constexpr bool has_own_executor =
    !std::is_same_v<boost::asio::associated_executor_t<Handler, NoExecutor>, NoExecutor>;

/// A handler and its arguments, to be called on an executor; keeps the handler's allocator.
template <typename Handler, typename... Arguments>
struct Bound {
  Handler handler;
  std::tuple<Arguments...> arguments;

  void operator()() { std::apply(std::move(handler), std::move(arguments)); }
};

/// Where a handler is called: by the loop itself, or on an executor, which is kept at work.
template <typename Handler, typename IoExecutor>
class Place {
  using Executor = boost::asio::associated_executor_t<Handler, IoExecutor>;

 public:
  Place(const Handler& handler, const IoExecutor& io_executor, bool io_is_plain,
        const AsioCore& core) {
    if constexpr (!has_own_executor<Handler>) {
      if (!io_is_plain) guard_.emplace(io_executor);
    } else {
      Executor executor = boost::asio::get_associated_executor(handler, io_executor);
      if (!is_plain(executor, core)) guard_.emplace(std::move(executor));
    }
  }

  /// Whether the loop calls it.
  bool is_direct() const { return !guard_; }
  template <typename Function>
  void call(Function function) {
    // The work ends when the executor has taken over.
    boost::asio::dispatch(guard_->get_executor(), std::move(function));
  }

 private:
  std::optional<boost::asio::executor_work_guard<Executor>> guard_;
};

/// An operation: what it does (`Job`) and whom it tells. A Job has
///   `bool attempt(AsioAttempt&)`, which is true when it is done, and
///   `auto result(AsioAttempt&)`, a tuple of the handler's arguments.
template <typename Job, typename Handler, typename IoExecutor>
class Operation final : public AsioAttempt {
  using Allocator = boost::asio::associated_allocator_t<Handler>;

 public:
  template <typename Given>
  Operation(Job&& job, Given&& handler, const IoExecutor& io_executor, bool io_is_plain,
            const AsioCore& core)
      : AsioAttempt{&finish,
                    [](AsioAttempt& self) {
                      return static_cast<Operation&>(self).job_.attempt(self);
                    }},
        place_{handler, io_executor, io_is_plain, core},
        job_{std::move(job)},
        handler_(std::forward<Given>(handler)) {}

  template <typename Given>
  static Operation& make(Job&& job, Given&& handler, const IoExecutor& io_executor,
                         bool io_is_plain, const AsioCore& core) {
    const Allocator allocator = boost::asio::get_associated_allocator(std::as_const(handler));
    Operation* const made = Memory<Operation, Allocator>::make(
        allocator, std::move(job), std::forward<Given>(handler), io_executor, io_is_plain, core);
    auto slot = boost::asio::get_associated_cancellation_slot(made->handler_);
    if (slot.is_connected()) slot.template emplace<AsioCanceller>(*made);
    return *made;
  }
  /// As attempt().
  bool try_job() { return job_.attempt(*this); }

 private:
  static void finish(AsioOperation& operation, bool completes) {
    auto& self = static_cast<Operation&>(operation);
    self.set_calls(completes);
    if (!self.place_.is_direct()) [[unlikely]]
      return finish_elsewhere(self, completes);
    auto arguments = self.job_.result(self);
    const Allocator allocator = boost::asio::get_associated_allocator(self.handler_);
    Handler handler(std::move(self.handler_));
    self.~Operation();
    Memory<Operation, Allocator>::give(&self, allocator);
    if (completes) std::apply(std::move(handler), std::move(arguments));
  }
  static void finish_elsewhere(Operation& self, bool completes) {
    Place<Handler, IoExecutor> place{std::move(self.place_)};
    auto bind = [&]<typename... Arguments>(std::tuple<Arguments...>&& arguments) {
      return Bound<Handler, Arguments...>{std::move(self.handler_), std::move(arguments)};
    };
    auto bound = bind(self.job_.result(self));
    const Allocator allocator = boost::asio::get_associated_allocator(bound.handler);
    self.~Operation();
    Memory<Operation, Allocator>::give(&self, allocator);
    if (completes) place.call(std::move(bound));
  }

  Place<Handler, IoExecutor> place_;
  Job job_;
  Handler handler_;
};

/// Begins `job` at `lane`, or ends it with bad_descriptor where there is none.
template <typename Job, typename Handler, typename IoExecutor>
void start(AsioCore& core, AsioLane* lane, Job job, Handler&& handler,
           const IoExecutor& io_executor, bool io_is_plain) {
  using Made = Operation<Job, std::decay_t<Handler>, IoExecutor>;
  Made& made =
      Made::make(std::move(job), std::forward<Handler>(handler), io_executor, io_is_plain, core);
  core.work_started();
  if (lane != nullptr) [[likely]] {
    return lane->start(made, [&made](AsioAttempt&) { return made.try_job(); });
  }
  made.error = boost::asio::error::bad_descriptor;
  core.ready(made);
}

/// A job that is done as soon as it has begun, with the error that it was given.
struct Done {
  boost::system::error_code error;
  bool attempt(AsioAttempt& self) const {
    self.error = error;
    return true;
  }
  std::tuple<boost::system::error_code> result(AsioAttempt& self) const { return {self.error}; }
};

/// What async_initiate() calls with the real handler: `Object::begin(request, handler)`.
template <typename Object>
class Initiation {
 public:
  using executor_type = typename Object::executor_type;

  explicit Initiation(Object& object) : object_{&object} {}
  executor_type get_executor() const noexcept { return object_->get_executor(); }

  template <typename Handler, typename Request>
  void operator()(Handler&& handler, Request&& request) const {
    object_->begin(std::forward<Request>(request), std::forward<Handler>(handler));
  }

 private:
  Object* object_;
};

}  // namespace elvis::asio_internal

/// The allocator and all else of a bound handler, but for the executor it is called on already.
template <typename Handler, typename... Arguments, typename Default>
struct boost::asio::associated_allocator<elvis::asio_internal::Bound<Handler, Arguments...>,
                                         Default> {
  using type = associated_allocator_t<Handler, Default>;
  static type get(const elvis::asio_internal::Bound<Handler, Arguments...>& bound,
                  const Default& fallback = Default()) noexcept {
    return associated_allocator<Handler, Default>::get(bound.handler, fallback);
  }
};
