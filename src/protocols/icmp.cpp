// SPDX-License-Identifier: MIT
#include "elvis/protocols/icmp.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ipv4_options.hpp"

namespace elvis {

namespace {

constexpr auto icmp_number = static_cast<std::uint8_t>(IpProtocol::icmp);

}  // namespace

// ===== Icmp: asking =====

Result<> Icmp::listen(Protocol& above, Endpoint local) {
  if (!listeners_.insert(local.port, &above)) return Errc::address_in_use;
  return {};
}

void Icmp::unlisten(Endpoint local) {
  listeners_.erase(local.port);
}

Result<std::uint16_t> Icmp::free_identifier() {
  for (int i = 0; i < 65'536; ++i) {
    if (listeners_.find(next_identifier_++) == nullptr) {
      return static_cast<std::uint16_t>(next_identifier_ - 1);
    }
  }
  return Errc::address_not_available;
}

Result<> Icmp::send_echo(const EchoRequest& request, Message&& payload) {
  return send(IcmpMessage::echo(request.identifier, request.sequence), std::move(payload),
              {.destination = request.destination,
               .time_to_live = request.time_to_live,
               .dont_fragment = request.dont_fragment,
               .options = request.options});
}

Result<> Icmp::send(const IcmpMessage& message, Message&& payload, const Way& way) {
  message.prepend_to(payload);
  Ipv4Header header;
  header.protocol = icmp_number;
  header.destination = way.destination;
  if (way.time_to_live != 0) {
    header.time_to_live = way.time_to_live;
  } else if (way.destination.is_multicast()) {
    header.time_to_live = 1;  // RFC 1112, 6.1: unless asked for more
  }
  header.dont_fragment = way.dont_fragment;
  header.options = way.options;
  return ipv4_.send(header, std::move(payload));
}

void Icmp::overhear(Protocol& ear) {
  if (ears_ == nullptr) ears_ = std::make_unique<std::vector<Protocol*>>();
  ears_->push_back(&ear);
}

void Icmp::overhear_no_more(Protocol& ear) {
  std::erase(*ears_, &ear);
  if (ears_->empty()) ears_.reset();
}

// ===== Icmp: reporting =====

void Icmp::report(const IcmpMessage& error, const Message& datagram, const Arrival& arrival) {
  std::array<std::uint8_t, Ipv4Header::max_size + IcmpMessage::min_quoted_payload> bytes;
  const std::size_t size = datagram.copy_to(bytes);
  const auto quoted = QuotedDatagram::parse(bytes.data(), size);
  if (!quoted || !may_report(*quoted, arrival) || !has_leave()) return;

  Message message = datagram.slice(0, std::min(datagram.size(), IcmpMessage::max_quoted_bytes));
  message.set_verified(false);
  error.prepend_to(message);
  Ipv4Header header;
  header.type_of_service = 0xc0;  // RFC 1812, 4.3.2.5: precedence 6
  header.protocol = icmp_number;
  header.time_to_live = 255;  // so that it arrives whence the datagram came
  header.destination = quoted->source;
  if (arrival.tap != nullptr && ipv4_.is_local(quoted->destination)) {
    header.source = quoted->destination;
  }
  (void)ipv4_.send(header, std::move(message));
}

// RFC 1122, 3.2.2: about what no error is sent.
bool Icmp::may_report(const QuotedDatagram& quoted, const Arrival& arrival) const {
  if (quoted.fragment_offset != 0) return false;
  if (quoted.protocol == icmp_number) {
    if (quoted.payload_size == 0) return false;
    if (IcmpMessage{.type = static_cast<IcmpType>(quoted.payload[0])}.is_error()) return false;
  }
  if (arrival.link_destination.is_group() || ipv4_.is_for_several(quoted.destination)) return false;
  const Ipv4Address source = quoted.source;
  constexpr std::uint32_t reserved = 0xf000'0000;
  return source.value() >> 24 != 0 && source.value() < reserved && !ipv4_.is_for_several(source) &&
         (arrival.tap == nullptr || !ipv4_.is_local(source));
}

// A bucket of tokens, as the time at which it would be full.
bool Icmp::has_leave() {
  const Time now = machine().now();
  const Time begun = std::max(reported_until_, now);
  if (begun - now > error_interval * (error_burst - 1)) return false;
  reported_until_ = add_saturated(begun, error_interval);
  return true;
}

// ===== Icmp: what comes in =====

void Icmp::demux(Message&& message, Arrival& arrival) {
  const auto parsed = IcmpMessage::parse(message);
  if (!parsed) return machine().drop(drop_for(parsed.error()), message);
  if (ears_ != nullptr) {
    for (Protocol* const ear : *ears_) ear->demux(Message{message}, arrival);
  }
  IcmpMessage reply = *parsed;
  switch (parsed->type) {
    case IcmpType::echo:
      message.remove_front(IcmpMessage::size);
      reply.type = IcmpType::echo_reply;
      return answer(reply, std::move(message), arrival);
    case IcmpType::timestamp: {
      constexpr std::int64_t ms_a_day = 86'400'000;
      const std::int64_t ms = machine().now().time_since_epoch().count() / 1'000'000;
      message.remove_front(IcmpMessage::timestamp_size);
      reply.type = IcmpType::timestamp_reply;
      reply.times[1] = reply.times[2] = static_cast<std::uint32_t>(ms % ms_a_day);
      return answer(reply, std::move(message), arrival);
    }
    case IcmpType::echo_reply:
      message.remove_front(IcmpMessage::size);
      return take_reply(*parsed, std::move(message), arrival);
    default:
      break;
  }
  // RFC 1122, 3.2.2: what is not known is passed over in silence; so is source quench (RFC 6633).
  if (!parsed->is_error() || parsed->type == IcmpType::source_quench) return;
  message.remove_front(IcmpMessage::size);
  take_error(*parsed, message, arrival);
}

void Icmp::answer(IcmpMessage reply, Message&& payload, const Arrival& arrival) {
  // RFC 1122, 3.2.2.6 and 3.2.2.8: requests to several machines may be passed over.
  if (ipv4_.is_for_several(arrival.destination)) return;
  reply.prepend_to(payload);
  Ipv4Header header;
  header.protocol = icmp_number;
  header.source = arrival.destination;
  header.destination = arrival.source;
  Ipv4Options options;
  if (arrival.datagram != nullptr) options = Ipv4Options::of(*arrival.datagram).reflected();
  header.options = options.bytes();
  (void)ipv4_.send(header, std::move(payload));
}

void Icmp::take_reply(const IcmpMessage& message, Message&& payload, Arrival& arrival) {
  Protocol** const found = listeners_.find(message.identifier());
  if (found == nullptr) {
    if (ears_ == nullptr) machine().drop(Drop::no_listener, payload);
    return;
  }
  arrival.destination_port = message.identifier();
  arrival.source_port = message.sequence();
  (*found)->demux(std::move(payload), arrival);
}

namespace {

// RFC 1122, 4.2.3.9 and 3.2.2.1: what an error means to whoever sent the datagram.
DeliveryError meaning_of(const IcmpMessage& message) {
  DeliveryError error{.code = Errc::host_unreachable,
                      .is_final = false,
                      .endpoints = {},
                      .reporter = {},
                      .icmp_type = static_cast<std::uint8_t>(message.type),
                      .icmp_code = message.code};
  if (message.type != IcmpType::destination_unreachable) return error;
  switch (static_cast<Unreachable>(message.code)) {
    case Unreachable::port:
      error.code = Errc::refused;
      error.is_final = true;
      break;
    case Unreachable::protocol:
      error.code = Errc::no_protocol;
      error.is_final = true;
      break;
    case Unreachable::network:
    case Unreachable::network_unknown:
    case Unreachable::network_for_service:
      error.code = Errc::network_unreachable;
      break;
    case Unreachable::fragmentation_needed:
      error.code = Errc::message_too_long;
      break;
    default:
      break;
  }
  return error;
}

}  // namespace

void Icmp::take_error(const IcmpMessage& message, const Message& quote, const Arrival& arrival) {
  std::array<std::uint8_t, Ipv4Header::max_size + IcmpMessage::min_quoted_payload> bytes;
  const std::size_t size = quote.copy_to(bytes);
  const auto quoted = QuotedDatagram::parse(bytes.data(), size);
  if (!quoted) return machine().drop(drop_for(quoted.error()), quote);
  // Only what this machine sent concerns it.
  if (!ipv4_.is_local(quoted->source)) return machine().drop(Drop::not_for_me, quote);
  if (message.type == IcmpType::redirect) {
    return ipv4_.learn_gateway(quoted->destination, message.gateway(), arrival.source);
  }
  DeliveryError error = meaning_of(message);
  error.reporter = arrival.source;
  error.endpoints = {.local = {quoted->source, 0}, .remote = {quoted->destination, 0}};
  Protocol* const above = quoted->protocol == icmp_number || !quoted->has_ports()
                              ? nullptr
                              : machine().find(over_ipv4(quoted->protocol));
  if (above != nullptr) {
    constexpr std::size_t ports = 4;
    error.endpoints.local.port = quoted->source_port();
    error.endpoints.remote.port = quoted->destination_port();
    error.stream_sequence = load32(quoted->payload.data() + ports);
    error.datagram_size = quoted->total_length;
    // RFC 5927, 4.1: what nobody has sent was not too long either.
    if (!above->believes(error)) return machine().drop(Drop::not_for_me, quote);
  }
  Protocol* sender = above;
  if (quoted->protocol == icmp_number) {
    if (quoted->payload_size < IcmpMessage::size) return;
    const auto request = IcmpMessage::parse(quoted->payload.data(), IcmpMessage::size);
    if (!request || request->type != IcmpType::echo) return;
    error.endpoints.local.port = request->identifier();
    error.sequence = request->sequence();
    Protocol** const found = listeners_.find(request->identifier());
    sender = found == nullptr ? nullptr : *found;
  }
  if (sender == nullptr) return;
  if (message.is_unreachable(Unreachable::fragmentation_needed)) {
    ipv4_.learn_path_mtu(quoted->destination, message.next_hop_mtu(), quoted->total_length);
  }
  sender->failed(error);
}

}  // namespace elvis
