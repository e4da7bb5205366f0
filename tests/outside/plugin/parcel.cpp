// SPDX-License-Identifier: MIT
#include "parcel.hpp"

#include <algorithm>
#include <elvis/graph/world.hpp>
#include <elvis/wire/byte_order.hpp>
#include <elvis/wire/checksum.hpp>
#include <utility>

namespace parcel {

using namespace elvis;

// ===== Header: bytes =====

Header Header::parse(const std::uint8_t* bytes) {
  return {.source_port = load16(bytes),
          .destination_port = load16(bytes + 2),
          .conversation = load32(bytes + 4),
          .number = load32(bytes + 8),
          .kind = static_cast<Kind>(bytes[12]),
          .checksum = load16(bytes + 14)};
}

void Header::emit(std::uint8_t* bytes) const {
  store16(bytes, source_port);
  store16(bytes + 2, destination_port);
  store32(bytes + 4, conversation);
  store32(bytes + 8, number);
  bytes[12] = static_cast<std::uint8_t>(kind);
  bytes[13] = 0;
  store16(bytes + 14, checksum);
}

void Settings::visit(OptionVisitor& visitor) {
  visitor.option({.name = "timeout", .summary = "how long a first receipt may take"}, timeout);
  visitor.option({.name = "attempts", .summary = "how often a parcel is sent", .minimum = 1},
                 attempts);
  visitor.option({.name = "window",
                  .summary = "how far it may be sent ahead of the oldest without a receipt",
                  .minimum = 1,
                  .maximum = 65'535},
                 window);
}

// ===== Parcel: who a parcel belongs to =====

Parcel::Parcel(Machine& machine, const Settings& settings)
    : Protocol{machine, id},
      ipv4_{static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4))},
      settings_{settings} {}

Parcel::~Parcel() = default;

Result<SessionRef> Parcel::open(Protocol& above, Endpoints ends) {
  const Result<Ipv4Path> below = ipv4_.path(*this, ends);
  if (!below) return below.error();
  ends.local.address = below->local();
  if (ends.local.port == 0) ends.local.port = next_port_++;
  if (sessions_.find(ends) != nullptr) return Errc::address_in_use;
  return SessionRef{new Session{*this, above, *below, ends}};
}

Result<> Parcel::listen(Protocol& above, Endpoint local) {
  const bool is_new = listeners_.emplace(local.port, &above).second;
  if (!is_new) return Errc::address_in_use;
  return {};
}

void Parcel::unlisten(Endpoint local) {
  listeners_.erase(local.port);
  std::erase_if(accepted_, [&](const SessionRef& session) {
    return static_cast<Session&>(*session).endpoints().local.port == local.port;
  });
}

void Parcel::demux(Message&& message, Arrival& arrival) {
  std::uint8_t scratch[Header::size];
  const std::uint8_t* const bytes = message.front(Header::size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, message);
  const Header header = Header::parse(bytes);
  const std::uint64_t sum =
      message.partial_sum() +
      pseudo_header_sum(arrival.source, arrival.destination, number, message.size());
  if (fold_sum(sum) != 0xffff) return machine().drop(Drop::bad_checksum, message);

  arrival.source_port = header.source_port;
  arrival.destination_port = header.destination_port;
  Session* const session = session_for(arrival);
  if (session == nullptr) {
    ipv4_.report(IcmpMessage::unreachable(Unreachable::port), arrival);
    return machine().drop(Drop::no_listener, message);
  }
  message.remove_front(Header::size);
  session->receive(header, std::move(message), arrival);
}

// The session with these ends, made now if somebody listens.
Session* Parcel::session_for(const Arrival& arrival) {
  const Endpoints ends{.local = arrival.local(), .remote = arrival.remote()};
  if (Session* const open = sessions_.find(ends)) return open;
  const auto listener = listeners_.find(arrival.destination_port);
  if (listener == listeners_.end()) return nullptr;
  const Result<Ipv4Path> below = ipv4_.path(*this, ends);
  if (!below) return nullptr;
  auto* const made = new Session{*this, *listener->second, *below, ends};
  accepted_.emplace_back(made);
  return made;
}

// ICMP tells that a parcel did not arrive (RFC 1122, 3.2.2.1).
void Parcel::failed(const DeliveryError& error) {
  Session* const sender = sessions_.find(error.endpoints);
  if (sender != nullptr && error.is_final) sender->fail(error.code);
}

// ===== Session: what is sent =====

Session::Session(Parcel& parcel, Protocol& above, const Ipv4Path& below, Endpoints ends)
    : parcel_{parcel},
      above_{above},
      below_{below},
      ends_{ends},
      // Differs from that of the last one between these ends, as TCP's first number does (RFC 9293,
      // 3.4.1): a machine that was switched off has forgotten which one that was.
      conversation_{static_cast<std::uint32_t>(parcel.machine().now().time_since_epoch() /
                                               std::chrono::microseconds{1})} {
  parcel_.sessions_.insert(*this);
}

