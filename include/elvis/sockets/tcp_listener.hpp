// SPDX-License-Identifier: MIT
// TcpListener: takes the connections that others make to a port.
//
//   TcpListener listener{machine};
//   if (const Result<> listening = listener.listen({{}, 80}, 128); !listening) …
//   Result<TcpSocketRef> peer = co_await listener.accept();
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>

#include "elvis/sockets/tcp_socket.hpp"

namespace elvis {

/// Takes connections at a port.
class TcpListener final : public TcpAcceptor, public Waitable {
 public:
  explicit TcpListener(Machine& machine) : machine_{machine} {}
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;
  /// Closes it; who waits in it goes on with Errc::closed.
  ~TcpListener();

  /// Port 0 chooses one; an unspecified address means any of the machine's. At most `backlog`
  /// connections wait to be accepted, and as many are half open. Errors: no_protocol,
  /// address_in_use, address_not_available, closed, invalid_argument.
  Result<> listen(Endpoint local, std::size_t backlog = 128);
  /// Settings of its own instead of the machine's, for what is accepted; before listen().
  void use(const TcpSettings& settings);

  class Accept;
  /// `Result<TcpSocketRef> peer = co_await listener.accept();` If several wait, each connection
  /// goes to the first. Errors: closed, cancelled, invalid_argument if it does not listen.
  Accept accept();
  /// The same without waiting. Errors: those of accept(), would_block.
  Result<TcpSocketRef> try_accept();

  /// Ends listening; connections that nobody accepted are reset.
  void close();

  Endpoint local() const { return local_; }
  std::size_t waiting() const;
  Machine& machine() const { return machine_; }
  /// Ready::readable if a connection waits to be accepted.
  Ready ready() const;
  /// Ends all waits here with Errc::cancelled.
  void cancel() { end_waits(machine_, Errc::cancelled); }

  void tcp_acceptable() override;

 private:
  Tcp* tcp() const;

  Machine& machine_;
  Endpoint local_{};
  std::unique_ptr<TcpSettings> settings_;
  bool is_listening_ = false;
  bool is_closed_ = false;
};

class TcpListener::Accept : public Wait {
 public:
  explicit Accept(TcpListener& listener) : Wait{Ready::readable, true}, listener_{listener} {}

  bool await_ready() const;
  void await_suspend(std::coroutine_handle<> waiting);
  Result<TcpSocketRef> await_resume();

 private:
  TcpListener& listener_;
};

inline TcpListener::Accept TcpListener::accept() {
  return Accept{*this};
}

}  // namespace elvis
