// SPDX-License-Identifier: MIT
// TcpSocket: one end of a stream, as applications hold it.
//
//   TcpSocket socket{machine};
//   Result<> connected = co_await socket.connect({address, 80});
//   Result<> sent = co_await socket.send(Message{"hello"});
//   Result<Message> got = co_await socket.receive();
//
// A coroutine that waits goes on in the event that it waited for; no call makes a coroutine frame.
// Several may wait at one socket, also for the same: each send() goes out whole, in the order of
// the calls, and what comes goes to the first who waits for it. Destroying a socket closes it, and
// who waits in it goes on with Errc::closed. Any wait can end with Errc::cancelled (cancel()).
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "elvis/graph/machine.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/sockets/readiness.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

class TcpSocket;
using TcpSocketRef = std::unique_ptr<TcpSocket>;

/// One end of a stream.
class TcpSocket final : public TcpUser, public Waitable, public Pooled {
 public:
  explicit TcpSocket(Machine& machine) : machine_{machine} {}
  TcpSocket(const TcpSocket&) = delete;
  TcpSocket& operator=(const TcpSocket&) = delete;
  /// As close() does.
  ~TcpSocket();

  // ----- before it is connected -----

  /// Chooses the local end of connect(); an unspecified address is chosen then, port 0 here. The
  /// port is this socket's until it is closed. Errors: closed, invalid_argument (it is bound, or
  /// connected), address_not_available, address_in_use (see set_reuse_address()).
  Result<> bind(Endpoint local);
  /// Settings of its own instead of the machine's; they are copied.
  void use(const TcpSettings& settings);

  class Connect;
  /// `Result<> connected = co_await socket.connect(remote);` Errors: those of Tcp::open, refused,
  /// timed_out, network_unreachable, host_unreachable, closed, invalid_argument.
  Connect connect(Endpoint remote);
  class ConnectAndSend;
  /// The same, and sends `data`: with the SYN as far as the settings and what is known of the
  /// remote end allow (RFC 7413), the rest behind it. What went with the SYN may arrive twice, so
  /// `data` must be something that does no harm then (RFC 7413, 2.1).
  ConnectAndSend connect(Endpoint remote, Message data);
  /// The same, given up after `timeout`: then the socket is as before. Errors: also timed_out.
  Task<Result<>> connect(Endpoint remote, Duration timeout);
  /// The same to a machine by name (see resolve()). Errors: also unknown_name.
  Task<Result<>> connect(std::string name, std::uint16_t port, Duration timeout = Duration::max());
  /// Begins to connect without waiting. What the SYN carries of `first` is taken off its front.
  /// Errors: those of Tcp::open, invalid_argument.
  Result<> start_connecting(Endpoint remote, Message* first = nullptr);

  // ----- the stream -----

  class Send;
  /// `Result<> sent = co_await socket.send(message);` Goes on when all of it has found room in the
  /// send buffer. Errors: not_connected, closed, reset, timed_out, host_unreachable.
  Send send(Message data);
  /// Takes as many bytes off the front of `data` as have room, and returns how many. Errors: those
  /// of send(), would_block if there is no room.
  Result<std::size_t> try_send(Message& data);

  class Receive;
  /// `Result<Message> got = co_await socket.receive(max);` Goes on with 1 to `max` bytes when some
  /// are there, with none when the remote end has sent its FIN; with `max` 0 at once. Errors:
  /// not_connected, closed, reset, timed_out, host_unreachable.
  Receive receive(std::size_t max = ~std::size_t{0});
  /// The same without waiting. Errors: those of receive(), would_block.
  Result<Message> try_receive(std::size_t max = ~std::size_t{0});
  /// What try_receive() would give, which stays: MSG_PEEK. Errors: those of try_receive().
  Result<Message> peek(std::size_t max = ~std::size_t{0}) const;

  enum class Half : std::uint8_t { write, read, both };
  /// Ends a half of the stream. Of writing: what was sent before still arrives, then the FIN;
  /// receiving goes on. Of reading: who has taken what has arrived is at the end of the stream
  /// and waits no more. Errors: not_connected, closed.
  Result<> shutdown(Half half = Half::write);
  /// Ends both halves; what was sent still arrives (unless linger says otherwise). If unread data
  /// are left, the connection is reset (RFC 9293, 3.6). Who waits is woken with Errc::closed.
  void close();
  /// Resets the connection (RFC 9293, 3.10.5).
  void abort();

