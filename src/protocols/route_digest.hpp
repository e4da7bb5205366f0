// SPDX-License-Identifier: MIT
// RouteDigest: what very many routes come to, in one look at memory.
//
// Reading memory that is in no cache takes longer than all the rest of a lookup. So what the routes
// come to is kept small enough to stay near, and what one address needs lies side by side. A part,
// the 256 prefixes of 24 bits that begin with the same 16, is a word of an index: its code, if all
// have the same, or where its block is. That has a code for each prefix, or is packed:
//
//   | singles | runs | where singles are … | where runs begin … | codes of singles … | of runs … |
//
// A run goes on to where the next one begins, the first from the part's beginning; a single is a
// prefix with another code than the run that it lies in. A million routes like the Internet's take
// 2.8 MB. What a code cannot say (longer prefixes, the 254th hop) is asked of whoever knows more.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/util/huge_pages.hpp"
#include "elvis/util/prefetch.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/small_map.hpp"
#include "elvis/wire/byte_order.hpp"

namespace elvis {

class RouteDigest {
 public:
  static constexpr unsigned part_bits = 16;      ///< First bits of an address that name its part.
  static constexpr std::size_t part_size = 256;  ///< Codes of a part.

  /// What is known of an address.
  using Code = std::uint8_t;
  static constexpr Code unknown = 0;  ///< Nothing: its part has to be learnt.
  static constexpr Code ask = 254;    ///< Somebody else has to be asked.
  static constexpr Code no_route = 255;

  RouteDigest();
  RouteDigest(const RouteDigest&) = delete;
  RouteDigest& operator=(const RouteDigest&) = delete;

  Code code_of(std::uint32_t address) const;
  /// The hop that a code means which is none of those above.
  const NextHop& hop_of(Code code) const { return hops_[code]; }
  /// The code of a hop, or of none; `ask` if there are too many.
  Code code_for(const std::optional<NextHop>& hop);

  /// Takes the codes of a part of which nothing is known; none of them is `unknown`. May forget
  /// other parts.
  void learn(std::size_t part, std::span<const Code, part_size> codes);
  /// Forgets `count` parts from `first` on.
  void forget(std::size_t first, std::size_t count);

  std::size_t memory_bytes() const;

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(std::uint64_t key) const { return mix(key); }
  };
  using Word = std::uint32_t;

  static constexpr std::size_t parts = std::size_t{1} << part_bits;
  static constexpr std::size_t words_of_codes = part_size / sizeof(Word);
  // A search reads on behind what it searches.
  static constexpr std::size_t most_words = parts * (1 + words_of_codes) + 8;

  /// How many of `count` sorted bytes are at most `value`. Reads some bytes more.
  static unsigned count_up_to(const std::uint8_t* bytes, unsigned count, std::uint8_t value);
  static std::size_t words_for(unsigned singles, unsigned runs);

  std::uint8_t* block_of(Word entry) const {
    return reinterpret_cast<std::uint8_t*>(words_.get() + (entry >> 1));
  }
  Word allocate(std::size_t words);
  void forget_all();

  // First a word for each part: a code, or twice the place of its block, plus 1 if that is packed.
  LargeArray<Word> words_;
  std::size_t end_ = parts;  // of the words in use
  // Of free blocks by their size in words; each has the next one's place. 0 is none.
  std::array<Word, words_of_codes + 1> free_{};
  std::vector<NextHop> hops_;
  SmallMap<std::uint64_t, Code, Hash> numbers_;
};

// ===== What every lookup of a very large table does =====

inline unsigned RouteDigest::count_up_to(const std::uint8_t* bytes, unsigned count,
                                         std::uint8_t value) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  constexpr std::uint64_t tops = 0x80 * ones;
  // The top bit of each byte that is greater, of eight at a time.
  const auto greater = [value = ones * value](std::uint64_t eight) {
    const std::uint64_t low_bits_are_not = (value | tops) - (eight & ~tops);
    return ~((~(value ^ eight) & low_bits_are_not) | (value & ~eight)) & tops;
  };
  unsigned found = 0;
  do {
    const auto first = static_cast<unsigned>(std::countl_zero(greater(load64(bytes + found)))) / 8;
    const auto then =
        static_cast<unsigned>(std::countl_zero(greater(load64(bytes + found + 8)))) / 8;
    const unsigned more = first + (then & (0U - first / 8));
    found += more;
    if (more < 16) [[likely]]
      break;
  } while (found < count);
  return found < count ? found : count;
}

inline RouteDigest::Code RouteDigest::code_of(std::uint32_t address) const {
  const Word entry = words_.get()[address >> 16];
  if (entry < part_size) return static_cast<Code>(entry);
  const auto place = static_cast<std::uint8_t>(address >> 8);
  const std::uint8_t* const block = block_of(entry);
  if ((entry & 1) == 0) return block[place];
  // Most blocks end within the next line, if not in this one.
  prefetch_line(block + 63);
  const unsigned singles = block[0];
  const unsigned runs = block[1];
  const std::uint8_t* const where_singles = block + 2;
  const std::uint8_t* const where_runs = where_singles + singles;
  const std::uint8_t* const codes = where_runs + runs;
  const unsigned single = count_up_to(where_singles, singles, place);
  const unsigned run = singles + count_up_to(where_runs, runs, place);
  // Nobody can foretell which of them it is, so this is computed without a branch.
  const unsigned last = single - static_cast<unsigned>(single != 0);
  const unsigned is_single =
      static_cast<unsigned>(single != 0) & static_cast<unsigned>(where_singles[last] == place);
  return codes[run ^ ((run ^ last) & (0U - is_single))];
}

}  // namespace elvis
