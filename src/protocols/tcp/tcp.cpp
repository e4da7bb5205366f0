// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp.hpp"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "elvis/graph/world.hpp"
#include "elvis/wire/checksum.hpp"
#include "tcp_listener_state.hpp"
#include "tcp_path.hpp"

namespace elvis {

Tcp::Tcp(Machine& machine, Ipv4& ipv4, const TcpSettings& settings)
    : Protocol{machine, ProtocolId::tcp},
      next_ephemeral_{static_cast<std::uint16_t>(settings.first_port)},
      ipv4_{ipv4},
      settings_{settings} {}

Tcp::~Tcp() {
  std::vector<TcpSession*> sessions;
  sessions_.for_each([&sessions](TcpSession& session) { sessions.push_back(&session); });
  for (TcpSession* const session : sessions) session->drop();
  // Listeners belong to sockets, which are gone; unless the machine goes first.
  for (Listener* next = listener_list_; next != nullptr;) delete std::exchange(next, next->next);
}

// ===== Tcp: active open =====

Result<TcpSessionRef> Tcp::connect(TcpUser& user, Endpoints endpoints, const TcpSettings* settings,
                                   Message* first) {
  if (endpoints.remote.port == 0) return Errc::invalid_argument;
  // RFC 1122, 4.2.3.10; the error is Linux'.
  if (ipv4_.is_for_several(endpoints.remote.address)) return Errc::network_unreachable;
  if (endpoints.local.address.is_unspecified()) {
    const Result<Ipv4Address> local = ipv4_.local_address_for(endpoints.remote.address);
    if (!local) return local.error();
    endpoints.local.address = *local;
  }
  const bool has_range =
      endpoints.local.port == 0 && settings != nullptr && settings->least_port != 0;
  if (endpoints.local.port == 0) {
    const Result<std::uint16_t> port = has_range ? port_of_range(endpoints, *settings)
                                                 : free_port(endpoints.local, endpoints.remote);
    if (!port) return port.error();
    endpoints.local.port = *port;
  }
  const TcpSessionRef old{session_of(endpoints)};
  if (old != nullptr) {
    // RFC 9293, 3.6.1 (MUST-13 and MAY-2): out of TIME-WAIT, as the new ISN is larger.
    if (old->state() != TcpState::time_wait) return Errc::address_in_use;
    old->drop();
  }
  const Result<TcpSession*> made = make_session(endpoints, &user, settings);
  if (!made) return made.error();
  TcpSessionRef session{*made};
  if (old != nullptr && has_range) session->connection_.follow(old->connection_);
  if (first != nullptr && session->connection_.settings().may_open_fast()) {
    connect_fast(*session, *first);
  } else {
    session->connection_.connect(machine().now());
  }
  session->push();
  return session;
}

Result<TcpSession*> Tcp::make_session(const Endpoints& endpoints, TcpUser* user,
                                      const TcpSettings* settings) {
  const Result<Ipv4Path> path = ipv4_.path(*this, endpoints);
  if (!path) return path.error();
  std::size_t link_mtu = 0;
  const std::size_t mtu = path_mtu(endpoints, &link_mtu);
  auto* const session = new TcpSession{
      *this, endpoints, *path, user, settings == nullptr ? settings_ : *settings, mtu};
  session->connection_.set_link_mtu(link_mtu);
  if (settings != nullptr) (void)session->connection_.own_settings();
  intrusive_ptr_add_ref(session);  // until forget()
  sessions_.insert(*session);
  ++connections_;
  return session;
}

std::size_t Tcp::path_mtu(const Endpoints& endpoints, std::size_t* link_mtu) {
  constexpr std::size_t largest = 65'535;
  const Result<Ipv4::Step> step = ipv4_.step_to(endpoints.remote.address);
  if (!step || step->tap == nullptr) return largest;
  if (link_mtu != nullptr) {
    *link_mtu = std::min<std::size_t>(step->tap->network().properties().mtu, largest);
  }
  return ipv4_.path_mtu(endpoints.remote.address, *step->tap);
}

// A session has come to its end.
void Tcp::forget(TcpSession& session) {
  session.is_known_ = false;
  session.alarm_.reset();
  sessions_.erase(session);
  if (last_ == &session) last_ = nullptr;
  if (session.listener_ != nullptr) session.listener_->forget(session);
  intrusive_ptr_release(&session);
}

namespace {

bool overlap(Endpoint one, Endpoint other) {
  return one.port == other.port && (one.address == other.address || one.address.is_unspecified() ||
                                    other.address.is_unspecified());
}

}  // namespace

bool Tcp::is_in_use(Endpoint local, bool reuses) const {
  const auto overlaps = [local](Endpoint other) { return overlap(local, other); };
  for (const Listener* next = listener_list_; next != nullptr; next = next->next) {
    if (overlaps(next->local)) return true;
  }
  for (const TcpReservation* next = reservations_; next != nullptr; next = next->next) {
    if (overlaps(next->local) && !(reuses && next->reuses)) return true;
  }
  if (reuses) return false;
  bool is_used = false;
  sessions_.for_each(
      [&](const TcpSession& session) { is_used = is_used || overlaps(session.endpoints().local); });
  return is_used;
}

Result<std::unique_ptr<TcpReservation>> Tcp::reserve(Endpoint local, bool reuses) {
  if (!local.address.is_unspecified() && !ipv4_.is_local(local.address)) {
    return Errc::address_not_available;
  }
  if (local.port == 0) {
    const Result<std::uint16_t> port = ephemeral_port();
    if (!port) return port.error();
    local.port = *port;
  } else if (is_in_use(local, reuses)) {
    return Errc::address_in_use;
  }
  auto reservation = std::make_unique<TcpReservation>(local, reuses);
  reservation->next = std::exchange(reservations_, reservation.get());
  return reservation;
}

void Tcp::release(const TcpReservation& reservation) {
  TcpReservation** link = &reservations_;
  while (*link != nullptr && *link != &reservation) link = &(*link)->next;
  if (*link != nullptr) *link = reservation.next;
}

bool Tcp::is_reserved(Endpoint local) const {
  for (const TcpReservation* next = reservations_; next != nullptr; next = next->next) {
    if (overlap(local, next->local)) return true;
  }
  return false;
}

Result<std::uint16_t> Tcp::ephemeral_port() {
  return free_port({}, {});
}

// RFC 6335, 6 and RFC 6056, 3.2: first the dynamic ports, then all that are no system's.
Result<std::uint16_t> Tcp::free_port(Endpoint local, Endpoint remote) {
  constexpr std::uint16_t least = 1'024;
  constexpr int ports = 65'536 - least;
  for (int i = 0; i < ports; ++i) {
    const std::uint16_t port = next_ephemeral_;
    next_ephemeral_ = port == 65'535 ? least : static_cast<std::uint16_t>(port + 1);
    if (listener_for({local.address, port}) != nullptr) continue;
    if (is_reserved({local.address, port})) continue;
    if (session_of({{local.address, port}, remote}) == nullptr) return port;
  }
  return Errc::address_not_available;
}

// The first one that nobody has, or that TIME-WAIT gives away.
Result<std::uint16_t> Tcp::port_of_range(Endpoints endpoints, const TcpSettings& settings) {
  for (std::uint32_t port = settings.least_port; port <= settings.greatest_port; ++port) {
    endpoints.local.port = static_cast<std::uint16_t>(port);
    if (listener_for(endpoints.local) != nullptr || is_reserved(endpoints.local)) continue;
    const TcpSession* const old = session_of(endpoints);
    if (old == nullptr ||
        old->connection_.may_be_replaced(settings.time_wait_reuse, machine().now())) {
      return endpoints.local.port;
    }
  }
  return Errc::address_not_available;
}

// RFC 6528: a clock of 4 us, and an offset that nobody else can know. The seed makes it repeat.
std::uint32_t Tcp::initial_sequence(const Endpoints& endpoints, const TcpSettings& settings) const {
  if (settings.initial_sequence != TcpSettings::chosen) {
    return static_cast<std::uint32_t>(settings.initial_sequence);
  }
  const auto ticks = static_cast<std::uint32_t>(machine().now().time_since_epoch().count() / 4'000);
  return ticks + static_cast<std::uint32_t>(hash_of(endpoints));
}

std::uint64_t Tcp::hash_of(const Endpoints& endpoints) const {
  constexpr std::uint64_t purpose = 0x7463'7020'6973'6e00;
  Rng stream{machine().world().seed(), machine().key(), purpose, TcpSessionTable::hash(endpoints)};
  return stream();
}

// ===== Tcp: passive open =====

Result<> Tcp::listen(TcpAcceptor& acceptor, Endpoint local, std::size_t backlog,
                     const TcpSettings* settings) {
  if (!local.address.is_unspecified() && !ipv4_.is_local(local.address)) {
    return Errc::address_not_available;
  }
  auto listener = std::make_unique<Listener>(acceptor, local, std::max<std::size_t>(backlog, 1));
  if (settings != nullptr) listener->settings = std::make_unique<TcpSettings>(*settings);
  if (!listeners_.insert(local, listener.get())) return Errc::address_in_use;
  listener->next = listener_list_;
  listener_list_ = listener.release();
  return {};
}

void Tcp::unlisten(Endpoint local) {
  Listener** const found = listeners_.find(local);
  if (found == nullptr) return;
  Listener* const listener = *found;
  listeners_.erase(local);
  Listener** link = &listener_list_;
  while (*link != listener) link = &(*link)->next;
  *link = listener->next;
  // RFC 9293, 3.10.4 (CLOSE in LISTEN); who has already connected is told.
  std::vector<TcpSessionRef> unaccepted;
  sessions_.for_each([&](TcpSession& session) {
    if (session.listener_ == listener) unaccepted.emplace_back(&session);
  });
  for (const TcpSessionRef& session : unaccepted) {
    session->listener_ = nullptr;
    if (session->is_accepted_) continue;
    // Linux and FreeBSD keep no more of who is still connecting than their queue.
    const bool is_silent = session->is_half_open_ && !session->is_ready_ &&
                           session->connection_.settings().option_layout() != TcpLayout::rfc;
    machine().is_ending() || is_silent ? session->drop() : session->abort();
  }
  delete listener;
}

Tcp::Listener* Tcp::listener_for(Endpoint local) {
  if (listeners_.size() == 0) return nullptr;
  Listener** found = listeners_.find(local);
  if (found == nullptr) found = listeners_.find({.address = {}, .port = local.port});
  return found == nullptr ? nullptr : *found;
}

TcpSessionRef Tcp::accept(Endpoint local) {
  Listener** const found = listeners_.find(local);
  if (found == nullptr || (*found)->ready.empty()) return nullptr;
  TcpSessionRef session = std::move((*found)->ready.front());
  (*found)->ready.pop_front();
  session->is_accepted_ = true;
  if (!session->is_half_open_) session->listener_ = nullptr;  // else it is still counted
  return session;
}

std::size_t Tcp::waiting(Endpoint local) {
  Listener** const found = listeners_.find(local);
  return found == nullptr ? 0 : (*found)->ready.size();
}

void Tcp::established(TcpSession& session) {
  if (session.connection_.fast_open() != nullptr) opened_fast(session);
  if (session.listener_ == nullptr) return;
  Listener& listener = *session.listener_;
  if (session.connection_.is_synchronized()) {
    if (session.is_half_open_) --listener.half_open;
    session.is_half_open_ = false;
    if (session.is_accepted_) session.listener_ = nullptr;
  }
  if (session.is_ready_) return;  // a cookie let it in before
  session.is_ready_ = true;
  listener.ready.emplace_back(&session);
  listener.acceptor.tcp_acceptable();
}

// ===== Tcp: segments =====

TcpSession* Tcp::session_of(const Endpoints& endpoints) {
  if (last_ != nullptr && last_->endpoints_ == endpoints) return last_;
  return sessions_.find(endpoints);
}

void Tcp::demux(Message&& message, Arrival& arrival) {
  std::uint8_t scratch[TcpHeader::max_size];
  const std::uint8_t* bytes = message.front(TcpHeader::min_size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, message);
  const std::size_t size = std::size_t{bytes[12]} / 16 * 4;
  if (size > TcpHeader::min_size && size <= message.size()) bytes = message.front(size, scratch);
  const auto header = TcpHeader::parse(bytes, message.size());
  if (!header) return machine().drop(drop_for(header.error()), message);
  if (!message.is_verified()) {
    const std::uint64_t sum =
        message.partial_sum() +
        pseudo_header_sum(arrival.source, arrival.destination, arrival.protocol, message.size());
    if (fold_sum(sum) != 0xffff) return machine().drop(Drop::bad_checksum, message);
  }
  arrival.source_port = header->source_port;
  arrival.destination_port = header->destination_port;
  // RFC 9293, 3.9.2.3 (MUST-57): a connection has two ends.
  if (ipv4_.is_for_several(arrival.destination)) return machine().drop(Drop::no_listener, message);
  learn_path(arrival);
  TcpSegment segment;
  segment.sequence = header->sequence;
  segment.acknowledgement = header->acknowledgement;
  segment.flags = header->flags;
  segment.window = header->window;
  segment.urgent = header->urgent;
  segment.ecn = arrival.type_of_service & 3;
  segment.options = TcpOptions::parse(header->options);
  message.remove_front(header->header_size());
  message.set_verified(false);  // what is written around the payload next is not known yet
  segment.payload = std::move(message);
  take(std::move(segment), arrival);
}

void Tcp::learn_path(const Arrival& arrival) {
  if (arrival.tap == nullptr || arrival.link_destination.is_group()) return;
  if (arrival.destination != arrival.tap->address()) return;
  arrival.tap->set_path(std::make_unique<TcpPath>(*arrival.tap, *this));
}

void Tcp::take(TcpSegment&& segment, const Arrival& arrival) {
  if (TcpSession* const session = session_of({arrival.local(), arrival.remote()})) {
    return take_for_session(*session, std::move(segment), arrival);
  }
  if (Listener* const listener = listener_for(arrival.local())) {
    return take_for_listener(*listener, std::move(segment), arrival);
  }
  // RFC 9293, 3.10.7.1.
  if (!segment.has(TcpHeader::rst)) reset(segment, arrival);
  machine().drop(Drop::no_listener, segment.payload);
}

void Tcp::take_for_session(TcpSession& session, TcpSegment&& segment, const Arrival& arrival) {
  if (segment.has(TcpHeader::syn | TcpHeader::fin) &&
      session.connection_.settings().drops_syn_fin) {
    return machine().drop(Drop::no_listener, segment.payload);
  }
  last_ = &session;
  if (session.state() == TcpState::time_wait && segment.has(TcpHeader::syn) &&
      !segment.has(TcpHeader::ack) && !segment.has(TcpHeader::rst)) {
    // RFC 9293, 3.6.1: a new connection may take the place of what is over.
    Listener* const listener = listener_for(arrival.local());
    if (listener != nullptr && session.connection_.may_be_reused(segment)) {
      session.drop();
      return take_for_listener(*listener, std::move(segment), arrival);
    }
    // FreeBSD passes over those that cannot.
    if (listener != nullptr &&
        session.connection_.settings().option_layout() == TcpLayout::like_freebsd) {
      return machine().drop(Drop::no_listener, segment.payload);
    }
  }
  // While too many wait to be accepted, nobody else connects: the SYN is answered again later.
  if (session.is_half_open_ && !session.is_ready_ && session.listener_->is_full() &&
      segment.has(TcpHeader::ack) && !segment.has(TcpHeader::rst)) {
    return machine().drop(Drop::queue_full, segment.payload);
  }
  machine().remember(&session);
  session.take(std::move(segment), arrival.ends_event);
}

// RFC 9293, 3.10.7.2.
void Tcp::take_for_listener(Listener& listener, TcpSegment&& segment, const Arrival& arrival) {
  if (segment.has(TcpHeader::rst)) return machine().drop(Drop::no_listener, segment.payload);
  if (segment.has(TcpHeader::ack)) {
    if (segment.has(TcpHeader::syn) || !open_by_cookie(listener, segment, arrival)) {
      reset(segment, arrival);
    }
    return;
  }
  if (segment.has(TcpHeader::syn | TcpHeader::fin) &&
      listener.settings_or(settings_).drops_syn_fin) {
    return machine().drop(Drop::no_listener, segment.payload);
  }
  if (segment.has(TcpHeader::syn)) return take_syn(listener, std::move(segment), arrival);
  machine().drop(Drop::no_listener, segment.payload);
}

void Tcp::take_syn(Listener& listener, TcpSegment&& syn, const Arrival& arrival) {
  const Endpoints endpoints{arrival.local(), arrival.remote()};
  if (listener.is_full()) return machine().drop(Drop::queue_full, syn.payload);
  if (listener.half_open >= listener.backlog) {
    if (listener.settings_or(settings_).syn_cookies) {
      return answer_with_cookie(listener, syn, endpoints);
    }
    return machine().drop(Drop::queue_full, syn.payload);
  }
  const Result<TcpSession*> made = make_session(endpoints, nullptr, listener.settings.get());
  if (!made) return machine().drop(Drop::no_route, syn.payload);
  TcpSession& session = **made;
  session.listener_ = &listener;
  session.is_half_open_ = true;
  ++listener.half_open;
  if (!open_fast(listener, session, syn)) session.connection_.accept(syn, machine().now());
  session.push();
}

void Tcp::reset(const TcpSegment& segment, const Arrival& arrival) {
  TcpSegment answer;
  answer.flags = TcpHeader::rst;
  if (segment.has(TcpHeader::ack)) {
    answer.sequence = segment.acknowledgement;
  } else {
    answer.flags |= TcpHeader::ack;
    answer.acknowledgement = segment.sequence + segment.length();
  }
  send_bare(answer, {arrival.local(), arrival.remote()});
}

// A segment without data and without a session.
void Tcp::send_bare(const TcpSegment& segment, const Endpoints& endpoints) {
  std::uint8_t options[TcpOptions::max_size];
  const std::size_t size = segment.options.emit(options, settings_.option_layout());
  TcpHeader header{.source_port = endpoints.local.port,
                   .destination_port = endpoints.remote.port,
                   .sequence = segment.sequence,
                   .acknowledgement = segment.acknowledgement,
                   .flags = segment.flags,
                   .window = segment.window,
                   .checksum = 0,
                   .urgent = 0,
                   .options = {options, size}};
  Message message;
  std::uint8_t* const bytes = message.prepend(header.header_size());
  header.emit(bytes);
  store16(bytes + 16,
          finish_checksum(partial_sum(bytes, header.header_size()) +
                          pseudo_header_sum(endpoints.local.address, endpoints.remote.address,
                                            static_cast<std::uint8_t>(IpProtocol::tcp),
                                            header.header_size())));
  message.set_verified(true);
  Ipv4Header below;
  below.protocol = static_cast<std::uint8_t>(IpProtocol::tcp);
  below.source = endpoints.local.address;
  below.destination = endpoints.remote.address;
  (void)ipv4_.send(below, std::move(message));
}

// RFC 5927, 4.1; RFC 9293, 3.9.2.2: about what is on its way. What is too long may also be a bare
// acknowledgement, whose number is the next one's: with SACK blocks it exceeds the least MTU.
bool Tcp::believes(const DeliveryError& error) {
  const TcpSession* const session = session_of(error.endpoints);
  if (session == nullptr) return false;
  constexpr std::size_t most_without_data = Ipv4Header::min_size + TcpHeader::max_size;
  const bool may_lack_data =
      error.code == Errc::message_too_long && error.datagram_size <= most_without_data;
  const TcpSender& sender = session->connection_.sender();
  const std::int64_t position = sender.position_of(error.stream_sequence);
  return position >= static_cast<std::int64_t>(sender.una()) &&
         position < static_cast<std::int64_t>(sender.next() + (may_lack_data ? 1 : 0));
}

void Tcp::failed(const DeliveryError& error) {
  if (TcpSession* const session = session_of(error.endpoints)) {
    const TcpSessionRef keep{session};
    session->network_failed(error);
  }
}

}  // namespace elvis
