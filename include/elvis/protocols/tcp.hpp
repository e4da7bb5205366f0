// SPDX-License-Identifier: MIT
// Tcp: the Transmission Control Protocol (RFC 9293) of one machine: who a segment belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/tcp/connection.hpp"
#include "elvis/protocols/tcp/fast_open.hpp"
#include "elvis/protocols/tcp/segment.hpp"
#include "elvis/protocols/tcp/session_table.hpp"
#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/protocols/tcp/tcp_info.hpp"
#include "elvis/protocols/tcp/trace.hpp"
#include "elvis/util/small_map.hpp"

namespace elvis {

class TcpSession;
using TcpSessionRef = boost::intrusive_ptr<TcpSession>;

/// Who is above a session. Called in the event that changed it; may call the session.
class TcpUser {
 public:
  virtual void tcp_changed(TcpSession& session, TcpEvents events) = 0;

 protected:
  ~TcpUser() = default;
};

/// Who listens at a port.
class TcpAcceptor {
 public:
  /// A connection waits to be taken by Tcp::accept().
  virtual void tcp_acceptable() = 0;

 protected:
  ~TcpAcceptor() = default;
};

/// A port that a socket has bound and uses for no connection yet, or not only for that.
struct TcpReservation : Pooled {
  TcpReservation(Endpoint at, bool reuses_address) : local{at}, reuses{reuses_address} {}

  Endpoint local;
  bool reuses;  ///< Others that do may have the same.
  TcpReservation* next = nullptr;
};

class Tcp final : public Protocol {
 public:
  /// `settings` outlive it.
  Tcp(Machine& machine, Ipv4& ipv4, const TcpSettings& settings);
  ~Tcp() override;

  /// Begins to connect `endpoints` (active open); an unspecified local address or port is chosen
  /// here. `user` is told when it has come about. `settings` that are not null are copied. Errors:
  /// address_in_use, address_not_available (no port is left), network_unreachable,
  /// host_unreachable.
  /// With `first`, the SYN carries what it may of it (RFC 7413), which is taken off its front.
  Result<TcpSessionRef> connect(TcpUser& user, Endpoints endpoints,
                                const TcpSettings* settings = nullptr, Message* first = nullptr);
  using Protocol::listen;
  /// Takes connections to `local`. Up to `backlog` of them wait for accept(). `settings` that are
  /// not null are copied. Errors: address_in_use, address_not_available.
  Result<> listen(TcpAcceptor& acceptor, Endpoint local, std::size_t backlog,
                  const TcpSettings* settings = nullptr);
  /// The connection that has waited longest at `local`, or null.
  TcpSessionRef accept(Endpoint local);
  /// How many wait for accept() at `local`.
  std::size_t waiting(Endpoint local);
  /// Ends listen(); what waits is reset.
  void unlisten(Endpoint local) override;
  /// Whether somebody listens at `local` or has reserved it or, unless it `reuses` the address, a
  /// connection has it as its end, be it only in TIME-WAIT: what SO_REUSEADDR is for. Reservations
  /// go together if all of them reuse the address.
  bool is_in_use(Endpoint local, bool reuses) const;
  /// Keeps `local` for one socket; port 0 chooses one. Errors: address_in_use,
  /// address_not_available.
  Result<std::unique_ptr<TcpReservation>> reserve(Endpoint local, bool reuses);
  /// Ends that, if it was made here.
  void release(const TcpReservation& reservation);
  /// A port of this machine that nobody uses. Errors: address_not_available.
  Result<std::uint16_t> ephemeral_port();

  bool has_address(Ipv4Address address) const { return ipv4_.is_local(address); }
  const TcpSettings& settings() const { return settings_; }
  /// Sessions that are not closed, TIME-WAIT included.
  std::size_t session_count() const { return sessions_.size(); }
  /// Connections that were opened either way since the start.
  std::uint64_t connections() const { return connections_; }
  /// Whether data that go to `server` now would go with the SYN.
  bool knows_cookie(Ipv4Address server, const TcpSettings& settings) const;
  /// Forgets the cookies of all servers.
  void forget_cookies() { fast_open_.reset(); }
  /// Told of all connections made from now on; null for nobody.
  void set_tracer(TcpTracer* tracer) { tracer_ = tracer; }
  TcpTracer* tracer() const { return tracer_; }

  void demux(Message&& segment, Arrival& arrival) override;
  /// A segment whose header has been read and found right; `payload` is what follows it.
  void take(TcpSegment&& segment, const Arrival& arrival);
  /// The same, as the last thing in an event, if it is what an open connection waits for: the next
  /// segment, and nothing else. Else false. The payload stands behind `header_bytes` bytes of
  /// `frame`.
  bool take_usual(const TcpUsualHeader& header, Message& frame, std::size_t header_bytes,
                  const Endpoints& endpoints);
  void failed(const DeliveryError& error) override;
  bool believes(const DeliveryError& error) override;

 private:
  friend TcpSession;

  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Endpoint& end) const {
      return mix(std::uint64_t{end.address.value()} << 16 | end.port);
    }
  };
  struct Listener;

  TcpSession* session_of(const Endpoints& endpoints);
  Listener* listener_for(Endpoint local);
  bool is_reserved(Endpoint local) const;
  Result<std::uint16_t> free_port(Endpoint local, Endpoint remote);
  Result<std::uint16_t> port_of_range(Endpoints endpoints, const TcpSettings& settings);
  void take_for_session(TcpSession& session, TcpSegment&& segment, const Arrival& arrival);
  void take_for_listener(Listener& listener, TcpSegment&& segment, const Arrival& arrival);
  void take_syn(Listener& listener, TcpSegment&& syn, const Arrival& arrival);
  void answer_with_cookie(Listener& listener, const TcpSegment& syn, const Endpoints& endpoints);
  void connect_fast(TcpSession& session, Message& first);
  void opened_fast(TcpSession& session);
  bool open_fast(Listener& listener, TcpSession& session, TcpSegment& syn);
  bool open_by_cookie(Listener& listener, TcpSegment& segment, const Arrival& arrival);
  Result<TcpSession*> make_session(const Endpoints& endpoints, TcpUser* user,
                                   const TcpSettings* settings);
  std::size_t path_mtu(const Endpoints& endpoints, std::size_t* link_mtu = nullptr);
  void established(TcpSession& session);
  void forget(TcpSession& session);
  void reset(const TcpSegment& segment, const Arrival& arrival);
  void send_bare(const TcpSegment& segment, const Endpoints& endpoints);
  void learn_path(const Arrival& arrival);
  std::uint64_t hash_of(const Endpoints& endpoints) const;
  std::uint32_t initial_sequence(const Endpoints& endpoints, const TcpSettings& settings) const;
  std::uint32_t cookie(const Endpoints& endpoints, std::uint32_t sequence, std::uint32_t period,
                       std::uint32_t mss_index) const;

  std::uint16_t next_ephemeral_;
  Ipv4& ipv4_;
  const TcpSettings& settings_;
  TcpSessionTable sessions_;
  SmallMap<Endpoint, Listener*, Hash> listeners_;
  TcpSession* last_ = nullptr;  // that a segment was for
  Listener* listener_list_ = nullptr;
  TcpReservation* reservations_ = nullptr;
  TcpTracer* tracer_ = nullptr;
  std::uint64_t connections_ = 0;
  std::unique_ptr<TcpFastOpenCache> fast_open_;
};

}  // namespace elvis

#include "elvis/protocols/tcp/session.hpp"
