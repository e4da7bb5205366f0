// SPDX-License-Identifier: MIT
#include "codec.hpp"

#include <algorithm>
#include <utility>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/icmp_message.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/udp_header.hpp"

namespace elvis::packetdrill {

namespace {

constexpr std::size_t tcp_header_size = 20;
constexpr std::uint16_t fast_open_identifier = 0xf989;  // RFC 7413's experiment, RFC 6994

using Bytes = std::vector<std::uint8_t>;

void put16(Bytes& bytes, std::uint32_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& bytes, std::uint32_t value) {
  put16(bytes, value >> 16);
  put16(bytes, value & 0xffff);
}

void put_option(Bytes& bytes, const TcpOption& option) {
  const bool is_experimental = option.kind == TcpOption::Kind::fast_open_experimental;
  bytes.push_back(static_cast<std::uint8_t>(option.kind));
  if (option.size() == 1) return;
  bytes.push_back(static_cast<std::uint8_t>(option.size()));
  switch (option.kind) {
    case TcpOption::Kind::mss:
      return put16(bytes, option.value);
    case TcpOption::Kind::window_scale:
      bytes.push_back(static_cast<std::uint8_t>(option.value));
      return;
    case TcpOption::Kind::sack:
      for (const auto& [left, right] : option.blocks) {
        put32(bytes, left);
        put32(bytes, right);
      }
      return;
    case TcpOption::Kind::timestamp:
      put32(bytes, option.value);
      return put32(bytes, option.echo);
    default:
      if (is_experimental) put16(bytes, fast_open_identifier);
      bytes.insert(bytes.end(), option.bytes.begin(), option.bytes.end());
  }
}

// What stands behind kind and length; false if the length is not that of the kind.
bool read_option(std::span<const std::uint8_t> body, TcpOption& option) {
  switch (option.kind) {
    case TcpOption::Kind::mss:
      if (body.size() != 2) return false;
      option.value = load16(body.data());
      return true;
    case TcpOption::Kind::window_scale:
      if (body.size() != 1) return false;
      option.value = body[0];
      return true;
    case TcpOption::Kind::sack_permitted:
      return body.empty();
    case TcpOption::Kind::sack:
      for (std::size_t at = 0; at + 8 <= body.size(); at += 8) {
        option.blocks.emplace_back(load32(&body[at]), load32(&body[at + 4]));
      }
      return body.size() % 8 == 0;
    case TcpOption::Kind::timestamp:
      if (body.size() != 8) return false;
      option.value = load32(body.data());
      option.echo = load32(&body[4]);
      return true;
    case TcpOption::Kind::fast_open_experimental:
      if (body.size() < 2) return false;
      body = body.subspan(2);
      break;
    default:
      break;
  }
  option.bytes.assign(body.begin(), body.end());
  return true;
}

// A TCP header without checksum, and its options.
Bytes tcp_header(const Packet& packet) {
  Bytes bytes;
  const Bytes options = encode_options(packet.options);
  put16(bytes, packet.source_port);
  put16(bytes, packet.destination_port);
  put32(bytes, packet.sequence);
  put32(bytes, packet.acknowledgment);
  put16(bytes,
        static_cast<std::uint32_t>((tcp_header_size + options.size()) / 4 << 12) | packet.flags);
  put16(bytes, packet.window.value_or(0));
  put16(bytes, 0);
  put16(bytes, packet.urgent_pointer);
  bytes.insert(bytes.end(), options.begin(), options.end());
  return bytes;
}

std::uint64_t pseudo_sum(const Packet& packet, IpProtocol protocol, std::size_t size) {
  return pseudo_header_sum(packet.source, packet.destination, static_cast<std::uint8_t>(protocol),
                           size);
}

// Of a TCP or UDP packet: header and payload, with the right checksum.
Bytes transport(const Packet& packet) {
  const bool is_tcp = packet.kind == Packet::Kind::tcp;
  Bytes bytes;
  if (is_tcp) {
    bytes = tcp_header(packet);
  } else {
    const auto length = static_cast<std::uint16_t>(UdpHeader::size + packet.payload_bytes);
    bytes.resize(UdpHeader::size);
    UdpHeader{packet.source_port, packet.destination_port, length, 0}.emit(bytes.data());
  }
  bytes.resize(bytes.size() + packet.payload_bytes);
  const std::uint64_t sum =
      pseudo_sum(packet, is_tcp ? IpProtocol::tcp : IpProtocol::udp, bytes.size()) +
      partial_sum(bytes.data(), bytes.size());
  std::uint16_t checksum = finish_checksum(sum);
  if (!is_tcp && checksum == 0) checksum = 0xffff;  // RFC 768: 0 would say that there is none
  store16(&bytes[is_tcp ? 16 : 6], checksum);
  return bytes;
}

Ipv4Header ip_header(const Packet& packet, IpProtocol protocol, std::size_t payload) {
  Ipv4Header header;
  header.type_of_service = packet.service_check == ServiceCheck::none ? 0 : packet.service;
  header.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + payload);
  header.time_to_live = packet.time_to_live.value_or(255);
  header.protocol = static_cast<std::uint8_t>(protocol);
  header.source = packet.source;
  header.destination = packet.destination;
  return header;
}

// What a router quotes of a datagram that went the other way: the IPv4 header and 8 bytes.
Bytes quoted_datagram(const Packet& packet) {
  const Quote quote = packet.quote.value_or(Quote{});
  Bytes begin;
  IpProtocol protocol = IpProtocol::tcp;
  std::size_t header = tcp_header_size;
  put16(begin, packet.destination_port);
  put16(begin, packet.source_port);
  if (quote.kind == Quote::Kind::tcp) {
    put32(begin, quote.sequence);
  } else {
    protocol = IpProtocol::udp;
    header = UdpHeader::size;
    put16(begin, static_cast<std::uint32_t>(header + quote.bytes));
    put16(begin, 0);
  }
  Packet reversed = packet;
  std::swap(reversed.source, reversed.destination);
  reversed.service_check = ServiceCheck::none;
  reversed.time_to_live = 64;
  Bytes bytes(Ipv4Header::min_size);
  ip_header(reversed, protocol, header + quote.bytes).emit(bytes.data());
  bytes.insert(bytes.end(), begin.begin(), begin.end());
  return bytes;
}

Message icmp_payload(const Packet& packet) {
  IcmpMessage header;
  header.type = static_cast<IcmpType>(packet.icmp_type);
  header.code = packet.icmp_code;
  if (packet.icmp_mtu) header.rest = *packet.icmp_mtu;
  if (packet.icmp_identifier) header.rest = std::uint32_t{*packet.icmp_identifier} << 16;
  Bytes quoted;
  if (header.is_error()) quoted = quoted_datagram(packet);
  Message message{quoted};
  header.prepend_to(message);
  return message;
}

void read_tcp(std::span<const std::uint8_t> bytes, Decoded& decoded) {
  Packet& packet = decoded.packet;
  packet.kind = Packet::Kind::tcp;
  if (bytes.size() < tcp_header_size) {
    decoded.mistake = "a TCP header that is cut off";
    return;
  }
  const std::uint16_t word = load16(&bytes[12]);
  const std::size_t header = std::size_t{4} * (word >> 12);
  packet.source_port = load16(bytes.data());
  packet.destination_port = load16(&bytes[2]);
  packet.sequence = load32(&bytes[4]);
  packet.acknowledgment = load32(&bytes[8]);
  packet.flags = word & 0xfff;
  packet.window = load16(&bytes[14]);
  packet.urgent_pointer = load16(&bytes[18]);
  if (header < tcp_header_size || header > bytes.size()) {
    decoded.mistake = "a TCP header of a wrong length";
    return;
  }
  if (!decode_options(bytes.subspan(tcp_header_size, header - tcp_header_size), packet.options)) {
    decoded.mistake = "malformed TCP options";
  }
  const std::uint64_t sum =
      pseudo_sum(packet, IpProtocol::tcp, bytes.size()) + partial_sum(bytes.data(), bytes.size());
  if (finish_checksum(sum) != 0) decoded.mistake = "a bad TCP checksum";
  decoded.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(header), bytes.end());
  packet.payload_bytes = static_cast<std::uint32_t>(decoded.payload.size());
}

