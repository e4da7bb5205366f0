// SPDX-License-Identifier: MIT
// Where a completion handler is called: by the loop itself, or on an executor of its own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/prefer.hpp>
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

/// What keeps `executor` at work while it lives: an executor itself, if it has that property.
/// (A work guard of strand<any_io_executor> does not compile.)
template <typename Executor>
auto keep_at_work(const Executor& executor) {
  if constexpr (boost::asio::execution::is_executor<Executor>::value) {
    return boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
  } else {
    return boost::asio::executor_work_guard<Executor>{executor};
  }
}

/// Where a handler is called: by the loop itself, or on an executor, which is kept at work.
template <typename Handler, typename IoExecutor>
class Place {
  using Executor = boost::asio::associated_executor_t<Handler, IoExecutor>;

 public:
  Place(const Handler& handler, const IoExecutor& io_executor, bool io_is_plain,
        const AsioCore& core) {
    if constexpr (!has_own_executor<Handler>) {
      if (!io_is_plain) kept_.emplace(keep_at_work(io_executor));
    } else {
      const Executor executor = boost::asio::get_associated_executor(handler, io_executor);
      if (!is_plain(executor, core)) kept_.emplace(keep_at_work(executor));
    }
  }

  /// Whether the loop calls it.
  bool is_direct() const { return !kept_; }
  template <typename Function>
  void call(Function function) {
    // The work ends when the executor has taken over.
    if constexpr (boost::asio::execution::is_executor<Executor>::value) {
      boost::asio::dispatch(*kept_, std::move(function));
    } else {
      boost::asio::dispatch(kept_->get_executor(), std::move(function));
    }
  }

 private:
  std::optional<decltype(keep_at_work(std::declval<const Executor&>()))> kept_;
};

/// A handler without an executor of its own, at an object whose executor is always the loop's.
template <typename Handler, typename Allocator, bool is_tracked>
  requires(!has_own_executor<Handler>)
class Place<Handler, asio_basic_executor<Allocator, is_tracked>> {
 public:
  Place(const Handler&, const asio_basic_executor<Allocator, is_tracked>&, bool, const AsioCore&) {}

  static constexpr bool is_direct() { return true; }
  template <typename Function>
  void call(Function) {}
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
