// SPDX-License-Identifier: MIT
// asio_udp: a datagram socket of a simulated machine with the interface of Asio's.
//
//   asio_udp socket{executor, {boost::asio::ip::udp::v4(), 53}};
//   const std::size_t bytes = co_await socket.async_receive_from(buffer, sender, use_awaitable);
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <utility>

#include "elvis/asio/socket.hpp"
#include "elvis/asio/udp_jobs.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// A datagram socket. What does not fit into the receiver's buffers is cut off.
template <typename Executor = boost::asio::any_io_executor>
class asio_basic_udp : public asio_basic_socket<AsioUdp, boost::asio::ip::udp, Executor> {
  using Base = asio_basic_socket<AsioUdp, boost::asio::ip::udp, Executor>;
  template <typename Buffers>
  using Send = asio_internal::Send<Buffers>;
  template <typename Buffers>
  using SendTo = asio_internal::SendTo<Buffers>;
  template <typename Buffers>
  using Receive = asio_internal::Receive<Buffers>;
  template <typename Buffers>
  using SendJob = asio_internal::SendJob<Buffers>;
  template <typename Buffers>
  using SendToJob = asio_internal::SendToJob<Buffers>;
  template <typename Buffers>
  using ReceiveJob = asio_internal::ReceiveJob<Buffers>;
  template <typename Buffers>
  using PeekDatagramJob = asio_internal::PeekDatagramJob<Buffers>;
  template <typename Request>
  using Flagged = asio_internal::Flagged<Request>;

 public:
  using typename Base::endpoint_type;
  using typename Base::error_code;
  using typename Base::executor_type;
  using typename Base::message_flags;
  using typename Base::protocol_type;
  template <typename Other>
  struct rebind_executor {
    using other = asio_basic_udp<Other>;
  };

  explicit asio_basic_udp(const Executor& executor) : Base{executor} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit asio_basic_udp(Context& context) : Base{context} {}
  template <typename Where>
  asio_basic_udp(Where&& where, const protocol_type& protocol)
      : asio_basic_udp{std::forward<Where>(where)} {
    this->open(protocol);
  }
  /// Opens the socket and binds it to `local`.
  template <typename Where>
  asio_basic_udp(Where&& where, const endpoint_type& local)
      : asio_basic_udp{std::forward<Where>(where), local.protocol()} {
    this->bind(local);
  }
  asio_basic_udp(asio_basic_udp&&) noexcept = default;
  asio_basic_udp& operator=(asio_basic_udp&&) noexcept = default;

  /// Says where async_send() goes to and whose datagrams are taken. Opens the socket if it is not.
  void connect(const endpoint_type& remote, error_code& error) {
    if (!this->is_open()) this->open(protocol_type::v4(), error);
    this->with_end(remote, error, [&](Endpoint end) { return this->impl().connect(end); });
  }
  void connect(const endpoint_type& remote) {
    this->checked("connect", [&](error_code& error) { connect(remote, error); });
  }

  // ----- at once -----

  /// Errors: those of the operations, would_block. Of `flags` there is message_peek, which leaves a
  /// datagram to be received; others are operation_not_supported.
  template <typename Buffers>
  std::size_t send(const Buffers& buffers, message_flags flags, error_code& error) {
    return send_at_once<SendJob<Buffers>>(Send<Buffers>{buffers}, flags, error);
  }
  template <typename Buffers>
  std::size_t send(const Buffers& buffers, message_flags flags = 0) {
    return this->checked("send", [&](error_code& error) { return send(buffers, flags, error); });
  }
  template <typename Buffers>
  std::size_t send_to(const Buffers& buffers, const endpoint_type& remote, message_flags flags,
                      error_code& error) {
    return send_at_once<SendToJob<Buffers>>(SendTo<Buffers>{buffers, remote}, flags, error);
  }
  template <typename Buffers>
  std::size_t send_to(const Buffers& buffers, const endpoint_type& remote, error_code& error) {
    return send_to(buffers, remote, 0, error);
  }
  template <typename Buffers>
  std::size_t send_to(const Buffers& buffers, const endpoint_type& remote,
                      message_flags flags = 0) {
    return this->checked("send_to",
                         [&](error_code& error) { return send_to(buffers, remote, flags, error); });
  }
  template <typename Buffers>
  std::size_t receive(const Buffers& buffers, message_flags flags, error_code& error) {
    return receive_at_once(Receive<Buffers>{buffers, nullptr}, flags, error);
  }
  template <typename Buffers>
  std::size_t receive(const Buffers& buffers, message_flags flags = 0) {
    return this->checked("receive",
                         [&](error_code& error) { return receive(buffers, flags, error); });
  }
  template <typename Buffers>
  std::size_t receive_from(const Buffers& buffers, endpoint_type& remote, message_flags flags,
                           error_code& error) {
    return receive_at_once(Receive<Buffers>{buffers, &remote}, flags, error);
  }
  template <typename Buffers>
  std::size_t receive_from(const Buffers& buffers, endpoint_type& remote, error_code& error) {
    return receive_from(buffers, remote, 0, error);
  }
  template <typename Buffers>
  std::size_t receive_from(const Buffers& buffers, endpoint_type& remote, message_flags flags = 0) {
    return this->checked("receive_from", [&](error_code& error) {
      return receive_from(buffers, remote, flags, error);
    });
  }

