// SPDX-License-Identifier: MIT
// Fuzz target: an IPv4 header from any bytes, and from the same bytes with the checksum made right.
#include "elvis/wire/ipv4_header.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  elvis::fuzz::parse_emit_parse<elvis::Ipv4Header>(data, size);

  // A fuzzer hardly ever meets a checksum, and most of the parser lies behind it.
  if (size < elvis::Ipv4Header::min_size) return 0;
  const std::size_t header_size = std::size_t{4} * (data[0] & 0xf);
  if (header_size < elvis::Ipv4Header::min_size || header_size > size) return 0;
  std::vector<std::uint8_t> bytes(data, data + size);
  elvis::store16(&bytes[10], 0);
  elvis::store16(&bytes[10], elvis::finish_checksum(elvis::partial_sum(bytes.data(), header_size)));
  elvis::fuzz::parse_emit_parse<elvis::Ipv4Header>(bytes.data(), size);
  return 0;
}
