// SPDX-License-Identifier: MIT
// TcpRtt: how long a round trip takes, and how long to wait for an acknowledgement (RFC 6298).
#pragma once

#include <algorithm>

#include "elvis/util/units.hpp"

namespace elvis {

class TcpRtt {
 public:
  /// G of RFC 6298, 2: the clock of the specification, coarser than the simulation's.
  static constexpr Duration granularity = std::chrono::milliseconds{1};

  /// A segment that was sent once took `rtt` to be acknowledged (RFC 6298, 2.2 and 2.3).
  void measured(Duration rtt) {
    if (!has_sample()) {
      smoothed_ = std::max(rtt, Duration{1});
      variation_ = rtt / 2;
      least_ = rtt;
      return;
    }
    const Duration error = smoothed_ > rtt ? smoothed_ - rtt : rtt - smoothed_;
    variation_ += (error - variation_) / 4;
    smoothed_ = std::max(smoothed_ + (rtt - smoothed_) / 8, Duration{1});
    least_ = std::min(least_, rtt);
  }

  bool has_sample() const { return smoothed_ != Duration{}; }
  Duration smoothed() const { return smoothed_; }
  Duration variation() const { return variation_; }
  Duration least() const { return least_; }
  /// SRTT + max(G, 4 RTTVAR), not held between any bounds yet. Needs a sample.
  Duration timeout() const { return smoothed_ + std::max(granularity, 4 * variation_); }

 private:
  Duration smoothed_{};
  Duration variation_{};
  Duration least_{};
};

}  // namespace elvis
