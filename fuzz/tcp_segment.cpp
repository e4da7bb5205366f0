// SPDX-License-Identifier: MIT
// Fuzz target: a TCP header and its options from any bytes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "elvis/wire/tcp_header.hpp"
#include "elvis/wire/tcp_options.hpp"
#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using elvis::TcpHeader;
  using elvis::TcpOptions;
  elvis::fuzz::parse_emit_parse<TcpHeader>(data, size);
  const auto header = TcpHeader::parse(data, size);
  if (!header) return 0;
  const TcpOptions options = TcpOptions::parse(header->options);
  for (const elvis::TcpLayout layout :
       {elvis::TcpLayout::rfc, elvis::TcpLayout::like_linux, elvis::TcpLayout::like_freebsd}) {
    std::array<std::uint8_t, TcpOptions::max_size> bytes;
    const std::size_t emitted = options.emit(bytes.data(), layout);
    ELVIS_ASSERT(emitted <= bytes.size() && emitted % 4 == 0);
    TcpOptions again = TcpOptions::parse({bytes.data(), emitted});
    // There was no room for them.
    if (!again.fast_open) again.fast_open = options.fast_open;
    if (!again.accurate_ecn) again.accurate_ecn = options.accurate_ecn;
    ELVIS_ASSERT(!again.is_malformed && again.block_count <= options.block_count);
    ELVIS_ASSERT(again.block_count < options.block_count || again == options);
  }
  return 0;
}
