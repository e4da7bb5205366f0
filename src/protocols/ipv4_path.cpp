// SPDX-License-Identifier: MIT
// Ipv4Path: the header of a datagram.
#include <span>
#include <utility>

#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {

Ipv4Path::Ipv4Path(Ipv4& ipv4, const Ipv4::Way& way, Ipv4Address local, Ipv4Address remote,
                   std::uint8_t protocol)
    : local_{local}, next_hop_{way.next_hop}, ipv4_{&ipv4}, tap_{way.tap} {
  Ipv4Header header;
  header.protocol = protocol;
  header.source = local;
  header.destination = remote;
  if (remote.is_multicast()) header.time_to_live = 1;  // RFC 1112, 6.1: unless asked for more
  set_header(header);
  take(way);
}

// Goes this way from now on.
void Ipv4Path::take(const Ipv4::Way& way) {
  tap_ = way.tap;
  next_hop_ = way.next_hop;
  std::uint8_t bytes[24] = {};
  const MacAddress source = tap_ == nullptr ? MacAddress{} : tap_->mac();
  EthernetHeader{way.mac, source, static_cast<std::uint16_t>(EtherType::ipv4)}.emit(bytes);
  constexpr std::uint64_t ipv4_bits = 0xffff;
  headers_.first[0] = load64(bytes);
  headers_.first[1] = (load64(bytes + 8) & ~ipv4_bits) | (headers_.first[1] & ipv4_bits);
  // Whether a shorter path is known is asked before the generation, which asking may change.
  const bool is_whole = way.mac != MacAddress{} && !is_looped_ && header().time_to_live != 0 &&
                        ipv4_->path_mtu(remote(), *tap_) == tap_->network().properties().mtu;
  generation_ = ipv4_->generation_;
  headers_.fast_generation = is_whole ? generation_ : 0;
}

Result<> Ipv4Path::renew() {
  const Result<Ipv4::Way> way = ipv4_->way_to(remote(), local_);
  if (!way) return way.error();
  take(*way);
  return {};
}

Ipv4Address Ipv4Path::remote() const {
  return Ipv4Address{static_cast<std::uint32_t>(headers_.third << 16) | headers_.fourth};
}

// The header as its bytes have it, without a length.
Ipv4Header Ipv4Path::header() const {
  Ipv4Header header;
  header.type_of_service = static_cast<std::uint8_t>(headers_.first[1]);
  header.dont_fragment = (headers_.second >> 30 & 1) != 0;
  header.time_to_live = static_cast<std::uint8_t>(headers_.second >> 8);
  header.protocol = static_cast<std::uint8_t>(headers_.second);
  header.source = local_;
  header.destination = remote();
  return header;
}

void Ipv4Path::set_header(const Ipv4Header& header) {
  std::uint8_t bytes[Headers::size] = {};
  store64(bytes, headers_.first[0]);
  store64(bytes + 8, headers_.first[1]);
  Ipv4Header without_length = header;
  without_length.total_length = 0;
  without_length.emit(bytes + EthernetHeader::size);
  constexpr std::size_t checksum_at = EthernetHeader::size + 10;
  headers_.sum = static_cast<std::uint16_t>(~load16(bytes + checksum_at));
  store16(bytes + checksum_at, 0);
  headers_.first[0] = load64(bytes);
  headers_.first[1] = load64(bytes + 8);
  headers_.second = load64(bytes + 16);
  headers_.third = load64(bytes + 24);
  headers_.fourth = load16(bytes + 32);
}

void Ipv4Path::set_dont_fragment(bool dont_fragment) {
  Ipv4Header changed = header();
  changed.dont_fragment = dont_fragment;
  set_header(changed);
}

void Ipv4Path::set_time_to_live(std::uint8_t time_to_live) {
  Ipv4Header changed = header();
  changed.time_to_live = time_to_live;
  set_header(changed);
  if (time_to_live == 0) generation_ = headers_.fast_generation = 0;  // to be found anew
}

void Ipv4Path::set_type_of_service(std::uint8_t type_of_service) {
  Ipv4Header changed = header();
  changed.type_of_service = type_of_service;
  set_header(changed);
}

void Ipv4Path::set_looped(bool is_looped) {
  is_looped_ = is_looped;
  generation_ = headers_.fast_generation = 0;  // to be found anew
}

Result<> Ipv4Path::send(Message&& payload) {
  constexpr std::size_t largest = 65'535;
  const std::size_t length = Ipv4Header::min_size + payload.size();
  if (length > largest) return Errc::message_too_long;
  if (generation_ != ipv4_->generation_) {
    if (const Result<> renewed = renew(); !renewed) return renewed;
  }
  if (headers_.fast_generation != 0 && length <= tap_->network().properties().mtu) {
    write_headers(payload.prepend(Headers::size), length);
    tap_->transmit(std::move(payload));
    return {};
  }
  Ipv4Header whole = header();
  whole.total_length = static_cast<std::uint16_t>(length);
  whole.identification = ipv4_->identification_++;
  if (is_looped_ && tap_ != nullptr && ipv4_->is_member(remote(), *tap_)) {
    Message copy = payload;
    whole.emit(copy.prepend(whole.header_size()));
    machine().loop_back(std::move(copy));
  }
  if (whole.time_to_live == 0 && tap_ != nullptr) return {};
  return ipv4_->send_on({tap_, next_hop_, MacAddress{headers_.first[0] >> 16}}, whole,
                        std::move(payload));
}

}  // namespace elvis
