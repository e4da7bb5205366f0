// SPDX-License-Identifier: MIT
// The order-sensitive fold of integers that digests are made of.
#pragma once

#include <cstdint>
#include <string_view>

namespace elvis {

/// Folds the words `a` and `b` into `state`: a 64 by 64 bit multiplication with both halves kept.
constexpr std::uint64_t fold(std::uint64_t state, std::uint64_t a, std::uint64_t b = 0) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(state ^ a ^ 0xa0761d6478bd642fU) *
                       ((b ^ 0xe7037ed1a0b428dbU) + (state >> 32));
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^
         state >> 7;
}

/// A hash of `text` that is the same on every machine (FNV-1a, 64 bits).
constexpr std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char character : text) {
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3U;
  }
  return hash;
}

}  // namespace elvis
