// SPDX-License-Identifier: MIT
// AddressClaim: one address of a machine, from the first question whether somebody has it already
// to its defence (RFC 5227).
#pragma once

#include <chrono>

#include "elvis/graph/tap.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/arp_packet.hpp"

namespace elvis {

class AddressClaim final : private Timer {
 public:
  // RFC 5227, 1.1.
  static constexpr Duration probe_wait = std::chrono::seconds{1};
  static constexpr int probes = 3;
  static constexpr Duration probe_least = std::chrono::seconds{1};
  static constexpr Duration probe_most = std::chrono::seconds{2};
  static constexpr Duration announce_wait = std::chrono::seconds{2};
  static constexpr int announcements = 2;
  static constexpr Duration announce_interval = std::chrono::seconds{2};
  static constexpr Duration defend_interval = std::chrono::seconds{10};

  /// Claims the address of `tap` from now on: announces it, perhaps after it has asked for it.
  AddressClaim(Tap& tap, bool asks_first, Rng luck);

  const Tap& tap() const { return tap_; }
  /// From when on the address may be used, unless has_failed().
  Time usable_from() const { return usable_from_; }
  /// Whether another machine has it.
  bool has_failed() const { return has_failed_; }
  /// Looks for signs of another machine with the same address in a packet of its network; defends
  /// it, or gives it up while it still asks. Returns whether there are.
  bool is_contested_by(const ArpPacket& packet);

 private:
  void go_on();
  void send(Ipv4Address sender);

  Tap& tap_;
  Rng luck_;
  Time usable_from_;
  Time defended_at_ = start_of_time - defend_interval;
  int probes_left_;
  int announcements_left_ = announcements;
  bool has_failed_ = false;
};

}  // namespace elvis
