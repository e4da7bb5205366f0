// SPDX-License-Identifier: MIT
#include "elvis/protocols/udp.hpp"

#include <algorithm>
#include <utility>

#include "elvis/wire/checksum.hpp"
#include "udp_path.hpp"

namespace elvis {

namespace {

constexpr int ephemeral_ports = 65'536 - Udp::first_ephemeral;
constexpr auto udp_number = static_cast<std::uint8_t>(IpProtocol::udp);

}  // namespace

// ===== Udp: who a datagram belongs to =====

Result<SessionRef> Udp::open(Protocol& above, Endpoints endpoints) {
  return open(above, endpoints, Hears::alone);
}

Result<SessionRef> Udp::open_beside(Protocol& above, Endpoints endpoints) {
  return open(above, endpoints, Hears::what_others_leave);
}

Result<SessionRef> Udp::open_deaf(Protocol& above, Endpoints endpoints) {
  return open(above, endpoints, Hears::nothing);
}

Result<SessionRef> Udp::open(Protocol& above, Endpoints endpoints, Hears hears) {
  const Result<Ipv4Path> below = ipv4_.path(*this, endpoints);
  if (!below) return below.error();
  endpoints.local.address = below->local();
  // Who had the port a round ago may still talk to the same end.
  const bool is_chosen = endpoints.local.port == 0;
  for (int i = 0; is_chosen && (i == 0 || sessions_.find(endpoints) != nullptr); ++i) {
    const Result<std::uint16_t> port = ephemeral_port();
    if (!port || i == ephemeral_ports) return Errc::address_not_available;
    endpoints.local.port = *port;
  }
  if (hears == Hears::alone && sessions_.find(endpoints) != nullptr) return Errc::address_in_use;
  return SessionRef{new UdpSession{*this, above, *below, endpoints, hears != Hears::nothing}};
}

Result<> Udp::listen(Protocol& above, Endpoint local) {
  const bool is_certain = !local.address.is_unspecified();
  if (is_certain && !ipv4_.is_local(local.address) && !ipv4_.is_for_several(local.address)) {
    return Errc::address_not_available;
  }
  if (!listeners_.insert(local, &above)) return Errc::address_in_use;
  if (is_certain && !has_further_listeners_) {
    const auto is_first = [&](const Tap& tap) { return tap.address() == local.address; };
    has_further_listeners_ = std::ranges::none_of(machine().taps(), is_first) ? 1 : 0;
  }
  forget_paths();
  return {};
}

void Udp::unlisten(Endpoint local) {
  listeners_.erase(local);
  forget_paths();
}

bool Udp::is_taken_beside(Endpoint local, bool (*may_share)(Protocol&)) {
  const auto is_in_the_way = [&](Ipv4Address address) {
    Protocol* const found = listener_at({address, local.port});
    return found != nullptr && !may_share(*found);
  };
  if (!local.address.is_unspecified()) return is_in_the_way(Ipv4Address{});
  for (const Tap& tap : machine().taps()) {
    if (is_in_the_way(tap.address())) return true;
  }
  // Seldom anybody listens elsewhere, so that machines with very many sockets need not look.
  return has_further_listeners_ && listeners_.any_of([&](const Endpoint& end, Protocol* listener) {
    return end.port == local.port && !end.address.is_unspecified() && !may_share(*listener);
  });
}

// Ports below first_ephemeral are chosen by nobody but bind().
bool Udp::is_taken_by_session(Endpoint local, bool (*may_share)(Protocol&)) const {
  return local.port >= first_ephemeral && sessions_.any_of([&](const UdpSession& session) {
    const Endpoint& end = session.endpoints().local;
    const bool is_there = local.address.is_unspecified() || end.address == local.address;
    return is_there && end.port == local.port && !may_share(session.above());
  });
}

Result<std::uint16_t> Udp::ephemeral_port() {
  for (int i = 0; i < ephemeral_ports; ++i) {
    const auto port = static_cast<std::uint16_t>(first_ephemeral + next_ephemeral_);
    next_ephemeral_ = next_ephemeral_ + 1 & ephemeral_ports - 1;
    const Endpoint anywhere{Ipv4Address{}, port};
    const bool is_taken = listener_for(anywhere) != nullptr ||
                          is_taken_beside(anywhere, [](Protocol&) { return false; });
    if (!is_taken) return port;
  }
  return Errc::address_not_available;
}

void Udp::demux(Message&& datagram, Arrival& arrival) {
  std::uint8_t scratch[UdpHeader::size];
  const std::uint8_t* const bytes = datagram.front(UdpHeader::size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, datagram);
  const auto header = UdpHeader::parse(bytes, datagram.size());
  if (!header) return machine().drop(drop_for(header.error()), datagram);
  datagram.truncate(header->length);
  if (!is_intact(datagram, *header, arrival)) {
    return machine().drop(Drop::bad_checksum, datagram);
  }
  datagram.remove_front(UdpHeader::size);
  datagram.set_verified(false);  // what is written around the payload next is not known yet

  arrival.source_port = header->source_port;
  arrival.destination_port = header->destination_port;
  if (const UdpSession* const open = sessions_.find({arrival.local(), arrival.remote()})) {
    learn_path(arrival, open->above(), true);
    return open->above().demux(std::move(datagram), arrival);
  }
  if (Protocol* const above = listener_for(arrival.local())) {
    // While there are sessions with this port, what comes from elsewhere may be for one of them;
    // and with several taps, which source is a martian depends on the tap.
    const bool is_from_one = service_sessions_ != 0 ||
                             arrival.destination_port >= first_ephemeral ||
                             machine().taps().size() != 1;
    learn_path(arrival, *above, is_from_one);
    if (has_further_listeners_ && ipv4_.is_for_several(arrival.destination)) {
      return hand_to_several(*above, std::move(datagram), arrival);
    }
    return above->demux(std::move(datagram), arrival);
  }
  ipv4_.report(IcmpMessage::unreachable(Unreachable::port), arrival);
  machine().drop(Drop::no_listener, datagram);
}

// What is for several is also for who listens at any address, beside who does so at that one.
void Udp::hand_to_several(Protocol& certain, Message&& datagram, Arrival& arrival) {
  Protocol* const any = listener_at({Ipv4Address{}, arrival.destination_port});
  if (any != nullptr && any != &certain) {
    Arrival same = arrival;
    same.ends_event = false;
    any->demux(Message{datagram}, same);
    arrival.ends_event = arrival.ends_event && machine().partition().is_quiet();
  }
  certain.demux(std::move(datagram), arrival);
}

void Udp::failed(const DeliveryError& error) {
  if (UdpSession* const sender = sessions_.find(error.endpoints)) {
    sender->above().failed(error);
  } else if (Protocol* const listener = listener_for(error.endpoints.local)) {
    listener->failed(error);  // it has sent elsewhere since
  }
}

// RFC 5927, 7: what nobody here has sent was not too long either.
bool Udp::believes(const DeliveryError& error) {
  return error.code != Errc::message_too_long || sessions_.find(error.endpoints) != nullptr ||
         listener_for(error.endpoints.local) != nullptr;
}

// Expects more of what just came.
void Udp::learn_path(const Arrival& arrival, Protocol& above, bool is_from_one) {
  if (arrival.tap == nullptr || arrival.link_destination.is_group()) return;
  auto path = std::make_unique<UdpPath>(arrival, above, is_from_one);
  arrival.tap->machine().remember_path(path.get());
  arrival.tap->set_path(std::move(path));
}

// Whoever datagrams go to may have changed.
void Udp::forget_paths() {
  for (Tap& tap : machine().taps()) tap.set_path(nullptr);
}

// Sessions at other ports than those of listeners need not be asked about.
void Udp::count_session(std::uint16_t local_port, bool is_new) {
  constexpr std::uint16_t many = 65'535;
  if (local_port >= first_ephemeral || service_sessions_ == many) return;
  service_sessions_ = static_cast<std::uint16_t>(service_sessions_ + (is_new ? 1 : -1));
}

Protocol* Udp::listener_for(Endpoint local) {
  Protocol** found = listeners_.find(local);
  if (found == nullptr) found = listeners_.find({.address = {}, .port = local.port});
  return found == nullptr ? nullptr : *found;
}

// Whether the checksum holds. What no network touched since this stack wrote it needs no look.
bool Udp::is_intact(const Message& datagram, const UdpHeader& header,
                    const Arrival& arrival) const {
  if (header.checksum == 0 || datagram.is_verified()) return true;  // RFC 768: 0 means none
  const std::uint64_t sum =
      datagram.partial_sum() +
      pseudo_header_sum(arrival.source, arrival.destination, udp_number, header.length);
  return fold_sum(sum) == 0xffff;
}

// ===== UdpSession: one conversation =====

UdpSession::UdpSession(Udp& udp, Protocol& above, const Ipv4Path& below, Endpoints endpoints,
                       bool hears)
    : endpoints_{endpoints},
      udp_{udp},
      above_{above},
      below_{below},
      local_port_{endpoints.local.port},
      remote_port_{endpoints.remote.port},
      sum_{fold_sum(
          pseudo_header_sum(endpoints.local.address, endpoints.remote.address, udp_number, 0) +
          endpoints.local.port + endpoints.remote.port)} {
  if (!hears || udp_.sessions_.find(endpoints_) != nullptr) return;  // that one hears what comes
  udp_.sessions_.insert(*this);
  udp_.count_session(endpoints_.local.port, true);
  udp_.forget_paths();
}

UdpSession::~UdpSession() {
  close();
}

void UdpSession::close() {
  if (std::exchange(trouble_, Errc::closed) == Errc::closed) return;
  if (udp_.sessions_.find(endpoints_) != this) return;
  udp_.sessions_.erase(*this);
  udp_.count_session(endpoints_.local.port, false);
  udp_.forget_paths();
}

[[gnu::always_inline]] inline Result<> UdpSession::send_summed(Message&& payload,
                                                               std::uint64_t payload_sum) {
  if (trouble_ != Errc{}) [[unlikely]]
    return trouble_ == Errc::closed ? Errc::closed : std::exchange(trouble_, Errc{});
  if (payload.size() > UdpHeader::max_payload) return Errc::message_too_long;
  below_.machine().remember(&trouble_, 1);
  const UdpHeader header = header_of(payload.size(), payload_sum);
  payload.set_verified(true);
  return below_.send(header, std::move(payload));
}

[[gnu::flatten]] Result<> UdpSession::send(Message&& payload) {
  const std::uint64_t sum = payload.partial_sum();
  return send_summed(std::move(payload), sum);
}

[[gnu::flatten]] Result<> UdpSession::send(Message&& payload, std::uint64_t sum) {
  return send_summed(std::move(payload), sum);
}

}  // namespace elvis
