// SPDX-License-Identifier: MIT
// async_connect(): Asio's own functions, which want one of its sockets, for a stream in its place.
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <concepts>
#include <utility>

#include "elvis/asio/stream.hpp"

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

}  // namespace boost::asio

namespace elvis {

using boost::asio::async_connect;  // NOLINT(misc-unused-using-decls): found by its argument

}  // namespace elvis
