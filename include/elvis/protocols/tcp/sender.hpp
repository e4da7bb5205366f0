// SPDX-License-Identifier: MIT
// TcpSender: the half of a connection that sends a stream: what goes out, when, and when again.
//
//                 una            nxt                  end
//    acknowledged  | in flight    | not sent yet       | (FIN)
//   ───────────────┼──────────────┼────────────────────┼──────► position
//                  └── scoreboard ┘
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "elvis/protocols/tcp/congestion.hpp"
#include "elvis/protocols/tcp/reordering.hpp"
#include "elvis/protocols/tcp/rtt.hpp"
#include "elvis/protocols/tcp/scoreboard.hpp"
#include "elvis/protocols/tcp/segment.hpp"
#include "elvis/protocols/tcp/send_buffer.hpp"
#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/protocols/tcp/tcp_info.hpp"

namespace elvis {

/// Positions count from the SYN, which is 0. Has no clock: every call says what time it is.
class TcpSender {
 public:
  using Phase = TcpCongestionState;

  TcpSender(const TcpSettings& settings, std::uint32_t initial);
  ~TcpSender();

  // ----- what is to be sent -----

  void write(Message&& data) { stream_.append(std::move(data)); }
  /// The FIN follows what was written.
  void finish() { wants_fin_ = true; }
  bool has_finished() const { return wants_fin_; }
  /// Forgets what was not sent yet.
  void discard_unsent();
  std::size_t unacknowledged_bytes() const { return stream_.size(); }
  std::size_t unsent_bytes() const { return stream_.unsent(); }

  // ----- what the connection agreed on -----

  void set_mss(std::uint32_t mss);
  /// Options take more room from now on, or less.
  void change_mss(std::uint32_t mss);
  std::uint32_t mss() const { return window_.mss; }
  void use_sack() { uses_sack_ = true; }
  bool uses_sack() const { return uses_sack_; }
  /// Whether an acknowledgement of `position` with this window tells nothing new.
  bool knows(std::uint64_t position, std::uint64_t window) const {
    return position == una_ && position + window == right_edge_;
  }
  /// The window of a SYN is not scaled: RFC 7323, 2.2.
  void set_peer_window(std::uint64_t bytes) {
    right_edge_ = una_ + bytes;
    largest_window_ = static_cast<std::uint32_t>(bytes);
  }
  void set_settings(const TcpSettings& settings) { settings_ = &settings; }
  /// RFC 6928: before the acknowledgement of the SYN, with the mss known; and after it.
  void prepare_window();
  void start_window();
  void settings_changed(Time now) {
    is_undelayed = settings_->no_delay;
    arm(now);
  }

  // ----- acknowledgements -----

  struct Ack {
    std::uint64_t position;  ///< Checked: at most next().
    std::uint64_t window;    ///< Bytes, scaled.
    bool updates_window;     ///< RFC 9293, 3.10.7.4: it is not older than the last one.
    bool is_pure;            ///< Neither data nor SYN nor FIN come with it.
    bool echoes_congestion;  ///< ECE.
    Duration echoed_rtt;     ///< By timestamps, for what was sent again; 0 if not known.
    std::span<const TcpOptions::Block> blocks;
  };
  void acknowledged(const Ack& ack, Time now);
  /// The same where nothing is missing and all is as usual, else returns false.
  bool acknowledged_smoothly(const Ack& ack, Time now);

  std::uint64_t una() const { return una_; }
  std::uint64_t next() const { return next_; }
  std::uint32_t initial() const { return initial_; }
  std::uint32_t wire(std::uint64_t position) const {
    return tcp_position::to_wire(position, initial_);
  }
  std::int64_t position_of(std::uint32_t sequence) const {
    return tcp_position::from_wire(sequence, initial_, next_);
  }
  bool is_syn_acknowledged() const { return una_ > 0; }
  bool is_fin_sent() const { return fin_ != 0; }
  bool is_fin_acknowledged() const { return fin_ != 0 && una_ > fin_; }
  /// Whether `position` acknowledges what was sent, the byte of a window probe included.
  bool may_acknowledge(std::int64_t position) const {
    return position <= static_cast<std::int64_t>(next_ + (is_probing_ ? 1 : 0));
  }
  std::uint64_t largest_window() const { return largest_window_; }

  // ----- what goes out -----

