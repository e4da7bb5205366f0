// SPDX-License-Identifier: MIT
// asio_udp: a datagram socket of a simulated machine with the interface of Asio's.
//
//   asio_udp socket{executor, {boost::asio::ip::udp::v4(), 53}};
//   const std::size_t bytes = co_await socket.async_receive_from(buffer, sender, use_awaitable);
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <tuple>

#include "elvis/asio/socket.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// A datagram socket. What does not fit into the receiver's buffers is cut off.
template <typename Executor = boost::asio::any_io_executor>
class asio_basic_udp : public asio_basic_socket<AsioUdp, boost::asio::ip::udp, Executor> {
  using Base = asio_basic_socket<AsioUdp, boost::asio::ip::udp, Executor>;

 public:
  using typename Base::endpoint_type;
  using typename Base::error_code;
  using typename Base::executor_type;
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

  /// At once. Errors: those of the operation, would_block.
  template <typename Buffers>
  std::size_t send_to(const Buffers& buffers, const endpoint_type& remote, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioUdp& udp) {
      bytes = asio_internal::run_at_once(SendToJob<Buffers>{&udp, {buffers, remote}}, error);
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t send_to(const Buffers& buffers, const endpoint_type& remote) {
    return this->checked("send_to",
                         [&](error_code& error) { return send_to(buffers, remote, error); });
  }
  template <typename Buffers>
  std::size_t receive_from(const Buffers& buffers, endpoint_type& remote, error_code& error) {
    std::size_t bytes = 0;
    this->with_socket(error, [&](AsioUdp& udp) {
      bytes = asio_internal::run_at_once(ReceiveJob<Buffers>{&udp, {buffers, &remote}}, error);
    });
    return bytes;
  }
  template <typename Buffers>
  std::size_t receive_from(const Buffers& buffers, endpoint_type& remote) {
    return this->checked("receive_from",
                         [&](error_code& error) { return receive_from(buffers, remote, error); });
  }

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
    return Base::template initiate<Token, void(error_code, std::size_t)>(
        *this, token, SendTo<Buffers>{buffers, remote});
  }
  /// To where the socket is connected.
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_send(const Buffers& buffers,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(*this, token,
                                                                         Send<Buffers>{buffers});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive_from(const Buffers& buffers, endpoint_type& remote,
                          Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(
        *this, token, Receive<Buffers>{buffers, &remote});
  }
  template <typename Buffers,
            BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code, std::size_t))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_receive(const Buffers& buffers,
                     Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, std::size_t)>(
        *this, token, Receive<Buffers>{buffers, nullptr});
  }

 private:
  friend asio_internal::Initiation<asio_basic_udp>;

  struct Connect {
    endpoint_type remote;
  };
  template <typename Buffers>
  struct Send {
    Buffers buffers;
  };
  template <typename Buffers>
  struct SendTo {
    Buffers buffers;
    endpoint_type remote;
  };
  template <typename Buffers>
  struct Receive {
    Buffers buffers;
    endpoint_type* remote;
  };

  template <typename Buffers>
  struct SendJob {
    using NeverWaits = void;
    AsioUdp* udp;
    Send<Buffers> request;
    [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
      std::uint64_t sum = 0;
      Message data = asio_internal::copy_in_summed(request.buffers, sum);
      udp->send(outcome, std::move(data), sum);
      return true;
    }
    std::tuple<error_code, std::size_t> result(AsioOutcome& outcome) const {
      return {outcome.error, outcome.bytes};
    }
  };
  template <typename Buffers>
  struct SendToJob {
    using NeverWaits = void;
    AsioUdp* udp;
    SendTo<Buffers> request;
    [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
      if (const auto remote = asio_internal::endpoint_from(request.remote)) {
        std::uint64_t sum = 0;
        Message data = asio_internal::copy_in_summed(request.buffers, sum);
        udp->send_to(outcome, *remote, std::move(data), sum);
      } else {
        outcome.error = boost::asio::error::address_family_not_supported;
      }
      return true;
    }
    std::tuple<error_code, std::size_t> result(AsioOutcome& outcome) const {
      return {outcome.error, outcome.bytes};
    }
  };
  template <typename Buffers>
  struct ReceiveJob {
    AsioUdp* udp;
    Receive<Buffers> request;
    [[gnu::always_inline]] bool attempt(AsioOutcome& outcome) const {
      return udp->may_receive() && take(outcome);
    }
    [[gnu::always_inline]] bool attempt_again(AsioOutcome& outcome) const {
      const UdpSocket::Handed* const handed = udp->take_handed();
      if (handed == nullptr) [[unlikely]]
        return attempt(outcome);
      give(outcome, handed->payload, handed->remote);
      return true;
    }
    [[gnu::always_inline]] void give(AsioOutcome& outcome, const Message& payload,
                                     Endpoint remote) const {
      outcome.bytes = asio_internal::copy_out(payload, request.buffers);
      if (request.remote != nullptr) asio_internal::write_endpoint(*request.remote, remote);
    }
    bool take(AsioOutcome& outcome) const {
      const Message* got = nullptr;
      Endpoint remote;
      if (!udp->receive(outcome, got, remote)) return false;
      if (got == nullptr) return true;
      give(outcome, *got, remote);
      udp->pop();
      return true;
    }
    std::tuple<error_code, std::size_t> result(AsioOutcome& outcome) const {
      return {outcome.error, outcome.bytes};
    }
  };

  template <typename Handler>
  void begin(const Connect& request, Handler&& handler) {
    error_code error;
    connect(request.remote, error);
    this->start(this->outgoing(), asio_internal::Done{error}, std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Send<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(), SendJob<Buffers>{this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(SendTo<Buffers> request, Handler&& handler) {
    this->start(this->outgoing(), SendToJob<Buffers>{this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
  template <typename Buffers, typename Handler>
  void begin(Receive<Buffers> request, Handler&& handler) {
    this->start(this->incoming(), ReceiveJob<Buffers>{this->find_impl(), std::move(request)},
                std::forward<Handler>(handler));
  }
};

using asio_udp = asio_basic_udp<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
