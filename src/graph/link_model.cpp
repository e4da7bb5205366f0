// SPDX-License-Identifier: MIT
#include "elvis/graph/link_model.hpp"

namespace elvis {

namespace {

/// Draws nothing for what never happens.
bool happens(Probability probability, Rng& luck) {
  return !probability.is_zero() && luck.happens(probability);
}

}  // namespace

FrameLuck LinkModel::draw_damage(std::uint64_t number, ChannelState& channel, Rng& luck) const {
  FrameLuck fate;
  fate.is_lost = loss.should_lose(number, channel, luck);
  if (!fate.is_lost) fate.is_corrupted = happens(corruption, luck);
  return fate;
}

void LinkModel::draw_times(FrameLuck& fate, Rng& luck) const {
  fate.latency = draw_latency(luck);
  if (happens(duplication, luck)) fate.copy_latency = draw_latency(luck);
}

Duration LinkModel::draw_latency(Rng& luck) const {
  const Duration drawn = latency.draw(luck);
  if (!happens(reordering.probability, luck)) return drawn;
  return add_saturated(start_of_time + drawn, reordering.delay) - start_of_time;
}

}  // namespace elvis
