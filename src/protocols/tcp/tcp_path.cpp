// SPDX-License-Identifier: MIT
#include "tcp_path.hpp"

#include <utility>

#include "elvis/protocols/tcp/session.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

namespace {

constexpr std::size_t headers_below = EthernetHeader::size + Ipv4Header::min_size;

}  // namespace

bool TcpPath::take(Message&& frame) {
  constexpr std::size_t least = headers_below + TcpHeader::min_size;
  if (!frame.is_verified()) return false;
  std::uint8_t scratch[headers_below + TcpHeader::max_size];
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
  const std::size_t header_size = std::size_t{bytes[headers_below + 12]} / 16 * 4;
  if (header_size < TcpHeader::min_size || headers_below + header_size > frame.size()) return false;
  if (frame.slice_at(0).size() < headers_below + header_size) {
    bytes = frame.front(headers_below + header_size, scratch);
  }

  const std::uint8_t* const tcp = bytes + headers_below;
  const Endpoint local{local_, load16(tcp + 2)};
  const Endpoint remote{from, load16(tcp)};
  TcpUsualHeader header{.sequence = load32(tcp + 4),
                        .acknowledgement = load32(tcp + 8),
                        .flags = static_cast<std::uint16_t>(load16(tcp + 12) & 0xfff),
                        .window = load16(tcp + 14),
                        .has_timestamps = false,
                        .time = 0,
                        .echoed_time = 0};
  constexpr std::uint32_t aligned_timestamps = 0x0101'080a;
  if (header_size == TcpHeader::min_size + 12 && load32(tcp + 20) == aligned_timestamps) {
    header.has_timestamps = true;
    header.time = load32(tcp + 24);
    header.echoed_time = load32(tcp + 28);
  }
  const bool is_usual = header_size == TcpHeader::min_size || header.has_timestamps;
  const bool met_congestion = (type & 3) == 3;
  if (is_usual && !met_congestion &&
      tcp_.take_usual(header, frame, headers_below + header_size, {local, remote})) [[likely]] {
    return true;
  }
  take_any(bytes, header, std::move(frame), headers_below + header_size);
  return true;
}

// `bytes` are the headers of `frame`.
[[gnu::noinline]] void TcpPath::take_any(const std::uint8_t* bytes, const TcpUsualHeader& header,
                                         Message&& frame, std::size_t header_bytes) {
  const std::uint8_t* const tcp = bytes + headers_below;
  TcpSegment segment{.sequence = header.sequence,
                     .acknowledgement = header.acknowledgement,
                     .flags = header.flags,
                     .window = header.window,
                     .urgent = load16(tcp + 18),
                     .ecn = static_cast<std::uint8_t>(bytes[15] & 3),
                     .options = {},
                     .payload = {}};
  if (header.has_timestamps) {
    segment.options.timestamps = {header.time, header.echoed_time};
  } else if (header_bytes > headers_below + TcpHeader::min_size) {
    segment.options = TcpOptions::parse(
        {tcp + TcpHeader::min_size, header_bytes - headers_below - TcpHeader::min_size});
  }
  const std::uint64_t link_source = std::uint64_t{load16(bytes + 6)} << 32 | load32(bytes + 8);
  const Arrival arrival{.tap = &tap_,
                        .link_source = MacAddress{link_source},
                        .link_destination = MacAddress{link_destination_},
                        .source = Ipv4Address{load32(bytes + 26)},
                        .destination = local_,
                        .source_port = load16(tcp),
                        .destination_port = load16(tcp + 2),
                        .protocol = static_cast<std::uint8_t>(IpProtocol::tcp),
                        .time_to_live = bytes[22],
                        .type_of_service = bytes[15],
                        .ends_event = true};
  frame.remove_front(header_bytes);  // from here on `bytes` may be gone
  frame.set_verified(false);         // as Tcp::demux does
  segment.payload = std::move(frame);
  tcp_.take(std::move(segment), arrival);
}

}  // namespace elvis
