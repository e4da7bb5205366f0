// SPDX-License-Identifier: MIT
// What is awaited of a UdpSocket; part of udp_socket.hpp.
#pragma once

#include <coroutine>
#include <cstring>
#include <exception>
#include <memory>
#include <type_traits>
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
            ? Result<Datagram>{Datagram{std::move(handed->payload), handed->remote, handed->local}}
            : take_what_waits();
    is_known_to_be_free();
    return datagram;
  }

 protected:
  Result<Datagram> take_what_waits();
};

/// The awaitable of receive(Datagram&).
class UdpSocket::ReceiveInto : public Receive {
 public:
  ReceiveInto(UdpSocket& socket, Datagram& into) : Receive{socket}, into_{into} {}

  [[gnu::always_inline]] Errc await_resume() {
    const auto* const handed = static_cast<const Handed*>(this->handed());
    if (handed == nullptr) [[unlikely]]
      return take_what_waits_into();
    Datagram& into = into_;
    std::memcpy(&into.remote, &handed->remote, sizeof into.remote);  // in one piece
    std::memcpy(&into.local, &handed->local, sizeof into.local);
    std::destroy_at(&into.payload);
    std::construct_at(&into.payload, std::move(handed->payload));
    is_known_to_be_free();
    return {};
  }

 private:
  Errc take_what_waits_into();

  Datagram& into_;
};

/// The awaitable of receive_each(). Its coroutine sleeps through what comes: a function looks at
/// each datagram.
template <typename Look>
class UdpSocket::Each : public Readable {
 public:
  Each(UdpSocket& socket, Look look) : Readable{socket, ByHand::handed}, look_{std::move(look)} {}

  bool await_ready() { return !take_what_is_there(); }
  void await_suspend(std::coroutine_handle<> waiting) {
    coroutine_ = waiting;
    wait_on();
    // Of a Wait a datagram touches the end; then come this object's own members and, in a frame,
    // the socket's first.
    const auto* const end_of_wait = reinterpret_cast<const char*>(static_cast<Wait*>(this) + 1);
    socket().remember_once(end_of_wait - 1, 2);
  }
  Result<> await_resume() const {
    if (has_thrown_) [[unlikely]]
      throw_what_was_caught();
    if (outcome() != Errc{}) return outcome();
    return {};
  }

 private:
  // Apart, so that it takes no room in a coroutine's frame.
  [[noreturn, gnu::cold, gnu::noinline]] static void throw_what_was_caught() {
    std::rethrow_exception(std::current_exception());
  }
  // Whether there is to be more.
  [[gnu::always_inline]] bool look(const BareDatagram& datagram) {
    if constexpr (std::is_invocable_v<Look&, const BareDatagram&>) {
      return look_at(datagram);
    } else {
      return look_at(std::as_const(datagram.payload));
    }
  }
  template <typename Seen>
  [[gnu::always_inline, gnu::flatten]] bool look_at(const Seen& seen) {
    if constexpr (std::is_same_v<std::invoke_result_t<Look&, const Seen&>, bool>) {
      return look_(seen);
    } else {
      look_(seen);
      return true;
    }
  }
  void wait_on() {
    wait([](Waiter& self) { static_cast<Each&>(self).go_on(); });
    join(socket());
  }
  void go_on() {
    const auto* const handed = static_cast<const Handed*>(take_handed());
    try {
      if (handed == nullptr) [[unlikely]]
        return go_on_told();
      if (!look(*handed)) [[unlikely]]
        return end();
      if (socket().may_receive() && !take_what_is_there()) [[unlikely]]
        return end();
      is_known_to_be_free();
    } catch (...) {
      has_thrown_ = true;  // and the coroutine goes on in this handler
      return resume_waiting(coroutine_);
    }
    wait_on();
  }
  [[gnu::noinline]] void go_on_told() {
    leave();
    if (outcome() != Errc{}) return resume_waiting(coroutine_);  // the socket may be gone
    if (!take_one() || !take_what_is_there()) return end();
    anew();
    wait_on();
  }
  // Lets the coroutine go on.
  void end() {
    wait(coroutine_);
    machine().partition().wake(*this);
  }
  // The first is for somebody who was told of it; the other leaves alone what others were. False if
  // that is the end.
  bool take_one() {
    Result<Datagram> datagram = socket().try_receive();
    if (datagram) return look({std::move(datagram->payload), datagram->remote, datagram->local});
    set_outcome(static_cast<Errc>(datagram.error().value()));
    return false;
  }
  [[gnu::noinline]] bool take_what_is_there() {
    while (Readable::await_ready()) {
      if (!take_one()) return false;
    }
    return true;
  }

  [[no_unique_address]] Look look_;
  bool has_thrown_ = false;  // where a look ends, if that has room
  std::coroutine_handle<> coroutine_;
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

inline UdpSocket::ReceiveInto UdpSocket::receive(Datagram& into) {
  return {*this, into};
}

template <typename Look>
UdpSocket::Each<Look> UdpSocket::receive_each(Look look) {
  return {*this, std::move(look)};
}

}  // namespace elvis
