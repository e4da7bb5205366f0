// SPDX-License-Identifier: MIT
#include "linux_cubic.hpp"

#include <algorithm>
#include <chrono>

#include "elvis/protocols/tcp/cubic.hpp"

namespace elvis {

namespace {

using std::chrono::milliseconds;

// C and beta as multiples of 1/1024, and how many acknowledgements Reno needs for a segment more,
// as a multiple of 1/8 of the window.
constexpr std::int64_t c = 410;
constexpr std::int64_t beta = 717;
constexpr std::int64_t reno_share = 15;

class LinuxCubic final : public TcpCongestion {
 public:
  void heard(const TcpAckSample& sample) override { measure(sample); }

  void acknowledged(const TcpAckSample& sample, TcpWindow& window) override {
    if (least_ == Duration{}) measure(sample);
    const std::int64_t mss = window.mss;
    std::uint64_t acked = sample.acked;
    if (window.is_in_slow_start()) {
      if (!has_left_ && sample.rtt > Duration{} && !is_after_recovery(sample.now)) {
        look_for_queue(sample, window);
      }
      if (window.is_in_slow_start()) acked = slow_start(acked, window);
      if (acked == 0) return;
    }
    const auto segments = (static_cast<std::int64_t>(acked) + mss - 1) / mss;
    const auto size = static_cast<std::int64_t>(window.bytes) / mss;
    choose_step(size, segments, sample.now);
    // Credit that was gathered when the step was larger counts once.
    std::int64_t more = 0;
    if (credit_ >= step_) {
      credit_ = 0;
      ++more;
    }
    credit_ += segments;
    more += credit_ / step_;
    credit_ %= step_;
    window.bytes += static_cast<std::uint64_t>(more * mss);
  }

  std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool, Time) override {
    has_epoch_ = false;
    const std::int64_t mss = window.mss;
    const auto size = static_cast<std::int64_t>(window.bytes) / mss;
    // RFC 9438, 4.7: who gives way lets new flows have room.
    most_ = size < most_ ? size * (1024 + beta) / 2048 : size;
    const auto used = static_cast<std::int64_t>(std::min(window.bytes, in_flight)) / mss;
    return static_cast<std::uint64_t>(std::max<std::int64_t>(used * beta / 1024, 2) * mss);
  }

  // All that was known of the path is forgotten.
  std::uint64_t timed_out(const TcpWindow& window, std::uint64_t in_flight, Time now) override {
    const std::uint64_t threshold = congested(window, in_flight, true, now);
    forget();
    return threshold;
  }

  // The curve stands still while nothing is sent (RFC 9438, 5.8).
  void resumed(Duration pause, Time now) override { epoch_ = std::min(epoch_ + pause, now); }

 private:
  void forget() {
    has_epoch_ = has_left_ = false;
    most_ = origin_ = k_ = updated_size_ = acked_ = reno_ = 0;
    step_ = 2;
    updated_ = {};
    least_ = {};
    round_ = {};
  }

  static std::int64_t ms(Duration duration) { return duration / milliseconds{1}; }

  // Right after a recovery, queues tell nothing.
  bool is_after_recovery(Time now) const {
    return has_epoch_ && now - epoch_ < std::chrono::seconds{1};
  }

  void measure(const TcpAckSample& sample) {
    if (sample.rtt <= Duration{} || is_after_recovery(sample.now)) return;
    if (least_ == Duration{} || sample.rtt < least_) least_ = sample.rtt;
  }

