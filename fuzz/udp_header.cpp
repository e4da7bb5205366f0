// SPDX-License-Identifier: MIT
// Fuzz target: a UDP header from any bytes.
#include "elvis/wire/udp_header.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elvis::fuzz::parse_emit_parse<elvis::UdpHeader>(data, size);
  return 0;
}
