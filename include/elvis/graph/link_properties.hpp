// SPDX-License-Identifier: MIT
// LinkProperties: what a network is like, and how that changes while a run goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "elvis/graph/frame_queue.hpp"
#include "elvis/graph/link_model.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// What may change of a network during a run.
struct LinkState : LinkModel {
  std::optional<BitRate> throughput;  ///< Unlimited if not given.
  bool is_up = true;                  ///< What is sent on a network that is down is lost.
};

/// A network is like this from a time on.
struct LinkChange {
  Time from;
  LinkState state;
};

/// Who has the throughput of a network.
enum class MediumKind : std::uint8_t {
  shared,    ///< All taps together, one frame at a time: a hub, a radio.
  switched,  ///< Each tap twice, for what it sends and for what it receives: a switch, a cable.
};

struct LinkProperties : LinkState {
  std::uint32_t mtu = 1500;  ///< Largest payload of a frame, without the link header; 68 to 65,535.
  MediumKind medium = MediumKind::shared;
  QueueProperties queue;            ///< Of what waits for a medium; each has its own.
  std::vector<LinkChange> changes;  ///< At ascending times; the same for everybody at once.

  /// What the network is like at `time`.
  const LinkState& at(Time time) const { return changes.empty() ? *this : changed_at(time); }
  /// The first time after `after` and up to `until` at which it goes down, if only for an instant.
  std::optional<Time> goes_down_within(Time after, Time until) const {
    return changes.empty() ? std::nullopt : first_fall(after, until);
  }
  /// Whether it is down at any time.
  bool may_fail() const;
  /// Whether the throughput is limited at any time.
  bool is_limited() const;
  /// The shortest time that a frame may take, whenever it is sent.
  Duration least_latency() const;

 private:
  const LinkState& changed_at(Time time) const;
  std::optional<Time> first_fall(Time after, Time until) const;
};

}  // namespace elvis
