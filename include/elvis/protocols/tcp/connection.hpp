// SPDX-License-Identifier: MIT
// TcpConnection: the state machine of RFC 9293 between a sender and a receiver.
//
// It has no clock and no network: segments, calls and times go in, segments, a deadline and events
// come out. After each call that may have given it something to say, take what it says:
//
//   connection.take(segment, now);
//   for (TcpSegment out; connection.next(out, now);) send(out);
//   timer.arm(connection.deadline());
//   user.tell(connection.take_events());
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "elvis/protocols/tcp/accurate_ecn.hpp"
#include "elvis/protocols/tcp/fast_open.hpp"
#include "elvis/protocols/tcp/receiver.hpp"
#include "elvis/protocols/tcp/segment.hpp"
#include "elvis/protocols/tcp/sender.hpp"
#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/protocols/tcp/tcp_info.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

/// What a connection tells whoever is above it; several bits at once.
enum TcpEvents : std::uint8_t {
  tcp_nothing = 0,
  tcp_connected = 1,  ///< Both ends have agreed.
  tcp_readable = 2,   ///< There is more to receive, or the remote end has sent its FIN.
  tcp_writable = 4,   ///< Sent data were acknowledged, so that there is more room.
  tcp_delivered = 8,  ///< All that was sent, the FIN included, has been acknowledged.
  tcp_ended = 16,     ///< The connection is over; failure() says why, if it broke.
  tcp_urgent = 32,    ///< The remote end has announced urgent data.
};

class TcpConnection {
 public:
  /// `settings` outlive it unless own_settings() was called; `initial` is the ISN; `clock_offset`
  /// is added to the timestamps (RFC 7323, 5.4); `path_mtu` is that of the way down.
  TcpConnection(const TcpSettings& settings, std::uint32_t initial, std::uint32_t clock_offset,
                std::size_t path_mtu);

  /// The window scale that `settings` ask for: the smallest by which the buffer can be told.
  static std::uint8_t scale_for(const TcpSettings& settings);

  // ----- opening -----

  /// Active open: a SYN is to be sent.
  void connect(Time now);
  /// Passive open by `syn`, which came to a listener.
  void accept(const TcpSegment& syn, Time now);
  /// Active open whose SYN has `option`, if any, and carries `data` (RFC 7413, 4.2.1), at most
  /// room_in_syn() bytes.
  void connect_fast(const std::optional<TcpOptions::FastOpen>& option, Message&& data, Time now);
  /// The bytes that fit into a SYN for somebody whose MSS was `remote_mss`; 0: nobody knows it.
  std::size_t room_in_syn(std::size_t remote_mss) const;
  /// Passive open by `syn` whose cookie was right: its data count, and others may be sent at once
  /// (RFC 7413, 4.2.2).
  void accept_fast(TcpSegment&& syn, Time now);
  /// accept(), with a cookie in the answer.
  void accept_with_cookie(const TcpSegment& syn, const TcpOptions::FastOpen& cookie, Time now);
  /// What is kept of a fast open until it has been looked at; null if it is none.
  const TcpFastOpen* fast_open() const { return fast_open_.get(); }
  void forget_fast_open() { fast_open_.reset(); }
  /// Passive open by the acknowledgement of a SYN cookie. `syn` is the SYN as far as the cookie
  /// tells; the connection is established.
  void accept_cookie(const TcpSegment& syn, Time now);

  // ----- segments -----

  /// Whether something is to be sent before `segment` is taken: an acknowledgement that waits must
  /// not speak of it, as it is the first with a mark, or the first without.
  bool settles_before(const TcpSegment& segment);
  /// A segment of this connection has arrived, its checksum right.
  void take(TcpSegment&& segment, Time now);
  /// The same for one that no congestion mark came with, if it is what nearly all segments of a
  /// stream are: the next one, and nothing else. Else returns false and leaves `segment` as it is,
  /// whose payload stands behind `header_bytes` bytes.
  bool take_usual(const TcpUsualHeader& header, Message& segment, std::size_t header_bytes,
                  Time now);
  /// Fills `segment` with the next one to be sent, whose ports, checksum and way are the caller's.
  /// Returns false if there is none for now.
  bool next(TcpSegment& segment, Time now);
  /// Of segments that differ by their place in the stream only.
  enum class Burst : std::uint8_t { none, begun, over };
  /// The same for the next full segment of a stream, whose header is that of the last one if the
  /// burst had begun. Returns false if next() has to be asked, which ends the burst, or it is over.
  bool next_alike(TcpSegment& segment, Time now, Burst& burst);
  /// Whether it is worth while to ask.
  bool may_have_segment() const {
    return receiver_.wants_ack() || sender_.may_have_segment() || wants_reset_ || wants_keep_alive_;
  }
  /// When expire() is to be called; end_of_time if never. Changes with every call.
  Time deadline() const;
  void expire(Time now);
  /// What the user should be told since the last call.
  TcpEvents take_events() {
    return static_cast<TcpEvents>(std::exchange(events_, std::uint8_t{0}));
  }

