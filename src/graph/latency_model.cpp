// SPDX-License-Identifier: MIT
#include "elvis/graph/latency_model.hpp"

#include <algorithm>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/repeatable_math.hpp"

namespace elvis {

namespace {

constexpr double least_deviations = -4;

Duration at_least_1ns(Duration latency) {
  return std::max(latency, Duration{1});
}

double nanoseconds_of(Duration latency) {
  return static_cast<double>(latency.count());
}

}  // namespace

// ===== EmpiricalLatency: what was measured =====

EmpiricalLatency::EmpiricalLatency(std::vector<Sample> samples) {
  ELVIS_ASSERT(!samples.empty());
  std::ranges::sort(samples, {}, &Sample::latency);
  std::uint64_t sum = 0;
  for (const Sample& sample : samples) {
    ELVIS_ASSERT(sample.latency >= Duration{1} && sum + sample.weight >= sum);
    if (sample.weight == 0) continue;
    sum += sample.weight;
    if (!latencies_.empty() && latencies_.back() == sample.latency) {
      up_to_.back() = sum;
      continue;
    }
    latencies_.push_back(sample.latency);
    up_to_.push_back(sum);
  }
  ELVIS_ASSERT(sum >= 1);
}

Duration EmpiricalLatency::draw(Rng& luck) const {
  const std::uint64_t chosen = luck.below(up_to_.back());
  const auto found = std::ranges::upper_bound(up_to_, chosen);
  return latencies_[static_cast<std::size_t>(found - up_to_.begin())];
}

// ===== LatencyModel =====

LatencyModel LatencyModel::constant(Duration latency) {
  return {Kind::constant, at_least_1ns(latency)};
}

LatencyModel LatencyModel::uniform(Duration least, Duration most) {
  ELVIS_ASSERT(least <= most);
  least = at_least_1ns(least);
  most = std::max(least, most);
  if (least == most) return constant(least);
  LatencyModel model{Kind::uniform, least};
  model.width_ = static_cast<std::uint64_t>((most - least).count()) + 1;
  return model;
}

LatencyModel LatencyModel::normal(Duration mean, Duration deviation) {
  ELVIS_ASSERT(deviation >= Duration{});
  if (deviation == Duration{}) return constant(mean);
  const double place = nanoseconds_of(mean);
  const double shape = nanoseconds_of(deviation);
  LatencyModel model{Kind::normal, round_to_duration(place + least_deviations * shape)};
  model.place_ = place;
  model.shape_ = shape;
  return model;
}

LatencyModel LatencyModel::lognormal(Duration median, double sigma) {
  ELVIS_ASSERT(sigma >= 0 && sigma <= 20);
  if (sigma == 0) return constant(median);
  const double place = nanoseconds_of(at_least_1ns(median));
  LatencyModel model{Kind::lognormal,
                     round_to_duration(place * repeatable_exp(least_deviations * sigma))};
  model.place_ = place;
  model.shape_ = sigma;
  return model;
}

LatencyModel LatencyModel::pareto(Duration scale, double shape) {
  ELVIS_ASSERT(shape > 0);
  LatencyModel model{Kind::pareto, at_least_1ns(scale)};
  model.place_ = nanoseconds_of(model.min_);
  model.shape_ = 1 / shape;
  return model;
}

LatencyModel LatencyModel::empirical(std::shared_ptr<const EmpiricalLatency> measured) {
  ELVIS_ASSERT(measured != nullptr);
  LatencyModel model{Kind::empirical, measured->min()};
  model.measured_ = std::move(measured);
  return model;
}

Duration LatencyModel::draw_luck(Rng& luck) const {
  switch (kind_) {
    case Kind::constant:
      return min_;
    case Kind::uniform:
      return min_ + Duration{static_cast<Duration::rep>(luck.below(width_))};
    case Kind::normal: {
      const double z = std::max(normal_quantile(unit_interval(luck())), least_deviations);
      return round_to_duration(place_ + shape_ * z);
    }
    case Kind::lognormal: {
      const double z = std::max(normal_quantile(unit_interval(luck())), least_deviations);
      return round_to_duration(place_ * repeatable_exp(shape_ * z));
    }
    case Kind::pareto:
      return round_to_duration(place_ *
                               repeatable_exp(-shape_ * repeatable_log(unit_interval(luck()))));
    case Kind::empirical:
      return measured_->draw(luck);
  }
  ELVIS_UNREACHABLE();
}

}  // namespace elvis
