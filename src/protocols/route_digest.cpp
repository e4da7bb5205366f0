// SPDX-License-Identifier: MIT
#include "route_digest.hpp"

#include <algorithm>

#include "elvis/util/assert.hpp"

namespace elvis {

namespace {

using Code = RouteDigest::Code;

/// Places within a part, and what holds there.
struct Places {
  std::array<std::uint8_t, RouteDigest::part_size> where;
  std::array<Code, RouteDigest::part_size> codes;
  unsigned count = 0;

  void add(std::size_t place, Code code) {
    where[count] = static_cast<std::uint8_t>(place);
    codes[count++] = code;
  }
};

/// How many codes from `place` on are best said one by one, as `around` soon holds again; 0 if a
/// run begins there.
std::size_t singles_from(std::span<const Code> codes, std::size_t place, Code around) {
  constexpr std::size_t most = 5;  // more are rarely worth it
  std::size_t runs = 1;
  const std::size_t end = std::min(place + most + 1, codes.size());
  for (std::size_t next = place + 1; next < end; ++next) {
    if (codes[next] == around) return next - place <= runs ? next - place : 0;
    runs += codes[next] != codes[next - 1] ? 1 : 0;
  }
  return 0;
}

}  // namespace

RouteDigest::RouteDigest() : hops_(1) {
  words_.reserve(most_words);
  forget_all();
}

RouteDigest::Code RouteDigest::code_for(const std::optional<NextHop>& hop) {
  if (!hop) return no_route;
  const std::uint64_t key = std::uint64_t{hop->via.value()} << 32 | hop->tap;
  if (const Code* const known = numbers_.find(key)) return *known;
  if (hops_.size() == ask) return ask;
  const auto code = static_cast<Code>(hops_.size());
  hops_.push_back(*hop);
  numbers_.insert(key, code);
  return code;
}

std::size_t RouteDigest::words_for(unsigned singles, unsigned runs) {
  // The first run does not say where it begins.
  const std::size_t bytes = 2 + 2 * (singles + runs) + 1;
  return (bytes + sizeof(Word) - 1) / sizeof(Word);
}

void RouteDigest::learn(std::size_t part, std::span<const Code, part_size> codes) {
  ELVIS_ASSERT(words_.get()[part] == unknown);
  Places singles;
  Places runs;
  Code around = codes[0];
  for (std::size_t place = 1; place < part_size;) {
    if (codes[place] == around) {
      ++place;
    } else if (const std::size_t count = singles_from(codes, place, around); count != 0) {
      for (const std::size_t end = place + count; place < end; ++place) {
        singles.add(place, codes[place]);
      }
    } else {
      around = codes[place];
      runs.add(place++, around);
    }
  }
  if (singles.count == 0 && runs.count == 0) {
    words_.get()[part] = around;
    return;
  }
  const std::size_t words = words_for(singles.count, runs.count);
  if (words >= words_of_codes) {
    const Word at = allocate(words_of_codes);
    words_.get()[part] = at << 1;
    std::ranges::copy(codes, block_of(at << 1));
    return;
  }
  const Word at = allocate(words);
  words_.get()[part] = at << 1 | 1;
  std::uint8_t* to = block_of(at << 1);
  *to++ = static_cast<std::uint8_t>(singles.count);
  *to++ = static_cast<std::uint8_t>(runs.count);
  to = std::copy_n(singles.where.begin(), singles.count, to);
  to = std::copy_n(runs.where.begin(), runs.count, to);
  to = std::copy_n(singles.codes.begin(), singles.count, to);
  *to++ = codes[0];
  std::copy_n(runs.codes.begin(), runs.count, to);
}

RouteDigest::Word RouteDigest::allocate(std::size_t words) {
  if (const Word at = free_[words]; at != 0) {
    free_[words] = words_.get()[at];
    return at;
  }
  // Blocks of other sizes are not taken: rather all is learnt anew.
  if (end_ + words + 8 > most_words) forget_all();
  const auto at = static_cast<Word>(end_);
  end_ += words;
  return at;
}

void RouteDigest::forget(std::size_t first, std::size_t count) {
  for (Word& entry : std::span{words_.get() + first, count}) {
    if (entry >= part_size) {
      const std::uint8_t* const block = block_of(entry);
      const std::size_t words = (entry & 1) == 0 ? words_of_codes : words_for(block[0], block[1]);
      const Word at = entry >> 1;
      words_.get()[at] = free_[words];
      free_[words] = at;
    }
    entry = unknown;
  }
}

void RouteDigest::forget_all() {
  std::fill_n(words_.get(), parts, Word{unknown});
  end_ = parts;
  free_ = {};
}

std::size_t RouteDigest::memory_bytes() const {
  return end_ * sizeof(Word) + hops_.capacity() * sizeof(NextHop);
}

}  // namespace elvis
