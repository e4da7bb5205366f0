// SPDX-License-Identifier: MIT
// TcpCongestion: how fast a sender may send. To add an algorithm, write one file with a class and a
// make function, and a line in the table in src/protocols/tcp/congestion.cpp.
//
// The sender finds losses, keeps the window while it repairs them and never asks in the meantime.
// An algorithm decides three things: how the window grows, what is left of it after congestion, and
// after a timeout. One that wants to may hear of every acknowledgement. All windows are bytes.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

#include "elvis/util/pool.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// What the sender keeps and an algorithm moves.
struct TcpWindow {
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint32_t>::max();

  std::uint64_t bytes = 0;              ///< cwnd.
  std::uint64_t threshold = unlimited;  ///< ssthresh.
  std::uint32_t mss = 536;

  bool is_in_slow_start() const { return bytes < threshold; }
};

/// What an acknowledgement says.
struct TcpAckSample {
  Time now;
  std::uint64_t acked = 0;      ///< Bytes that are newly known to have arrived.
  std::uint64_t in_flight = 0;  ///< Bytes, before this acknowledgement.
  Duration rtt{};               ///< Of what was acknowledged; 0 if not known.
  Duration smoothed_rtt{};
  bool met_congestion = false;  ///< It carries ECE (RFC 3168).
  std::uint64_t acked_to = 0;   ///< Positions: of what was acknowledged,
  std::uint64_t sent_to = 0;    ///< and of what was sent so far.
};

class TcpCongestion : public Pooled {
 public:
  TcpCongestion() = default;
  TcpCongestion(const TcpCongestion&) = delete;
  TcpCongestion& operator=(const TcpCongestion&) = delete;
  virtual ~TcpCongestion() = default;

  /// The cumulative acknowledgement moved on by `sample.acked` bytes, whatever the sender is busy
  /// with. Before it reacts to a mark.
  virtual void heard(const TcpAckSample& /*sample*/) {}
  /// New data were acknowledged while nothing is being repaired and the window was in use. In slow
  /// start `sample.acked` is at most what one acknowledgement may add (RFC 3465, 2.2).
  virtual void acknowledged(const TcpAckSample& sample, TcpWindow& window) = 0;
  /// Congestion was met: by a loss (`is_loss`) or a mark. Returns the new threshold, which the
  /// window is brought to.
  virtual std::uint64_t congested(const TcpWindow& window, std::uint64_t in_flight, bool is_loss,
                                  Time now) = 0;
  /// The retransmission timer expired. Returns the new threshold; the window becomes one segment.
  virtual std::uint64_t timed_out(const TcpWindow& window, std::uint64_t in_flight, Time now) {
    return congested(window, in_flight, true, now);
  }
  /// What was decided last, by congested() or timed_out(), was so in vain: the window is what it
  /// was before.
  virtual void undone() {}
  /// Sending goes on with nothing in flight. `pause` began when the last was sent, or if there was
  /// more to send, when the window was acknowledged.
  virtual void resumed(Duration /*pause*/, Time /*now*/) {}
};

struct TcpCongestionKind {
  std::string_view name;
  std::string_view summary;  ///< One line for people.
  std::unique_ptr<TcpCongestion> (*make)();
  /// It lives on marks: ECN is asked for, and a receiver echoes each mark as it is (RFC 8257, 3.2)
  /// rather than until it is answered.
  bool needs_marks = false;
};

/// All algorithms; the first is the default.
std::span<const TcpCongestionKind> congestion_kinds();

/// RFC 5681 and RFC 6582's growth: a segment a round trip, half the window after a loss.
std::unique_ptr<TcpCongestion> make_new_reno();
/// RFC 9438.
std::unique_ptr<TcpCongestion> make_cubic();

/// RFC 8257.
std::unique_ptr<TcpCongestion> make_dctcp();

/// Slow start (RFC 5681, 3.1; RFC 3465): as much more as `acked`, up to the threshold.
/// Returns the acknowledged bytes that are beyond it.
std::uint64_t slow_start(std::uint64_t acked, TcpWindow& window);

/// How the window grows by RFC 5681, 3.1: slow start, then a segment for each window of bytes
/// (RFC 3465), little by little as they are acknowledged: half a window is often not a whole number
/// of segments, and half of a segment more makes it one.
class RenoGrowth {
 public:
  void acknowledged(std::uint64_t acked, TcpWindow& window);

 private:
  std::uint64_t begun_ = 0;    // the window when its bytes began to be counted
  std::uint64_t counted_ = 0;  // acknowledged since
};

/// RFC 5681, equation (4): half of what was in use, but two segments.
std::uint64_t reno_threshold(const TcpWindow& window, std::uint64_t in_flight);

}  // namespace elvis
