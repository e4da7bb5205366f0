// SPDX-License-Identifier: MIT
#include "elvis/sockets/udp_socket.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "elvis/sockets/names.hpp"

namespace elvis {

UdpSocket::~UdpSocket() {
  abandon(machine());
  close();
}

Result<> UdpSocket::bind(Endpoint local) {
  const bool has_port = is_listening_ || connected_ != nullptr;
  if (has_port && !is_closed()) return Errc::invalid_argument;
  if (udp() != nullptr && udp()->is_taken_by_session(local, sharing())) {
    return is_closed() ? Errc::closed : Errc::address_in_use;
  }
  return open_port(local);
}

Result<> UdpSocket::open_port(Endpoint local) {
  if (is_closed()) return Errc::closed;
  Udp* const udp = this->udp();
  if (udp == nullptr) return Errc::no_protocol;
  if (local.port == 0) {
    const Result<std::uint16_t> port = udp->ephemeral_port();
    if (!port) return port.error();
    local.port = *port;
  }
  if (const Result<> listening = listen_at(*udp, local); !listening) return listening;
  local_ = local;
  is_listening_ = true;
  look_closely();
  return {};
}

// Where only its own session hears, nobody else's datagrams get here.
void UdpSocket::look_closely() {
  constexpr std::uint32_t largest = 65'535;
  set_care(care_for_sender, is_listening_ && connected_ != nullptr);
  set_care(care_for_room, receive_buffer_ < largest);
}

Result<> UdpSocket::connect(Endpoint remote) {
  remote = destination_of(remote);
  const bool is_again = connected_ != nullptr && connected_->endpoints().remote == remote;
  if (is_again) return is_closed() ? Errc::closed : Result<>{};
  if (last_ != nullptr && (last_ == connected_ || last_->endpoints().remote == remote)) {
    last_.reset();  // before its successor, which has the same endpoints
  }
  Result<UdpSessionRef> session = session_to(remote);
  if (!session) return session.error();
  connected_ = *std::move(session);
  local_.port = connected_->endpoints().local.port;
  is_send_shut_ = is_receive_shut_ = false;
  set_care(care_for_end, false);
  if (!is_closed()) set_failure({});
  look_closely();
  return {};
}

Result<> UdpSocket::disconnect() {
  if (is_closed()) return Errc::closed;
  if (connected_ == nullptr) return Errc::not_connected;
  connected_.reset();
  if (!is_listening_) local_ = {};
  is_send_shut_ = is_receive_shut_ = false;
  set_care(care_for_end, false);
  set_failure({});
  look_closely();
  return {};
}

Result<> UdpSocket::shutdown(Half half) {
  if (is_closed()) return Errc::closed;
  if (connected_ == nullptr) return Errc::not_connected;
  if (half != Half::read) is_send_shut_ = true;
  if (half != Half::write && !is_receive_shut_) {
    is_receive_shut_ = true;
    set_care(care_for_end, true);
    tell(machine(), Ready::readable);
  }
  return {};
}

// Why send() cannot do it.
Result<> UdpSocket::send_error() const {
  if (is_closed()) return Errc::closed;
  return connected_ == nullptr ? Errc::no_destination : Errc::shut_down;
}

Result<> UdpSocket::connect(std::string_view name, std::uint16_t port) {
  const Result<Ipv4Address> address = resolve(machine(), name);
  if (!address) return address.error();
  return connect({*address, port});
}

Result<> UdpSocket::find_session_to(Endpoint remote) {
  if (is_send_shut_) return Errc::shut_down;
  if (remote.port == 0) return is_closed() ? Errc::closed : Errc::invalid_argument;
  remote = destination_of(remote);
  last_.reset();  // before its successor, which may have the same endpoints
  if (connected_ != nullptr && remote == connected_->endpoints().remote) {
    if (!may_send_to(remote.address)) return Errc::access_denied;
    last_ = connected_;
    return {};
  }
  if (!is_listening_) {
    if (const Result<> bound = open_port(local_); !bound) return bound.error();
  }
  Result<UdpSessionRef> session = session_to(remote);
  if (!session) return session.error();
  last_ = *std::move(session);
  return {};
}

Result<UdpSocket::UdpSessionRef> UdpSocket::session_to(Endpoint remote) {
  if (is_closed()) return Errc::closed;
  Udp* const udp = this->udp();
  if (udp == nullptr) return Errc::no_protocol;
  const Ipv4Address to = remote.address;
  if (!may_send_to(to)) return Errc::access_denied;
  Endpoint local = local_;
  // Nothing comes from several: who is bound to them sends from the machine's address, but does not
  // hear what is sent there.
  const bool is_deaf =
      !local.address.is_unspecified() && this->ipv4().is_for_several(local.address);
  if (is_deaf) local.address = {};
  if (to.is_multicast() && local.address.is_unspecified() && extras_ != nullptr) {
    local.address = extras_->interface;
  }
  const Endpoints endpoints{.local = local, .remote = remote};
  Protocol* const shared = shared_port(*udp);
  const Result<SessionRef> session = is_deaf             ? udp->open_deaf(*this, endpoints)
                                     : shared != nullptr ? udp->open_beside(*shared, endpoints)
                                                         : udp->open(*this, endpoints);
  if (!session) return session.error();
  auto made = boost::static_pointer_cast<UdpSession>(*session);
  if (dont_fragment_) made->below().set_dont_fragment(true);
  if (time_to_live_ != 0) made->below().set_time_to_live(time_to_live_);
  if (to.is_multicast() && extras_ != nullptr && extras_->multicast_time_to_live) {
    made->below().set_time_to_live(*extras_->multicast_time_to_live);
  }
  if (type_of_service_ != 0) made->below().set_type_of_service(type_of_service_);
  if (is_looped_ && to.is_multicast()) made->below().set_looped(true);
  return made;
}

bool UdpSocket::may_send_to(Ipv4Address remote) const {
  return broadcasts_ || remote.is_multicast() || !ipv4().is_for_several(remote);
}

void UdpSocket::set_broadcast(bool broadcasts) {
  broadcasts_ = broadcasts;
  if (last_ != nullptr && !may_send_to(last_->endpoints().remote.address)) last_.reset();
}

void UdpSocket::close() {
  if (is_closed()) return;
  set_failure(Errc::closed);
  if (is_listening_) stop_listening();
  connected_.reset();
  last_.reset();
  if (extras_ != nullptr) {
    for (const Membership& one : extras_->memberships) change(one, false);
    extras_.reset();
  }
  while (newest_ != nullptr) take_oldest();
  tell_all(machine());
}

// ===== UdpSocket: several at one port =====

namespace {

/// Several sockets in the place of one listener.
class SharedPort final : public Protocol {
 public:
  explicit SharedPort(Machine& machine) : Protocol{machine, ProtocolId::none} {}

