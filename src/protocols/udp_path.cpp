// SPDX-License-Identifier: MIT
#include "udp_path.hpp"

#include <utility>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ethernet.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/udp_header.hpp"
#include "host_mask.hpp"

namespace elvis {

// The headers of a frame, 42 bytes:
//
//    0                     8                    16
//    | destination | source ...   | type |45|TOS| length | id | flags, offset |TTL|17|
//   24                    32                    40
//    | checksum | source | destination | ports | length | checksum |
struct UdpPath::Words {
  static constexpr std::size_t size = EthernetHeader::size + Ipv4Header::min_size + UdpHeader::size;

  std::uint64_t link;      // destination, and half of a word of the source
  std::uint64_t type;      // the rest of the source, ethertype, version, header length, service
  std::uint64_t fragment;  // total length, identification, flags and offset, time to live, protocol
  std::uint64_t addresses;  // IPv4 checksum, source, and half of the destination
  std::uint64_t ports;      // the other half, source and destination port, length
  std::uint16_t checksum;   // of UDP

  explicit Words(const std::uint8_t* bytes)
      : link{load64(bytes)},
        type{load64(bytes + 8)},
        fragment{load64(bytes + 16)},
        addresses{load64(bytes + 24)},
        ports{load64(bytes + 32)},
        checksum{load16(bytes + 40)} {}

  Ipv4Address source() const { return Ipv4Address{static_cast<std::uint32_t>(addresses >> 16)}; }
  Endpoint remote() const { return {source(), static_cast<std::uint16_t>(ports >> 32)}; }
  Endpoint local() const {
    return {Ipv4Address{static_cast<std::uint32_t>(addresses << 16 | ports >> 48)},
            static_cast<std::uint16_t>(ports >> 16)};
  }
  std::size_t total_length() const { return fragment >> 48; }
  std::size_t udp_length() const { return ports & 0xffff; }
  // The partial sum of the IPv4 header.
  std::uint64_t sum() const {
    constexpr std::uint64_t half = 0xffff'ffff;
    return (type & 0xffff) + (fragment >> 32) + (fragment & half) + (addresses >> 32) +
           (addresses & half) + (ports >> 48);
  }
};

namespace {

constexpr std::uint64_t ipv4_without_options = 0x0000'0000'0800'4500;
constexpr std::uint64_t type_mask = 0x0000'0000'ffff'ff00;
constexpr std::uint64_t whole_udp_datagram = 0x11;
constexpr std::uint64_t fragment_mask = 0x0000'0000'3fff'00ff;

}  // namespace

UdpPath::UdpPath(const Arrival& arrival, Protocol& above, bool is_from_one)
    : link_destination_{arrival.link_destination.value()},
      addresses_{std::uint64_t{arrival.source.value()} << 16 | arrival.destination.value() >> 16},
      ports_{std::uint64_t{arrival.destination.value()} << 48 |
             std::uint64_t{arrival.source_port} << 32 |
             std::uint64_t{arrival.destination_port} << 16},
      host_mask_{host_mask_of(*arrival.tap)},
      own_address_{arrival.tap->address()},
      is_from_one_{is_from_one},
      is_for_bare_{above.takes_bare_datagrams()},
      tap_{*arrival.tap},
      above_{above} {}

[[gnu::flatten]] bool UdpPath::take(Message&& frame) {
  std::uint8_t scratch[Words::size];
  const std::uint8_t* const bytes = frame.front(Words::size, scratch);
  if (bytes == nullptr) return false;
  const Words words{bytes};
  const std::uint64_t addresses_mask = is_from_one_ ? 0x0000'ffff'ffff'ffffU : 0xffffU;
  const std::uint64_t ports_mask = is_from_one_ ? 0xffff'ffff'ffff'0000U : 0xffff'0000'ffff'0000U;
  const std::uint64_t differences =
      (words.link >> 16 ^ link_destination_) | ((words.type ^ ipv4_without_options) & type_mask) |
      ((words.fragment ^ whole_udp_datagram) & fragment_mask) |
      ((words.addresses ^ addresses_) & addresses_mask) | ((words.ports ^ ports_) & ports_mask);
  if (differences != 0) return false;
  // What else could be wrong is for the layers to judge.
  if (words.total_length() + EthernetHeader::size != frame.size() ||
      words.udp_length() + Ipv4Header::min_size != words.total_length() ||
      fold_sum(words.sum()) != 0xffff || !(frame.is_verified() || words.checksum == 0)) {
    return false;
  }
  const Ipv4Address source = words.source();
  if (!is_from_one_ && (source.is_multicast() || source.is_loopback() ||
                        (~source.value() & host_mask_) == 0 || source == own_address_)) {
    return false;
  }

  frame.remove_front(Words::size);
  frame.set_verified(false);  // as Udp::demux does
  if (is_for_bare_) {
    above_.demux_bare({std::move(frame), words.remote(), words.local()});
    return true;
  }
  Arrival arrival{.tap = &tap_,
                  .link_source = MacAddress{words.link << 32 | words.type >> 32},
                  .link_destination = MacAddress{link_destination_},
                  .source = source,
                  .destination = words.local().address,
                  .source_port = words.remote().port,
                  .destination_port = words.local().port,
                  .protocol = static_cast<std::uint8_t>(IpProtocol::udp),
                  .time_to_live = static_cast<std::uint8_t>(words.fragment >> 8),
                  .type_of_service = static_cast<std::uint8_t>(words.type),
                  .ends_event = true};
  above_.demux(std::move(frame), arrival);
  return true;
}

}  // namespace elvis
