// SPDX-License-Identifier: MIT
#include "elvis/graph/loss_model.hpp"

#include <algorithm>
#include <utility>

#include "elvis/util/assert.hpp"

namespace elvis {

LossModel LossModel::bernoulli(Probability loss) {
  if (loss.is_zero()) return LossModel{};
  LossModel model{Kind::bernoulli};
  model.loss_ = loss;
  return model;
}

LossModel LossModel::gilbert_elliott(const GilbertElliott& chain) {
  LossModel model{Kind::gilbert_elliott};
  model.chain_ = chain;
  return model;
}

LossModel LossModel::scripted(std::vector<std::uint64_t> numbers) {
  if (numbers.empty()) return LossModel{};
  std::ranges::sort(numbers);
  LossModel model{Kind::scripted};
  model.numbers_ = std::make_shared<const std::vector<std::uint64_t>>(std::move(numbers));
  return model;
}

bool LossModel::should_lose(std::uint64_t number, ChannelState& channel, Rng& luck) const {
  switch (kind_) {
    case Kind::none:
      return false;
    case Kind::bernoulli:
      return luck.happens(loss_);
    case Kind::gilbert_elliott:
      return should_lose_in_channel(channel, luck);
    case Kind::scripted:
      return std::ranges::binary_search(*numbers_, number);
  }
  ELVIS_UNREACHABLE();
}

bool LossModel::should_lose_in_channel(ChannelState& channel, Rng& luck) const {
  // The first frame finds the channel as the long run has it, so that short runs are not too good.
  if (channel == ChannelState::unknown) {
    const std::uint64_t bad = chain_.to_bad.threshold();
    const std::uint64_t all = bad + chain_.to_good.threshold();  // 0 for 2^64
    const bool both_certain = all == 0 && bad != 0;
    const Probability stationary = both_certain ? Probability::ratio(1, 2)
                                   : all == 0   ? Probability{}
                                                : Probability::ratio(bad, all);
    channel = luck.happens(stationary) ? ChannelState::bad : ChannelState::good;
  } else if (channel == ChannelState::good) {
    if (luck.happens(chain_.to_bad)) channel = ChannelState::bad;
  } else if (luck.happens(chain_.to_good)) {
    channel = ChannelState::good;
  }
  return luck.happens(channel == ChannelState::bad ? chain_.loss_in_bad : chain_.loss_in_good);
}

}  // namespace elvis
