// SPDX-License-Identifier: MIT
// asio_stream: a TCP socket of a simulated machine with the interface of Asio's.
//
//   asio_stream stream{co_await boost::asio::this_coro::executor};
//   co_await stream.async_connect({address, 80}, use_awaitable);
//
// It stands in for boost::asio::ip::tcp::socket in code that is templated on its stream: it is an
// AsyncReadStream and an AsyncWriteStream, endpoints, options and error codes are Asio's own, and
// any completion token may be used. What would block a thread is not there: read_some() and
// write_some() do what they can at once, as on a socket that is non_blocking().
#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <concepts>
#include <cstddef>
#include <iterator>
#include <tuple>
#include <utility>

#include "elvis/asio/socket.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

template <typename Executor>
class asio_basic_acceptor;

/// One end of a stream.
template <typename Executor = boost::asio::any_io_executor>
class asio_basic_stream : public asio_basic_socket<AsioTcp, boost::asio::ip::tcp, Executor> {
  using Base = asio_basic_socket<AsioTcp, boost::asio::ip::tcp, Executor>;

 public:
  using typename Base::endpoint_type;
  using typename Base::error_code;
  using typename Base::executor_type;
  using typename Base::protocol_type;
  template <typename Other>
  struct rebind_executor {
    using other = asio_basic_stream<Other>;
  };

  explicit asio_basic_stream(const Executor& executor) : Base{executor} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit asio_basic_stream(Context& context) : Base{context} {}
  template <typename Where>
  asio_basic_stream(Where&& where, const protocol_type& protocol)
      : asio_basic_stream{std::forward<Where>(where)} {
    this->open(protocol);
  }
  /// Opens the stream and binds it to `local`.
  template <typename Where>
  asio_basic_stream(Where&& where, const endpoint_type& local)
      : asio_basic_stream{std::forward<Where>(where), local.protocol()} {
    this->bind(local);
  }
  template <typename Other>
    requires(!std::is_same_v<Other, Executor> && std::is_convertible_v<Other, Executor>)
  asio_basic_stream(asio_basic_stream<Other>&& other)
      : Base{other.release_impl(), other.get_executor()} {}
  asio_basic_stream(asio_basic_stream&&) noexcept = default;
  asio_basic_stream& operator=(asio_basic_stream&&) noexcept = default;

  // ----- at once -----

