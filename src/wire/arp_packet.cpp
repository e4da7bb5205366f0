// SPDX-License-Identifier: MIT
#include "elvis/wire/arp_packet.hpp"

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/ethernet.hpp"

namespace elvis {

namespace {

constexpr std::uint16_t ethernet_hardware = 1;
constexpr std::uint8_t mac_size = 6;
constexpr std::uint8_t ipv4_size = 4;

}  // namespace

boost::system::result<ArpPacket, FormatError> ArpPacket::parse(const std::uint8_t* bytes,
                                                               std::size_t available) {
  if (available < size) return FormatError::truncated;
  if (load16(bytes) != ethernet_hardware) return FormatError::bad_version;
  if (load16(bytes + 2) != static_cast<std::uint16_t>(EtherType::ipv4)) {
    return FormatError::bad_version;
  }
  if (bytes[4] != mac_size || bytes[5] != ipv4_size) return FormatError::bad_length;
  return ArpPacket{.operation = load16(bytes + 6),
                   .sender_mac = MacAddress{load48(bytes + 8)},
                   .sender_address = Ipv4Address{load32(bytes + 14)},
                   .target_mac = MacAddress{load48(bytes + 18)},
                   .target_address = Ipv4Address{load32(bytes + 24)}};
}

void ArpPacket::emit(std::uint8_t* bytes) const {
  store16(bytes, ethernet_hardware);
  store16(bytes + 2, static_cast<std::uint16_t>(EtherType::ipv4));
  bytes[4] = mac_size;
  bytes[5] = ipv4_size;
  store16(bytes + 6, operation);
  store48(bytes + 8, sender_mac.value());
  store32(bytes + 14, sender_address.value());
  store48(bytes + 18, target_mac.value());
  store32(bytes + 24, target_address.value());
}

}  // namespace elvis