void read_udp(std::span<const std::uint8_t> bytes, Decoded& decoded) {
  Packet& packet = decoded.packet;
  packet.kind = Packet::Kind::udp;
  const auto header = UdpHeader::parse(bytes.data(), bytes.size());
  if (!header) {
    decoded.mistake = "a malformed UDP header";
    return;
  }
  packet.source_port = header->source_port;
  packet.destination_port = header->destination_port;
  const std::uint64_t sum = pseudo_sum(packet, IpProtocol::udp, header->length) +
                            partial_sum(bytes.data(), header->length);
  if (header->checksum != 0 && finish_checksum(sum) != 0) decoded.mistake = "a bad UDP checksum";
  decoded.payload.assign(bytes.begin() + UdpHeader::size, bytes.begin() + header->length);
  packet.payload_bytes = static_cast<std::uint32_t>(decoded.payload.size());
}

void read_icmp(std::span<const std::uint8_t> bytes, Decoded& decoded) {
  Packet& packet = decoded.packet;
  packet.kind = Packet::Kind::icmp;
  const auto header = IcmpMessage::parse(Message{bytes});
  if (!header) {
    decoded.mistake = "a malformed ICMP message";
    return;
  }
  packet.icmp_type = static_cast<std::uint8_t>(header->type);
  packet.icmp_code = header->code;
  if (header->type == IcmpType::echo || header->type == IcmpType::echo_reply) {
    packet.icmp_identifier = header->identifier();
  }
  if (header->is_unreachable(Unreachable::fragmentation_needed)) {
    packet.icmp_mtu = header->next_hop_mtu();
  }
  packet.payload_bytes = static_cast<std::uint32_t>(bytes.size() - header->header_size());
}

}  // namespace

