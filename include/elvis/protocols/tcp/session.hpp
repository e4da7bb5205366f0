// SPDX-License-Identifier: MIT
// TcpSession: a connection in its machine: its timer, its way down, and who is above it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/tcp/connection.hpp"
#include "elvis/sim/timer.hpp"

namespace elvis {

/// Lives while its connection does, or somebody holds a TcpSessionRef.
class TcpSession final : public Session {
 public:
  ~TcpSession() override;

  const Endpoints& endpoints() const { return endpoints_; }
  const Tcp& tcp() const { return tcp_; }
  Machine& machine() const { return tcp_.machine(); }
  TcpState state() const { return connection_.state(); }
  /// Whether data may go either way.
  bool is_open() const {
    return (connection_.is_synchronized() || connection_.is_early()) && !connection_.is_over();
  }
  bool is_over() const { return connection_.is_over(); }
  /// Why the connection broke; nothing if it did not.
  Errc failure() const { return connection_.failure(); }
  TcpInfo info() const { return connection_.info(machine().now()); }
  std::size_t readable() const { return connection_.readable(); }
  std::size_t writable() const { return connection_.writable(); }
  /// Whether the remote end's FIN is all that is left to be read.
  bool is_at_end() const { return connection_.is_at_end(); }
  /// Whether all that was sent has been acknowledged.
  bool is_delivered() const { return connection_.is_delivered(); }
  /// Whether shutdown() was called.
  bool has_finished() const { return connection_.has_finished(); }

  /// Who is told of events from now on; null for nobody.
  void set_user(TcpUser* user) { user_ = user; }
  /// In TcpUser::tcp_changed(), the first time: whether nothing more happens in this event, so that
  /// a coroutine that waits may go on inside the call.
  bool take_end_of_event() { return std::exchange(ends_event_, false); }
  TcpUser* user() const { return user_; }

  /// Takes as many bytes off the front of `data` as the send buffer has room for.
  void write(Message& data);
  /// Sends all of `payload`, however full the send buffer. Errors: closed.
  Result<> send(Message&& payload) override;
  /// Up to `max` bytes of what has arrived.
  Message read(std::size_t max);
  /// The same, which stays there.
  Message peek(std::size_t max) const { return connection_.receiver().peek(max); }

  /// Sends the FIN behind what was written.
  void shutdown();
  /// The user is gone: what arrives from now on is refused.
  void close() override;
  /// Resets the connection (RFC 9293, 3.10.5).
  void abort();
  /// Lets go of the connection without a word, as a machine that is switched off does.
  void drop();

  /// Changes an option: `change(settings)` is called with settings that are the session's own.
  template <typename Change>
  void configure(Change change) {
    change(connection_.own_settings());
    connection_.settings_changed(machine().now());
    push();
  }
  void set_cork(bool cork);
  void set_no_delay(bool no_delay);
  bool no_delay() const { return connection_.sender().is_undelayed; }
  /// Sends all of `data` and says that they end in urgent data (RFC 9293, 3.8.5).
  void send_urgent(Message&& data);
  /// How many machines may send its datagrams on from now on; at least 1.
  void set_time_to_live(std::uint8_t time_to_live) { below_.set_time_to_live(time_to_live); }
  /// The bits of service of its datagrams from now on; the two lowest are TCP's own.
  void set_type_of_service(std::uint8_t type_of_service);
  /// What close() leaves behind is reset after this long.
  void set_linger(Duration linger);

  TcpConnection& connection() { return connection_; }
  const TcpConnection& connection() const { return connection_; }
  /// Told of this connection's windows; null for nobody.
  void set_tracer(TcpTracer* tracer) { tracer_ = tracer; }

 private:
  friend Tcp;
  friend TcpSessionTable;

  /// Its timer, which is there only while something is waited for.
  struct Alarm final : Timer, Pooled {
    explicit Alarm(TcpSession& of);
    TcpSession& session;
  };

  TcpSession(Tcp& tcp, const Endpoints& endpoints, const Ipv4Path& path, TcpUser* user,
             const TcpSettings& settings, std::size_t path_mtu);

  void take(TcpSegment&& segment, bool ends_event = false);
  bool take_usual(const TcpUsualHeader& header, Message& frame, std::size_t header_bytes);
  void push();
  TcpMove move() const;
  void tell_tracer(const TcpMove& before);
  template <typename Header>
  void transmit(TcpSegment& segment, Header& header, bool is_alike);
  Result<> transmit_full(TcpSegment& segment);
  void arm_timer();
  void tell();
  void expire();
  void path_mtu_changed();
  bool may_fail_at_once(const DeliveryError& error) const;
  void network_failed(const DeliveryError& error);
  bool is_known() const { return is_known_; }

  Tcp& tcp_;
  TcpSession* next_ = nullptr;  // in a chain of Tcp's table
  Endpoints endpoints_;
  TcpUser* user_;
  std::uint32_t sum_;         // of what is equal in all segments' pseudo headers and headers
  Errc soft_error_{};         // what the network said that may pass
  std::uint8_t service_ = 0;  // without the bits of congestion
  bool is_pushing_ : 1 = false;
  bool is_known_ : 1 = true;       // to Tcp, which holds a reference as long
  bool is_half_open_ : 1 = false;  // and counted by its listener
  bool is_ready_ : 1 = false;      // to be accepted: it has been in the listener's queue
  bool is_accepted_ : 1 = false;   // though half open
  bool sends_ecn_capable_ : 1 = false;
  bool ends_event_ = false;
  Ipv4Path below_;
  TcpTracer* tracer_ = nullptr;
  Tcp::Listener* listener_ = nullptr;  // until it is accepted
  std::unique_ptr<Alarm> alarm_;
  TcpConnection connection_;
};
static_assert(sizeof(TcpSession) <= 640, "with its socket, both ends take 1,600 bytes");

[[gnu::always_inline]] inline bool Tcp::take_usual(const TcpUsualHeader& header, Message& frame,
                                                   std::size_t header_bytes,
                                                   const Endpoints& endpoints) {
  TcpSession* session = last_;
  if (session == nullptr || session->endpoints_ != endpoints) [[unlikely]] {
    session = session_of(endpoints);
    if (session == nullptr) return false;
  }
  if (session->is_half_open_) return false;
  machine().remember(session);
  last_ = session;
  return session->take_usual(header, frame, header_bytes);
}

inline Message TcpSession::read(std::size_t max) {
  Message taken = connection_.read(max);
  if (connection_.receiver().wants_ack()) push();
  return taken;
}

}  // namespace elvis
