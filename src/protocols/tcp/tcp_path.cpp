// SPDX-License-Identifier: MIT
#include "tcp_path.hpp"

#include <utility>

#include "elvis/protocols/tcp/session.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

bool TcpPath::take(Message&& frame) {
  constexpr std::size_t below = EthernetHeader::size + Ipv4Header::min_size;
  constexpr std::size_t least = below + TcpHeader::min_size;
  if (!frame.is_verified()) return false;
  std::uint8_t scratch[below + TcpHeader::max_size];
  const std::uint8_t* bytes = frame.front(least, scratch);
  if (bytes == nullptr) return false;
  const std::uint64_t link = load64(bytes);
  const std::uint32_t type = load32(bytes + 12);      // ethertype, version, header length, service
  const std::uint32_t length = load32(bytes + 16);    // total length, identification
  const std::uint32_t protocol = load32(bytes + 20);  // fragment, time to live, protocol
  const std::uint32_t checksum = load16(bytes + 24);
  const std::uint32_t source = load32(bytes + 26);
  const std::uint32_t destination = load32(bytes + 30);
  constexpr std::uint32_t ipv4_without_options = 0x0800'4500;
  constexpr std::uint32_t whole_tcp = 0x0000'0006;
  if (link >> 16 != link_destination_ || (type & 0xffff'ff00) != ipv4_without_options ||
      (protocol & 0x3fff'00ff) != whole_tcp || destination != local_.value() ||
      (length >> 16) + EthernetHeader::size != frame.size()) {
    return false;
  }
  const std::uint64_t sum =
      std::uint64_t{type & 0xffff} + length + protocol + checksum + source + destination;
  // Summed as 32-bit words, which the fold brings together (RFC 1071, 2 (C)).
  if (fold_sum(sum) != 0xffff) return false;
  const Ipv4Address from{source};
  if (from.is_multicast() || from.is_broadcast() || from.is_loopback()) return false;
  const std::size_t header_size = std::size_t{bytes[below + 12]} / 16 * 4;
  if (header_size < TcpHeader::min_size || below + header_size > frame.size()) return false;
  if (frame.slice_at(0).size() < below + header_size) {
    bytes = frame.front(below + header_size, scratch);
  }

  const std::uint8_t* const tcp = bytes + below;
  TcpSegment segment{.sequence = load32(tcp + 4),
                     .acknowledgement = load32(tcp + 8),
                     .flags = static_cast<std::uint16_t>(load16(tcp + 12) & 0xfff),
                     .window = load16(tcp + 14),
                     .urgent = load16(tcp + 18),
                     .ecn = static_cast<std::uint8_t>(type & 3),
                     .options = {},
                     .payload = {}};
  constexpr std::uint32_t aligned_timestamps = 0x0101'080a;
  if (header_size == TcpHeader::min_size + 12 && load32(tcp + 20) == aligned_timestamps) {
    segment.options.timestamps = {load32(tcp + 24), load32(tcp + 28)};
  } else if (header_size > TcpHeader::min_size) {
    segment.options =
        TcpOptions::parse({tcp + TcpHeader::min_size, header_size - TcpHeader::min_size});
  }
  const Endpoint local{local_, load16(tcp + 2)};
  const Endpoint remote{from, load16(tcp)};
  const std::uint64_t link_source = link << 32 | load32(bytes + 8);
  frame.remove_front(below + header_size);  // from here on `bytes` may be gone
  frame.set_verified(false);                // as Tcp::demux does
  segment.payload = std::move(frame);
  if (tcp_.take_usual(segment, {local, remote})) [[likely]]
    return true;
  const Arrival arrival{.tap = &tap_,
                        .link_source = MacAddress{link_source},
                        .link_destination = MacAddress{link_destination_},
                        .source = from,
                        .destination = local_,
                        .source_port = remote.port,
                        .destination_port = local.port,
                        .protocol = static_cast<std::uint8_t>(IpProtocol::tcp),
                        .time_to_live = static_cast<std::uint8_t>(protocol >> 8),
                        .type_of_service = static_cast<std::uint8_t>(type),
                        .ends_event = true};
  tcp_.take(std::move(segment), arrival);
  return true;
}

}  // namespace elvis
