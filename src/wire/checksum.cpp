// SPDX-License-Identifier: MIT
#include "elvis/wire/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace elvis {

namespace {

template <typename Word>
std::uint64_t load(const std::uint8_t* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Adds with the carry brought round (RFC 1071, 1).
void add(std::uint64_t& sum, std::uint64_t word) {
  sum += word;
  sum += sum < word ? 1 : 0;
}

}  // namespace

// The sum does not depend on the byte order it is made in, nor on the width of the words, but for
// the order of the two bytes of the result (RFC 1071, 2). So words are added as the machine has
// them.
std::uint64_t partial_sum(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t sum = 0;
  std::uint64_t second = 0;
  if (size >= 64) {
    // Four sums, so that no addition need wait for another's carry.
    std::uint64_t third = 0;
    std::uint64_t fourth = 0;
    for (; size >= 64; size -= 64, bytes += 64) {
      add(sum, load<std::uint64_t>(bytes));
      add(second, load<std::uint64_t>(bytes + 8));
      add(third, load<std::uint64_t>(bytes + 16));
      add(fourth, load<std::uint64_t>(bytes + 24));
      add(sum, load<std::uint64_t>(bytes + 32));
      add(second, load<std::uint64_t>(bytes + 40));
      add(third, load<std::uint64_t>(bytes + 48));
      add(fourth, load<std::uint64_t>(bytes + 56));
    }
    add(sum, third);
    add(second, fourth);
  }
  for (; size >= 8; size -= 8, bytes += 8) add(sum, load<std::uint64_t>(bytes));
  // The last bytes, fewer than 8, are the begin of a word whose rest is zero.
  if (size >= 4) {
    add(second, load<std::uint32_t>(bytes));
    bytes += 4;
  }
  if ((size & 2) != 0) {
    add(sum, load<std::uint16_t>(bytes));
    bytes += 2;
  }
  if ((size & 1) != 0) {
    const std::array<std::uint8_t, 2> rest{*bytes, 0};
    add(second, load<std::uint16_t>(rest.data()));
  }
  add(sum, second);

  const std::uint16_t folded = fold_sum(sum);
  return std::endian::native == std::endian::little ? swap_halves(folded) : folded;
}

}  // namespace elvis
