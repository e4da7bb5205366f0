// SPDX-License-Identifier: MIT
// asio_basic_socket: what asio_stream, asio_acceptor and asio_udp share, as Asio's basic_socket.
#pragma once

#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>
#include <type_traits>
#include <utility>

#include "elvis/asio/io_object.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// A socket. May be moved, also while operations wait; destroying it closes it and ends them. Calls
/// without an error_code throw boost::system::system_error. Nothing here blocks.
template <typename Impl, typename Protocol, typename Executor>
class asio_basic_socket : public asio_internal::IoObject<Impl, Executor>,
                          public boost::asio::socket_base {
  using Base = asio_internal::IoObject<Impl, Executor>;

 public:
  using executor_type = Executor;
  using protocol_type = Protocol;
  using endpoint_type = typename Protocol::endpoint;
  using error_code = boost::system::error_code;
  using lowest_layer_type = asio_basic_socket;

  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }

  /// IPv6 is address_family_not_supported.
  void open(const protocol_type& protocol, error_code& error) {
    error = {};
    if (is_open()) {
      error = boost::asio::error::already_open;
    } else if (protocol != protocol_type::v4()) {
      error = boost::asio::error::address_family_not_supported;
    } else {
      this->impl().open();
    }
  }
  bool is_open() const { return this->has_socket(); }
  void bind(const endpoint_type& local, error_code& error) {
    with_end(local, error, [&](Endpoint end) { return this->impl().bind(end); });
  }
  /// All that waits ends with operation_aborted.
  void close(error_code& error) {
    error = {};
    if (is_open()) this->impl().close();
  }
  void cancel(error_code& error) {
    with_socket(error, [](Impl& impl) { impl.cancel(); });
  }
  void shutdown(shutdown_type what, error_code& error) {
    with_socket(error, [&](Impl& impl) {
      error = impl.shutdown(what != shutdown_send, what != shutdown_receive);
    });
  }
  endpoint_type local_endpoint(error_code& error) const {
    Endpoint end;
    with_socket(error, [&](const Impl& impl) { end = impl.local(); });
    return asio_internal::endpoint_to<endpoint_type>(end);
  }
  /// Errors: not_connected.
  endpoint_type remote_endpoint(error_code& error) const {
    Endpoint end;
    with_socket(error, [&](const Impl& impl) {
      end = impl.remote();
      if (end.port == 0) error = boost::asio::error::not_connected;
    });
    return asio_internal::endpoint_to<endpoint_type>(end);
  }
  /// How many bytes can be read at once.
  std::size_t available(error_code& error) const {
    std::size_t bytes = 0;
    with_socket(error, [&](const Impl& impl) { bytes = impl.readable(); });
    return bytes;
  }
  template <typename Option>
  void set_option(const Option& option, error_code& error) {
    with_socket(error, [&](Impl& impl) {
      const auto v4 = protocol_type::v4();
      error = impl.set_option({option.level(v4), option.name(v4),
                               const_cast<void*>(static_cast<const void*>(option.data(v4))),
                               option.size(v4)});
    });
  }
  template <typename Option>
  void get_option(Option& option, error_code& error) const {
    with_socket(error, [&](const Impl& impl) {
      const auto v4 = protocol_type::v4();
      AsioOption asked{option.level(v4), option.name(v4), option.data(v4), option.size(v4)};
      error = impl.get_option(asked);
      if (!error) option.resize(v4, asked.bytes);
    });
  }
  /// Whether it can be read or written at once; if not, would_block, as nothing here blocks.
  void wait(wait_type type, error_code& error) {
    with_socket(error, [&](Impl& impl) {
      if (type == wait_error) {
        error = boost::asio::error::operation_not_supported;
      } else {
        const Ready what = type == wait_read ? Ready::readable : Ready::writable;
        asio_internal::run_at_once(asio_internal::WaitJob<Impl>{&impl, what}, error);
      }
    });
  }
  /// There is boost::asio::socket_base::bytes_readable.
  template <typename Command>
  void io_control(Command& command, error_code& error) {
    with_socket(error, [&](Impl& impl) {
      if (command.name() == bytes_readable{}.name()) {
        *static_cast<int*>(command.data()) = static_cast<int>(impl.readable());
      } else {
        error = boost::asio::error::operation_not_supported;
      }
    });
  }
  bool non_blocking() const { return true; }
  bool native_non_blocking() const { return true; }
  void non_blocking(bool, error_code& error) { error = {}; }
  void native_non_blocking(bool, error_code& error) { error = {}; }

  void open(const protocol_type& protocol = protocol_type::v4()) {
    checked("open", [&](error_code& error) { open(protocol, error); });
  }
  void bind(const endpoint_type& local) {
    checked("bind", [&](error_code& error) { bind(local, error); });
  }
  void close() {
    checked("close", [&](error_code& error) { close(error); });
  }
  void cancel() {
    checked("cancel", [&](error_code& error) { cancel(error); });
  }
  void shutdown(shutdown_type what) {
    checked("shutdown", [&](error_code& error) { shutdown(what, error); });
  }
  endpoint_type local_endpoint() const {
    return checked("local_endpoint", [&](error_code& error) { return local_endpoint(error); });
  }
  endpoint_type remote_endpoint() const {
    return checked("remote_endpoint", [&](error_code& error) { return remote_endpoint(error); });
  }
  std::size_t available() const {
    return checked("available", [&](error_code& error) { return available(error); });
  }
  template <typename Option>
  void set_option(const Option& option) {
    checked("set_option", [&](error_code& error) { set_option(option, error); });
  }
  template <typename Option>
  void get_option(Option& option) const {
    checked("get_option", [&](error_code& error) { get_option(option, error); });
  }
  void non_blocking(bool) {}
  void native_non_blocking(bool) {}
  void wait(wait_type type) {
    checked("wait", [&](error_code& error) { wait(type, error); });
  }
  template <typename Command>
  void io_control(Command& command) {
    checked("io_control", [&](error_code& error) { io_control(command, error); });
  }

  /// Completes with `void(error_code)` when the socket can be read (an acceptor: when a connection
  /// waits) or written; wait_error is operation_not_supported.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_wait(wait_type type,
                  Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return initiate<Token, void(error_code)>(*this, token, Wait{type});
  }

 protected:
  using Base::Base;
  asio_basic_socket(asio_basic_socket&&) noexcept = default;
  asio_basic_socket& operator=(asio_basic_socket&&) noexcept = default;
  ~asio_basic_socket() = default;

  template <typename Token, typename Signature, typename Self, typename Request>
  static auto initiate(Self& self, std::remove_reference_t<Token>& token, Request request) {
    return boost::asio::async_initiate<Token, Signature>(asio_internal::Initiation<Self>{self},
                                                         token, std::move(request));
  }
  AsioLane* incoming() { return is_open() ? &this->find_impl()->incoming() : nullptr; }
  AsioLane* outgoing() { return is_open() ? &this->find_impl()->outgoing() : nullptr; }

  template <typename Call>
  void with_socket(error_code& error, Call call) {
    error = {};
    if (!is_open()) {
      error = boost::asio::error::bad_descriptor;
    } else {
      call(*this->find_impl());
    }
  }
  template <typename Call>
  void with_socket(error_code& error, Call call) const {
    const_cast<asio_basic_socket*>(this)->with_socket(error, [&](const Impl& impl) { call(impl); });
  }
  template <typename Call>
  void with_end(const endpoint_type& at, error_code& error, Call call) {
    const auto end = asio_internal::endpoint_from(at);
    with_socket(error, [&](Impl&) {
      error = end ? call(*end) : error_code{boost::asio::error::address_family_not_supported};
    });
  }
  template <typename Call>
  static auto checked(const char* where, Call call) {
    error_code error;
    const auto check = [&] {
      if (error) boost::throw_exception(boost::system::system_error{error, where});
    };
    if constexpr (std::is_void_v<decltype(call(error))>) {
      call(error);
      check();
    } else {
      auto result = call(error);
      check();
      return result;
    }
  }

 private:
  friend asio_internal::Initiation<asio_basic_socket>;

  struct Wait {
    wait_type type;
  };
  template <typename Handler>
  void begin(Wait request, Handler&& handler) {
    if (request.type == wait_error) {
      return this->start(outgoing(),
                         asio_internal::Done{boost::asio::error::operation_not_supported},
                         std::forward<Handler>(handler));
    }
    const bool reads = request.type == wait_read;
    this->start(
        reads ? incoming() : outgoing(),
        asio_internal::WaitJob<Impl>{this->find_impl(), reads ? Ready::readable : Ready::writable},
        std::forward<Handler>(handler));
  }
};

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