  /// Errors: those of async_read_some(), would_block.
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioTcp& tcp) {
      bytes = asio_internal::run_at_once(ReadJob<Buffers>{&tcp, buffers}, error);
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    return this->checked("read_some", [&](error_code& error) { return read_some(buffers, error); });
  }
  /// Errors: those of async_write_some(), would_block.
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioTcp& tcp) {
      bytes = asio_internal::run_at_once(WriteJob<Buffers>{&tcp, buffers}, error);
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return this->checked("write_some",
                         [&](error_code& error) { return write_some(buffers, error); });
  }

  // ----- operations -----

  /// Opens the stream if it is not. Completes with `void(error_code)`.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_connect(const endpoint_type& remote,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code)>(*this, token, Connect{remote});
  }
  /// Tries the endpoints of `endpoints`, of which it keeps a copy, until one accepts. Completes
  /// with `void(error_code, endpoint_type)`.
  template <typename Endpoints, BOOST_ASIO_COMPLETION_TOKEN_FOR(
                                    void(boost::system::error_code, boost::asio::ip::tcp::endpoint))
                                    Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(boost::asio::is_endpoint_sequence<Endpoints>::value != 0)
  auto async_connect(const Endpoints& endpoints,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    const auto any = [](error_code, const endpoint_type&) { return true; };
    return async_connect(endpoints, any, std::forward<Token>(token));
  }
  /// The same with those alone for which `condition(last error, endpoint)` is true.
  template <typename Endpoints, typename Condition,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code,
                                                 boost::asio::ip::tcp::endpoint))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(boost::asio::is_endpoint_sequence<Endpoints>::value != 0 &&
             std::predicate<Condition&, boost::system::error_code, boost::asio::ip::tcp::endpoint>)
  auto async_connect(const Endpoints& endpoints, Condition condition,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return boost::asio::async_compose<Token, void(error_code, endpoint_type)>(
        ConnectRange<Endpoints, Condition>{*this, endpoints, std::move(condition)}, token, *this);
  }
  /// Completes with `void(error_code, std::size_t)` when something was read; eof at the end.
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_read_some(const Buffers& buffers,
                       Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(*this, token,
                                                                         Read<Buffers>{buffers});
  }
  /// Completes with `void(error_code, std::size_t)` when some of it has found room.
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_write_some(const Buffers& buffers,
                        Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(*this, token,
                                                                         Write<Buffers>{buffers});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive(const Buffers& buffers,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return async_read_some(buffers, std::forward<Token>(token));
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send(const Buffers& buffers,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  friend asio_internal::Initiation<asio_basic_stream>;
  template <typename Other>
  friend class asio_basic_stream;
  template <typename Other>
  friend class asio_basic_acceptor;

  struct ConnectJob {
    AsioTcp* tcp;
    Endpoint remote;
    bool has_begun = false;
    bool attempt(AsioOutcome& outcome) {
      return std::exchange(has_begun, true) ? tcp->go_on_connecting(outcome)
                                            : tcp->connect(outcome, remote);
    }
    std::tuple<error_code> result(AsioOutcome& outcome) const { return {outcome.error}; }
  };
  template <typename Buffers>
  struct ReadJob {
    AsioTcp* tcp;
    Buffers buffers;
    [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
      const bool finds_nothing = boost::asio::buffer_size(buffers) != 0 && !tcp->may_receive();
      return !finds_nothing && take(outcome);
    }
    bool take(AsioOutcome& outcome) const {
      Message got;
      if (!tcp->receive(outcome, boost::asio::buffer_size(buffers), got)) return false;
      outcome.bytes = asio_internal::copy_out(got, buffers);
      return true;
    }
    std::tuple<error_code, std::size_t> result(AsioOutcome& outcome) const {
      return {outcome.error, outcome.bytes};
    }
  };
  template <typename Buffers>
  struct WriteJob {
    AsioTcp* tcp;
    Buffers buffers;
    bool attempt(AsioOutcome& outcome) const {
      std::size_t room = 0;
      if (!tcp->has_room(outcome, boost::asio::buffer_size(buffers), room)) return false;
      if (room != 0) tcp->send(outcome, asio_internal::copy_in(buffers, room));
      return true;
    }
    std::tuple<error_code, std::size_t> result(AsioOutcome& outcome) const {
      return {outcome.error, outcome.bytes};
    }
  };

  template <typename Endpoints, typename Condition>
  struct ConnectRange {
    asio_basic_stream& stream;
    Endpoints endpoints;
    Condition condition;
    std::size_t next = 0;
    bool has_begun = false;
    endpoint_type tried{};

    template <typename Self>
    void operator()(Self& self, error_code error = boost::asio::error::not_found) {
      if (!has_begun) self.reset_cancellation_state(boost::asio::enable_total_cancellation{});
      if (has_begun && (!error || error == boost::asio::error::operation_aborted)) {
        return self.complete(error, error ? endpoint_type{} : tried);
      }
      // Who has not tried yet has no error.
      const error_code last = next == 0 ? error_code{} : error;
      auto it = std::next(endpoints.begin(), static_cast<std::ptrdiff_t>(next));
      for (; it != endpoints.end(); ++it) {
        ++next;
        if (!condition(last, endpoint_type{*it})) continue;
        has_begun = true;
        tried = *it;
        if (stream.is_open()) stream.close();
        return stream.async_connect(tried, std::move(self));
      }
      if (has_begun) return self.complete(error, endpoint_type{});
      has_begun = true;  // nothing to try, but not from within the call that began it
      const auto executor = stream.get_executor();
      return boost::asio::post(executor, boost::asio::append(std::move(self), error));
    }
  };

  // What is asked for, and how it begins.
  struct Connect {
    endpoint_type remote;
  };
  template <typename Buffers>
  struct Read {
    Buffers buffers;
  };
  template <typename Buffers>
  struct Write {
    Buffers buffers;
  };
  template <typename Handler>
  void begin(const Connect& request, Handler&& handler) {
    error_code ignored;
    if (!this->is_open()) this->open(protocol_type::v4(), ignored);
    if (const auto remote = asio_internal::endpoint_from(request.remote)) {
      this->start(this->outgoing(), ConnectJob{this->find_impl(), *remote},
                  std::forward<Handler>(handler));
    } else {
      this->start(this->outgoing(),
                  asio_internal::Done{boost::asio::error::address_family_not_supported},
                  std::forward<Handler>(handler));
    }
  }
  template <typename Buffers, typename Handler>
  void begin(Read<Buffers> request, Handler&& handler) {
    this->start(this->incoming(), ReadJob<Buffers>{this->find_impl(), std::move(request.buffers)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Write<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(), WriteJob<Buffers>{this->find_impl(), std::move(request.buffers)},
                std::forward<Handler>(handler));
  }
};

using asio_stream = asio_basic_stream<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis

#include "elvis/asio/connect.hpp"
