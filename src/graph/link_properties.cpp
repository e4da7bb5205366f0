// SPDX-License-Identifier: MIT
#include "elvis/graph/link_properties.hpp"

#include <algorithm>

namespace elvis {

bool LinkProperties::is_limited() const {
  return throughput || std::ranges::any_of(changes, [](const LinkChange& change) {
           return change.state.throughput.has_value();
         });
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

}  // namespace elvis
