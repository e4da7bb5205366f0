// SPDX-License-Identifier: MIT
#include "elvis/wire/checksum.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace elvis {

namespace {

// Reads words one after the other, and writes them where they are copied to.
template <bool copies>
struct Reader {
  const std::uint8_t* from;
  std::uint8_t* to;

  template <typename Word>
  std::uint64_t next() {
    Word word;
    std::memcpy(&word, from, sizeof word);
    from += sizeof word;
    if constexpr (copies) {
      std::memcpy(to, &word, sizeof word);
      to += sizeof word;
    }
    return word;
  }
};

/// Adds with the carry brought round (RFC 1071, 1).
void add(std::uint64_t& sum, std::uint64_t word) {
  sum += word;
  sum += sum < word ? 1 : 0;
}

// The sum does not depend on the byte order it is made in, nor on the width of the words, but for
// the order of the two bytes of the result (RFC 1071, 2). So words are added as the machine has
// them.
template <bool copies>
[[gnu::always_inline]] inline std::uint64_t sum_of(Reader<copies> words, std::size_t size) {
  std::uint64_t sum = 0;
  std::uint64_t second = 0;
  if (size >= 64) {
    // Four sums, so that no addition need wait for another's carry.
    std::uint64_t third = 0;
    std::uint64_t fourth = 0;
    for (; size >= 64; size -= 64) {
      add(sum, words.template next<std::uint64_t>());
      add(second, words.template next<std::uint64_t>());
      add(third, words.template next<std::uint64_t>());
      add(fourth, words.template next<std::uint64_t>());
      add(sum, words.template next<std::uint64_t>());
      add(second, words.template next<std::uint64_t>());
      add(third, words.template next<std::uint64_t>());
      add(fourth, words.template next<std::uint64_t>());
    }
    add(sum, third);
    add(second, fourth);
  }
  for (; size >= 8; size -= 8) add(sum, words.template next<std::uint64_t>());
  // The last bytes, fewer than 8, are the begin of a word whose rest is zero.
  if (size >= 4) add(second, words.template next<std::uint32_t>());
  if ((size & 2) != 0) add(sum, words.template next<std::uint16_t>());
  if ((size & 1) != 0) {
    const auto last = static_cast<std::uint8_t>(words.template next<std::uint8_t>());
    add(second, std::bit_cast<std::uint16_t>(std::array<std::uint8_t, 2>{last, 0}));
  }
  add(sum, second);

  const std::uint16_t folded = fold_sum(sum);
  return std::endian::native == std::endian::little ? swap_halves(folded) : folded;
}

}  // namespace

std::uint64_t partial_sum(const std::uint8_t* bytes, std::size_t size) {
  return sum_of(Reader<false>{bytes, nullptr}, size);
}

std::uint64_t copy_and_sum(std::uint8_t* to, const std::uint8_t* bytes, std::size_t size) {
  return sum_of(Reader<true>{bytes, to}, size);
}

}  // namespace elvis
