// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/congestion.hpp"

#include <algorithm>
#include <array>

#include "linux_cubic.hpp"

namespace elvis {

std::span<const TcpCongestionKind> congestion_kinds() {
  static constexpr std::array algorithms{
      TcpCongestionKind{"cubic", "grows with the time since the last loss (RFC 9438)", make_cubic},
      TcpCongestionKind{"newreno", "a segment a round trip, half after a loss (RFC 5681, RFC 6582)",
                        make_new_reno},
      TcpCongestionKind{"dctcp", "as Reno, but gives way as far as ECN's marks say (RFC 8257)",
                        make_dctcp, true},
      TcpCongestionKind{"cubic_linux", "CUBIC as Linux counts, in whole segments, with HyStart",
                        make_linux_cubic},
  };
  return algorithms;
}

std::uint64_t slow_start(std::uint64_t acked, TcpWindow& window) {
  const std::uint64_t grown = std::min(window.bytes + acked, window.threshold);
  const std::uint64_t beyond = acked - (grown - window.bytes);
  window.bytes = grown;
  return beyond;
}

void RenoGrowth::acknowledged(std::uint64_t acked, TcpWindow& window) {
  if (window.is_in_slow_start()) acked = slow_start(acked, window);
  const auto grown = [&] { return begun_ + window.mss * counted_ / begun_; };
  if (begun_ == 0 || window.bytes != grown()) {
    begun_ = window.bytes;
    counted_ = 0;
  }
  for (counted_ += acked; counted_ >= begun_; begun_ += window.mss) counted_ -= begun_;
  window.bytes = grown();
}

std::uint64_t reno_threshold(const TcpWindow& window, std::uint64_t in_flight) {
  // What limited transmit sent beyond the window does not count.
  const std::uint64_t halved = std::min(window.bytes, in_flight) / 2;
  return std::max<std::uint64_t>(halved, 2 * std::uint64_t{window.mss});
}

}  // namespace elvis
