// SPDX-License-Identifier: MIT
// async_connect(): Asio's own functions, which want one of its sockets, for a stream in its place.
#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <concepts>
#include <iterator>
#include <utility>

#include "elvis/asio/stream.hpp"

namespace elvis::asio_internal {

/// Tries the endpoints from `next` to `end` for which `condition(last error, iterator)` is true.
template <typename Stream, typename Iterator, typename Condition>
struct ConnectBetween {
  Stream& stream;
  Iterator next;
  Iterator end;
  Condition condition;
  Iterator tried = end;
  bool has_tried = false;
  bool has_begun = false;

  template <typename Self>
  void operator()(Self& self, boost::system::error_code error = boost::asio::error::not_found) {
    if (!has_begun) self.reset_cancellation_state(boost::asio::enable_total_cancellation{});
    if (has_tried && (!error || error == boost::asio::error::operation_aborted)) {
      return self.complete(error, error ? end : tried);
    }
    for (; next != end; ++next) {
      if (!condition(has_tried ? error : boost::system::error_code{}, std::as_const(next)))
        continue;
      has_tried = has_begun = true;
      tried = next++;
      if (stream.is_open()) stream.close();
      return stream.async_connect(typename Stream::endpoint_type{*tried}, std::move(self));
    }
    if (has_begun) return self.complete(error, end);
    has_begun = true;  // nothing to try, but not from within the call that began it
    const auto executor = stream.get_executor();
    return boost::asio::post(executor, boost::asio::append(std::move(self), error));
  }
};

}  // namespace elvis::asio_internal

namespace boost::asio {

/// For streams that stand where a program's sockets were, which calls these by name.
template <typename Executor, typename Endpoints,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, ip::tcp::endpoint))
              Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(Executor)>
  requires(is_endpoint_sequence<Endpoints>::value != 0)
auto async_connect(elvis::asio_basic_stream<Executor>& stream, const Endpoints& endpoints,
                   Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(Executor)) {
  return stream.async_connect(endpoints, std::forward<Token>(token));
}
/// The same with those endpoints alone for which `condition(error, endpoint)`, which hears of the
/// last error, is true.
template <typename Executor, typename Endpoints, typename Condition,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, ip::tcp::endpoint))
              Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(Executor)>
  requires(is_endpoint_sequence<Endpoints>::value != 0 &&
           std::predicate<Condition&, boost::system::error_code, ip::tcp::endpoint>)
auto async_connect(elvis::asio_basic_stream<Executor>& stream, const Endpoints& endpoints,
                   Condition condition,
                   Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(Executor)) {
  return stream.async_connect(endpoints, std::move(condition), std::forward<Token>(token));
}

/// The same with the endpoints between two iterators. Completes with `void(error_code, Iterator)`,
/// `end` if none accepts.
template <typename Executor, std::input_iterator Iterator,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, Iterator))
              Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(Executor)>
auto async_connect(elvis::asio_basic_stream<Executor>& stream, Iterator begin, Iterator end,
                   Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(Executor)) {
  const auto any = [](const boost::system::error_code&, const Iterator&) { return true; };
  return async_connect(stream, begin, end, any, std::forward<Token>(token));
}
/// And with those alone for which `condition(last error, iterator)` is true.
template <typename Executor, std::input_iterator Iterator, typename Condition,
          BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, Iterator))
              Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(Executor)>
  requires std::predicate<Condition&, boost::system::error_code, Iterator>
auto async_connect(elvis::asio_basic_stream<Executor>& stream, Iterator begin, Iterator end,
                   Condition condition,
                   Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(Executor)) {
  using Operation =
      elvis::asio_internal::ConnectBetween<elvis::asio_basic_stream<Executor>, Iterator, Condition>;
  return async_compose<Token, void(boost::system::error_code, Iterator)>(
      Operation{stream, begin, end, std::move(condition)}, token, stream);
}

}  // namespace boost::asio

namespace elvis {

using boost::asio::async_connect;  // NOLINT(misc-unused-using-decls): found by its argument

}  // namespace elvis