  struct Outgoing {
    std::uint64_t position;
    Message payload;
    bool is_syn = false;
    bool is_fin = false;
    bool is_push = false;
    bool is_resent = false;
    bool has_cwr = false;  ///< RFC 3168, 6.1.2: the window was reduced.
  };
  /// The next segment to be sent now, if any. Before the SYN is acknowledged only that.
  bool next_segment(Outgoing& out, Time now);
  /// Whether a full segment may go out: next_segment() knows, it has to wait, or it does so.
  enum class Full : std::uint8_t { unknown, waits, goes };
  /// Makes that `segment` if it is one of many in a row. (sender_burst.hpp)
  Full next_full(TcpSegment& segment, Time now);
  /// Whether it is worth while to ask.
  bool may_have_segment() const {
    return stream_.has_unsent() || lost_ != 0 || wants_syn_ || wants_tail_resend_ ||
           (wants_fin_ && fin_ == 0);
  }
  /// `bytes` of what was written go with it (RFC 7413).
  void send_syn(Time now, std::size_t bytes = 0);
  /// What the SYN carried was not acknowledged with it: it goes out again, which is nobody's fault.
  void resend_syn_data(Time now);
  /// A SYN and its data count as one segment that was delivered.
  void count_syn_with_data() { --delivered_segments_; }
  bool has_lost_syn() const { return lost_syn_; }
  unsigned unanswered() const { return unanswered_; }  ///< Timeouts and probes in a row.
  /// Segments in flight that end before `position` and were not known to have arrived.
  std::uint32_t segments_below(std::uint64_t position) const;
  /// When what is in flight was first sent.
  Time progress_at() const { return progress_at_; }
  void repeat_syn() { wants_syn_ = true; }  ///< At once.
  /// How long the SYN's round trip takes is not measured (but by timestamps).
  void distrust_syn() {
    if (!flight_.empty()) flight_.front().was_resent = true;
  }
  /// The SYN went out and was acknowledged without this object: by a cookie.
  void assume_syn() { una_ = next_ = 1; }
  /// When expire() is to be called; end_of_time if never.
  Time deadline() const { return deadline_; }
  /// The deadline has come. Returns false if the remote end is given up.
  bool expire(Time now);
  void wait_for_device(Time now);  ///< It takes nothing now: it will be tried again.
  /// A segment was too long for the path.
  void mss_reduced(std::uint32_t mss, Time now);

  /// An ICMP error or a mark tells of congestion (RFC 3168, 6.1.2).
  /// `flight_size`: the bytes that were on their way.
  void congestion_met(std::uint64_t flight_size, Time now);

  /// A segment ends where what was written ends now; nothing written later joins it (MSG_EOR).
  void end_record();
  /// Data up to here are urgent (RFC 9293, 3.8.5); 0 if there are none.
  std::uint64_t urgent_end = 0;
  bool is_corked : 1 = false;
  /// As if corked, until an acknowledgement comes (MSG_MORE).
  bool is_held : 1 = false;
  /// Data need not wait for the acknowledgement of the SYN (RFC 7413, 4.2).
  bool sends_early : 1 = false;
  bool is_undelayed : 1 = false;  ///< Small segments don't wait (no Nagle).

 private:
  // Here, where they fit beside those above.
  bool has_syn_data_ : 1 = false;  // which the SYN that is to be sent next carries
  bool begins_small_ : 1 = false;  // with a window of one segment
  TcpReordering reordering_;

 public:
  const TcpWindow& window() const { return window_; }
  const TcpRtt& rtt() const { return rtt_; }
  Duration timeout() const;
  std::uint64_t in_flight() const { return next_ - una_ - sacked_ - lost_; }
  Phase phase() const { return phase_; }
  void fill(TcpInfo& info, Time now) const;

 private:
  enum class Timer : std::uint8_t { none, retransmit, probe_tail, reorder, persist, cork };
  struct Repair;

  Repair& repair();
  TcpCongestion& congestion();
  Message bytes_of(std::uint64_t begin, std::uint64_t end) const;

  // Acknowledgements.
  std::uint64_t pop_acknowledged(const Ack& ack, Time now, Duration& rtt, bool& was_resent);
  void commit_probe(Time now);
  std::uint64_t take_sack(const Ack& ack, Time now);
  std::uint64_t mark_sacked(std::uint64_t begin, std::uint64_t end, Time now);
  void rack_delivered(const TcpSent& sent, Time now);
  std::uint64_t counted(std::uint64_t acked) const;
  std::uint64_t count_duplicates(const Ack& ack, bool advances, bool window_changed,
                                 std::uint64_t acked);
  void saw_reordering(std::uint64_t begin);

