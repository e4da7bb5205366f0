// SPDX-License-Identifier: MIT
// Fuzz target: a RIP message from any bytes.
#include "elvis/wire/rip_packet.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elvis::fuzz::parse_emit_parse<elvis::RipPacket>(data, size);
  const auto packet = elvis::RipPacket::parse(data, size);
  if (!packet) return 0;
  (void)packet->is_whole_table_request();
  for (const elvis::RipEntry& entry : packet->entries()) {
    if (!entry.is_valid_route()) continue;
    ELVIS_ASSERT(entry.prefix_length() >= 0 && entry.prefix_length() <= 32);
    ELVIS_ASSERT((entry.address.value() & ~entry.mask) == 0);
  }
  return 0;
}
