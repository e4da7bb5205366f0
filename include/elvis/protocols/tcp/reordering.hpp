// SPDX-License-Identifier: MIT
// TcpReordering: how much a path reorders, and how long to wait for what was overtaken.
#pragma once

#include <algorithm>
#include <cstdint>

#include "elvis/protocols/tcp/rtt.hpp"

namespace elvis {

/// What is known of it stays when everything has arrived (RFC 8985, 6.2, steps 3 and 4).
class TcpReordering {
 public:
  /// Segments that overtook another one, at most; 3 as long as nothing is known.
  std::uint8_t degree() const { return degree_; }
  std::uint8_t times_seen() const { return times_seen_; }

  /// So many segments arrived before one that had been sent earlier.
  void seen(std::uint64_t segments) {
    degree_ = static_cast<std::uint8_t>(std::clamp<std::uint64_t>(segments, degree_, most));
    if (times_seen_ < most) ++times_seen_;
  }

  /// A DSACK came, the first of its round trip: something was taken for lost too early.
  void saw_duplicate() {
    if (factor_ < most) ++factor_;
    repairs_left_ = repairs_without_duplicates;
  }

  /// A recovery is over.
  void repaired() {
    if (repairs_left_ != 0 && --repairs_left_ == 0) factor_ = 1;
  }

  /// How much later than others something may arrive and is not lost. `is_sure`: enough has arrived
  /// behind it to know, unless this path has reordered.
  Duration window(const TcpRtt& rtt, bool is_sure) const {
    if (is_sure && times_seen_ == 0) return {};
    return std::min(factor_ * rtt.least() / 4, rtt.smoothed());
  }

 private:
  static constexpr std::uint8_t most = 255;
  static constexpr std::uint8_t repairs_without_duplicates = 16;

  std::uint8_t degree_ = 3;
  std::uint8_t times_seen_ = 0;
  std::uint8_t factor_ = 1;  // of the window
  std::uint8_t repairs_left_ = 0;
};

}  // namespace elvis
