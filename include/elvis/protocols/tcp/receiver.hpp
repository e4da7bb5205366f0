// SPDX-License-Identifier: MIT
// TcpReceiver: the half of a connection that takes a stream: order, window, acknowledgements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "elvis/protocols/tcp/reassembly.hpp"
#include "elvis/protocols/tcp/receive_memory.hpp"
#include "elvis/protocols/tcp/segment.hpp"
#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/protocols/tcp/stream_buffer.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// Positions count from the remote SYN, which is 0. Has no clock: every call says what time it is.
class TcpReceiver {
 public:
  ~TcpReceiver();
  /// Counts what waits as Linux does; before begin().
  void count_memory(std::unique_ptr<TcpReceiveMemory> memory);
  /// How it does so; null if it does not.
  TcpReceiveMemory* memory() const { return rare_ == nullptr ? nullptr : rare_->memory.get(); }
  /// Whether a segment of `length` sequence numbers may be taken, if memory is counted.
  bool is_acceptable_by_memory(std::int64_t position, std::uint32_t length, bool has_fin) const;

  /// The remote end's SYN has arrived.
  void begin(std::uint32_t initial, std::size_t buffer, std::uint32_t mss, std::uint64_t quick_acks,
             bool takes_all = false);

  std::uint32_t initial() const { return initial_; }
  std::uint64_t next() const { return next_; }  ///< RCV.NXT
  std::uint32_t acknowledgement() const { return tcp_position::to_wire(next_, initial_); }
  std::int64_t position_of(std::uint32_t sequence) const {
    return tcp_position::from_wire(sequence, initial_, next_);
  }
  /// Bytes that the remote end may send from next() on: what it was told last.
  std::uint64_t window() const { return right_edge_ - next_; }
  std::uint64_t right_edge() const { return right_edge_; }

  /// Takes the bytes of a segment at `position`, which overlap the window. What is beyond it, or
  /// was there before, is cut off. `has_fin`: the FIN stands behind them.
  void take(std::uint64_t position, Message bytes, bool has_fin, const TcpSettings& settings,
            Time now);
  /// The same for what is exactly next, when nothing waits behind a gap and it fits.
  void take_next(Message&& bytes, const TcpSettings& settings, Time now);

  /// Bytes that arrived before have come again (RFC 2883).
  void note_duplicate(std::uint64_t begin, std::uint64_t end);

  /// Lets the window grow with what is read in a round trip (dynamic right-sizing: Fisk and Feng
  /// 2001), as far as auto_tune_limit. To be called when data have come.
  void tune(Time now, Duration round_trip);

  /// Keeps text that came with a SYN until take_held(), unacknowledged (RFC 9293, 3.10.7.3, fifth).
  void hold(Message text);
  /// The connection is established: takes what was held. Returns whether something was.
  bool take_held(const TcpSettings& settings, Time now);

  /// Up to `max` bytes in order. The window may open.
  Message read(std::size_t max) {
    if (rare_ != nullptr) [[unlikely]]
      return read_counted(max);
    return ready_.take(max);
  }
  /// The same, which stays there.
  Message peek(std::size_t max) const { return ready_.slice(0, std::min(max, ready_.size())); }
  std::size_t readable() const { return ready_.size(); }
  /// Whether the FIN has arrived with everything before it.
  bool has_finished() const { return fin_ != 0 && next_ > fin_; }

  // ----- what is sent back -----