  void add(UdpSocket& socket) { sockets_.push_back(&socket); }
  /// Whether nobody is left.
  bool remove(UdpSocket& socket) {
    std::erase(sockets_, &socket);
    return sockets_.empty();
  }

  void demux(Message&& payload, Arrival& arrival) override {
    const auto& ipv4 = static_cast<const Ipv4&>(*machine().find(ProtocolId::ipv4));
    if (ipv4.is_for_several(arrival.destination)) {
      for (std::size_t i = 0; i + 1 < sockets_.size(); ++i) {
        Arrival same = arrival;
        same.ends_event = false;
        sockets_[i]->demux(Message{payload}, same);
      }
      arrival.ends_event = arrival.ends_event && machine().partition().is_quiet();
      return sockets_.back()->demux(std::move(payload), arrival);
    }
    // Who is connected to the sender goes first, then who was bound last.
    const auto hears = [&](const UdpSocket* socket) { return socket->hears(arrival.remote()); };
    const auto is_peer = [&](const UdpSocket* socket) {
      return socket->is_connected() && hears(socket);
    };
    auto chosen = std::find_if(sockets_.rbegin(), sockets_.rend(), is_peer);
    if (chosen == sockets_.rend()) {
      chosen = std::find_if(sockets_.rbegin(), sockets_.rend(), hears);
    }
    (chosen == sockets_.rend() ? sockets_.back() : *chosen)->demux(std::move(payload), arrival);
  }
  void failed(const DeliveryError& error) override {
    for (UdpSocket* const socket : sockets_) socket->failed(error);
  }

