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

#include <boost/asio/compose.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <utility>

#include "elvis/asio/socket.hpp"
#include "elvis/asio/stream_jobs.hpp"

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
  using typename Base::message_flags;
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
      bytes = asio_internal::run_at_once(ReadJob<Buffers>{{}, &tcp, buffers}, error);
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
      bytes = asio_internal::run_at_once(WriteJob<Buffers>{{}, &tcp, buffers}, error);
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return this->checked("write_some",
                         [&](error_code& error) { return write_some(buffers, error); });
  }
  /// The same by other names. Of `flags` there is message_peek, which leaves what it reads to be
  /// read; others are operation_not_supported.
  template <typename Buffers>
  std::size_t receive(const Buffers& buffers, message_flags flags, error_code& error) {
    if (flags == 0) return read_some(buffers, error);
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioTcp& tcp) {
      if (flags != Base::message_peek) {
        error = boost::asio::error::operation_not_supported;
      } else {
        bytes = asio_internal::run_at_once(PeekJob<Buffers>{{}, &tcp, buffers}, error);
      }
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t receive(const Buffers& buffers, message_flags flags = 0) {
    return this->checked("receive",
                         [&](error_code& error) { return receive(buffers, flags, error); });
  }
  template <typename Buffers>
  std::size_t send(const Buffers& buffers, message_flags flags, error_code& error) {
    if (flags == 0) return write_some(buffers, error);
    this->with_socket(error,
                      [&](AsioTcp&) { error = boost::asio::error::operation_not_supported; });
    return 0;
  }
  template <typename Buffers>
  std::size_t send(const Buffers& buffers, message_flags flags = 0) {
    return this->checked("send", [&](error_code& error) { return send(buffers, flags, error); });
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
        asio_internal::ConnectRange<asio_basic_stream, Endpoints, Condition>{*this, endpoints,
                                                                             std::move(condition)},
        token, *this);
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
  /// The same with `flags`, see receive().
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive(const Buffers& buffers, message_flags flags,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(
        *this, token, Flagged<Read<Buffers>>{{buffers}, flags});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send(const Buffers& buffers, message_flags flags,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(
        *this, token, Flagged<Write<Buffers>>{{buffers}, flags});
  }

 private:
  friend asio_internal::Initiation<asio_basic_stream>;
  template <typename Other>
  friend class asio_basic_stream;
  template <typename Other>
  friend class asio_basic_acceptor;

  using ConnectJob = asio_internal::ConnectJob;
  template <typename Buffers>
  using ReadJob = asio_internal::ReadJob<Buffers>;
  template <typename Buffers>
  using PeekJob = asio_internal::PeekJob<Buffers>;
  template <typename Buffers>
  using WriteJob = asio_internal::WriteJob<Buffers>;

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
  template <typename Request>
  using Flagged = asio_internal::Flagged<Request>;

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
    this->start(this->incoming(),
                ReadJob<Buffers>{{}, this->find_impl(), std::move(request.buffers)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Write<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(),
                WriteJob<Buffers>{{}, this->find_impl(), std::move(request.buffers)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Flagged<Read<Buffers>> request, Handler&& handler) {
    if (request.flags == 0) {
      return begin(std::move(request.request), std::forward<Handler>(handler));
    }
    if (request.flags != Base::message_peek) return refuse(std::forward<Handler>(handler));
    this->start(this->incoming(),
                PeekJob<Buffers>{{}, this->find_impl(), std::move(request.request.buffers)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Flagged<Write<Buffers>> request, Handler&& handler) {
    if (request.flags != 0) return refuse(std::forward<Handler>(handler));
    begin(std::move(request.request), std::forward<Handler>(handler));
  }
  template <typename Handler>
  void refuse(Handler&& handler) {
    this->start(this->outgoing(),
                asio_internal::RefusedJob{{}, boost::asio::error::operation_not_supported},
                std::forward<Handler>(handler));
  }
};

using asio_stream = asio_basic_stream<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis

#include "elvis/asio/connect.hpp"
