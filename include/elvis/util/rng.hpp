// SPDX-License-Identifier: MIT
// Luck: counter-based random streams, each keyed by what it decides (DESIGN law 2).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>

#include "elvis/util/units.hpp"

namespace elvis {

/// Mixes the bits of `word` (the finalizer of SplitMix64, Steele, Lea and Flood 2014).
constexpr std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31);
}

/// A stream of random words, equal for equal keys on every machine and compiler (SplitMix64).
/// Meets UniformRandomBitGenerator, so Boost.Random's distributions draw from it.
class Rng {
 public:
  using result_type = std::uint64_t;

  /// The stream that belongs to `keys`, for example {seed, entity, purpose}.
  constexpr explicit Rng(std::initializer_list<std::uint64_t> keys) {
    for (const std::uint64_t key : keys)
      state_ = mix(state_ + 0x9e3779b97f4a7c15U) ^ mix(key + increment);
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  constexpr result_type operator()() { return mix(state_ += increment); }

  /// Whether what happens with `probability` happens this time. Draws one word.
  constexpr bool happens(Probability probability) {
    return ((*this)() >> 1) < probability.threshold();
  }

  /// A number in [0, bound), each equally likely; `bound` is at least 1 (Lemire's method, 2019).
  constexpr std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>((*this)()) * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
      const std::uint64_t threshold = (0 - bound) % bound;
      while (static_cast<std::uint64_t>(product) < threshold) {
        product = static_cast<Wide>((*this)()) * bound;
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

 private:
  static constexpr std::uint64_t increment = 0x9e3779b97f4a7c15U;

  std::uint64_t state_ = 0;
};

}  // namespace elvis
