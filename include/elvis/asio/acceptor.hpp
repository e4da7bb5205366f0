// SPDX-License-Identifier: MIT
// asio_acceptor: takes connections at a port of a simulated machine, with the interface of Asio's.
//
//   asio_acceptor acceptor{executor, {boost::asio::ip::tcp::v4(), 80}};
//   asio_stream peer = co_await acceptor.async_accept(use_awaitable);
#pragma once

#include <tuple>

#include "elvis/asio/stream.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// Takes connections.
template <typename Executor = boost::asio::any_io_executor>
class asio_basic_acceptor : public asio_basic_socket<AsioListener, boost::asio::ip::tcp, Executor> {
  using Base = asio_basic_socket<AsioListener, boost::asio::ip::tcp, Executor>;

  // Where a new stream may be: an executor, or a context.
  template <typename Where>
  static auto executor_at(Where&& where) {
    if constexpr (requires { where.get_executor(); }) {
      return where.get_executor();
    } else {
      return std::decay_t<Where>{where};
    }
  }
  template <typename Where>
  static constexpr bool is_where =
      boost::asio::execution::is_executor<std::decay_t<Where>>::value ||
      std::is_convertible_v<Where, boost::asio::execution_context&>;
  template <typename Where>
  using ExecutorAt = decltype(executor_at(std::declval<Where>()));

 public:
  using typename Base::endpoint_type;
  using typename Base::error_code;
  using typename Base::executor_type;
  using typename Base::protocol_type;
  template <typename Other>
  struct rebind_executor {
    using other = asio_basic_acceptor<Other>;
  };

  explicit asio_basic_acceptor(const Executor& executor) : Base{executor} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit asio_basic_acceptor(Context& context) : Base{context} {}
  template <typename Where>
  asio_basic_acceptor(Where&& where, const protocol_type& protocol)
      : asio_basic_acceptor{std::forward<Where>(where)} {
    this->open(protocol);
  }
  /// Opens, binds and listens.
  template <typename Where>
  asio_basic_acceptor(Where&& where, const endpoint_type& local, bool reuses_address = true)
      : asio_basic_acceptor{std::forward<Where>(where), local.protocol()} {
    if (reuses_address) this->set_option(boost::asio::socket_base::reuse_address{true});
    this->bind(local);
    listen();
  }
  template <typename Other>
    requires(!std::is_same_v<Other, Executor> && std::is_convertible_v<Other, Executor>)
  asio_basic_acceptor(asio_basic_acceptor<Other>&& other)
      : Base{other.release_impl(), other.get_executor()} {}
  asio_basic_acceptor(asio_basic_acceptor&&) noexcept = default;
  asio_basic_acceptor& operator=(asio_basic_acceptor&&) noexcept = default;

  /// At most `backlog` connections wait. Errors: address_in_use, address_not_available.
  void listen(int backlog, error_code& error) {
    this->with_socket(error, [&](AsioListener& listener) {
      error = listener.listen(static_cast<std::size_t>(backlog > 0 ? backlog : 1));
    });
  }
  void listen(int backlog = boost::asio::socket_base::max_listen_connections) {
    this->checked("listen", [&](error_code& error) { listen(backlog, error); });
  }

  // ----- at once: errors are those of async_accept(), would_block -----

  template <typename Other>
  void accept(asio_basic_stream<Other>& peer, error_code& error) {
    accept_into(peer, nullptr, error);
  }
  template <typename Other>
  void accept(asio_basic_stream<Other>& peer) {
    this->checked("accept", [&](error_code& error) { accept(peer, error); });
  }
  template <typename Other>
  void accept(asio_basic_stream<Other>& peer, endpoint_type& remote, error_code& error) {
    accept_into(peer, &remote, error);
  }
  template <typename Other>
  void accept(asio_basic_stream<Other>& peer, endpoint_type& remote) {
    this->checked("accept", [&](error_code& error) { accept(peer, remote, error); });
  }
  asio_basic_stream<Executor> accept(error_code& error) {
    return accept_new(this->get_executor(), nullptr, error);
  }
  asio_basic_stream<Executor> accept() {
    return this->checked("accept", [&](error_code& error) { return accept(error); });
  }
  asio_basic_stream<Executor> accept(endpoint_type& remote, error_code& error) {
    return accept_new(this->get_executor(), &remote, error);
  }
  asio_basic_stream<Executor> accept(endpoint_type& remote) {
    return this->checked("accept", [&](error_code& error) { return accept(remote, error); });
  }
  template <typename Where>
    requires(is_where<Where>)
  auto accept(Where&& where, error_code& error) {
    return accept_new(executor_at(where), nullptr, error);
  }
  template <typename Where>
    requires(is_where<Where>)
  auto accept(Where&& where) {
    return this->checked("accept", [&](error_code& error) { return accept(where, error); });
  }
  template <typename Where>
    requires(is_where<Where>)
  auto accept(Where&& where, endpoint_type& remote, error_code& error) {
    return accept_new(executor_at(where), &remote, error);
  }
  template <typename Where>
    requires(is_where<Where>)
  auto accept(Where&& where, endpoint_type& remote) {
    return this->checked("accept", [&](error_code& error) { return accept(where, remote, error); });
  }