 private:
  std::vector<UdpSocket*> sockets_;  // in the order of their bind()
};

}  // namespace

// Whether this socket may have the port of another one.
bool (*UdpSocket::sharing() const)(Protocol&) {
  if (!reuses_address_) return [](Protocol&) { return false; };
  return [](Protocol& beside) { return dynamic_cast<SharedPort*>(&beside) != nullptr; };
}

Protocol* UdpSocket::shared_port(Udp& udp) const {
  return is_listening_ ? dynamic_cast<SharedPort*>(udp.listener_at(local_)) : nullptr;
}

Result<> UdpSocket::listen_at(Udp& udp, Endpoint local) {
  if (udp.is_taken_beside(local, sharing())) return Errc::address_in_use;
  if (!reuses_address_) return udp.listen(*this, local);
  if (auto* const shared = dynamic_cast<SharedPort*>(udp.listener_at(local))) {
    shared->add(*this);
    return {};
  }
  auto shared = std::make_unique<SharedPort>(machine());
  shared->add(*this);
  const Result<> listening = udp.listen(*shared, local);
  if (listening) static_cast<void>(shared.release());  // until its last socket leaves it
  return listening;
}

void UdpSocket::stop_listening() {
  Udp& udp = *this->udp();
  if (auto* const shared = dynamic_cast<SharedPort*>(udp.listener_at(local_))) {
    if (!shared->remove(*this)) return;
    udp.unlisten(local_);
    delete shared;
    return;
  }
  udp.unlisten(local_);
}

// ===== UdpSocket: groups =====

bool UdpSocket::has_interface(Ipv4Address interface) const {
  return interface.is_unspecified() || std::ranges::any_of(machine().taps(), [&](const Tap& tap) {
           return tap.has_address(interface);
         });
}

UdpSocket::Extras& UdpSocket::extras() {
  if (extras_ == nullptr) extras_ = std::make_unique<Extras>();
  return *extras_;
}

Result<> UdpSocket::set_multicast_interface(Ipv4Address interface) {
  if (!has_interface(interface)) return Errc::address_not_available;
  extras().interface = interface;
  if (last_ != nullptr && last_->endpoints().remote.address.is_multicast()) last_.reset();
  return {};
}

Result<> UdpSocket::join(Ipv4Address group, Ipv4Address interface) {
  if (is_closed()) return Errc::closed;
  if (udp() == nullptr) return Errc::no_protocol;
  if (!group.is_multicast()) return Errc::invalid_argument;
  if (!has_interface(interface)) return Errc::address_not_available;
  auto& memberships = extras().memberships;
  const Membership membership{group, interface};
  if (std::ranges::find(memberships, membership) != memberships.end()) return Errc::address_in_use;
  memberships.push_back(membership);
  change(membership, true);
  return {};
}

Result<> UdpSocket::leave(Ipv4Address group, Ipv4Address interface) {
  const Membership membership{group, interface};
  if (is_closed()) return Errc::closed;
  if (extras_ == nullptr || std::erase(extras_->memberships, membership) == 0) {
    return Errc::address_not_available;
  }
  change(membership, false);
  return {};
}

void UdpSocket::change(const Membership& membership, bool joins) {
  Ipv4& ipv4 = this->ipv4();
  for (Tap& tap : machine().taps()) {
    const Ipv4Address interface = membership.interface;
    if (!interface.is_unspecified() && !tap.has_address(interface)) continue;
    joins ? ipv4.join(membership.group, tap) : ipv4.leave(membership.group, tap);
  }
}

// ===== UdpSocket: what comes up =====

void UdpSocket::demux_bare(const BareDatagram& datagram) {
  Wait* const only = only_handed();
  if (only == nullptr || cares_ != 0) [[unlikely]]
    return demux_with_care(datagram, true);
  go_on_now(*only, &datagram);  // this socket may be gone then
}

void UdpSocket::demux(Message&& payload, Arrival& arrival) {
  const Handed handed{std::move(payload), arrival.remote(), arrival.local()};
  if (!arrival.ends_event) return demux_with_care(handed, false);
  UdpSocket::demux_bare(handed);
}

void UdpSocket::demux_with_care(const Handed& handed, bool ends_event) {
  if (!hears(handed.remote)) return machine().drop(Drop::no_listener, handed.payload);
  const bool may_go_on =
      ends_event && newest_ == nullptr && handed.payload.size() <= receive_buffer_;
  Wait* const only = may_go_on ? only_by_hand() : nullptr;
  if (only == nullptr) return keep_or_drop(handed);
  if (only == only_handed()) return go_on_now(*only, &handed);
  keep(handed);
  go_on_now(*only);
}

[[gnu::noinline, gnu::flatten]] void UdpSocket::keep_or_drop(const Handed& handed) {
  if (waiting_bytes_ + handed.payload.size() > receive_buffer_) {
    return machine().drop(Drop::queue_full, handed.payload);
  }
  keep(handed);
  tell(machine(), Ready::readable);
}

void UdpSocket::keep(const Handed& handed) {
  waiting_bytes_ += static_cast<std::uint32_t>(handed.payload.size());
  auto* const waiting = new Waiting{{}, {std::move(handed.payload), handed.remote, handed.local}};
  if (newest_ != nullptr) waiting->next = std::exchange(newest_->next, waiting);
  newest_ = waiting;
  set_care(care_for_waiting, true);
}

void UdpSocket::failed(const DeliveryError& error) {
  if (is_closed()) return;
  if (extras_ != nullptr && extras_->receives_errors) {
    if (extras_->errors.size() < Extras::most_errors) extras_->errors.push_back(error);
  } else {
    if (!error.is_final || connected_ == nullptr) return;
    if (error.endpoints != connected_->endpoints()) return;
  }
  set_failure(error.code);
  if (connected_ != nullptr) connected_->fail(error.code);
  tell(machine(), Ready::readable);
}

Result<DeliveryError> UdpSocket::try_receive_error() {
  if (is_closed()) return make_error_code(Errc::closed);
  if (extras_ == nullptr || extras_->errors.empty()) return make_error_code(Errc::would_block);
  const DeliveryError oldest = extras_->errors.front();
  extras_->errors.erase(extras_->errors.begin());
  return oldest;
}

// The datagram that has waited longest; there is one.
std::unique_ptr<UdpSocket::Waiting> UdpSocket::take_oldest() {
  std::unique_ptr<Waiting> oldest{newest_->next};
  if (oldest.get() == newest_) {
    newest_ = nullptr;
    set_care(care_for_waiting, false);
  } else {
    newest_->next = oldest->next;
  }
  waiting_bytes_ -= static_cast<std::uint32_t>(oldest->datagram.payload.size());
  return oldest;
}

Result<Datagram> UdpSocket::try_receive() {
  if (newest_ != nullptr) [[likely]] {
    const std::unique_ptr<Waiting> oldest = take_oldest();
    if (has_waits()) [[unlikely]]
      taken(machine(), Ready::readable, ready());
    return std::move(oldest->datagram);
  }
  if (is_closed()) return Errc::closed;
  if (!has_failed()) {
    if (!is_receive_shut_) return Errc::would_block;
    taken(machine(), Ready::readable, Ready::readable);  // the end is there for everybody
    return Errc::shut_down;
  }
  if (connected_ != nullptr) connected_->clear_failure();
  const Errc failure = failure_;
  set_failure({});
  taken(machine(), Ready::readable, ready());
  return failure;
}

Result<Datagram> UdpSocket::Receive::take_what_waits() {
  leave();
  if (outcome() != Errc{}) [[unlikely]]
    return outcome();
  return socket().try_receive();
}

Errc UdpSocket::ReceiveInto::take_what_waits_into() {
  Result<Datagram> received = take_what_waits();
  if (!received) return static_cast<Errc>(received.error().value());
  into_ = *std::move(received);
  return {};
}

}  // namespace elvis
