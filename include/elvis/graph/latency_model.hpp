// SPDX-License-Identifier: MIT
// LatencyModel: how long a frame travels, constant or by a distribution.
//
// One draw takes one random word, turned into a latency by the quantile function of the
// distribution (util/repeatable_math.hpp: the same on every machine) and one rounding to whole
// nanoseconds, at least 1 (DESIGN law 3).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// Latencies that were measured, each as likely as its weight.
class EmpiricalLatency {
 public:
  struct Sample {
    Duration latency{1};
    std::uint64_t weight = 1;
  };

  /// `samples` have latencies of at least 1 ns, and weights of which the sum is at least 1 and
  /// below 2^64.
  explicit EmpiricalLatency(std::vector<Sample> samples);

  Duration draw(Rng& luck) const;
  Duration min() const { return latencies_.front(); }
  Duration max() const { return latencies_.back(); }
  std::size_t size() const { return latencies_.size(); }

 private:
  std::vector<Duration> latencies_;   // ascending
  std::vector<std::uint64_t> up_to_;  // the sum of the weights up to each, itself included
};

/// A value: made once, shared by all frames of a network.
class LatencyModel {
 public:
  enum class Kind : std::uint8_t { constant, uniform, normal, lognormal, pareto, empirical };

  /// 1 ns, which is what an unset latency means.
  LatencyModel() = default;
  /// uniform() over a range, or constant() if its ends are the same.
  LatencyModel(Duration least, Duration most) { *this = uniform(least, most); }

  static LatencyModel constant(Duration latency);
  /// Every whole nanosecond from `least` to `most` is equally likely.
  static LatencyModel uniform(Duration least, Duration most);
  /// What lies more than 4 deviations below the mean, one draw of 31,574, counts as 4 below: so
  /// frames have a least latency, which the engine lives on.
  static LatencyModel normal(Duration mean, Duration deviation);
  /// The median times e to the power of a normal variable with deviation `sigma`, cut likewise at
  /// 4 deviations below. `sigma` is at least 0 and at most 20.
  static LatencyModel lognormal(Duration median, double sigma);
  /// Longer than x with probability (scale / x)^shape; `shape` is above 0. The mean exists above
  /// 1, the variance above 2.
  static LatencyModel pareto(Duration scale, double shape);
  static LatencyModel empirical(std::shared_ptr<const EmpiricalLatency> measured);

  Kind kind() const { return kind_; }
  bool is_constant() const { return kind_ == Kind::constant; }
  friend bool operator==(const LatencyModel&, const LatencyModel&) = default;
  /// No draw is below it.
  Duration min() const { return min_; }
  /// A latency; a constant one draws nothing.
  Duration draw(Rng& luck) const { return is_constant() ? min_ : draw_luck(luck); }

 private:
  LatencyModel(Kind kind, Duration min) : kind_{kind}, min_{min} {}
  Duration draw_luck(Rng& luck) const;

  Kind kind_ = Kind::constant;
  Duration min_{1};
  std::uint64_t width_ = 0;  // of uniform, in nanoseconds, both ends included
  double place_ = 0;         // mean, median or scale, in nanoseconds
  double shape_ = 0;         // deviation in nanoseconds, sigma, or 1 / shape
  std::shared_ptr<const EmpiricalLatency> measured_;
};

}  // namespace elvis
