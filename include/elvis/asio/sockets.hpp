// SPDX-License-Identifier: MIT
// What stands behind asio_stream, asio_acceptor and asio_udp: our sockets with operations that wait
// at them. Nothing of Asio's templates is needed here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "elvis/asio/core.hpp"
#include "elvis/asio/errors.hpp"
#include "elvis/asio/socket_lane.hpp"
#include "elvis/sockets/tcp_listener.hpp"
#include "elvis/sockets/tcp_socket.hpp"
#include "elvis/sockets/udp_socket.hpp"

namespace elvis {

/// One end of a stream. It hears what its session tells the socket, so that a write goes on when
/// there is room worth it, not with each acknowledgement.
class AsioTcp final : public TcpUser, public Pooled {
 public:
  explicit AsioTcp(AsioCore& core) : core_{core} {}
  AsioTcp(const AsioTcp&) = delete;
  AsioTcp& operator=(const AsioTcp&) = delete;
  ~AsioTcp();

  AsioCore& core() const { return core_; }
  bool is_open() const { return socket_ != nullptr; }
  /// The socket, or null.
  TcpSocket* socket() const { return socket_.get(); }
  TcpSocket* waitable() const { return socket_.get(); }
  void open();
  void adopt(TcpSocketRef socket);
  /// Ends all waits and closes the socket.
  void close();
  void cancel();
  boost::system::error_code bind(Endpoint local) { return asio_error(socket_->bind(local)); }
  boost::system::error_code shutdown(bool receives, bool sends);
  Endpoint local() const { return socket_->local(); }
  Endpoint remote() const { return socket_->is_connected() ? socket_->remote() : Endpoint{}; }
  std::size_t readable() const { return socket_->readable(); }
  boost::system::error_code set_option(const AsioOption& option);
  boost::system::error_code get_option(AsioOption& option) const;

  // Attempts: true when done.
  bool connect(AsioOutcome& outcome, Endpoint remote);  ///< Refused while an earlier one goes on.
  bool go_on_connecting(AsioOutcome& outcome);
  bool receive(AsioOutcome& outcome, std::size_t max, Message& got);
  /// The same; what it finds stays.
  bool peek(AsioOutcome& outcome, std::size_t max, Message& got) const;
  /// False if receive() of at least one byte would find nothing.
  bool may_receive() const {
    const TcpSession* const session = socket_->session();
    return session == nullptr || !session->is_open() || session->readable() != 0 || has_ended();
  }
  /// Whether something can be written; then `room` says how much of `wanted` bytes.
  bool has_room(AsioOutcome& outcome, std::size_t wanted, std::size_t& room);
  /// Sends no more than has_room() has said, right after it.
  void send(AsioOutcome& outcome, Message&& data) {
    outcome.bytes = data.size();
    socket_->session()->write(data);
    ELVIS_ASSERT(data.empty());
  }
  bool is_ready(AsioOutcome& outcome, Ready what);

  AsioLane& incoming() { return incoming_; }
  AsioLane& outgoing() { return outgoing_; }

  void tcp_changed(TcpSession& session, TcpEvents events) override;

 private:
  friend AsioSocketLane<AsioTcp>;

  // What was asked for, as programs read it back.
  struct Values {
    bool no_delay = false;
    bool keep_alive = false;
    bool reuses_address = false;
    int linger = -1;  // seconds; -1: none
    int send_buffer = 0;
    int receive_buffer = 0;
  };

  bool receive_rest(AsioOutcome& outcome, std::size_t max, Message& got);
  bool has_ended() const { return receives_no_more_ || socket_->session()->is_at_end(); }

  AsioCore& core_;
  TcpSocketRef socket_;
  bool is_connecting_ = false;
  bool receives_no_more_ = false;
  std::size_t needed_ = 1;  // bytes of room that a write waits for
  Values values_;
  AsioSocketLane<AsioTcp> incoming_{core_, *this, Ready::readable};
  AsioSocketLane<AsioTcp> outgoing_{core_, *this, Ready::writable};
};

/// Takes connections.
class AsioListener final : public Pooled {
 public:
  explicit AsioListener(AsioCore& core) : core_{core} {}
  AsioListener(const AsioListener&) = delete;
  AsioListener& operator=(const AsioListener&) = delete;
  ~AsioListener();

  AsioCore& core() const { return core_; }
  bool is_open() const { return listener_ != nullptr; }
  TcpListener* waitable() const { return listener_.get(); }
  void open();
  void close();
  void cancel() { incoming_.cancel_all(); }
  boost::system::error_code bind(Endpoint local);
  boost::system::error_code listen(std::size_t backlog);
  boost::system::error_code set_option(const AsioOption& option);
  boost::system::error_code get_option(AsioOption& option) const;
  Endpoint local() const { return is_listening_ ? listener_->local() : local_; }

  bool accept(AsioOutcome& outcome, TcpSocketRef& peer);
  bool is_ready(AsioOutcome& outcome, Ready what) const;

  AsioLane& incoming() { return incoming_; }
  AsioLane& outgoing() { return incoming_; }

