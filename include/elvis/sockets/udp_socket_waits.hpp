// SPDX-License-Identifier: MIT
// What is awaited of a UdpSocket; part of udp_socket.hpp.
#pragma once

#include <coroutine>
#include <utility>

#include "elvis/sockets/udp_socket.hpp"

namespace elvis {

/// The awaitable of readable().
class UdpSocket::Readable : public Wait {
 public:
  explicit Readable(UdpSocket& socket) : Readable{socket, ByHand::told} {}

  Machine& machine() const { return socket_.machine(); }
  bool await_ready() const noexcept { return socket_.may_receive() && is_there(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    wait(waiting);
    join(socket_);
    socket_.remember_once(waiting.address());
  }
  Errc await_resume() noexcept {
    leave();
    return outcome();
  }

 protected:
  Readable(UdpSocket& socket, ByHand by_hand)
      : Wait{Ready::readable, true, by_hand}, socket_{socket} {}
  UdpSocket& socket() const { return socket_; }

 private:
  bool is_there() const noexcept {
    return (socket_.newest_ != nullptr || socket_.has_failed() || socket_.is_receive_shut_) &&
           !socket_.has_takers(Ready::readable);
  }

  UdpSocket& socket_;
};

/// The awaitable of receive(). A datagram that comes while it waits is handed to it as it stands:
/// it waits nowhere and is moved once.
class UdpSocket::Receive : public Readable {
 public:
  explicit Receive(UdpSocket& socket) : Readable{socket, ByHand::handed} {}

  [[gnu::always_inline]] Result<Datagram> await_resume() {
    const auto* const handed = static_cast<const Handed*>(this->handed());
    Result<Datagram> datagram =
        handed != nullptr
            ? Result<Datagram>{Datagram{std::move(handed->payload), handed->arrival.remote(),
                                        handed->arrival.local()}}
            : take_what_waits();
    is_known_to_be_free();
    return datagram;
  }

 protected:
  Result<Datagram> take_what_waits();
};

/// The awaitable of receive_and().
template <typename Look>
class UdpSocket::Seen : public Receive {
 public:
  Seen(UdpSocket& socket, Look look) : Receive{socket}, look_{std::move(look)} {}

  [[gnu::always_inline]] Result<> await_resume() {
    const auto* const handed = static_cast<const Handed*>(this->handed());
    if (handed == nullptr) [[unlikely]]
      return see_what_waits();
    look_(std::as_const(handed->payload));
    is_known_to_be_free();
    return {};
  }

 private:
  // Apart, so that it takes no room in a coroutine's frame.
  [[gnu::noinline]] Result<> see_what_waits() {
    const Result<Datagram> datagram = take_what_waits();
    if (!datagram) return datagram.error();
    look_(datagram->payload);
    return {};
  }

  [[no_unique_address]] Look look_;
};

inline Ready UdpSocket::ready() const {
  if (is_closed()) return Ready::any;
  if (newest_ == nullptr && !has_failed() && !is_receive_shut_) return Ready::writable;
  return Ready::readable | Ready::writable;
}

inline UdpSocket::Readable UdpSocket::readable() {
  return Readable{*this};
}

inline UdpSocket::Receive UdpSocket::receive() {
  return Receive{*this};
}

template <typename Look>
UdpSocket::Seen<Look> UdpSocket::receive_and(Look look) {
  return {*this, std::move(look)};
}

}  // namespace elvis
