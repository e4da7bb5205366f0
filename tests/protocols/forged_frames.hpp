// SPDX-License-Identifier: MIT
// Frames that an attacker forges: of every kind that a machine knows, right or nearly so.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <vector>

#include "elvis/protocols/fragmentation.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/arp_packet.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "elvis/wire/udp_header.hpp"

namespace elvis::test {

/// Makes frames for one victim.
class Forger {
 public:
  struct World {
    MacAddress own;
    MacAddress victim;
    std::vector<Ipv4Address> addresses;  ///< Of the victim, its neighbours, nobody, everybody.
  };

  Forger(World world, std::uint64_t seed) : world_{std::move(world)}, rng_{{seed, 0xf0}} {}

  /// The next frame: one of each kind, and every second one is damaged.
  Message next() {
    std::vector<std::uint8_t> bytes = whole().to_bytes();
    if (rng_.below(2) == 0) damage(bytes);
    return Message{std::span<const std::uint8_t>{bytes}};
  }

 private:
  std::uint8_t byte() { return static_cast<std::uint8_t>(rng_()); }
  std::uint16_t word() { return static_cast<std::uint16_t>(rng_()); }
  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[rng_.below(choices.size())];
  }
  Ipv4Address address() {
    if (rng_.below(16) == 0) return Ipv4Address{static_cast<std::uint32_t>(rng_())};
    return world_.addresses[rng_.below(world_.addresses.size())];
  }
  MacAddress mac() {
    const std::uint64_t choice = rng_.below(16);
    if (choice == 0) return MacAddress::broadcast();
    if (choice == 1) return MacAddress{0x0100'5e00'0001U};
    if (choice == 2) return MacAddress{rng_()};
    return world_.victim;
  }
  Message payload(std::size_t most) {
    Message made = Message::zeros(1 + rng_.below(most));
    for (std::uint8_t& each : made.writable_front()) each = byte();
    return made;
  }

  Message whole() {
    Message packet;
    EtherType type = EtherType::ipv4;
    switch (rng_.below(8)) {
      case 0:
        packet = arp();
        type = EtherType::arp;
        break;
      case 1:
        packet = payload(100);
        type = one_of({EtherType::ipv4, EtherType::arp, static_cast<EtherType>(word())});
        break;
      default:
        packet = datagram();
        break;
    }
    EthernetHeader{mac(), rng_.below(8) == 0 ? mac() : world_.own, static_cast<std::uint16_t>(type)}
        .emit(packet.prepend(EthernetHeader::size));
    return packet;
  }

  Message arp() {
    const ArpPacket packet{
        .operation = one_of<std::uint16_t>({ArpPacket::request, ArpPacket::reply, word()}),
        .sender_mac = one_of({world_.own, MacAddress{rng_()}}),
        .sender_address = address(),
        .target_mac = mac(),
        .target_address = address()};
    Message made;
    packet.emit(made.prepend(ArpPacket::size));
    return made;
  }

