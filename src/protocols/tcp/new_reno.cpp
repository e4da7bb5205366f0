// SPDX-License-Identifier: MIT
// NewReno's window: RFC 5681, 3.1. (How losses are repaired, RFC 6582, is the sender's part.)
#include <algorithm>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace {

class NewReno final : public TcpCongestion {
 public:
  void acknowledged(const TcpAckSample& sample, TcpWindow& window) override {
    std::uint64_t acked = sample.acked;
    if (window.is_in_slow_start()) acked = slow_start(acked, window);
    // RFC 5681, 3.1 (3) as RFC 3465 counts: a segment more for each window of bytes.
    counted_ += acked;
    if (counted_ >= window.bytes) {
      counted_ -= window.bytes;
      window.bytes += window.mss;
    }
  }

  std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool, Time) override {
    counted_ = 0;
    // RFC 5681, equation (4). What limited transmit sent beyond the window does not count.
    const std::uint64_t halved = std::min(window.bytes, in_flight) / 2;
    return std::max<std::uint64_t>(halved, 2 * std::uint64_t{window.mss});
  }

 private:
  std::uint64_t counted_ = 0;  // bytes since the window grew last
};

}  // namespace

std::unique_ptr<TcpCongestion> make_new_reno() {
  return std::make_unique<NewReno>();
}

}  // namespace elvis
