// SPDX-License-Identifier: MIT
// AsioAlarm: what stands behind asio_timer.
#pragma once

#include <cstddef>

#include "elvis/asio/core.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/util/pool.hpp"

namespace elvis {

/// A deadline that operations wait for.
class AsioAlarm final : public AsioLane, private Timer, public Pooled {
 public:
  explicit AsioAlarm(AsioCore& core)
      : AsioLane{core},
        Timer{[](Timer& self) { static_cast<AsioAlarm&>(self).go_on_by_hand(); }},
        core_{core} {}
  ~AsioAlarm() { cancel_all(); }

  AsioCore& core() const { return core_; }
  Time expiry() const { return expiry_; }
  /// Ends all waits; returns how many.
  std::size_t set_expiry(Time expiry) {
    const std::size_t count = has_waits() ? cancel_all() : 0;
    expiry_ = expiry;
    return count;
  }
  bool has_expired() const { return expiry_ <= core_.machine().now(); }

 private:
  void watch() override {
    // The end of time never comes.
    if (expiry_ != end_of_time) Timer::arm(core_.machine(), expiry_);
  }
  void unwatch() override { Timer::cancel(); }

  AsioCore& core_;
  Time expiry_{};
};

}  // namespace elvis