  Message datagram() {
    Ipv4Header header;
    header.source = address();
    header.destination = address();
    header.type_of_service = byte();
    header.identification = word() % 64;
    header.time_to_live = one_of<std::uint8_t>({0, 1, 2, 64, 255});
    header.dont_fragment = rng_.below(4) == 0;
    header.protocol = one_of<std::uint8_t>({1, 1, 2, 6, 17, 17, 253});
    const Ipv4Options options = some_options();
    header.options = options.bytes();
    Message body = header.protocol == 1    ? icmp()
                   : header.protocol == 17 ? udp(header)
                                           : payload(rng_.below(8) == 0 ? 1'400 : 40);
    if (rng_.below(4) == 0) cut(header, body);
    header.total_length = static_cast<std::uint16_t>(header.header_size() + body.size());
    header.emit(body.prepend(header.header_size()));
    return body;
  }

  /// Takes a fragment out of `body`, or says something impossible about it.
  void cut(Ipv4Header& header, Message& body) {
    header.more_fragments = rng_.below(2) == 0;
    if (rng_.below(4) == 0) {
      header.fragment_offset = word() & 0x1fff;
      return;
    }
    const std::size_t begin = rng_.below(body.size()) / 8 * 8;
    body.remove_front(begin);
    header.fragment_offset = static_cast<std::uint16_t>(begin / 8);
    if (header.more_fragments && body.size() > 8) body.truncate(body.size() / 8 * 8);
  }

  Ipv4Options some_options() {
    Ipv4Options options;
    switch (rng_.below(12)) {
      case 0:
        (void)options.add_record_route(1 + rng_.below(9));
        break;
      case 1:
        (void)options.add_timestamp(
            one_of({TimestampMode::times, TimestampMode::addresses_and_times}), 1 + rng_.below(4));
        break;
      case 2:
        (void)options.add_router_alert();
        break;
      case 3: {
        std::array<std::uint8_t, Ipv4Options::max_size> area;
        for (std::uint8_t& each : area) each = byte();
        area[0] = one_of<std::uint8_t>({7, 68, 130, 131, 137, 148, byte()});
        return Ipv4Options{std::span{area}.first(4 * (1 + rng_.below(10)))};
      }
      default:
        break;
    }
    return options;
  }

  Message icmp() {
    IcmpMessage message{.type = static_cast<IcmpType>(byte() % 20), .code = byte()};
    message.rest = static_cast<std::uint32_t>(rng_());
    if (rng_.below(3) == 0) message = IcmpMessage::echo(word(), word());
    Message body = payload(64);
    if (message.is_error()) {
      message.code %= 8;
      Ipv4Header quoted;
      quoted.source = address();
      quoted.destination = address();
      quoted.protocol = one_of<std::uint8_t>({1, 6, 17});
      quoted.total_length = word() | 64;
      quoted.emit(body.prepend(Ipv4Header::min_size));
    }
    message.prepend_to(body);
    return body;
  }

  Message udp(const Ipv4Header& header) {
    Message body = payload(rng_.below(8) == 0 ? 1'400 : 64);
    const auto length = static_cast<std::uint16_t>(UdpHeader::size + body.size());
    UdpHeader made{one_of<std::uint16_t>({7, 1'000, word()}),
                   one_of<std::uint16_t>({7, 7, 520, word()}), length, 0};
    made.emit(body.prepend(UdpHeader::size));
    if (rng_.below(2) == 0) return body;
    made.checksum = finish_checksum(
        pseudo_header_sum(header.source, header.destination, 17, length) + body.partial_sum());
    made.emit(body.writable_front().data());
    return body;
  }

  void damage(std::vector<std::uint8_t>& bytes) {
    for (std::uint64_t times = 1 + rng_.below(3); times > 0 && !bytes.empty(); --times) {
      std::uint8_t& there = bytes[rng_.below(std::min<std::size_t>(bytes.size(), 80))];
      switch (rng_.below(5)) {
        case 0:
          there = static_cast<std::uint8_t>(there ^ 1U << rng_.below(8));
          break;
        case 1:
          there = one_of<std::uint8_t>({0, 1, 0x7f, 0x80, 0xff});
          break;
        case 2:
          bytes.resize(rng_.below(bytes.size() + 1));
          break;
        case 3:
          bytes.resize(bytes.size() + rng_.below(64), byte());
          break;
        default:
          there = byte();
          break;
      }
    }
    if (rng_.below(2) == 0) mend(bytes);
  }

  /// Makes the header's checksum right again, so that the damage is seen by what comes behind it.
  static void mend(std::vector<std::uint8_t>& bytes) {
    if (bytes.size() < EthernetHeader::size + Ipv4Header::min_size) return;
    std::uint8_t* const header = bytes.data() + EthernetHeader::size;
    const std::size_t size = std::size_t{header[0]} % 16 * 4;
    if (size < Ipv4Header::min_size || EthernetHeader::size + size > bytes.size()) return;
    store16(header + 10, 0);
    store16(header + 10, finish_checksum(partial_sum(header, size)));
  }

  World world_;
  Rng rng_;
};

}  // namespace elvis::test
