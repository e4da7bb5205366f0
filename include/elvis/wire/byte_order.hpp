// SPDX-License-Identifier: MIT
// Numbers as they lie on the wire: big-endian, at any address.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace elvis {

/// Between the machine's byte order and the wire's, either way.
constexpr std::uint16_t to_wire_order(std::uint16_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}
constexpr std::uint32_t to_wire_order(std::uint32_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}
constexpr std::uint64_t to_wire_order(std::uint64_t value) {
  return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

// Copied whole, since compilers do not reliably merge the single bytes of a load or store.

inline std::uint16_t load16(const std::uint8_t* bytes) {
  std::uint16_t value;
  std::memcpy(&value, bytes, sizeof value);
  return to_wire_order(value);
}

inline std::uint32_t load32(const std::uint8_t* bytes) {
  std::uint32_t value;
  std::memcpy(&value, bytes, sizeof value);
  return to_wire_order(value);
}

inline std::uint64_t load64(const std::uint8_t* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return to_wire_order(value);
}

inline std::uint64_t load48(const std::uint8_t* bytes) {
  return std::uint64_t{load32(bytes)} << 16 | load16(bytes + 4);
}

inline void store16(std::uint8_t* bytes, std::uint16_t value) {
  value = to_wire_order(value);
  std::memcpy(bytes, &value, sizeof value);
}

inline void store32(std::uint8_t* bytes, std::uint32_t value) {
  value = to_wire_order(value);
  std::memcpy(bytes, &value, sizeof value);
}

inline void store48(std::uint8_t* bytes, std::uint64_t value) {
  store16(bytes, static_cast<std::uint16_t>(value >> 32));
  store32(bytes + 2, static_cast<std::uint32_t>(value));
}

inline void store64(std::uint8_t* bytes, std::uint64_t value) {
  value = to_wire_order(value);
  std::memcpy(bytes, &value, sizeof value);
}

}  // namespace elvis