  bool has_events() const { return events_ != 0; }

  // ----- the user's calls -----

  /// Takes bytes off the front of `data`, as many as there is room for in the send buffer.
  void write(Message& data, Time now);
  /// Takes all of `data`.
  void write_all(Message&& data, Time now);
  Message read(std::size_t max);
  /// CLOSE of RFC 9293, 3.10.4: a FIN behind what was written. Reading goes on.
  void shutdown(Time now);
  /// Nobody reads any more: unread data reset the connection (RFC 9293, 3.6; RFC 2525, 2.17).
  void close(Time now);
  /// ABORT of RFC 9293, 3.10.5.
  void abort();
  /// The connection ends without a word, for a reason that came from elsewhere.
  void fail(Errc reason);
  /// Names another reason why it broke.
  void blame(Errc reason) { failure_ = reason; }
  /// What is left after this is reset.
  void set_linger(Time deadline) {
    slow_deadline_ = deadline;
    is_lingering_ = true;
  }
  void set_urgent() { sender_.urgent_end = sender_.next() + sender_.unsent_bytes(); }
  void set_cork(bool cork) { sender_.is_corked = cork; }
  void set_no_delay(bool no_delay);
  /// Holds back a segment that is not full until an acknowledgement comes, or more is written.
  void hold(bool hold) { sender_.is_held = hold; }
  /// What is written later goes into segments of its own.
  void end_record() { sender_.end_record(); }

  /// The settings, copied for this connection alone.
  TcpSettings& own_settings();
  void settings_changed(Time now);
  /// Datagrams may be no longer than this now (RFC 1191).
  void set_path_mtu(std::size_t mtu, Time now);
  std::size_t path_mtu() const { return path_mtu_; }
  /// Datagrams that arrive may be as long as this.
  void set_link_mtu(std::size_t mtu) { link_mtu_ = static_cast<std::uint16_t>(mtu); }

  // ----- look -----

  TcpState state() const { return state_; }
  bool is_over() const { return state_ == TcpState::closed; }
  /// ESTABLISHED or later.
  bool is_synchronized() const { return state_ >= TcpState::established; }
  /// Whether a cookie let it in: data may be sent though the remote end has not answered yet.
  bool is_early() const { return is_early_; }
  Errc failure() const { return failure_; }
  std::size_t readable() const { return receiver_.readable(); }
  std::size_t writable() const;
  /// Whether the remote end's FIN is all that is left to be read.
  bool is_at_end() const { return receiver_.has_finished() && receiver_.readable() == 0; }
  bool is_delivered() const {
    return sender_.una() == sender_.next() && sender_.unsent_bytes() == 0;
  }
  bool has_finished() const { return sender_.has_finished(); }
  const TcpSender& sender() const { return sender_; }
  const TcpReceiver& receiver() const { return receiver_; }
  const TcpSettings& settings() const { return *settings_; }
  TcpInfo info(Time now) const;
  /// Whether a SYN with this sequence number and these options may take the place of a connection
  /// in TIME-WAIT (RFC 9293, 3.6.1; RFC 6191).
  bool may_be_reused(const TcpSegment& syn) const;
  /// Whether a connection from this end may take its place, which has to be in TIME-WAIT for longer
  /// than `wait`; never if that is 0.
  bool may_be_replaced(Duration wait, Time now) const;
  /// Begins where `old`, whose place it takes, has ended.
  void follow(const TcpConnection& old);

