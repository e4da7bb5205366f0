// SPDX-License-Identifier: MIT
// An operation with its handler: how the completion handlers of I/O objects are kept, called where
// they want to be called, and cancelled.
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "elvis/asio/context.hpp"
#include "elvis/asio/place.hpp"

namespace elvis::asio_internal {

/// Ends `self`, an operation with a `handler_` and the `place_` where that is called: frees it and
/// calls the handler with `arguments`.
template <typename Self, typename... Arguments>
[[gnu::always_inline]] inline void call_handler(Self& self, std::tuple<Arguments...> arguments) {
  using Handler = decltype(self.handler_);
  const auto allocator = boost::asio::get_associated_allocator(self.handler_);
  using OfSelf = Memory<Self, std::remove_const_t<decltype(allocator)>>;
  if (!self.place_.is_direct()) [[unlikely]] {
    auto place{std::move(self.place_)};
    Bound<Handler, Arguments...> bound{std::move(self.handler_), std::move(arguments)};
    self.~Self();
    OfSelf::give(&self, allocator);
    place.call(std::move(bound));
    return;
  }
  Handler handler(std::move(self.handler_));
  self.~Self();
  OfSelf::give(&self, allocator);
  std::apply(std::move(handler), std::move(arguments));
}
/// Frees `self` and what it has, in this order.
template <typename Self>
void destroy_operation(Self& self) {
  [[maybe_unused]] const auto place{
      std::move(self.place_)};  // what runs there is work until the handler is gone
  const auto handler(std::move(self.handler_));
  const auto allocator = boost::asio::get_associated_allocator(handler);
  self.~Self();
  Memory<Self, std::remove_const_t<decltype(allocator)>>::give(&self, allocator);
}

/// Whether a job is done as soon as it has begun, whoever waits: it says so by a type `NeverWaits`.
template <typename Job>
concept never_waits = requires { typename Job::NeverWaits; };

/// Tries `job` when there is news, by `attempt_again(AsioOutcome&)` if it has that.
template <typename Job>
[[gnu::always_inline]] inline bool attempt_again(Job& job, AsioOutcome& outcome) {
  if constexpr (requires { job.attempt_again(outcome); }) {
    return job.attempt_again(outcome);
  } else {
    return job.attempt(outcome);
  }
}

/// An operation that waits: what it does (`Job`) and whom it tells. A Job has
///   `bool attempt(AsioOutcome&)`, which is true when it is done, and
///   `auto result(AsioOutcome&)`, a tuple of the handler's arguments.
template <typename Job, typename Handler, typename IoExecutor>
class Operation final : public AsioAttempt {
 public:
  template <typename Given>
  Operation(Job&& job, Given&& handler, const IoExecutor& io_executor, bool io_is_plain,
            const AsioCore& core)
      : AsioAttempt{&take_step, &go_on},
        place_{handler, io_executor, io_is_plain, core},
        job_{std::move(job)},
        handler_(std::forward<Given>(handler)) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) slot.template emplace<AsioCanceller>(*this);
  }

 private:
  template <typename Self, typename... Arguments>
  friend void call_handler(Self& self, std::tuple<Arguments...> arguments);
  template <typename Self>
  friend void destroy_operation(Self& self);

  static bool take_step(AsioOperation& operation, Step step) {
    auto& self = static_cast<Operation&>(operation);
    if (step == Step::attempt) return self.job_.attempt(self.outcome());
    if (step == Step::complete) {
      call_handler(self, self.job_.result(self.outcome()));
    } else {
      destroy_operation(self);
    }
    return true;
  }
  static void go_on(AsioLane& lane) {
    AsioCore* const core = lane.core_to_call();
    if (core == nullptr) [[unlikely]]
      return lane.go_on_and_call();
    auto& self = static_cast<Operation&>(lane.first());
    AsioOutcome outcome;
    if (!attempt_again(self.job_, outcome)) return lane.wait_on();
    lane.forget_only_one();
    core->call_in_event([&] { call_handler(self, self.job_.result(outcome)); });
  }

  [[no_unique_address]] Place<Handler, IoExecutor> place_;
  Job job_;
  Handler handler_;
};

/// An operation that was done when it began: the handler is to be called.
template <typename Handler, typename IoExecutor, typename... Arguments>
class Finished final : public AsioOperation {
 public:
  template <typename Given>
  Finished(std::tuple<Arguments...>&& arguments, Given&& handler, const IoExecutor& io_executor,
           bool io_is_plain, const AsioCore& core)
      : AsioOperation{&take_step},
        place_{handler, io_executor, io_is_plain, core},
        arguments_{std::move(arguments)},
        handler_(std::forward<Given>(handler)) {}

 private:
  template <typename Self, typename... Given>
  friend void call_handler(Self& self, std::tuple<Given...> arguments);
  template <typename Self>
  friend void destroy_operation(Self& self);

  static bool take_step(AsioOperation& operation, Step step) {
    auto& self = static_cast<Finished&>(operation);
    if (step == Step::complete) [[likely]] {
      call_handler(self, std::move(self.arguments_));
    } else {
      destroy_operation(self);
    }
    return true;
  }

  [[no_unique_address]] Place<Handler, IoExecutor> place_;
  std::tuple<Arguments...> arguments_;
  Handler handler_;
};

/// Begins `job` at `lane`, or ends it with bad_descriptor where there is none.
template <typename Job, typename Handler, typename IoExecutor>
void start(AsioCore& core, AsioLane* lane, Job job, Handler&& handler,
           const IoExecutor& io_executor, bool io_is_plain) {
  using Kept = std::decay_t<Handler>;
  const auto allocator = boost::asio::get_associated_allocator(std::as_const(handler));
  using Allocator = std::remove_const_t<decltype(allocator)>;
  const auto make = [&]<typename Made, typename First>(std::type_identity<Made>,
                                                       First&& first) -> Made& {
    core.work_started();
    return *Memory<Made, Allocator>::make(allocator, std::forward<First>(first),
                                          std::forward<Handler>(handler), io_executor, io_is_plain,
                                          core);
  };
  AsioOutcome outcome;
  if (lane == nullptr) [[unlikely]] {
    outcome.error = boost::asio::error::bad_descriptor;
  } else if constexpr (never_waits<Job>) {
    job.attempt(outcome);
  } else if (lane->has_waits() || !job.attempt(outcome)) {
    lane->wait(make(std::type_identity<Operation<Job, Kept, IoExecutor>>{}, std::move(job)));
    return;
  }
  const auto finish = [&]<typename... Arguments>(std::tuple<Arguments...>&& arguments) {
    core.ready(
        make(std::type_identity<Finished<Kept, IoExecutor, Arguments...>>{}, std::move(arguments)));
  };
  finish(job.result(outcome));
}

/// A job that is done as soon as it has begun, with the error that it was given.
struct Done {
  using NeverWaits = void;
  boost::system::error_code error;
  bool attempt(AsioOutcome& outcome) const {
    outcome.error = error;
    return true;
  }
  std::tuple<boost::system::error_code> result(AsioOutcome& outcome) const {
    return {outcome.error};
  }
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
