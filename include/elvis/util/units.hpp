// SPDX-License-Identifier: MIT
// The units of the simulated world: time, rate, probability. Units live in types, not in names.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace elvis {

/// A span of simulated time, in nanoseconds.
using Duration = std::chrono::nanoseconds;

/// The simulation's clock. It has no now(): only the engine knows what time it is.
struct SimulatedClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<SimulatedClock, Duration>;
  static constexpr bool is_steady = true;
};

/// An instant of simulated time: a signed 64-bit count of nanoseconds since the start.
using Time = SimulatedClock::time_point;

inline constexpr Time start_of_time{};
inline constexpr Time end_of_time = Time::max();

/// `time + span`, held at the end of time instead of wrapping around. `span` is not negative.
constexpr Time add_saturated(Time time, Duration span) {
  Duration::rep sum = 0;
  if (__builtin_add_overflow(time.time_since_epoch().count(), span.count(), &sum)) {
    return end_of_time;
  }
  return Time{Duration{sum}};
}

/// A transmission rate in bits a second; at least 1.
struct BitRate {
  std::uint64_t bits_per_second = 1;
  friend bool operator==(const BitRate&, const BitRate&) = default;
};

/// A probability in [0, 1], kept as a multiple of 2^-63 so that no floating point decides an event.
class Probability {
 public:
  static constexpr std::uint64_t one = std::uint64_t{1} << 63;

  constexpr Probability() = default;

  /// The probability `threshold` / 2^63.
  static constexpr Probability from_threshold(std::uint64_t threshold) {
    return Probability{threshold};
  }

  /// `numerator` / `denominator`, rounded down to a multiple of 2^-63; numerator <= denominator.
  static constexpr Probability ratio(std::uint64_t numerator, std::uint64_t denominator) {
    __extension__ using Wide = unsigned __int128;
    return Probability{
        static_cast<std::uint64_t>((static_cast<Wide>(numerator) << 63) / denominator)};
  }

  constexpr std::uint64_t threshold() const { return threshold_; }
  constexpr bool is_zero() const { return threshold_ == 0; }

  friend bool operator==(const Probability&, const Probability&) = default;

 private:
  constexpr explicit Probability(std::uint64_t threshold) : threshold_{threshold} {}

  std::uint64_t threshold_ = 0;
};

}  // namespace elvis
