// SPDX-License-Identifier: MIT
// DCTCP (RFC 8257): the window gives way as far as the fraction of marked bytes says.
#include <algorithm>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace {

class Dctcp final : public TcpCongestion {
 public:
  // RFC 8257, 3.3: the fraction of a window's bytes that were marked, averaged over windows.
  void heard(const TcpAckSample& sample) override {
    constexpr double gain = 1.0 / 16;  // RFC 8257, 4.2
    acked_ += sample.acked;
    if (sample.met_congestion) marked_ += sample.acked;
    if (sample.acked_to <= window_end_) return;
    const double fraction = static_cast<double>(marked_) / static_cast<double>(acked_);
    alpha_ += gain * (fraction - alpha_);
    acked_ = marked_ = 0;
    window_end_ = sample.sent_to;
  }

  void acknowledged(const TcpAckSample& sample, TcpWindow& window) override {
    growth_.acknowledged(sample.acked, window);
  }

  std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool is_loss,
                          Time) override {
    if (is_loss) return reno_threshold(window, in_flight);  // RFC 8257, 3.5
    const double left = static_cast<double>(window.bytes) * (1 - alpha_ / 2);
    return std::max(static_cast<std::uint64_t>(left), 2 * std::uint64_t{window.mss});
  }

 private:
  RenoGrowth growth_;
  double alpha_ = 1;          // RFC 8257, 3.3: at first as if everything were marked
  std::uint64_t acked_ = 0;   // bytes, in this window of observation
  std::uint64_t marked_ = 0;  // bytes of them
  std::uint64_t window_end_ = 0;
};

}  // namespace

std::unique_ptr<TcpCongestion> make_dctcp() {
  return std::make_unique<Dctcp>();
}

}  // namespace elvis