 private:
  void take_in_order(TcpSegment& segment, Time now);
  void take_in_syn_sent(TcpSegment& segment, Time now);
  void take_in_time_wait(const TcpSegment& segment, std::int64_t position, Time now);
  void agree(const TcpSegment& syn);
  bool echoes_another(const TcpSegment& segment, Time now) const;
  void opened_fast(const TcpSegment& answer, Time now);
  bool passes_paws(const TcpSegment& segment, Time now) const;
  void remember_timestamp(std::uint32_t time, std::uint32_t sequence);
  Duration echoed_rtt(std::uint32_t echoed_time, Time now) const;
  bool is_acceptable(const TcpSegment& segment, std::int64_t position) const;
  void refuse(const TcpSegment& segment, std::int64_t position, Time now);
  void take_reset(std::int64_t position, Time now);
  bool take_acknowledgement(const TcpSegment& segment, std::int64_t position, Time now);
  void apply_acknowledgement(const TcpSegment& segment, std::uint64_t acknowledged,
                             std::uint64_t position, Time now);
  void apply_acknowledgement(TcpSender::Ack& ack, std::uint64_t position, Time now);
  void take_urgent(const TcpSegment& segment, std::uint64_t position);
  void take_mark(const TcpSegment& segment);
  bool wants_accurate_ecn(const TcpSegment& syn) const;
  void agree_on_ecn(const TcpSegment& answer);
  void count_arrival(const TcpSegment& segment, std::int64_t position);
  bool tells_of_marks(const TcpSegment& segment, std::uint64_t acknowledged);
  void fill_ecn_of_syn(TcpSegment& segment, bool is_resent);
  void fill_accurate_ecn(TcpSegment& segment, bool tells_of_duplicate);
  void take_data(TcpSegment& segment, std::int64_t position, Time now);
  void established();
  void fin_acknowledged(Time now);
  void fin_received(Time now);
  void enter_time_wait(Time now);
  void challenge(Time now);
  void challenge_control(Time now);
  void reply_reset(const TcpSegment& segment);
  void end(Errc failure = Errc{});
  void note(std::uint8_t events) { events_ = static_cast<std::uint8_t>(events_ | events); }

  void fill_syn(TcpSegment& segment, bool is_resent, Time now);
  bool asks_no_more() const;
  bool defers(const TcpSegment& segment) const;
  void wait_for_fin(Time now);
  void fill_acknowledgement(TcpSegment& segment, Time now);
  bool may_send_alike() const;
  void fill_reset(TcpSegment& segment, Time now);
  void expire_slowly(Time now);
  std::uint32_t timestamp(Time now) const;
  std::uint32_t payload_limit() const;
  std::uint16_t advertised_mss() const;

  TcpState state_ = TcpState::closed;
  std::uint8_t events_ = 0;
  Errc failure_{};
  std::uint8_t send_scale_ = 0;
  std::uint8_t receive_scale_ = 0;
  bool uses_timestamps_ : 1 = false;
  bool uses_window_scale_ : 1 = false;
  bool uses_ecn_ : 1 = false;           // RFC 3168
  bool uses_accurate_ecn_ : 1 = false;  // RFC 9768
  bool is_passive_ : 1 = false;         // came from LISTEN
  bool is_unread_ : 1 = false;          // nobody reads any more
  bool wants_reset_ : 1 = false;
  bool reset_has_ack_ : 1 = false;
  bool wants_keep_alive_ : 1 = false;
  bool is_lingering_ : 1 = false;  // until slow_deadline_
  bool has_seen_marks_ : 1 = false;
  bool is_early_ : 1 = false;       // RFC 7413: let in by a cookie
  bool is_deferred_ : 1 = false;    // the handshake is over, but data are waited for
  bool has_fast_data_ : 1 = false;  // data of a SYN were taken, by either end
  bool is_plain_ack_ : 1 = false;   // the acknowledgement that is due says no FIN again
  std::uint8_t keep_alives_ = 0;
  std::uint8_t challenges_left_ = 0;
  std::uint32_t clock_offset_;
  std::uint32_t recent_timestamp_ = 0;  // TS.Recent (RFC 7323, 4.3)
  std::uint32_t last_ack_sent_ = 0;     // Last.ACK.sent
  std::uint32_t reset_sequence_ = 0;
  std::uint32_t reset_acknowledgement_ = 0;
  std::uint32_t path_mtu_;
  std::uint16_t peer_mss_ = 536;
  std::uint16_t link_mtu_ = 0;  // 0: as path_mtu_
  const TcpSettings* settings_;
  Time last_received_at_{};
  Time slow_deadline_ = end_of_time;    // of TIME-WAIT, of linger, or the next keep-alive
  std::uint64_t window_update_at_ = 0;  // SND.WL1, as a position of the remote end
  std::uint32_t challenged_in_ = 0;     // the second in which challenges were counted, from 1
  std::uint32_t segments_in_ = 0;
  std::uint32_t data_segments_in_ = 0;
  std::uint32_t segments_out_ = 0;
  TcpSender sender_;
  TcpReceiver receiver_;
  std::unique_ptr<TcpSettings> own_settings_;
  std::unique_ptr<TcpFastOpen> fast_open_;        // while it opens
  std::unique_ptr<TcpAccurateEcn> accurate_ecn_;  // if both ends want it, or may
};

}  // namespace elvis
