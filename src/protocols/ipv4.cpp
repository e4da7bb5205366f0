// SPDX-License-Identifier: MIT
#include "elvis/protocols/ipv4.hpp"

#include <span>
#include <utility>

#include "elvis/protocols/arp.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {

namespace {

// The group address of RFC 1112, 6.4: 01-00-5e and the low 23 bits.
MacAddress multicast_mac(Ipv4Address group) {
  return MacAddress{0x0100'5e00'0000U | (group.value() & 0x7f'ffff)};
}

}  // namespace

// ===== Ipv4: the way out =====

Arp* Ipv4::arp() const {
  return static_cast<Arp*>(machine().find(ProtocolId::arp));
}

bool Ipv4::is_local(Ipv4Address address) const {
  for (const Tap& tap : machine().taps()) {
    if (tap.has_address(address)) return true;
  }
  return address.is_loopback();
}

Result<Ipv4::Way> Ipv4::way_to(Ipv4Address remote) const {
  if (is_local(remote)) return Way{nullptr, remote, MacAddress{}};
  const std::span<Tap> taps = machine().taps();
  if (taps.empty() || remote.is_unspecified()) return Errc::network_unreachable;
  if (remote.is_broadcast()) return Way{&taps.front(), remote, MacAddress::broadcast()};
  if (remote.is_multicast()) return Way{&taps.front(), remote, multicast_mac(remote)};
  Arp* const resolver = arp();
  for (Tap& tap : taps) {
    if (const Tap* const to = tap.network().tap_with(remote)) {
      return Way{&tap, remote, resolver == nullptr ? to->mac() : MacAddress{}};
    }
  }
  // With ARP a stranger's address can at least be asked for; the gateway takes what is elsewhere.
  if (resolver == nullptr) return Errc::network_unreachable;
  const Ipv4Address gateway = resolver->gateway();
  if (gateway.is_unspecified()) return Way{&taps.front(), remote, MacAddress{}};
  for (Tap& tap : taps) {
    if (tap.network().tap_with(gateway) != nullptr) return Way{&tap, gateway, MacAddress{}};
  }
  return Errc::network_unreachable;
}

Result<Ipv4Address> Ipv4::local_address_for(Ipv4Address remote) const {
  const Result<Way> way = way_to(remote);
  if (!way) return way.error();
  return way->tap == nullptr ? remote : way->tap->address();
}

Result<SessionRef> Ipv4::open(Protocol& above, Endpoints endpoints) {
  const Result<Ipv4Path> way = path(above, endpoints);
  if (!way) return way.error();
  return SessionRef{new Ipv4Session{*way}};
}

Result<Ipv4Path> Ipv4::path(const Protocol& above, Endpoints endpoints) {
  const Result<Way> way = way_to(endpoints.remote.address);
  if (!way) return way.error();
  Ipv4Address local = endpoints.local.address;
  if (local.is_unspecified()) {
    local = way->tap == nullptr ? endpoints.remote.address : way->tap->address();
  } else if (!is_local(local)) {
    return Errc::address_not_available;
  }
  const auto protocol = static_cast<std::uint8_t>(above.id());
  return Ipv4Path{*this, *way, local, endpoints.remote.address, protocol};
}

// ===== Ipv4Path: the header of a datagram =====

Ipv4Path::Ipv4Path(Ipv4& ipv4, const Ipv4::Way& way, Ipv4Address local, Ipv4Address remote,
                   std::uint8_t protocol)
    : ipv4_{&ipv4},
      tap_{way.tap},
      local_{local},
      next_hop_{way.next_hop},
      has_link_header_{way.mac != MacAddress{}} {
  std::uint8_t bytes[Headers::size];
  const MacAddress source = tap_ == nullptr ? MacAddress{} : tap_->mac();
  EthernetHeader{way.mac, source, static_cast<std::uint16_t>(EtherType::ipv4)}.emit(bytes);
  Ipv4Header header;
  header.total_length = 0;
  header.protocol = protocol;
  header.source = local;
  header.destination = remote;
  header.emit(bytes + EthernetHeader::size);
  constexpr std::size_t checksum_at = EthernetHeader::size + 10;
  sum_ = static_cast<std::uint16_t>(~load16(bytes + checksum_at));
  store16(bytes + checksum_at, 0);
  headers_ = {.first = {load64(bytes), load64(bytes + 8)},
              .second = load64(bytes + 16),
              .third = load64(bytes + 24),
              .fourth = load16(bytes + 32)};
}

Result<> Ipv4Path::send(Message&& payload) {
  constexpr std::size_t largest = 65'535;
  const std::size_t length = Ipv4Header::min_size + payload.size();
  if (length > largest) return Errc::message_too_long;
  if (has_link_header_) {
    if (length > tap_->network().properties().mtu) return Errc::message_too_long;
    write_headers(payload.prepend(Headers::size), length);
    tap_->transmit(std::move(payload));
    return {};
  }
  std::uint8_t headers[Headers::size];
  write_headers(headers, length);
  payload.prepend(std::span{headers}.subspan(EthernetHeader::size));
  if (tap_ != nullptr) return ipv4_->arp()->send(*tap_, next_hop_, std::move(payload));
  ipv4_->machine().loop_back(std::move(payload));
  return {};
}

// ===== Ipv4: the way in =====

void Ipv4::demux(Message&& datagram, Arrival& arrival) {
  std::uint8_t scratch[Ipv4Header::max_size];
  const std::uint8_t* bytes = datagram.front(Ipv4Header::min_size, scratch);
  if (bytes == nullptr) return machine().drop(Drop::truncated, datagram);
  if (const std::size_t size = std::size_t{bytes[0]} % 16 * 4; size > Ipv4Header::min_size) {
    bytes = datagram.front(size, scratch);
    if (bytes == nullptr) return machine().drop(Drop::truncated, datagram);
  }
  const auto header = Ipv4Header::parse(bytes, datagram.size());
  if (!header) return machine().drop(drop_for(header.error()), datagram);
  if (const std::optional<Drop> reason = refuses(*header, arrival)) {
    return machine().drop(*reason, datagram);
  }
  if (header->more_fragments || header->fragment_offset != 0) {
    return machine().drop(Drop::fragment, datagram);
  }
  Protocol* const above = machine().find(over_ipv4(header->protocol));
  if (above == nullptr) return machine().drop(Drop::unknown_protocol, datagram);

  arrival.source = header->source;
  arrival.destination = header->destination;
  arrival.protocol = header->protocol;
  arrival.time_to_live = header->time_to_live;
  datagram.truncate(header->total_length);
  datagram.remove_front(header->header_size());
  above->demux(std::move(datagram), arrival);
}

// Why a datagram is not taken, judged by its addresses, if it is not.
std::optional<Drop> Ipv4::refuses(const Ipv4Header& header, const Arrival& arrival) const {
  // RFC 1122, 3.2.1.3: no datagram comes from a group; loopback addresses stay inside a machine.
  const Ipv4Address source = header.source;
  const Ipv4Address destination = header.destination;
  if (source.is_multicast() || source.is_broadcast()) return Drop::bad_source;
  if (arrival.tap == nullptr) return std::nullopt;
  if (source.is_loopback() || destination.is_loopback()) return Drop::bad_source;
  if (destination.is_broadcast() || destination.is_multicast()) return std::nullopt;
  // RFC 1122, 3.3.6: a datagram for one machine does not come in a frame for all.
  if (arrival.link_destination.is_group()) return Drop::not_for_me;
  if (destination == arrival.tap->address() || is_local(destination)) return std::nullopt;
  return Drop::not_for_me;
}

}  // namespace elvis
