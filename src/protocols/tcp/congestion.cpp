// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/congestion.hpp"

#include <algorithm>
#include <array>

namespace elvis {

std::span<const TcpCongestionKind> congestion_kinds() {
  static constexpr std::array algorithms{
      TcpCongestionKind{"cubic", "grows with the time since the last loss (RFC 9438)", make_cubic},
      TcpCongestionKind{"newreno", "a segment a round trip, half after a loss (RFC 5681, RFC 6582)",
                        make_new_reno},
  };
  return algorithms;
}

std::uint64_t slow_start(std::uint64_t acked, TcpWindow& window) {
  const std::uint64_t grown = std::min(window.bytes + acked, window.threshold);
  const std::uint64_t beyond = acked - (grown - window.bytes);
  window.bytes = grown;
  return beyond;
}

}  // namespace elvis