  class Flush;
  /// `Result<> done = co_await socket.flush();` Goes on when the remote end has acknowledged all
  /// that was sent, the FIN included. Errors: those of send().
  Flush flush();

  // ----- options -----

  /// The options as they are.
  const TcpSettings& settings() const;
  void set_no_delay(bool no_delay);
  bool no_delay() const;
  /// bind() succeeds though connections, as those in TIME-WAIT, have this local end, or sockets
  /// that reuse it too and do not listen.
  void set_reuse_address(bool reuses) { reuses_address_ = reuses; }
  /// How many machines may send its datagrams on; at least 1, 64 if nobody says otherwise.
  void set_time_to_live(std::uint8_t time_to_live);
  /// The byte of service of its datagrams (RFC 2474); the two lowest bits are TCP's (RFC 3168).
  void set_type_of_service(std::uint8_t type_of_service);
  /// A place in congestion_kinds(); before it is connected.
  void set_congestion(int congestion);
  /// Holds back segments that are not full.
  void set_cork(bool cork);
  void set_keep_alive(bool keep_alive);
  /// Both times are at least 1 ms, the probes 1 to 127: what lies outside becomes the nearest.
  void set_keep_alive(Duration idle, Duration interval, std::uint32_t probes);
  /// How long sent data may stay unacknowledged (RFC 9293, 3.8.3); 0: by retransmissions.
  void set_user_timeout(Duration timeout);
  /// close() resets the connection if data are left after `linger`, at once if it is 0.
  void set_linger(std::optional<Duration> linger) {
    linger_ = linger ? std::max(*linger, Duration{}) : no_linger;
  }
  /// Buffers have at least one byte.
  void set_send_buffer(std::size_t bytes);
  void set_receive_buffer(std::size_t bytes);
  /// Sends `data`, however full the send buffer, and announces that they end in urgent data (RFC
  /// 9293, 3.8.5). Errors: those of send(), shut_down.
  Result<> send_urgent(Message data);

  // ----- look -----

  Machine& machine() const { return machine_; }
  /// Port 0 if there is none.
  Endpoint local() const;
  Endpoint remote() const;
  bool is_connected() const { return session_ != nullptr && session_->is_open(); }
  TcpState state() const;
  TcpInfo info() const;
  /// Bytes that can be received now, and that can be sent without waiting.
  std::size_t readable() const;
  std::size_t writable() const;
  /// The error that ended the connection, told once; nothing if there is none.
  std::optional<Errc> take_error();
  /// The session, or null.
  TcpSession* session() const { return session_.get(); }

  /// What can be done without waiting.
  Ready ready() const;
  /// Ends all waits here with Errc::cancelled; what a send() had not handed over is not sent.
  void cancel() { end_waits(machine_, Errc::cancelled); }

  void tcp_changed(TcpSession& session, TcpEvents events) override;

 private:
  friend class TcpListener;

  TcpSocket(Machine& machine, TcpSessionRef session);

  Tcp* tcp() const;
  void unbind();
  Result<> usable() const;
  /// Why nothing can be sent; nothing if it can.
  Errc obstacle() const {
    if (is_closed_) return Errc::closed;
    if (session_ == nullptr) return Errc::not_connected;
    if (failure_ != Errc{}) return failure_;
    return session_->has_finished() || session_->is_over() ? Errc::shut_down : Errc{};
  }
  template <typename Change>
  void configure(Change change);
  Errc end_error() const { return is_closed_ ? Errc::closed : failure_; }
  void tell_of(TcpSession& session, TcpEvents events);
  void feed_waiting();
  bool is_at_end() const { return is_read_shut_ || session_->is_at_end() || session_->is_over(); }

  static constexpr Duration no_linger{-1};

  Machine& machine_;
  TcpSessionRef session_;
  std::unique_ptr<TcpReservation> bound_;  // by bind()
  std::unique_ptr<TcpSettings> settings_;
  Duration linger_ = no_linger;
  Errc failure_{};
  bool is_closed_ = false;
  bool is_undelayed_ = false;
  bool is_corked_ = false;
  bool is_read_shut_ = false;
  bool was_connected_ = false;
  bool reuses_address_ = false;
};
static_assert(sizeof(TcpSocket) <= 64, "one of a million connections");

}  // namespace elvis

#include "elvis/sockets/tcp_socket_waits.hpp"
