// SPDX-License-Identifier: MIT
// What Boost.Beast asks of a stream that is not Asio's own: how a websocket closes it.
#pragma once

#include <array>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <type_traits>
#include <utility>

#include "elvis/asio/stream.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

template <typename Executor>
void beast_close_socket(asio_basic_stream<Executor>& stream) {
  boost::system::error_code ignored;
  stream.close(ignored);
}

namespace asio_internal {

// A server says that nothing more comes, then reads to the end; a client the other way round.
template <typename Executor>
struct Teardown {
  asio_basic_stream<Executor>* stream;
  bool is_server;
  bool has_begun = false;
  bool has_shut = false;

  template <typename Self>
  void operator()(Self& self, boost::system::error_code error = {}) {
    using boost::asio::socket_base;
    if (!std::exchange(has_begun, true)) {  // not from within the call that began it
      const auto executor = stream->get_executor();
      return boost::asio::post(executor, std::move(self));
    }
    if (is_server && !std::exchange(has_shut, true)) {
      stream->shutdown(socket_base::shutdown_send, error);
    }
    std::array<char, 2048> unread;
    while (!error) stream->read_some(boost::asio::buffer(unread), error);
    if (error == boost::asio::error::would_block) {
      return stream->async_wait(socket_base::wait_read, std::move(self));
    }
    if (error == boost::asio::error::eof) error = {};
    if (!error && !is_server) stream->shutdown(socket_base::shutdown_send, error);
    if (!error) stream->close(error);
    self.complete(error);
  }
};

}  // namespace asio_internal

/// Ends the stream below a websocket.
template <typename Executor, typename Handler>
void async_teardown(boost::beast::role_type role, asio_basic_stream<Executor>& stream,
                    Handler&& handler) {
  std::decay_t<Handler> kept(std::forward<Handler>(handler));
  boost::asio::async_compose<std::decay_t<Handler>, void(boost::system::error_code)>(
      asio_internal::Teardown<Executor>{&stream, role == boost::beast::role_type::server}, kept,
      stream);
}

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
