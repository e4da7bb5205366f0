// SPDX-License-Identifier: MIT
#include "wire/frames.hpp"

#include <algorithm>

#include <tins/arp.h>
#include <tins/ethernetII.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/rawpdu.h>
#include <tins/udp.h>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "elvis/wire/rip_packet.hpp"

namespace elvis::test {

namespace {

constexpr Ipv4Address alice{10, 0, 0, 1};
constexpr Ipv4Address bob{192, 168, 1, 121};

Ipv4Header header_between(Ipv4Address source, Ipv4Address destination) {
  Ipv4Header header;
  header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
  header.source = source;
  header.destination = destination;
  return header;
}

Ipv4Header header_with_options(const Bytes& options) {
  Ipv4Header header = header_between(alice, bob);
  header.options = options;
  return header;
}

}  // namespace

Bytes payload_of(std::size_t size) {
  Bytes payload(size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>('a' + i % 26);
  return payload;
}

// ===== Frames by our formats =====

Bytes arp_frame(Route route, const ArpPacket& packet) {
  Message frame;
  packet.emit(frame.append(ArpPacket::size));
  EthernetHeader{.destination = route.destination_mac,
                 .source = route.source_mac,
                 .type = static_cast<std::uint16_t>(EtherType::arp)}
      .emit(frame.prepend(EthernetHeader::size));
  return frame.to_bytes();
}

Bytes ipv4_frame(Route route, Ipv4Header header, const Message& payload) {
  Message frame = payload;
  header.total_length = static_cast<std::uint16_t>(header.header_size() + payload.size());
  header.emit(frame.prepend(header.header_size()));
  EthernetHeader{.destination = route.destination_mac,
                 .source = route.source_mac,
                 .type = static_cast<std::uint16_t>(EtherType::ipv4)}
      .emit(frame.prepend(EthernetHeader::size));
  return frame.to_bytes();
}

Bytes udp_frame(Route route, Ipv4Header header, std::uint16_t source_port,
                std::uint16_t destination_port, std::span<const std::uint8_t> payload) {
  Message datagram{payload};
  UdpHeader udp{.source_port = source_port,
                .destination_port = destination_port,
                .length = static_cast<std::uint16_t>(UdpHeader::size + payload.size())};
  std::uint8_t* const bytes = datagram.prepend(UdpHeader::size);
  udp.emit(bytes);
  header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
  udp.checksum = finish_checksum(
      pseudo_header_sum(header.source, header.destination, header.protocol, udp.length) +
      datagram.partial_sum());
  if (udp.checksum == 0) udp.checksum = 0xffff;  // RFC 768: zero says that there is none
  udp.emit(bytes);
  return ipv4_frame(route, header, datagram);
}

Bytes icmp_frame(Route route, Ipv4Header header, const IcmpMessage& icmp, Message payload) {
  header.protocol = static_cast<std::uint8_t>(IpProtocol::icmp);
  icmp.prepend_to(payload);
  return ipv4_frame(route, header, payload);
}

namespace {

/// One message of each type, and RIP packets of no, one and 25 routes.
void add_control_frames(std::vector<Frame>& frames) {
  const Route route;
  const auto add = [&](std::string name, const IcmpMessage& icmp, const Message& payload) {
    frames.push_back({"elvis-icmp-" + std::move(name),
                      icmp_frame(route, header_between(bob, alice), icmp, payload)});
  };
  const Bytes culprit = udp_frame(route, header_between(alice, bob), 1'234, 33'434, payload_of(24));
  const Message quoted = Message{culprit}.slice(EthernetHeader::size, Ipv4Header::min_size + 8);
  add("echo", IcmpMessage::echo(7, 1), Message{payload_of(56)});
  IcmpMessage reply = IcmpMessage::echo(7, 1);
  reply.type = IcmpType::echo_reply;
  add("echo-reply", reply, Message{payload_of(56)});
  add("port-unreachable", IcmpMessage::unreachable(Unreachable::port), quoted);
  add("fragmentation-needed", IcmpMessage::unreachable(Unreachable::fragmentation_needed, 576),
      Message{culprit}.slice(EthernetHeader::size));
  add("redirect", IcmpMessage::redirect_to(Ipv4Address{10, 0, 0, 254}), quoted);
  add("time-exceeded", IcmpMessage::time_exceeded(TimeExceeded::in_transit), quoted);
  add("parameter-problem", IcmpMessage::parameter_problem(20), quoted);
  add("timestamp", IcmpMessage::timestamp(7, 2, 86'399'999), {});

  RipPacket rip = RipPacket::whole_table_request();
  const auto add_rip = [&](std::string name) {
    Bytes bytes(rip.packet_size());
    rip.emit(bytes.data());
    Ipv4Header header = header_between(alice, RipPacket::group);
    header.time_to_live = 1;
    frames.push_back({"elvis-rip-" + std::move(name),
                      udp_frame({.destination_mac = MacAddress{0x0100'5e00'0009}}, header,
                                RipPacket::port, RipPacket::port, bytes)});
  };
  add_rip("request");
  rip.clear();
  rip.command = RipPacket::response;
  for (std::uint8_t i = 0; !rip.is_full(); ++i) {
    rip.add({.tag = i, .address = Ipv4Address{10, i, 0, 0}, .mask = 0xffff0000, .metric = i + 1U});
  }
  add_rip("response");
}

}  // namespace

std::vector<Frame> our_frames() {
  const Route route;
  std::vector<Frame> frames;
  const auto add = [&frames](std::string name, Bytes bytes) {
    frames.push_back({"elvis-" + std::move(name), std::move(bytes)});
  };

  ArpPacket arp{.sender_mac = route.source_mac,
                .sender_address = alice,
                .target_mac = MacAddress{},
                .target_address = bob};
  add("arp-request", arp_frame({.destination_mac = MacAddress::broadcast()}, arp));
  arp.target_address = alice;
  add("arp-announcement", arp_frame({.destination_mac = MacAddress::broadcast()}, arp));
  arp.sender_address = Ipv4Address{};
  add("arp-probe", arp_frame({.destination_mac = MacAddress::broadcast()}, arp));
  arp = {ArpPacket::reply, route.destination_mac, bob, route.source_mac, alice};
  add("arp-reply", arp_frame(route, arp));
  arp.operation = 0xffff;
  add("arp-unknown-operation", arp_frame(route, arp));

  for (const std::size_t size : {0U, 1U, 2U, 6U, 17U, 18U, 19U, 63U, 64U, 255U, 1'471U, 1'472U}) {
    add("udp-" + std::to_string(size),
        udp_frame(route, header_between(alice, bob), 1'234, 0xbeef, payload_of(size)));
  }
  add("udp-broadcast",
      udp_frame({.destination_mac = MacAddress::broadcast()},
                header_between(alice, Ipv4Address::broadcast()), 68, 67, payload_of(33)));
  add("udp-multicast",
      udp_frame({.destination_mac = MacAddress{0x0100'5e00'00fb}},
                header_between(bob, Ipv4Address{224, 0, 0, 251}), 5'353, 5'353, payload_of(40)));

  // RFC 791, 3.1: record route; timestamp; loose source route; no operation, end.
  const Bytes record_route{7, 11, 4, 10, 0, 0, 1, 0, 0, 0, 0, 0};
  const Bytes timestamp{68, 12, 5, 0, 0, 0, 0, 1, 0, 0, 0, 2};
  const Bytes source_route{131, 7, 4, 192, 168, 1, 1, 1};
  const Bytes no_operation{1, 1, 1, 1};
  Bytes full{7, 39, 40};
  full.resize(40);
  add("options-record-route",
      udp_frame(route, header_with_options(record_route), 1, 2, payload_of(5)));
  add("options-timestamp", udp_frame(route, header_with_options(timestamp), 3, 4, payload_of(6)));
  add("options-source-route",
      udp_frame(route, header_with_options(source_route), 5, 6, payload_of(7)));
  add("options-no-operation",
      udp_frame(route, header_with_options(no_operation), 7, 8, payload_of(8)));
  add("options-of-40-bytes", udp_frame(route, header_with_options(full), 9, 10, payload_of(9)));

  Ipv4Header fragment = header_between(alice, bob);
  fragment.identification = 0x1234;
  fragment.more_fragments = true;
  add("fragment-first", ipv4_frame(route, fragment, Message{payload_of(64)}));
  fragment.more_fragments = false;
  fragment.fragment_offset = 8;
  add("fragment-last", ipv4_frame(route, fragment, Message{payload_of(13)}));
  Ipv4Header other = header_between(alice, bob);
  other.protocol = static_cast<std::uint8_t>(IpProtocol::icmp);
  add("icmp", ipv4_frame(route, other, Message{Bytes{8, 0, 0xf7, 0xff, 0, 0, 0, 0}}));
  Bytes padded = udp_frame(route, header_between(alice, bob), 11, 12, payload_of(1));
  padded.resize(60);
  add("udp-padded", padded);
  add("options-router-alert",
      udp_frame(route, header_with_options({148, 4, 0, 0}), 13, 14, payload_of(10)));
  add_control_frames(frames);
  return frames;
}

// ===== Frames by libtins =====

std::vector<Frame> libtins_frames() {
  const Tins::HWAddress<6> mac{"02:00:00:00:00:01"};
  const Tins::HWAddress<6> other_mac{"02:00:00:00:00:02"};
  const Tins::IPv4Address source{"172.16.254.3"};
  const Tins::IPv4Address destination{"8.8.4.4"};
  const Tins::EthernetII link{other_mac, mac};
  std::vector<Frame> frames;
  const auto add = [&frames](std::string name, Tins::PDU&& pdu) {
    frames.push_back({"libtins-" + std::move(name), pdu.serialize()});
  };
  const auto text = [](std::size_t size) {
    const Bytes bytes = payload_of(size);
    return Tins::RawPDU{bytes.data(), static_cast<std::uint32_t>(bytes.size())};
  };

  add("arp-request", Tins::ARP::make_arp_request(destination, source, mac));
  add("arp-reply", Tins::ARP::make_arp_reply(destination, source, other_mac, mac));
  for (const std::size_t size : {0U, 1U, 7U, 18U, 46U, 101U, 512U, 1'473U}) {
    add("udp-" + std::to_string(size),
        link / Tins::IP{destination, source} / Tins::UDP{53, 49'152} / text(size));
  }
  const auto add_with = [&](std::string name, auto change) {
    Tins::IP ip{destination, source};
    change(ip);
    add(std::move(name), link / ip / Tins::UDP{7, 9} / text(21));
  };
  add_with("flags", [](Tins::IP& ip) { ip.flags(Tins::IP::DONT_FRAGMENT); });
  add_with("tos-ttl-id", [](Tins::IP& ip) {
    ip.tos(0xb8);
    ip.ttl(1);
    ip.id(0xffff);
  });
  add_with("security", [](Tins::IP& ip) { ip.security({0x746, 0x2431, 0x6482, 0x3f39}); });
  add_with("record-route", [](Tins::IP& ip) { ip.record_route({4, {"1.2.3.4", "5.6.7.8"}}); });
  add_with("strict-route", [](Tins::IP& ip) { ip.ssrr({8, {"9.9.9.9", "0.0.0.0"}}); });
  add_with("loose-route", [](Tins::IP& ip) { ip.lsrr({4, {"127.0.0.1"}}); });
  add_with("stream-id", [](Tins::IP& ip) { ip.stream_identifier(0xcafe); });
  add_with("no-operation", [](Tins::IP& ip) {
    ip.noop();
    ip.noop();
    ip.noop();
    ip.eol();
  });
  add_with("record-route-of-nine", [](Tins::IP& ip) {
    ip.record_route({40, std::vector<Tins::IPv4Address>(9, Tins::IPv4Address{"10.11.12.13"})});
  });
  Tins::IP fragment{destination, source};
  fragment.flags(Tins::IP::MORE_FRAGMENTS);
  fragment.fragment_offset(185);
  fragment.protocol(17);
  add("fragment", link / fragment / text(80));
  Tins::IP unknown{destination, source};
  unknown.protocol(253);
  add("unknown-protocol", link / unknown / text(3));
  for (const auto type : {Tins::ICMP::ECHO_REQUEST, Tins::ICMP::ECHO_REPLY}) {
    Tins::ICMP echo{type};
    echo.id(0x1234);
    echo.sequence(5);
    add(type == Tins::ICMP::ECHO_REQUEST ? "icmp-echo" : "icmp-echo-reply",
        link / Tins::IP{destination, source} / echo / text(32));
  }
  add("broadcast", Tins::EthernetII{Tins::HWAddress<6>::broadcast, mac} /
                       Tins::IP{Tins::IPv4Address::broadcast, source} / Tins::UDP{67, 68} /
                       text(300));
  return frames;
}

std::vector<Frame> all_frames() {
  std::vector<Frame> frames = our_frames();
  std::ranges::move(libtins_frames(), std::back_inserter(frames));
  return frames;
}

}  // namespace elvis::test
