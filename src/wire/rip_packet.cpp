// SPDX-License-Identifier: MIT
#include "elvis/wire/rip_packet.hpp"

#include <algorithm>
#include <bit>

#include "elvis/util/assert.hpp"
#include "elvis/wire/byte_order.hpp"

namespace elvis {

// ===== RipEntry: one route =====

bool RipEntry::is_valid_route() const {
  if (family != ipv4_family || metric < 1 || metric > infinity) return false;
  const std::uint32_t host_bits = ~mask;
  if ((host_bits & (host_bits + 1)) != 0) return false;  // ones behind a zero
  if ((address.value() & host_bits) != 0) return false;
  if (address.is_unspecified()) return mask == 0;
  // Class E, too, is nobody's address (RFC 1112, 4), and 255.255.255.255 lies in it.
  const std::uint32_t first_octet = address.value() >> 24;
  return first_octet != 0 && first_octet != 127 && first_octet < 224;
}

std::uint32_t RipEntry::natural_mask() const {
  constexpr std::uint32_t class_b = 0x8000'0000;
  constexpr std::uint32_t class_c = 0xc000'0000;
  if (address.is_unspecified()) return 0;
  if (address.value() < class_b) return 0xff00'0000;
  return address.value() < class_c ? 0xffff'0000 : 0xffff'ff00;
}

int RipEntry::prefix_length() const {
  return std::countl_one(mask);
}

// ===== RipPacket: up to 25 of them =====

RipPacket RipPacket::whole_table_request() {
  RipPacket packet;
  packet.command = request;
  packet.add({.family = 0});
  return packet;
}

bool RipPacket::is_whole_table_request() const {
  return command == request && count_ == 1 && entries_[0].family == 0 &&
         entries_[0].metric == RipEntry::infinity;
}

void RipPacket::add(const RipEntry& entry) {
  ELVIS_ASSERT(!is_full());
  entries_[count_++] = entry;
}

boost::system::result<RipPacket, FormatError> RipPacket::parse(const std::uint8_t* bytes,
                                                               std::size_t available) {
  if (available < header_bytes) return FormatError::truncated;
  if (bytes[1] != version) return FormatError::bad_version;
  if ((available - header_bytes) % entry_bytes != 0) return FormatError::bad_length;
  const std::size_t count = (available - header_bytes) / entry_bytes;
  if (count > max_entries) return FormatError::bad_length;
  RipPacket packet;
  packet.command = bytes[0];
  bytes += header_bytes;
  for (std::size_t i = 0; i < count; ++i, bytes += entry_bytes) {
    packet.add({.family = load16(bytes),
                .tag = load16(bytes + 2),
                .address = Ipv4Address{load32(bytes + 4)},
                .mask = load32(bytes + 8),
                .next_hop = Ipv4Address{load32(bytes + 12)},
                .metric = load32(bytes + 16)});
  }
  return packet;
}

void RipPacket::emit(std::uint8_t* bytes) const {
  bytes[0] = command;
  bytes[1] = version;
  store16(bytes + 2, 0);
  bytes += header_bytes;
  for (const RipEntry& entry : entries()) {
    store16(bytes, entry.family);
    store16(bytes + 2, entry.tag);
    store32(bytes + 4, entry.address.value());
    store32(bytes + 8, entry.mask);
    store32(bytes + 12, entry.next_hop.value());
    store32(bytes + 16, entry.metric);
    bytes += entry_bytes;
  }
}

bool operator==(const RipPacket& left, const RipPacket& right) {
  return left.command == right.command && std::ranges::equal(left.entries(), right.entries());
}

}  // namespace elvis
