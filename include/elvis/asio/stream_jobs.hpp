// SPDX-License-Identifier: MIT
// What the operations of a stream do; part of stream.hpp.
#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>

#include "elvis/asio/socket.hpp"

namespace elvis::asio_internal {

struct ConnectJob {
  AsioTcp* tcp;
  Endpoint remote;
  bool has_begun = false;
  bool attempt(AsioOutcome& outcome) {
    return std::exchange(has_begun, true) ? tcp->go_on_connecting(outcome)
                                          : tcp->connect(outcome, remote);
  }
  std::tuple<boost::system::error_code> result(AsioOutcome& outcome) const {
    return {outcome.error};
  }
};

template <typename Buffers>
struct ReadJob : TransferJob {
  AsioTcp* tcp;
  Buffers buffers;
  [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
    const bool finds_nothing = boost::asio::buffer_size(buffers) != 0 && !tcp->may_receive();
    return !finds_nothing && take(outcome);
  }
  bool take(AsioOutcome& outcome) const {
    Message got;
    if (!tcp->receive(outcome, boost::asio::buffer_size(buffers), got)) return false;
    outcome.bytes = copy_out(got, buffers);
    return true;
  }
};

/// The same, and what was read stays to be read.
template <typename Buffers>
struct PeekJob : TransferJob {
  AsioTcp* tcp;
  Buffers buffers;
  bool attempt(AsioOutcome& outcome) const {
    Message got;
    if (!tcp->peek(outcome, boost::asio::buffer_size(buffers), got)) return false;
    outcome.bytes = copy_out(got, buffers);
    return true;
  }
};

template <typename Buffers>
struct WriteJob : TransferJob {
  AsioTcp* tcp;
  Buffers buffers;
  bool attempt(AsioOutcome& outcome) const {
    std::size_t room = 0;
    if (!tcp->has_room(outcome, boost::asio::buffer_size(buffers), room)) return false;
    if (room != 0) tcp->send(outcome, copy_in(buffers, room));
    return true;
  }
};

/// Tries the endpoints of a range, of which it has a copy.
template <typename Stream, typename Endpoints, typename Condition>
struct ConnectRange {
  using Endpoint = typename Stream::endpoint_type;
  using error_code = boost::system::error_code;

  Stream& stream;
  Endpoints endpoints;
  Condition condition;
  std::size_t next = 0;
  bool has_begun = false;
  Endpoint tried{};

  template <typename Self>
  void operator()(Self& self, error_code error = boost::asio::error::not_found) {
    if (!has_begun) self.reset_cancellation_state(boost::asio::enable_total_cancellation{});
    if (has_begun && (!error || error == boost::asio::error::operation_aborted)) {
      return self.complete(error, error ? Endpoint{} : tried);
    }
    // Who has not tried yet has no error.
    const error_code last = next == 0 ? error_code{} : error;
    auto it = std::next(endpoints.begin(), static_cast<std::ptrdiff_t>(next));
    for (; it != endpoints.end(); ++it) {
      ++next;
      if (!condition(last, Endpoint{*it})) continue;
      has_begun = true;
      tried = *it;
      if (stream.is_open()) stream.close();
      return stream.async_connect(tried, std::move(self));
    }
    if (has_begun) return self.complete(error, Endpoint{});
    has_begun = true;  // nothing to try, but not from within the call that began it
    const auto executor = stream.get_executor();
    return boost::asio::post(executor, boost::asio::append(std::move(self), error));
  }
};

}  // namespace elvis::asio_internal
