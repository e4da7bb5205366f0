// SPDX-License-Identifier: MIT
// Logarithm, exponential and normal quantile that give the same bits on every machine.
//
// The C library's functions differ in their last bit from version to version, and one bit may move
// an event. These are made of additions, multiplications, divisions and square roots alone, which
// IEEE 754 rounds correctly; our targets are compiled with -ffp-contract=off, so that no compiler
// joins two of them. They are right to a few units in the last place, though not always to the
// last.
#pragma once

#include <cstdint>

#include "elvis/util/units.hpp"

namespace elvis {

/// The natural logarithm; `x` is positive, finite and not subnormal.
double repeatable_log(double x);

/// e to the power of `x`; 0 below -700, and the largest double above 709.
double repeatable_exp(double x);

/// The number that a standard normal variable falls below with probability `p`, which lies in
/// (0, 1) (Wichura, "Algorithm AS 241", 1988: 16 digits).
double normal_quantile(double p);

/// The middle of one of 2^52 equal parts of (0, 1), each equally likely for a random `word`: exact,
/// and never 0 or 1.
constexpr double unit_interval(std::uint64_t word) {
  return (static_cast<double>(word >> 12) + 0.5) * 0x1p-52;
}

/// A time from a number of nanoseconds: to the nearest whole one, halves up, held between 1 ns
/// and a million hours. The one place where a floating point number becomes a time.
Duration round_to_duration(double nanoseconds);

}  // namespace elvis