  // ----- operations -----

  /// Completes with `void(error_code)`.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_connect(const endpoint_type& remote,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code)>(*this, token, Connect{remote});
  }
  /// Each completes with `void(error_code, std::size_t)`; a datagram is sent whole or not at all.
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send_to(const Buffers& buffers, const endpoint_type& remote,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<SendTo<Buffers>>(token, {buffers, remote});
  }
  /// To where the socket is connected.
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send(const Buffers& buffers,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Send<Buffers>>(token, {buffers});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive_from(const Buffers& buffers, endpoint_type& remote,
                          Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Receive<Buffers>>(token, {buffers, &remote});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive(const Buffers& buffers,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Receive<Buffers>>(token, {buffers, nullptr});
  }
  /// The same with flags, see send() and receive().
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send(const Buffers& buffers, message_flags flags,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Flagged<Send<Buffers>>>(token, {{buffers}, flags});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send_to(const Buffers& buffers, const endpoint_type& remote, message_flags flags,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Flagged<SendTo<Buffers>>>(token, {{buffers, remote}, flags});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive(const Buffers& buffers, message_flags flags,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Flagged<Receive<Buffers>>>(token, {{buffers, nullptr}, flags});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive_from(const Buffers& buffers, endpoint_type& remote, message_flags flags,
                          Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return transfer<Flagged<Receive<Buffers>>>(token, {{buffers, &remote}, flags});
  }

 private:
  friend asio_internal::Initiation<asio_basic_udp>;

  struct Connect {
    endpoint_type remote;
  };
  template <typename Request, typename Token>
  auto transfer(Token& token, Request request) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(*this, token,
                                                                         std::move(request));
  }
  template <typename Job, typename Request>
  std::size_t send_at_once(Request request, message_flags flags, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioUdp& udp) {
      if (flags != 0) {
        error = boost::asio::error::operation_not_supported;
      } else {
        bytes = asio_internal::run_at_once(Job{{}, &udp, std::move(request)}, error);
      }
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t receive_at_once(Receive<Buffers> request, message_flags flags, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioUdp& udp) {
      if (flags == 0) {
        bytes = asio_internal::run_at_once(ReceiveJob<Buffers>{{}, &udp, request}, error);
      } else if (flags == Base::message_peek) {
        bytes = asio_internal::run_at_once(PeekDatagramJob<Buffers>{{}, &udp, request}, error);
      } else {
        error = boost::asio::error::operation_not_supported;
      }
    });
    return bytes;
  }

  template <typename Handler>
  void begin(const Connect& request, Handler&& handler) {
    error_code error;
    connect(request.remote, error);
    this->start(this->outgoing(), asio_internal::Done{error}, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Send<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(), SendJob<Buffers>{{}, this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(SendTo<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(), SendToJob<Buffers>{{}, this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Receive<Buffers> request, Handler&& handler) {
    this->start(this->incoming(), ReceiveJob<Buffers>{{}, this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
  template <typename Request, typename Handler>
  void begin(Flagged<Request> request, Handler&& handler) {
    if (request.flags == 0)
      return begin(std::move(request.request), std::forward<Handler>(handler));
    if constexpr (requires { peek_job(request.request); }) {
      if (request.flags == Base::message_peek) {
        return this->start(this->incoming(), peek_job(std::move(request.request)),
                           std::forward<Handler>(handler));
      }
    }
    this->start(this->outgoing(),
                asio_internal::RefusedJob{{}, boost::asio::error::operation_not_supported},
                std::forward<Handler>(handler));
  }
  template <typename Buffers>
  PeekDatagramJob<Buffers> peek_job(Receive<Buffers> request) {
    return {{}, this->find_impl(), std::move(request)};
  }
};

using asio_udp = asio_basic_udp<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
