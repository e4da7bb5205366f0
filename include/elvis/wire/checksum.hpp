// SPDX-License-Identifier: MIT
// The Internet checksum (RFC 1071) over plain bytes and over messages.
#pragma once

#include <cstddef>
#include <cstdint>

#include "elvis/wire/address.hpp"

namespace elvis {

/// The ones' complement sum of 16-bit big-endian words, not yet folded; an odd last byte counts as
/// the high half of a word. Sums of pieces that begin at even positions add up (2^32 of them do
/// before anything is lost).
std::uint64_t partial_sum(const std::uint8_t* bytes, std::size_t size);

/// The same of bytes that are copied to `to` on the way: one pass instead of two.
std::uint64_t copy_and_sum(std::uint8_t* to, const std::uint8_t* bytes, std::size_t size);

/// Folds a partial sum to 16 bits, carries brought round; 0 only for 0.
constexpr std::uint16_t fold_sum(std::uint64_t sum) {
  const auto high = static_cast<std::uint32_t>(sum >> 32);
  std::uint32_t half = static_cast<std::uint32_t>(sum) + high;
  half += half < high ? 1 : 0;
  // Each half of the word is added to the other; the lower addition carries into the upper.
  return static_cast<std::uint16_t>((half + (half << 16 | half >> 16)) >> 16);
}

/// The folded sum of the same bytes begun one position later (RFC 1071, 2(B): byte order).
constexpr std::uint16_t swap_halves(std::uint16_t sum) {
  return static_cast<std::uint16_t>(sum << 8 | sum >> 8);
}

/// The checksum field's value for data with this partial sum: the complement of the folded sum.
constexpr std::uint16_t finish_checksum(std::uint64_t sum) {
  return static_cast<std::uint16_t>(~fold_sum(sum));
}

/// The partial sum of the pseudo header of UDP and TCP (RFC 768, RFC 9293 3.1).
constexpr std::uint64_t pseudo_header_sum(Ipv4Address source, Ipv4Address destination,
                                          std::uint8_t protocol, std::size_t length) {
  return std::uint64_t{source.value() >> 16} + (source.value() & 0xffff) +
         (destination.value() >> 16) + (destination.value() & 0xffff) + protocol + length;
}

}  // namespace elvis
