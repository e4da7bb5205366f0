// SPDX-License-Identifier: MIT
#include "udp_path.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/udp_header.hpp"
#include "host_mask.hpp"

namespace elvis {

// The headers of a frame, 42 bytes, are compared in words as they stand:
//
//    0                     8                    16
//    | destination | source ...   | type |45|TOS| length | id | flags, offset |TTL|17|
//   24                    32                    40
//    | checksum | source | destination | ports | length | checksum |
namespace {

using Word = std::array<std::uint8_t, 8>;

constexpr std::size_t headers = EthernetHeader::size + Ipv4Header::min_size + UdpHeader::size;
constexpr std::size_t total_length_at = 16;
constexpr std::size_t source_at = 26;
constexpr std::size_t destination_at = 30;
constexpr std::size_t source_port_at = 34;
constexpr std::size_t destination_port_at = 36;
constexpr std::size_t udp_length_at = 38;

constexpr std::uint64_t word(const Word& bytes) {
  return std::bit_cast<std::uint64_t>(bytes);
}

constexpr std::uint64_t link_mask = word({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0});
constexpr std::uint64_t ipv4_without_options = word({0, 0, 0, 0, 0x08, 0, 0x45, 0});
constexpr std::uint64_t type_mask = word({0, 0, 0, 0, 0xff, 0xff, 0xff, 0});
constexpr std::uint64_t whole_udp_datagram = word({0, 0, 0, 0, 0, 0, 0, 17});
constexpr std::uint64_t fragment_mask = word({0, 0, 0, 0, 0x3f, 0xff, 0, 0xff});
// From anybody, and from one.
constexpr std::uint64_t addresses_mask[] = {word({0, 0, 0, 0, 0, 0, 0xff, 0xff}),
                                            word({0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})};
constexpr std::uint64_t ports_mask[] = {word({0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0}),
                                        word({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0})};

template <typename T>
T as_it_stands(const std::uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// The sum of the IPv4 header's 16-bit words, folded. The order of a word's bytes does not matter to
// whether it is 0xffff.
[[gnu::always_inline]] inline std::uint16_t header_sum(const std::uint8_t* bytes) {
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < Ipv4Header::min_size; at += 4) {
    sum += as_it_stands<std::uint32_t>(bytes + at);
  }
  return fold_sum(sum);
}

}  // namespace

UdpPath::UdpPath(const Arrival& arrival, Protocol& above, bool is_from_one)
    : host_mask_{host_mask_of(*arrival.tap)},
      own_address_{arrival.tap->address()},
      is_from_one_{is_from_one},
      is_for_bare_{above.takes_bare_datagrams()},
      tap_{*arrival.tap},
      above_{above} {
  std::uint8_t bytes[headers] = {};
  EthernetHeader{arrival.link_destination, {}, 0}.emit(bytes);
  store32(bytes + source_at, arrival.source.value());
  store32(bytes + destination_at, arrival.destination.value());
  store16(bytes + source_port_at, arrival.source_port);
  store16(bytes + destination_port_at, arrival.destination_port);
  link_ = as_it_stands<std::uint64_t>(bytes);
  addresses_ = as_it_stands<std::uint64_t>(bytes + 24);
  ports_ = as_it_stands<std::uint64_t>(bytes + 32);
}

// Whether a frame of `size` bytes that begins with `bytes` is one of those expected.
[[gnu::always_inline]] inline bool UdpPath::expects(const std::uint8_t* bytes, std::size_t size,
                                                    bool is_verified) const {
  const auto word_at = [bytes](std::size_t at) { return as_it_stands<std::uint64_t>(bytes + at); };
  const std::uint64_t differences =
      ((word_at(0) ^ link_) & link_mask) | ((word_at(8) ^ ipv4_without_options) & type_mask) |
      ((word_at(16) ^ whole_udp_datagram) & fragment_mask) |
      ((word_at(24) ^ addresses_) & addresses_mask[is_from_one_ ? 1 : 0]) |
      ((word_at(32) ^ ports_) & ports_mask[is_from_one_ ? 1 : 0]);
  if (differences != 0) return false;
  // What else could be wrong is for the layers to judge.
  const std::size_t total_length = load16(bytes + total_length_at);
  if (total_length + EthernetHeader::size != size ||
      load16(bytes + udp_length_at) + Ipv4Header::min_size != total_length ||
      header_sum(bytes + EthernetHeader::size) != 0xffff ||
      !(is_verified || load16(bytes + headers - 2) == 0)) {
    return false;
  }
  const Ipv4Address source{load32(bytes + source_at)};
  return is_from_one_ || !(source.is_multicast() || source.is_loopback() ||
                           (~source.value() & host_mask_) == 0 || source == own_address_);
}

namespace {

Endpoint remote_in(const std::uint8_t* bytes) {
  return {Ipv4Address{load32(bytes + source_at)}, load16(bytes + source_port_at)};
}

Endpoint local_in(const std::uint8_t* bytes) {
  return {Ipv4Address{load32(bytes + destination_at)}, load16(bytes + destination_port_at)};
}

}  // namespace

// The common frame: its headers have a chunk of their own, which it lies in.
[[gnu::flatten]] void UdpPath::demux(Frame* frame, Tap& tap) {
  if (!frame->is_in_room || !frame->bytes.is_headed_by(headers) || !is_for_bare_) [[unlikely]]
    return demux_bytes(frame, tap);
  const std::uint8_t* const bytes = frame->bytes.slice_at(0).data();
  if (!expects(bytes, frame->bytes.size(), frame->bytes.is_verified())) [[unlikely]]
    return demux_bytes(frame, tap);
  Message payload = frame->bytes.cut_payload();  // unverified, as Udp::demux leaves it
  const BareDatagram datagram{std::move(payload), remote_in(bytes), local_in(bytes)};
  Frame::discard_headers(frame);
  above_.demux_bare(datagram);
}

// Any other frame, as InboundPath::demux() but without a call for each step.
[[gnu::flatten]] void UdpPath::demux_bytes(Frame* frame, Tap& tap) {
  Message bytes = Frame::unpack(frame);
  if (!take(std::move(bytes))) tap.pass_up(std::move(bytes));
}

bool UdpPath::take(Message&& frame) {
  std::uint8_t scratch[headers];
  const std::uint8_t* const bytes = frame.front(headers, scratch);
  if (bytes == nullptr || !expects(bytes, frame.size(), frame.is_verified())) return false;
  const Endpoint remote = remote_in(bytes);
  const Endpoint local = local_in(bytes);
  if (is_for_bare_) {
    frame.remove_front(headers);
    frame.set_verified(false);
    above_.demux_bare({std::move(frame), remote, local});
    return true;
  }
  const EthernetHeader link = *EthernetHeader::parse(bytes, EthernetHeader::size);
  Arrival arrival{.tap = &tap_,
                  .link_source = link.source,
                  .link_destination = link.destination,
                  .source = remote.address,
                  .destination = local.address,
                  .source_port = remote.port,
                  .destination_port = local.port,
                  .protocol = static_cast<std::uint8_t>(IpProtocol::udp),
                  .time_to_live = bytes[22],
                  .type_of_service = bytes[15],
                  .ends_event = true};
  frame.remove_front(headers);
  frame.set_verified(false);
  above_.demux(std::move(frame), arrival);
  return true;
}

}  // namespace elvis
