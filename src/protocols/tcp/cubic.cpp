// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/cubic.hpp"

#include <algorithm>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace cubic {

// Newton's method from above, which stops where rounding does.
double cube_root(double x) {
  if (x <= 0) return 0;
  double root = std::max(x, 1.0);
  for (;;) {
    const double next = (2 * root + x / (root * root)) / 3;
    if (next >= root) return root;
    root = next;
  }
}

double time_to(double most, double window) {
  return window < most ? cube_root((most - window) / c) : 0;
}

double window_at(double t, double k, double most) {
  const double offset = t - k;
  return c * offset * offset * offset + most;
}

}  // namespace cubic

namespace {

class Cubic final : public TcpCongestion {
 public:
  void acknowledged(const TcpAckSample& sample, TcpWindow& window) override {
    std::uint64_t acked = sample.acked;
    if (window.is_in_slow_start()) {
      acked = slow_start(acked, window);
      if (acked == 0) return;
    }
    const double mss = window.mss;
    const double now_segments = static_cast<double>(window.bytes) / mss;
    const double acked_segments = static_cast<double>(acked) / mss;
    if (!curve_.has_epoch) begin_epoch(now_segments, sample.now);

    const double t = seconds(sample.now - curve_.epoch);
    // RFC 9438, 4.3: what Reno would have, from the same losses.
    const double alpha =
        curve_.estimate < curve_.prior ? 3 * (1 - cubic::beta) / (1 + cubic::beta) : 1;
    curve_.estimate += alpha * acked_segments / now_segments;
    double grown;
    if (cubic::window_at(t, curve_.k, curve_.most) < curve_.estimate) {
      grown = std::max(curve_.estimate, now_segments);
    } else {
      // RFC 9438, 4.4 and 4.5: where the curve will be a round trip from now, within bounds (4.2).
      const double ahead =
          cubic::window_at(t + seconds(sample.smoothed_rtt), curve_.k, curve_.most);
      const double target = std::clamp(ahead, now_segments, 1.5 * now_segments);
      grown = now_segments + (target - now_segments) / now_segments * acked_segments;
    }
    fraction_ += (grown - now_segments) * mss;
    const auto whole = static_cast<std::uint64_t>(fraction_);
    fraction_ -= static_cast<double>(whole);
    window.bytes += whole;
  }

  std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool, Time) override {
    before_ = std::make_unique<Curve>(curve_);
    curve_.has_epoch = false;
    const double mss = window.mss;
    const double segments = static_cast<double>(window.bytes) / mss;
    // RFC 9438, 4.7: who gives way lets new flows have room.
    curve_.most = segments < curve_.most ? segments * (1 + cubic::beta) / 2 : segments;
    curve_.prior = segments;
    const auto used = static_cast<double>(std::min(window.bytes, in_flight));
    return std::max(static_cast<std::uint64_t>(used * cubic::beta), 2 * std::uint64_t{window.mss});
  }

  // RFC 9438, 4.8: what follows a timeout begins at its own greatest window.
  std::uint64_t timed_out(const TcpWindow& window, std::uint64_t in_flight, Time now) override {
    const std::uint64_t threshold = congested(window, in_flight, true, now);
    curve_.most = 0;
    return threshold;
  }

  // RFC 9438, 4.9.
  void undone() override {
    if (before_ != nullptr) curve_ = *before_;
    before_.reset();
  }

  // The curve stands still while the application holds back (RFC 9438, 4.2 and 5.8); it may have
  // begun behind the last that was sent.
  void resumed(Duration pause, Time now) override {
    curve_.epoch = std::min(curve_.epoch + pause, now);
  }

 private:
  static double seconds(Duration duration) { return static_cast<double>(duration.count()) * 1e-9; }

  void begin_epoch(double segments, Time now) {
    curve_.has_epoch = true;
    curve_.epoch = now;
    fraction_ = 0;
    curve_.estimate = segments;
    if (curve_.prior == 0) curve_.prior = segments;
    if (segments < curve_.most) {
      curve_.k = cubic::time_to(curve_.most, segments);
    } else {
      curve_.k = 0;
      curve_.most = segments;
    }
  }

  struct Curve {
    Time epoch{};
    double most = 0;      // W_max
    double k = 0;         // K
    double estimate = 0;  // W_est
    double prior = 0;     // cwnd_prior
    bool has_epoch = false;
  };

  Curve curve_;
  std::unique_ptr<Curve> before_;  // the last congestion
  double fraction_ = 0;            // of a byte that the window has not grown by yet
};

}  // namespace

std::unique_ptr<TcpCongestion> make_cubic() {
  return std::make_unique<Cubic>();
}

}  // namespace elvis