  /// The window field of the next segment, which is on its way after this call. Moves the right
  /// edge unless that would make it silly (RFC 9293, 3.8.6.2.2).
  /// Like FreeBSD, `tells_all`: also of what the field cannot tell of, which it takes nevertheless.
  std::uint16_t advertise(unsigned scale, bool tells_all = false, bool rounds_down = false);
  /// The window of a SYN that acknowledges data, which is not scaled: as if none had come.
  std::uint16_t advertise_in_syn();
  /// The FIN alone has come behind data: its acknowledgement can wait for ours.
  void put_off_fin(Time now, const TcpSettings& settings);
  /// Whether reading has opened the window so far that the remote end should hear of it.
  bool wants_window_update(unsigned scale) const {
    // Only a window that had become small is worth a segment of its own: as long as the remote end
    // may send, it learns the rest from the acknowledgements of what it sends.
    const bool is_small = right_edge_ - next_ < std::max(small_window, std::uint64_t{2} * mss_);
    return (is_small || rare_ != nullptr) && is_window_news(scale);
  }
  /// The same after a read(), if memory is counted.
  bool wants_ack_of_read() const;
  void acknowledge_now() { wants_ack_ = true; }
  /// Whether an acknowledgement is due without waiting.
  bool wants_ack() const { return wants_ack_; }
  /// When an acknowledgement that waits must be sent; end_of_time if none does.
  Time ack_deadline() const { return ack_deadline_; }
  /// An acknowledgement was sent.
  void acknowledged() {
    wants_ack_ = false;
    unacknowledged_ = 0;
    ack_deadline_ = end_of_time;
  }
  /// The blocks of RFC 2018 for the next acknowledgement, at most as many as `options` has room
  /// for beside its timestamps, the duplicate of RFC 2883 first.
  void report_sack(TcpOptions& options);
  /// Whether report_sack() has something to report.
  bool has_news_of_gaps() const { return gaps_ != nullptr || duplicate_length_ != 0; }
  /// Whether a duplicate is to be reported, and where the last one began.
  bool has_duplicate() const { return duplicate_length_ != 0; }
  std::uint64_t last_duplicate() const { return duplicate_begin_; }
  bool has_gaps() const { return gaps_ != nullptr && !gaps_->empty(); }

  void set_buffer(std::size_t bytes) { buffer_ = static_cast<std::uint32_t>(bytes); }
  std::size_t buffer() const { return buffer_; }
  std::uint32_t largest_segment() const { return largest_; }
  std::uint64_t bytes_received() const {
    return next_ == 0 ? 0 : next_ - 1 - (has_finished() ? 1 : 0);
  }
  std::uint32_t out_of_order() const { return out_of_order_; }

  /// Bytes up to here are urgent; 0 if none were announced.
  std::uint64_t urgent_end = 0;
  /// The most bytes that the window may grow to; 0: it stays as it is.
  std::uint32_t auto_tune_limit = 0;
  /// Data go back and forth: acknowledgements wait for them (as Linux does; see answered_at()).
  bool is_interactive = false;
  /// Something is sent. If data came shortly before, it is an answer to them.
  void answered_at(Time now, const TcpSettings& settings) {
    const Duration since = Duration{std::int64_t{ticks(now) - last_data_at_} << tick_bits};
    if (largest_ != 0 && since < settings.ack_delay) is_interactive = true;
  }
  /// RFC 3168, 6.1.3: a segment with CE has arrived; acknowledgements carry ECE until CWR does.
  bool echoes_congestion = false;

 private:
  static constexpr std::uint64_t small_window = 32'768;
  // About a millisecond.
  static constexpr unsigned tick_bits = 20;
  static std::uint32_t ticks(Time now) {
    return static_cast<std::uint32_t>(now.time_since_epoch().count() >> tick_bits);
  }
  // What few receivers have.
  struct Rare : Pooled {
    std::unique_ptr<TcpReceiveMemory> memory;
    Time round_began{};               // for tuning
    std::uint32_t read_in_round = 0;  // bytes
  };
  void count_for_ack(std::size_t bytes, const TcpSettings& settings, Time now);
  Message read_counted(std::size_t max);
  bool is_window_news(unsigned scale) const;
  bool wants_ack_by_memory();
  bool has_memory_for(std::uint64_t position, std::size_t size, bool has_fin);

  std::uint64_t next_ = 0;
  std::uint64_t right_edge_ = 0;
  TcpBuffer ready_;
  std::unique_ptr<TcpReassembly> gaps_;
  std::uint64_t fin_ = 0;  // the FIN's position; 0 until it is known
  Time ack_deadline_ = end_of_time;
  std::uint64_t duplicate_begin_ = 0;  // for the next DSACK; empty if it ends where it begins
  std::uint32_t duplicate_length_ = 0;
  std::uint32_t initial_ = 0;
  std::uint32_t buffer_ = 0;
  std::uint32_t mss_ = 536;
  std::uint32_t largest_ = 0;         // segment that has come
  std::uint32_t unacknowledged_ = 0;  // bytes
  std::uint32_t out_of_order_ = 0;    // segments
  std::unique_ptr<Rare> rare_;
  std::uint16_t quick_acks_ = 0;
  bool wants_ack_ = false;
  std::uint32_t last_data_at_ = 0;  // in ticks
};

}  // namespace elvis
