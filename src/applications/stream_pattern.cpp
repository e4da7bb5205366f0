// SPDX-License-Identifier: MIT
#include "stream_pattern.hpp"

#include <algorithm>
#include <cstring>

#include "elvis/wire/byte_order.hpp"

namespace elvis {

namespace {

// The 8 bytes whose first stands at 8 * `index`.
std::uint64_t pattern_word(std::uint64_t index) {
  return (index + 1) * 0x9e37'79b9'7f4a'7c15U;
}

}  // namespace

Message stream_pattern(std::uint64_t offset, std::size_t size) {
  Message message = Message::zeros(size);
  const std::span<std::uint8_t> bytes = message.writable_front();
  std::size_t at = 0;
  for (; offset % 8 == 0 && at + 8 <= size; at += 8, offset += 8) {
    store64(bytes.data() + at, pattern_word(offset / 8));
  }
  for (; at < size; ++at, ++offset) {
    bytes[at] = static_cast<std::uint8_t>(pattern_word(offset / 8) >> (56 - offset % 8 * 8));
  }
  return message;
}

bool is_stream_pattern(const Message& message, std::uint64_t offset) {
  std::uint64_t differences = 0;
  for (std::size_t i = 0; i < message.slice_count(); ++i) {
    const std::span<const std::uint8_t> bytes = message.slice_at(i);
    std::size_t at = 0;
    const auto check_byte = [&] {
      const auto byte =
          static_cast<std::uint8_t>(pattern_word(offset / 8) >> (56 - offset % 8 * 8));
      differences |= static_cast<std::uint8_t>(bytes[at] ^ byte);
      ++at;
      ++offset;
    };
    while (at < bytes.size() && offset % 8 != 0) check_byte();
    for (; at + 8 <= bytes.size(); at += 8, offset += 8) {
      differences |= load64(bytes.data() + at) ^ pattern_word(offset / 8);
    }
    while (at < bytes.size()) check_byte();
  }
  return differences == 0;
}

}  // namespace elvis