 private:
  friend AsioSocketLane<AsioListener>;

  void unbind();

  AsioCore& core_;
  std::unique_ptr<TcpListener> listener_;
  std::unique_ptr<TcpReservation> bound_;  // until it listens
  Endpoint local_{};
  bool is_listening_ = false;
  bool reuses_address_ = false;
  std::unique_ptr<TcpSettings> settings_;  // of what is accepted, if not the machine's
  AsioSocketLane<AsioListener> incoming_{core_, *this, Ready::readable};
};

/// A datagram socket.
class AsioUdp final : public Pooled {
 public:
  explicit AsioUdp(AsioCore& core) : core_{core} {}
  AsioUdp(const AsioUdp&) = delete;
  AsioUdp& operator=(const AsioUdp&) = delete;
  ~AsioUdp();

  AsioCore& core() const { return core_; }
  bool is_open() const { return socket_.has_value(); }
  UdpSocket* socket() { return socket_ ? &*socket_ : nullptr; }
  UdpSocket* waitable() { return &*socket_; }  // while it is open
  void open();
  void close();
  void cancel();
  boost::system::error_code bind(Endpoint local);
  boost::system::error_code connect(Endpoint remote);
  boost::system::error_code shutdown(bool receives, bool sends);
  Endpoint local() const { return socket_->local(); }
  std::size_t readable() const;
  boost::system::error_code set_option(const AsioOption& option);
  boost::system::error_code get_option(AsioOption& option) const;
  Endpoint remote() const { return remote_; }

  /// False if receive() would find nothing.
  bool may_receive() const {
    return handed_ != nullptr || receives_no_more_ || socket_->may_receive();
  }
  /// Whether there is something: a datagram, to be forgotten with pop(), or an error.
  bool receive(AsioOutcome& outcome, const Message*& got, Endpoint& remote) {
    if (handed_ == nullptr || receives_no_more_) [[unlikely]] {
      return receive_waiting(outcome, got, remote);
    }
    got = &handed_->payload;
    remote = handed_->remote;
    return true;
  }
  /// The same of what is not to be forgotten.
  bool peek(AsioOutcome& outcome, const Message*& got, Endpoint& remote) {
    keep_handed();
    return receive(outcome, got, remote);
  }
  /// A datagram that is offered to who waits, if it is to be taken; null if there is none.
  const UdpSocket::Handed* take_handed() {
    if (receives_no_more_) [[unlikely]]
      return nullptr;
    return std::exchange(handed_, nullptr);
  }
  void pop() {
    if (std::exchange(handed_, nullptr) == nullptr) socket_->pop();
  }
  /// Sends where the socket is connected to, or to `remote`; `sum` is the data's partial_sum().
  [[gnu::always_inline]] void send(AsioOutcome& outcome, Message&& data, std::uint64_t sum) {
    const std::size_t bytes = data.size();
    note(outcome, bytes, sends_no_more_ ? Errc::shut_down : socket_->send(std::move(data), sum));
  }
  [[gnu::always_inline]] void send_to(AsioOutcome& outcome, Endpoint remote, Message&& data,
                                      std::uint64_t sum) {
    if (remote == remote_ || remote == Endpoint{} || sends_no_more_) [[unlikely]] {
      return send(outcome, std::move(data), sum);
    }
    const std::size_t bytes = data.size();
    note(outcome, bytes, socket_->send_to(remote, std::move(data), sum));
  }
  bool is_ready(AsioOutcome& outcome, Ready what);

  AsioLane& incoming() { return incoming_; }
  AsioLane& outgoing() { return outgoing_; }

 private:
  friend AsioSocketLane<AsioUdp>;

  static void note(AsioOutcome& outcome, std::size_t bytes, const Result<>& sent) {
    if (sent) [[likely]] {
      outcome.bytes = bytes;
    } else {
      outcome.error = error_of(sent);
    }
  }
  [[gnu::cold, gnu::noinline]] static boost::system::error_code error_of(const Result<>& failed) {
    return asio_error(failed);
  }
  void hand_over(const void* handed) { handed_ = static_cast<const UdpSocket::Handed*>(handed); }
  bool receive_waiting(AsioOutcome& outcome, const Message*& got, Endpoint& remote);
  void keep_handed();

  // What a datagram touches stands together: its memory is asked for ahead.
  AsioCore& core_;
  const UdpSocket::Handed* handed_ = nullptr;  // a datagram that is offered to who waits
  AsioSocketLane<AsioUdp> incoming_{core_, *this, Ready::readable};
  std::optional<UdpSocket> socket_;
  Endpoint remote_{};
  int time_to_live_ = 64;
  int multicast_time_to_live_ = 1;
  int receive_buffer_ = static_cast<int>(UdpSocket::default_receive_buffer);
  bool broadcasts_ = false;
  bool reuses_address_ = false;
  bool is_looped_ = true;
  bool receives_no_more_ = false;
  bool sends_no_more_ = false;
  AsioSocketLane<AsioUdp> outgoing_{core_, *this, Ready::writable};
};

}  // namespace elvis
