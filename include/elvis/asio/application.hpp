// SPDX-License-Identifier: MIT
// asio_application: a program written for Asio as an application of a machine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "elvis/asio/context.hpp"
#include "elvis/graph/application.hpp"

namespace elvis {

namespace asio_internal {

template <typename T>
inline constexpr bool is_awaitable = false;
template <typename T, typename Executor>
inline constexpr bool is_awaitable<boost::asio::awaitable<T, Executor>> = true;

}  // namespace asio_internal

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// A coroutine whose executor's type is known: it is quicker than awaitable<T>, which asks for it.
template <typename T = void>
using asio_awaitable = boost::asio::awaitable<T, asio_executor>;

/// Runs `program` as what `self` does; for ApplicationKind::run:
///
///   Task<Result<>> run(Application& self, const ApplicationOptions& options) {
///     return asio_application(self, [](asio_executor executor) -> boost::asio::awaitable<void> {
///       …
///     });
///   }
///
/// `program` is called with an asio_executor. It returns a coroutine, which is spawned, or nothing
/// after it has begun what it has to do. The application ends when no work is left: no operation
/// waits, no handler is ready, nobody holds an executor whose work is tracked. What the coroutine
/// or a handler throws ends it as failed, with the exception's text. When the machine is switched
/// off or the run is over, all handlers and coroutines are destroyed where they wait.
template <typename Program>
Task<Result<>> asio_application(Application& self, Program program) {
  asio_context context{self.machine()};
  const asio_executor executor = context.get_executor();
  using Returned = std::invoke_result_t<Program&, asio_executor>;
  // The first handler, so that asio_clock::now() is known to it.
  boost::asio::post(executor, [&] {
    if constexpr (asio_internal::is_awaitable<Returned>) {
      boost::asio::co_spawn(executor, program(executor), [](std::exception_ptr thrown, auto&&...) {
        if (thrown != nullptr) std::rethrow_exception(thrown);
      });
    } else {
      program(executor);
    }
  });
  co_await context.run();
  co_return Result<>{};
}

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