std::vector<std::uint8_t> encode_options(const std::vector<TcpOption>& options) {
  Bytes bytes;
  for (const TcpOption& option : options) put_option(bytes, option);
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

bool decode_options(std::span<const std::uint8_t> bytes, std::vector<TcpOption>& options) {
  while (!bytes.empty()) {
    TcpOption option;
    option.kind = static_cast<TcpOption::Kind>(bytes[0]);
    std::size_t size = 1;
    if (option.kind != TcpOption::Kind::eol && option.kind != TcpOption::Kind::nop) {
      if (bytes.size() < 2 || bytes[1] < 2 || bytes[1] > bytes.size()) return false;
      size = bytes[1];
      if (!read_option(bytes.subspan(2, size - 2), option)) return false;
    }
    options.push_back(std::move(option));
    bytes = bytes.subspan(size);
  }
  return true;
}

Message encode(const Packet& packet) {
  Message message;
  IpProtocol protocol = IpProtocol::icmp;
  if (packet.kind == Packet::Kind::icmp) {
    message = icmp_payload(packet);
  } else {
    protocol = packet.kind == Packet::Kind::tcp ? IpProtocol::tcp : IpProtocol::udp;
    message = Message{transport(packet)};
  }
  const Ipv4Header header = ip_header(packet, protocol, message.size());
  header.emit(message.prepend(Ipv4Header::min_size));
  return message;
}

Decoded decode(const Message& datagram) {
  Decoded decoded;
  const Bytes bytes = datagram.to_bytes();
  const auto header = Ipv4Header::parse(bytes.data(), bytes.size());
  if (!header) {
    decoded.mistake = "a malformed IPv4 header";
    return decoded;
  }
  decoded.packet.service_check = ServiceCheck::whole;
  decoded.packet.service = header->type_of_service;
  decoded.packet.time_to_live = header->time_to_live;
  decoded.packet.source = header->source;
  decoded.packet.destination = header->destination;
  if (header->more_fragments || header->fragment_offset != 0) {
    decoded.mistake = "a fragment";
  }
  const std::span<const std::uint8_t> payload =
      std::span{bytes}.subspan(header->header_size(), header->payload_size());
  switch (static_cast<IpProtocol>(header->protocol)) {
    case IpProtocol::tcp:
      read_tcp(payload, decoded);
      break;
    case IpProtocol::udp:
      read_udp(payload, decoded);
      break;
    case IpProtocol::icmp:
      read_icmp(payload, decoded);
      break;
    default:
      decoded.mistake = "neither TCP, UDP nor ICMP";
      break;
  }
  return decoded;
}

}  // namespace elvis::packetdrill
