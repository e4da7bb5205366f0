// SPDX-License-Identifier: MIT
// LinkModel: what luck does to one frame on a link: lost, delayed, corrupted, doubled, overtaken.
#pragma once

#include <cstdint>
#include <optional>

#include "elvis/graph/latency_model.hpp"
#include "elvis/graph/loss_model.hpp"

namespace elvis {

/// Frames that others overtake, since they are held up.
struct Reordering {
  Probability probability;
  Duration delay{};  ///< Beyond the latency; not negative.

  friend bool operator==(const Reordering&, const Reordering&) = default;
};

/// What became of one frame.
struct FrameLuck {
  bool is_lost = false;
  bool is_corrupted = false;
  Duration latency{1};
  std::optional<Duration> copy_latency;  ///< Of a second copy, if the frame is doubled.
};

/// The properties of a link that luck decides. A value, shared by all frames of a network.
struct LinkModel {
  LatencyModel latency;
  LossModel loss;
  Probability corruption;
  Probability duplication;
  Reordering reordering;

  /// Whether every frame arrives whole, once, after the same time.
  bool is_perfect() const { return loss.is_none() && !needs_luck(); }
  bool needs_luck() const {
    return loss.needs_luck() || !latency.is_constant() || !corruption.is_zero() ||
           !duplication.is_zero() || !reordering.probability.is_zero();
  }
  /// The fate of a sender's frame of this number. `luck` is keyed by sender and number; words are
  /// drawn in the order loss, corruption, which bits flip (by `corrupt`, called if any do),
  /// latency, reordering, duplication, and latency and reordering of the copy, each only by what is
  /// set, and none after a loss.
  template <typename Corrupt = decltype([] {})>
  FrameLuck draw(std::uint64_t number, ChannelState& channel, Rng& luck,
                 Corrupt corrupt = {}) const {
    FrameLuck fate = draw_damage(number, channel, luck);
    if (fate.is_lost) return fate;
    if (fate.is_corrupted) corrupt();
    draw_times(fate, luck);
    return fate;
  }

 private:
  FrameLuck draw_damage(std::uint64_t number, ChannelState& channel, Rng& luck) const;
  void draw_times(FrameLuck& fate, Rng& luck) const;
  Duration draw_latency(Rng& luck) const;
};

}  // namespace elvis
