// SPDX-License-Identifier: MIT
// What every wire format must withstand: any bytes, and parse, emit, parse giving the same header.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "elvis/util/assert.hpp"

namespace elvis::fuzz {

/// More than any format writes.
inline constexpr std::size_t most_emitted = 600;

template <typename Header>
std::size_t emitted_size(const Header& header) {
  if constexpr (requires { header.header_size(); }) {
    return header.header_size();
  } else if constexpr (requires { header.packet_size(); }) {
    return header.packet_size();
  } else {
    return Header::size;
  }
}

/// Parses `bytes`. What is accepted is written, read again, and written again: to the same header
/// and the same bytes, and nothing is written behind its end.
template <typename Header>
void parse_emit_parse(const std::uint8_t* bytes, std::size_t available) {
  const auto header = Header::parse(bytes, available);
  if (!header) return;
  const std::size_t size = emitted_size(*header);
  ELVIS_ASSERT(size <= available);

  std::array<std::uint8_t, most_emitted> once;
  once.fill(0xa5);
  header->emit(once.data());
  ELVIS_ASSERT(std::all_of(once.begin() + static_cast<std::ptrdiff_t>(size), once.end(),
                           [](std::uint8_t byte) { return byte == 0xa5; }));
  const auto again = Header::parse(once.data(), available);
  ELVIS_ASSERT(again.has_value());
  ELVIS_ASSERT(*again == *header);
  std::array<std::uint8_t, most_emitted> twice;
  twice.fill(0xa5);
  again->emit(twice.data());
  ELVIS_ASSERT(once == twice);
}

}  // namespace elvis::fuzz
