// SPDX-License-Identifier: MIT
// Sums and products that are held at the largest value instead of wrapping around.
#pragma once

#include <cstdint>
#include <limits>

#include "elvis/util/units.hpp"

namespace elvis {

constexpr std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
}

constexpr std::uint64_t multiply_saturated(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

/// The same of durations that are not negative.
constexpr Duration add_saturated(Duration a, Duration b) {
  Duration::rep sum = 0;
  return __builtin_add_overflow(a.count(), b.count(), &sum) ? Duration::max() : Duration{sum};
}

constexpr Duration multiply_saturated(std::uint64_t count, Duration duration) {
  Duration::rep product = 0;
  return __builtin_mul_overflow(count, duration.count(), &product) ? Duration::max()
                                                                   : Duration{product};
}

}  // namespace elvis
