// SPDX-License-Identifier: MIT
// LossModel: which frames do not arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// Where one sender's channel is in the Gilbert–Elliott chain. One byte a tap.
enum class ChannelState : std::uint8_t { unknown, good, bad };

/// The chain of Gilbert (1960) and Elliott (1963): a channel is good or bad, changes with every
/// frame, and loses frames with a probability of its state. In the long run it is bad for
/// p / (p + r) of the frames, and for 1 / r frames at a time.
struct GilbertElliott {
  Probability to_bad{};        ///< p: that the frame after a good one finds it bad.
  Probability to_good{};       ///< r: that the frame after a bad one finds it good.
  Probability loss_in_good{};  ///< Usually 0.
  Probability loss_in_bad = Probability::from_threshold(Probability::one);

  friend bool operator==(const GilbertElliott&, const GilbertElliott&) = default;
};

/// A value: made once, shared by all frames of a network.
class LossModel {
 public:
  enum class Kind : std::uint8_t { none, bernoulli, gilbert_elliott, scripted };

  LossModel() = default;
  /// bernoulli().
  LossModel(Probability loss) { *this = bernoulli(loss); }  // NOLINT: meant
  /// Each frame is lost with the same probability, whatever became of others.
  static LossModel bernoulli(Probability loss);
  static LossModel gilbert_elliott(const GilbertElliott& chain);
  /// Each sender's frames with these numbers, which count from 0, are lost, and no others.
  static LossModel scripted(std::vector<std::uint64_t> numbers);

  Kind kind() const { return kind_; }
  bool is_none() const { return kind_ == Kind::none; }
  friend bool operator==(const LossModel&, const LossModel&) = default;
  /// Whether it draws random words.
  bool needs_luck() const { return kind_ == Kind::bernoulli || kind_ == Kind::gilbert_elliott; }

  /// Whether a sender's frame of this number is lost. `channel` is that sender's, unknown at first.
  bool should_lose(std::uint64_t number, ChannelState& channel, Rng& luck) const;

 private:
  explicit LossModel(Kind kind) : kind_{kind} {}
  bool should_lose_in_channel(ChannelState& channel, Rng& luck) const;

  Kind kind_ = Kind::none;
  Probability loss_;
  GilbertElliott chain_;
  std::shared_ptr<const std::vector<std::uint64_t>> numbers_;  // ascending
};

}  // namespace elvis
