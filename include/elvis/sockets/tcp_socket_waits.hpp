// SPDX-License-Identifier: MIT
// What is awaited of a TcpSocket; part of tcp_socket.hpp.
#pragma once

#include "elvis/sockets/tcp_socket.hpp"

namespace elvis {

class TcpSocket::Connect : public Wait {
 public:
  Connect(TcpSocket& socket, Endpoint remote)
      : Wait{Ready::connected}, socket_{socket}, remote_{remote} {}

  Machine& machine() const { return socket_.machine_; }
  bool await_ready() { return is_settled(nullptr); }
  void await_suspend(std::coroutine_handle<> waiting);
  Result<> await_resume();

 protected:
  /// Begins; true if there is nothing to wait for.
  bool is_settled(Message* data);

 private:
  TcpSocket& socket_;
  Endpoint remote_;
  std::optional<Errc> failure_;
};

class TcpSocket::ConnectAndSend : public Connect {
 public:
  ConnectAndSend(TcpSocket& socket, Endpoint remote, Message&& data)
      : Connect{socket, remote}, data_{std::move(data)} {}

  bool await_ready() { return is_settled(&data_); }

 private:
  Message data_;
};

class TcpSocket::Send : public Wait {
 public:
  Send(TcpSocket& socket, Message&& data)
      : Wait{Ready::writable, true}, socket_{socket}, data_{std::move(data)} {}
  Send(Send&&) = default;
  [[gnu::always_inline]] ~Send() {
    if (is_at_socket()) [[unlikely]]
      go_away();
  }

  Machine& machine() const { return socket_.machine_; }
  bool await_ready() { return !socket_.has_takers(Ready::writable) && feed(); }
  void await_suspend(std::coroutine_handle<> waiting);
  [[gnu::always_inline]] Result<> await_resume() {
    // Nothing to wait for, as is usual.
    const bool is_done =
        !is_at_socket() && outcome() == Errc{} && failure_ == Errc{} && data_.empty();
    const Result<> sent = is_done ? Result<>{} : end_wait();
    is_known_to_be_free();
    return sent;
  }

 private:
  friend TcpSocket;

  // True when there is nothing left to wait for.
  bool feed() {
    failure_ = socket_.obstacle();
    if (failure_ != Errc{}) [[unlikely]]
      return true;
    socket_.session_->write(data_);
    return data_.empty();
  }
  void go_away();
  Result<> end_wait();

  TcpSocket& socket_;
  Message data_;
  Errc failure_{};
};

// Who waits alone is handed the session, in which there is something to read.
class TcpSocket::Receive : public Wait {
 public:
  Receive(TcpSocket& socket, std::size_t max)
      : Wait{Ready::readable, true, ByHand::handed}, socket_{socket}, max_{max} {}

  Machine& machine() const { return socket_.machine_; }
  bool await_ready() const {
    if (socket_.is_closed_ || socket_.session_ == nullptr || max_ == 0) [[unlikely]]
      return true;
    return (socket_.session_->readable() != 0 || socket_.is_at_end()) &&
           !socket_.has_takers(Ready::readable);
  }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(socket_);
  }
  [[gnu::always_inline]] Result<Message> await_resume() {
    auto* const session = static_cast<TcpSession*>(const_cast<void*>(handed()));
    Result<Message> read =
        session != nullptr ? Result<Message>{session->read(max_)} : take_what_is_there();
    is_known_to_be_free();
    return read;
  }

 private:
  Result<Message> take_what_is_there();

  TcpSocket& socket_;
  std::size_t max_;
};

class TcpSocket::Flush : public Wait {
 public:
  explicit Flush(TcpSocket& socket) : Wait{Ready::delivered}, socket_{socket} {}

  Machine& machine() const { return socket_.machine_; }
  bool await_ready() const;
  void await_suspend(std::coroutine_handle<> waiting);
  Result<> await_resume();

 private:
  TcpSocket& socket_;
};

inline TcpSocket::Connect TcpSocket::connect(Endpoint remote) {
  return Connect{*this, remote};
}
inline TcpSocket::ConnectAndSend TcpSocket::connect(Endpoint remote, Message data) {
  return ConnectAndSend{*this, remote, std::move(data)};
}
inline TcpSocket::Send TcpSocket::send(Message data) {
  return Send{*this, std::move(data)};
}
inline TcpSocket::Receive TcpSocket::receive(std::size_t max) {
  return Receive{*this, max};
}
inline TcpSocket::Flush TcpSocket::flush() {
  return Flush{*this};
}

}  // namespace elvis