  // ----- operations -----

  /// Completes with `void(error_code)`: the connection is in `peer`, whatever that was before.
  template <typename Other, BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_accept(asio_basic_stream<Other>& peer,
                    Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code)>(*this, token,
                                                            Into<Other>{&peer, nullptr});
  }
  /// The same; `remote` says who it is.
  template <typename Other, BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_accept(asio_basic_stream<Other>& peer, endpoint_type& remote,
                    Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code)>(*this, token,
                                                            Into<Other>{&peer, &remote});
  }
  /// Completes with `void(error_code, asio_basic_stream<Executor>)`.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code,
                                                 asio_basic_stream<Executor>))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::is_convertible_v<Token, Executor>)
  auto async_accept(Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, asio_basic_stream<Executor>)>(
        *this, token, New<Executor>{this->get_executor(), nullptr});
  }
  /// The same; `remote` says who it is.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code,
                                                 asio_basic_stream<Executor>))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_accept(endpoint_type& remote,
                    Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return Base::template initiate<Token, void(error_code, asio_basic_stream<Executor>)>(
        *this, token, New<Executor>{this->get_executor(), &remote});
  }
  /// The same; the new stream is at `where`: an executor, or a context.
  template <typename Where, BOOST_ASIO_COMPLETION_TOKEN_FOR(void(
                                boost::system::error_code, asio_basic_stream<ExecutorAt<Where>>))
                                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(is_where<Where>)
  auto async_accept(Where&& where,
                    Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    using Other = ExecutorAt<Where>;
    return Base::template initiate<Token, void(error_code, asio_basic_stream<Other>)>(
        *this, token, New<Other>{executor_at(where), nullptr});
  }
  template <typename Where, BOOST_ASIO_COMPLETION_TOKEN_FOR(void(
                                boost::system::error_code, asio_basic_stream<ExecutorAt<Where>>))
                                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(is_where<Where>)
  auto async_accept(Where&& where, endpoint_type& remote,
                    Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    using Other = ExecutorAt<Where>;
    return Base::template initiate<Token, void(error_code, asio_basic_stream<Other>)>(
        *this, token, New<Other>{executor_at(where), &remote});
  }

 private:
  friend asio_internal::Initiation<asio_basic_acceptor>;
  template <typename Other>
  friend class asio_basic_acceptor;

  template <typename Other>
  struct Into {
    asio_basic_stream<Other>* peer;
    endpoint_type* remote;
  };
  template <typename Other>
  struct New {
    Other executor;
    endpoint_type* remote;
  };

  template <typename Other>
  struct IntoJob {
    AsioListener* listener;
    asio_basic_stream<Other>* peer;
    endpoint_type* remote;
    TcpSocketRef accepted;
    bool attempt(AsioOutcome& outcome) { return listener->accept(outcome, accepted); }
    std::tuple<error_code> result(AsioOutcome& outcome) {
      if (accepted != nullptr) take();
      return {outcome.error};
    }
    void take() {
      if (remote != nullptr) {
        *remote = asio_internal::endpoint_to<endpoint_type>(accepted->remote());
      }
      peer->impl().adopt(std::move(accepted));
    }
  };
  template <typename Other>
  struct NewJob {
    AsioListener* listener;
    New<Other> request;
    TcpSocketRef accepted;
    bool attempt(AsioOutcome& outcome) { return listener->accept(outcome, accepted); }
    std::tuple<error_code, asio_basic_stream<Other>> result(AsioOutcome& outcome) {
      asio_basic_stream<Other> peer{request.executor};
      if (accepted != nullptr) {
        if (request.remote != nullptr) {
          *request.remote = asio_internal::endpoint_to<endpoint_type>(accepted->remote());
        }
        peer.impl().adopt(std::move(accepted));
      }
      return {outcome.error, std::move(peer)};
    }
  };

  template <typename Other>
  void accept_into(asio_basic_stream<Other>& peer, endpoint_type* remote, error_code& error) {
    this->with_socket(error, [&](AsioListener& listener) {
      IntoJob<Other> job{&listener, &peer, remote, {}};
      asio_internal::run_at_once(job, error);
      if (!error) job.take();
    });
  }
  template <typename Other>
  asio_basic_stream<Other> accept_new(const Other& executor, endpoint_type* remote,
                                      error_code& error) {
    asio_basic_stream<Other> peer{executor};
    accept_into(peer, remote, error);
    return peer;
  }

  template <typename Other, typename Handler>
  void begin(Into<Other> request, Handler&& handler) {
    this->start(this->incoming(),
                IntoJob<Other>{this->find_impl(), request.peer, request.remote, {}},
                std::forward<Handler>(handler));
  }
  template <typename Other, typename Handler>
  void begin(New<Other> request, Handler&& handler) {
    this->start(this->incoming(), NewJob<Other>{this->find_impl(), std::move(request), {}},
                std::forward<Handler>(handler));
  }
};

using asio_acceptor = asio_basic_acceptor<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