  // Losses.
  void find_losses(Time now);
  void find_losses_by_time(Time now);
  void find_losses_by_count();
  void doubt_next_hole();
  void mark_lost(TcpSent& sent);
  void mark_first_lost();
  void repair_step(bool advances, std::uint64_t acked, std::uint64_t delivered, Time now);
  void enter_recovery(Time now);
  void leave_recovery();
  void reduce_proportionally(std::uint64_t delivered, bool has_advanced);
  void send_tail_probe(Time now);
  void judge_tail_probe(const Ack& ack, bool advances);

  // Taking back what was done in vain (sender_undo.cpp).
  void begin_undo(Time now);
  void note_duplicate(std::uint64_t begin, std::uint64_t end);
  bool may_undo(const Ack& ack, bool advances, Time now) const;
  bool try_undo(const Ack& ack, bool advances, bool has_news, Time now);
  void undo();
  bool is_like_linux() const { return settings_->option_layout() == TcpLayout::like_linux; }
  std::uint64_t used_window() const;

  // What goes out.
  void first_segment(Outgoing& out, Time now);
  bool resend(Outgoing& out, Time now);
  void send_again(std::size_t index, Outgoing& out, Time now);
  bool send_new(Outgoing& out, Time now);
  std::size_t size_of_next(bool& is_window_limited) const;
  std::uint64_t record_end() const;
  bool may_transmit_beyond(std::size_t size) const;
  bool has_small_in_flight() const;
  void restart(Time now);
  void record(std::uint64_t begin, std::uint32_t length, Time now);
  bool goes_smoothly(Time now) const;

  // Timers.
  void arm(Time now);
  void set_timer(Timer timer, Time deadline) {
    timer_ = timer;
    deadline_ = deadline;
  }
  Duration tail_probe_time() const;
  bool retransmission_timed_out(Time now);
  bool has_given_up(Time now) const;
  Duration time_limit() const;

  const TcpSettings* settings_;
  std::unique_ptr<TcpCongestion> congestion_;  // from when it has something to decide
  std::uint64_t una_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t right_edge_ = 1;
  TcpWindow window_;
  TcpScoreboard flight_;
  TcpSendBuffer stream_;
  Time deadline_ = end_of_time;
  Time timer_base_{};   // when the retransmission timer was started
  Time progress_at_{};  // when una_ moved last, or the first of what is in flight was sent
  Time last_sent_at_{};
  TcpRtt rtt_;
  std::uint64_t fin_ = 0;             // its position, once it was sent
  std::uint64_t recover_ = 0;         // what was sent when the window gave way last
  std::uint64_t tail_probe_end_ = 0;  // what answers a probe of the tail; 0 if there is none
  std::unique_ptr<Repair> repair_;    // while something is missing
  std::uint32_t initial_;
  std::uint32_t largest_window_ = 0;
  std::uint32_t sacked_ = 0;     // bytes
  std::uint32_t lost_ = 0;       // bytes
  std::uint32_t small_end_ = 0;  // the low bits of where the last segment ended that was not full
  std::uint32_t delivered_segments_ = 0;
  Timer timer_ = Timer::none;
  Phase phase_ = Phase::open;
  std::uint8_t backoff_ = 0;
  std::uint8_t unanswered_ = 0;  // timeouts and probes in a row
  bool uses_sack_ : 1 = false;
  bool wants_fin_ : 1 = false;
  bool wants_syn_ : 1 = false;
  bool is_probing_ : 1 = false;  // a byte beyond the window is on its way
  bool wants_probe_ : 1 = false;
  bool wants_cwr_ : 1 = false;
  bool is_window_used_ : 1 = false;  // the window, not the application, holds back data
  bool must_resend_ : 1 = false;     // one segment, whatever the window says
  bool must_send_new_ : 1 = false;   // likewise
  bool wants_tail_resend_ : 1 = false;
  bool is_tail_probe_new_ : 1 = false;
  bool has_delivered_original_ : 1 = false;  // this acknowledgement: what was sent only once
  bool is_cork_over_ : 1 = false;            // what was held back has waited long enough
  bool saw_duplicate_ : 1 = false;           // a DSACK came
  bool lost_syn_ : 1 = false;
  bool has_timed_out_ : 1 = false;     // and nothing was acknowledged since
  std::uint16_t duplicates_seen_ = 0;  // DSACKs
  // Counted for TcpInfo.
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_resent_ = 0;
  std::uint32_t segments_ = 0;
  std::uint32_t resent_segments_ = 0;
};

}  // namespace elvis