Session::~Session() {
  abandon(machine());
  parcel_.sessions_.erase(*this);
}

Result<> Session::send(Message&& payload) {
  if (trouble_ != Errc{}) return trouble_;
  if (!has_room()) return Errc::would_block;
  const Header header{.number = next_number_, .kind = Kind::parcel};
  if (const Result<> sent = transmit(header, payload); !sent) return sent;
  unsettled_.push_back({.number = next_number_++,
                        .attempts = 1,
                        .deadline = machine().now() + parcel_.settings().timeout,
                        .payload = std::move(payload)});
  watch_deadlines();
  return {};
}

// Completes the header. (A copy of a message shares its bytes.)
Result<> Session::transmit(Header header, Message message) {
  header.source_port = ends_.local.port;
  header.destination_port = ends_.remote.port;
  if (header.kind == Kind::parcel) header.conversation = conversation_;
  std::uint8_t* const bytes = message.prepend(Header::size);
  header.emit(bytes);
  header.checksum = finish_checksum(
      message.partial_sum() +
      pseudo_header_sum(ends_.local.address, ends_.remote.address, Parcel::number, message.size()));
  header.emit(bytes);
  return below_.send(std::move(message));
}

void Session::take_receipt(const Header& header) {
  if (header.conversation != conversation_) return;
  const auto sent = std::ranges::find(unsettled_, header.number, &Unsettled::number);
  if (sent == unsettled_.end()) return;  // its parcel was sent twice
  unsettled_.erase(sent);
  watch_deadlines();
  tell_all(machine());
}

// The time for a receipt doubles with each attempt (RFC 9293, 3.8.1, of RFC 6298, 5.5).
void Session::send_again() {
  const Time now = machine().now();
  for (Unsettled& parcel : unsettled_) {
    if (parcel.deadline > now) continue;
    if (parcel.attempts == parcel_.settings().attempts) return fail(Errc::timed_out);
    parcel.deadline = add_saturated(
        now, parcel_.settings().timeout * (1 << std::min<std::uint64_t>(parcel.attempts, 16)));
    ++parcel.attempts;
    // A way that is closed now may be open next time.
    static_cast<void>(transmit({.number = parcel.number, .kind = Kind::parcel}, parcel.payload));
  }
  watch_deadlines();
}

void Session::watch_deadlines() {
  if (unsettled_.empty()) return watch_.cancel();
  watch_.arm(machine(), std::ranges::min_element(unsettled_, {}, &Unsettled::deadline)->deadline);
}

void Session::fail(Errc why) {
  if (trouble_ != Errc{}) return;
  trouble_ = why;
  unsettled_.clear();
  watch_.cancel();
  tell_all(machine());
  above_.failed({.code = why,
                 .is_final = true,
                 .endpoints = ends_,
                 .reporter = {},
                 .icmp_type = 0,
                 .icmp_code = 0});
}

// ===== Session: what is received =====

void Session::receive(const Header& header, Message&& payload, Arrival& arrival) {
  switch (header.kind) {
    case Kind::parcel:
      return take(header, std::move(payload), arrival);
    case Kind::receipt:
      return take_receipt(header);
  }
  machine().drop(Drop::bad_version, payload);
}

void Session::take(const Header& header, Message&& payload, Arrival& arrival) {
  if (remote_conversation_ != header.conversation) {
    // Of a conversation before this one? The clock that numbers them may have come round.
    const auto age =
        static_cast<std::int32_t>(header.conversation - remote_conversation_.value_or(0));
    if (remote_conversation_ && age < 0) return machine().drop(Drop::no_listener, payload);
    remote_conversation_ = header.conversation;
    expected_ = 0;
    early_.clear();
  }
  const std::uint32_t ahead = header.number - expected_;
  const bool is_old = ahead >= 0x8000'0000U;
  // Without a receipt it comes again, when there is room.
  if (!is_old && ahead >= parcel_.settings().window) {
    return machine().drop(Drop::queue_full, payload);
  }
  // The receipt of an old one got lost.
  static_cast<void>(transmit(
      {.conversation = header.conversation, .number = header.number, .kind = Kind::receipt}, {}));
  if (is_old) return;
  early_.emplace(header.number, std::move(payload));
  for (auto next = early_.find(expected_); next != early_.end(); next = early_.find(expected_)) {
    Message in_order = std::move(next->second);
    early_.erase(next);
    ++expected_;
    above_.demux(std::move(in_order), arrival);
  }
}

}  // namespace parcel
