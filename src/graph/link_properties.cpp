// SPDX-License-Identifier: MIT
#include "elvis/graph/link_properties.hpp"

#include <algorithm>

namespace elvis {

bool LinkProperties::is_limited() const {
  return throughput || std::ranges::any_of(changes, [](const LinkChange& change) {
           return change.state.throughput.has_value();
         });
}

bool LinkProperties::may_fail() const {
  return !is_up ||
         std::ranges::any_of(changes, [](const LinkChange& change) { return !change.state.is_up; });
}

Duration LinkProperties::least_latency() const {
  Duration least = latency.min();
  for (const LinkChange& change : changes) least = std::min(least, change.state.latency.min());
  return least;
}

const LinkState& LinkProperties::changed_at(Time time) const {
  const auto after = std::ranges::upper_bound(changes, time, {}, &LinkChange::from);
  return after == changes.begin() ? *this : after[-1].state;
}

std::optional<Time> LinkProperties::first_fall(Time after, Time until) const {
  auto next = std::ranges::upper_bound(changes, after, {}, &LinkChange::from);
  bool was_up = next == changes.begin() ? is_up : next[-1].state.is_up;
  for (; next != changes.end() && next->from <= until; ++next) {
    if (was_up && !next->state.is_up) return next->from;
    was_up = next->state.is_up;
  }
  return std::nullopt;
}

}  // namespace elvis
