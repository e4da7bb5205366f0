// SPDX-License-Identifier: MIT
#include "elvis/util/repeatable_math.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace elvis {

namespace {

constexpr double log_of_2 = 0.693147180559945309417;
// The same in two parts, of which the first has so few bits that its multiples are exact.
constexpr double log_of_2_high = 0x1.62e42fee00000p-1;
constexpr double log_of_2_low = 0x1.a39ef35793c76p-33;

constexpr int exponent_bias = 1'023;
constexpr int mantissa_bits = 52;

/// 2 to the power of `exponent`, which a normal double has.
double power_of_2(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + exponent_bias)
                               << mantissa_bits);
}

template <std::size_t size>
double polynomial(const double (&coefficients)[size], double x) {
  double sum = coefficients[size - 1];
  for (std::size_t i = size - 1; i-- > 0;) sum = sum * x + coefficients[i];
  return sum;
}

}  // namespace

double repeatable_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>(bits >> mantissa_bits) - exponent_bias;
  double mantissa = x / power_of_2(exponent);  // in [1, 2), exactly
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh s with s = (m - 1) / (m + 1), whose series ends soon where |s| < 0.172.
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  constexpr double odd[] = {1.0,      1.0 / 3,  1.0 / 5,  1.0 / 7,  1.0 / 9, 1.0 / 11,
                            1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21};
  return exponent * log_of_2_high + (2 * s * polynomial(odd, square) + exponent * log_of_2_low);
}

double repeatable_exp(double x) {
  if (x < -700) return 0;
  if (x > 709) return std::numeric_limits<double>::max();
  const double scaled = x / log_of_2;
  const int power = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double rest = x - power * log_of_2_high - power * log_of_2_low;  // |rest| < 0.35
  double term = 1;
  double sum = 0;
  // From the smallest term on, Horner's way.
  for (int i = 18; i > 0; --i) sum = (sum + 1) * rest / i;
  term += sum;
  return term * power_of_2(power);
}

double normal_quantile(double p) {
  constexpr double middle[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                               1.9715909503065514427e+3, 1.3731693765509461125e+4,
                               4.5921953931549871457e+4, 6.7265770927008700853e+4,
                               3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr double below_middle[] = {1.0,
                                     4.2313330701600911252e+1,
                                     6.8718700749205790830e+2,
                                     5.3941960214247511077e+3,
                                     2.1213794301586595867e+4,
                                     3.9307895800092710610e+4,
                                     2.8729085735721942674e+4,
                                     5.2264952788528545610e+3};
  constexpr double side[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                             5.76949722146069140550e0,  3.64784832476320460504e0,
                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr double below_side[] = {1.0,
                                   2.05319162663775882187e0,
                                   1.67638483018380384940e0,
                                   6.89767334985100004550e-1,
                                   1.48103976427480074590e-1,
                                   1.51986665636164571966e-2,
                                   5.47593808499534494600e-4,
                                   1.05075007164441684324e-9};
  constexpr double tail[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
  constexpr double below_tail[] = {1.0,
                                   5.99832206555887937690e-1,
                                   1.36929880922735805310e-1,
                                   1.48753612908506148525e-2,
                                   7.86869131145613259100e-4,
                                   1.84631831751005468180e-5,
                                   1.42151175831644588870e-7,
                                   2.04426310338993978564e-15};
  const double from_half = p - 0.5;
  if (from_half >= -0.425 && from_half <= 0.425) {
    const double r = 0.180625 - from_half * from_half;
    return from_half * polynomial(middle, r) / polynomial(below_middle, r);
  }
  const double r = std::sqrt(-repeatable_log(from_half < 0 ? p : 1 - p));
  const double size = r <= 5 ? polynomial(side, r - 1.6) / polynomial(below_side, r - 1.6)
                             : polynomial(tail, r - 5) / polynomial(below_tail, r - 5);
  return from_half < 0 ? -size : size;
}

Duration round_to_duration(double nanoseconds) {
  constexpr double longest = 3.6e18;  // still exact enough to add to any time of a run
  if (!(nanoseconds >= 1)) return Duration{1};
  if (nanoseconds >= longest) return Duration{3'600'000'000'000'000'000};
  return Duration{static_cast<Duration::rep>(nanoseconds + 0.5)};
}

}  // namespace elvis
