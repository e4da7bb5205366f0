// SPDX-License-Identifier: MIT
// Fuzz target: an ARP packet from any bytes.
#include "elvis/wire/arp_packet.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elvis::fuzz::parse_emit_parse<elvis::ArpPacket>(data, size);
  return 0;
}