  // HyStart (Ha and Rhee 2011): slow start ends when acknowledgements of one round trip come in a
  // row for half of it, or when the round trips of one become longer by an eighth.
  void look_for_queue(const TcpAckSample& sample, TcpWindow& window) {
    constexpr std::uint64_t least_window = 16;
    constexpr unsigned enough = 8;
    const Time now = sample.now;
    if (window.bytes / window.mss < least_window) return;  // also the rounds begin later
    if (sample.acked_to > round_.end || round_.end == 0) {
      round_ = {now, now, sample.sent_to, Duration::max(), 0};
    }
    if (now - round_.last <= milliseconds{2}) {
      round_.last = now;
      const Duration half = (least_ + milliseconds{1}) / 2;
      if (now - round_.begin > half) leave(window);
    }
    round_.least = std::min(round_.least, sample.rtt);
    if (round_.samples < enough) {
      ++round_.samples;
      return;
    }
    const Duration more = std::clamp<Duration>(least_ / 8, milliseconds{4}, milliseconds{16});
    if (round_.least > least_ + more) leave(window);
  }

  void leave(TcpWindow& window) {
    has_left_ = true;
    window.threshold = window.bytes;
  }

  // How many acknowledged segments let the window grow by one (RFC 9438, 4.2 to 4.5).
  void choose_step(std::int64_t size, std::int64_t segments, Time now) {
    constexpr Duration least_time{std::chrono::microseconds{31'250}};
    acked_ += segments;
    const bool is_new = !has_epoch_;
    if (!is_new && updated_size_ == size && now - updated_ <= least_time) return;
    const bool has_moved = is_new || ms(now.time_since_epoch()) != ms(updated_.time_since_epoch());
    if (has_moved) {
      updated_size_ = size;
      updated_ = now;
      if (is_new) begin_epoch(size, segments, now);
      const std::int64_t t = (ms(now - epoch_) + ms(least_)) * 1024 / 1000;
      const std::int64_t offset = t < k_ ? k_ - t : t - k_;
      const auto cube = static_cast<double>(offset) * static_cast<double>(offset) *
                        static_cast<double>(offset) * c;
      constexpr double unit = 1099511627776.0;  // 2^40
      const auto delta = static_cast<std::int64_t>(std::min(cube / unit, 1e9));
      const std::int64_t target = t < k_ ? origin_ - delta : origin_ + delta;
      step_ = target > size ? size / (target - size) : 100 * size;
      constexpr std::int64_t unknown = 20;  // nothing was lost yet: 5 % a round trip
      if (most_ == 0) step_ = std::min(step_, unknown);
    }
    // Not slower than Reno.
    const std::int64_t reno_step = std::max<std::int64_t>(size * reno_share / 8, 1);
    while (acked_ > reno_step) {
      acked_ -= reno_step;
      ++reno_;
    }
    if (reno_ > size) step_ = std::min(step_, size / (reno_ - size));
    step_ = std::max<std::int64_t>(step_, 2);
  }

  void begin_epoch(std::int64_t size, std::int64_t segments, Time now) {
    has_epoch_ = true;
    epoch_ = now;
    acked_ = segments;
    reno_ = size;
    k_ = 0;
    origin_ = std::max(most_, size);
    if (most_ <= size) return;
    constexpr double factor = 1099511627776.0 / c;
    k_ = static_cast<std::int64_t>(cubic::cube_root(factor * static_cast<double>(most_ - size)));
  }

  Time epoch_{};
  Time updated_{};
  bool has_epoch_ = false;
  std::int64_t most_ = 0;  // W_max, in segments
  std::int64_t origin_ = 0;
  std::int64_t k_ = 0;  // in 1/1024 s
  std::int64_t step_ = 2;
  std::int64_t updated_size_ = 0;
  std::int64_t acked_ = 0;  // segments, for Reno's window
  std::int64_t reno_ = 0;   // which this is
  std::int64_t credit_ = 0;

  bool has_left_ = false;  // slow start, because of a queue
  Duration least_{};       // round trip
  struct Round {
    Time begin{};
    Time last{};
    std::uint64_t end = 0;
    Duration least = Duration::max();
    unsigned samples = 0;
  } round_;
};

}  // namespace

std::unique_ptr<TcpCongestion> make_linux_cubic() {
  return std::make_unique<LinuxCubic>();
}

}  // namespace elvis
