// SPDX-License-Identifier: MIT
// TcpSession: a connection in its machine: its timer, its way down, and who is above it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/tcp/connection.hpp"
#include "elvis/sim/timer.hpp"

namespace elvis {

/// Lives while its connection does, or somebody holds a TcpSessionRef.
class TcpSession final : public Session, private Timer {
 public:
  ~TcpSession() override;

  const Endpoints& endpoints() const { return endpoints_; }
  Machine& machine() const { return tcp_.machine(); }
  TcpState state() const { return connection_.state(); }
  /// Whether data may go either way.
  bool is_open() const { return connection_.is_synchronized() && !connection_.is_over(); }
  bool is_over() const { return connection_.is_over(); }
  /// Why the connection broke; nothing if it did not.
  Errc failure() const { return connection_.failure(); }
  TcpInfo info() const { return connection_.info(machine().now()); }

  /// Who is told of events from now on; null for nobody.
  void set_user(TcpUser* user) { user_ = user; }
  TcpUser* user() const { return user_; }

  /// Takes as many bytes off the front of `data` as the send buffer has room for.
  void write(Message& data);
  /// Sends all of `payload`, however full the send buffer. Errors: closed.
  Result<> send(Message&& payload) override;
  /// Up to `max` bytes of what has arrived.
  Message read(std::size_t max);
  std::size_t readable() const { return connection_.readable(); }
  std::size_t writable() const { return connection_.writable(); }
  bool is_at_end() const { return connection_.is_at_end(); }
  bool is_delivered() const { return connection_.is_delivered(); }
  bool has_sent_fin() const { return connection_.has_finished(); }

  /// Sends the FIN behind what was written.
  void shutdown();
  /// The user is gone: what arrives from now on is refused.
  void close() override;
  void abort();

  /// Changes an option: `change(settings)` is called with settings that are the session's own.
  template <typename Change>
  void configure(Change change) {
    change(connection_.own_settings());
    connection_.settings_changed(machine().now());
    push();
  }
  void set_cork(bool cork);
  void set_urgent();
  /// What close() leaves behind is reset after this long.
  void set_linger(Duration linger);

  TcpConnection& connection() { return connection_; }
  const TcpConnection& connection() const { return connection_; }
  /// Told of this connection's windows; null for nobody.
  void set_tracer(TcpTracer* tracer) { tracer_ = tracer; }

 private:
  friend Tcp;

  TcpSession(Tcp& tcp, const Endpoints& endpoints, const Ipv4Path& path, TcpUser* user,
             const TcpSettings* settings);

  void take(TcpSegment&& segment);
  void push();
  void transmit(TcpSegment& segment);
  void arm_timer();
  void tell();
  void expire();
  void path_changed(std::size_t mtu);

  Tcp& tcp_;
  TcpUser* user_;
  Endpoints endpoints_;
  Ipv4Path below_;
  std::uint32_t sum_;  // of what is equal in all segments' pseudo headers and headers
  bool is_pushing_ = false;
  bool is_known_ = true;       // to Tcp
  bool is_half_open_ = false;  // counted as such by its listener
  TcpTracer* tracer_ = nullptr;
  Tcp::Listener* listener_ = nullptr;  // until it is accepted
  TcpSession* previous_ = nullptr;     // in Tcp's list
  TcpSession* next_ = nullptr;
  TcpConnection connection_;
};

}  // namespace elvis
