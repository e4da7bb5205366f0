// SPDX-License-Identifier: MIT
// TcpConnection: the user's calls, states and timers.
#include "elvis/protocols/tcp/connection.hpp"

#include <algorithm>
#include <utility>

namespace elvis {

std::string_view name_of(TcpState state) {
  switch (state) {
    case TcpState::closed:
      return "CLOSED";
    case TcpState::listen:
      return "LISTEN";
    case TcpState::syn_sent:
      return "SYN-SENT";
    case TcpState::syn_received:
      return "SYN-RECEIVED";
    case TcpState::established:
      return "ESTABLISHED";
    case TcpState::fin_wait_1:
      return "FIN-WAIT-1";
    case TcpState::fin_wait_2:
      return "FIN-WAIT-2";
    case TcpState::close_wait:
      return "CLOSE-WAIT";
    case TcpState::closing:
      return "CLOSING";
    case TcpState::last_ack:
      return "LAST-ACK";
    case TcpState::time_wait:
      return "TIME-WAIT";
  }
  return "?";
}

TcpConnection::TcpConnection(const TcpSettings& settings, std::uint32_t initial,
                             std::uint32_t clock_offset, std::size_t path_mtu)
    : clock_offset_{clock_offset},
      path_mtu_{static_cast<std::uint32_t>(path_mtu)},
      settings_{&settings},
      sender_{settings, initial} {}

// ===== TcpConnection: opening =====

void TcpConnection::connect(Time now) {
  state_ = TcpState::syn_sent;
  if (settings_->accurate_ecn) accurate_ecn_ = std::make_unique<TcpAccurateEcn>();
  last_received_at_ = now;
  sender_.send_syn(now);
}

void TcpConnection::accept(const TcpSegment& syn, Time now) {
  is_passive_ = true;
  state_ = TcpState::syn_received;
  last_received_at_ = now;
  agree(syn);
  // RFC 3168, 6.1.1: both ends must want it.
  if (wants_accurate_ecn(syn)) {
    uses_accurate_ecn_ = true;
    accurate_ecn_ = std::make_unique<TcpAccurateEcn>();
    accurate_ecn_->syn_arrived_as = syn.ecn;
  } else {
    uses_ecn_ = settings_->wants_ecn() && syn.has(TcpHeader::ece | TcpHeader::cwr);
  }
  sender_.send_syn(now);
}

void TcpConnection::connect_fast(const std::optional<TcpOptions::FastOpen>& option, Message&& data,
                                 Time now) {
  fast_open_ = std::make_unique<TcpFastOpen>();
  fast_open_->option = option;
  fast_open_->has_data = !data.empty();
  if (settings_->accurate_ecn) accurate_ecn_ = std::make_unique<TcpAccurateEcn>();
  state_ = TcpState::syn_sent;
  last_received_at_ = now;
  const std::size_t bytes = data.size();
  write_all(std::move(data), now);
  sender_.send_syn(now, bytes);
}

// RFC 7413, 4.2.1: as the remote end's MSS was last time, with room for all options that there are.
std::size_t TcpConnection::room_in_syn(std::size_t remote_mss) const {
  constexpr std::size_t unknown = 536;  // RFC 9293, 3.7.1
  const bool is_like_linux = settings_->option_layout() == TcpLayout::like_linux;
  std::size_t most = advertised_mss();
  most = std::min<std::size_t>(most, path_mtu_ - 40);
  if (remote_mss != 0 || !is_like_linux) {
    most = std::min(most, remote_mss == 0 ? unknown : remote_mss);
  }
  return most > TcpOptions::max_size ? most - TcpOptions::max_size : 0;
}

void TcpConnection::accept_fast(TcpSegment&& syn, Time now) {
  accept(syn, now);
  is_early_ = sender_.sends_early = true;
  sender_.start_window();
  note(tcp_connected | tcp_writable);
  if (syn.payload.empty()) return;
  has_fast_data_ = true;
  receiver_.take(1, std::move(syn.payload), false, *settings_, now);
  note(tcp_readable);
}

void TcpConnection::accept_with_cookie(const TcpSegment& syn, const TcpOptions::FastOpen& cookie,
                                       Time now) {
  accept(syn, now);
  fast_open_ = std::make_unique<TcpFastOpen>();
  fast_open_->option = cookie;
}

void TcpConnection::accept_cookie(const TcpSegment& syn, Time now) {
  is_passive_ = true;
  last_received_at_ = now;
  agree(syn);
  sender_.assume_syn();
  last_ack_sent_ = receiver_.acknowledgement();
  established();
}

// Both ends' options meet (RFC 9293, 3.7.1; RFC 7323, 1.3; RFC 2018, 2).
void TcpConnection::agree(const TcpSegment& syn) {
  const TcpOptions& options = syn.options;
  constexpr std::uint16_t default_mss = 536;
  constexpr std::uint8_t largest_scale = 14;
  peer_mss_ = options.mss != 0 ? options.mss : default_mss;
  const bool may_agree = !settings_->plain_syns;
  uses_timestamps_ = may_agree && settings_->timestamps && options.timestamps.has_value();
  if (uses_timestamps_) recent_timestamp_ = options.timestamps->value;
  uses_window_scale_ = may_agree && settings_->window_scale && options.window_scale.has_value();
  if (uses_window_scale_) {
    send_scale_ = std::min(*options.window_scale, largest_scale);
    receive_scale_ = scale_for(*settings_);
  }
  if (may_agree && settings_->sack && options.sack_permitted) sender_.use_sack();
  std::uint64_t buffer = settings_->receive_buffer;
  std::uint32_t mss = advertised_mss();
  if (settings_->option_layout() == TcpLayout::like_freebsd) {
    // FreeBSD has one for both directions, and makes the buffer a multiple of it.
    mss = std::min<std::uint32_t>(peer_mss_, mss);
    if (mss != 0 && buffer > mss) buffer = (buffer + mss - 1) / mss * mss;
  }
  if (settings_->receive_memory != 0) {
    receiver_.count_memory(std::make_unique<TcpReceiveMemory>(
        *settings_, advertised_mss(), receive_scale_, bool{uses_timestamps_}, sender_.uses_sack()));
    receiver_.memory()->is_owned = !is_passive_;
  }
  receiver_.begin(syn.sequence, buffer, mss, settings_->quick_acks,
                  settings_->option_layout() == TcpLayout::like_freebsd);
  if (settings_->auto_tune) {
    receiver_.auto_tune_limit =
        static_cast<std::uint32_t>(settings_->tuned(settings_->receive_buffer));
  }
  sender_.set_mss(payload_limit());
  sender_.set_peer_window(syn.window);
  window_update_at_ = 0;
}

std::uint8_t TcpConnection::scale_for(const TcpSettings& settings) {
  constexpr std::uint8_t largest = 14;
  const std::uint64_t own =
      settings.auto_tune ? settings.tuned(settings.receive_buffer) : settings.receive_buffer;
  const std::uint64_t most = std::max(own, settings.largest_receive_buffer);
  std::uint8_t scale = 0;
  while (scale < largest && (std::uint64_t{65'535} << scale) < most) ++scale;
  return scale;
}

std::uint16_t TcpConnection::advertised_mss() const {
  constexpr std::uint64_t headers = 40;
  // RFC 9293, 3.7.1: of what can be received; how large the path is says nothing of that.
  const std::uint32_t mtu = link_mtu_ != 0 ? link_mtu_ : path_mtu_;
  const std::uint64_t fits = std::min<std::uint64_t>(mtu - headers, 65'495);
  return static_cast<std::uint16_t>(settings_->mss == 0 ? fits : std::min(fits, settings_->mss));
}

// Bytes that a segment carries at most (RFC 9293, 3.7.1: less what options take).
std::uint32_t TcpConnection::payload_limit() const {
  constexpr std::uint32_t headers = 40;
  const std::uint32_t most =
      std::min<std::uint32_t>({peer_mss_, advertised_mss(), path_mtu_ - headers});
  std::uint32_t options = uses_timestamps_ ? 12 : 0;
  constexpr int whenever_there_is_room = 2;
  if (uses_accurate_ecn_ && accurate_ecn_->has_seen_option &&
      settings_->accurate_ecn_option == whenever_there_is_room) {
    options += 12;
  }
  return std::max(most, options + 8) - options;
}

void TcpConnection::established() {
  state_ = TcpState::established;
  if (!is_early_) sender_.start_window();
  slow_deadline_ = settings_->keep_alive
                       ? add_saturated(last_received_at_, settings_->keep_alive_time)
                       : end_of_time;
  note(tcp_connected | tcp_writable);
  if (receiver_.take_held(*settings_, last_received_at_)) note(tcp_readable);
}

// ===== TcpConnection: the user's calls =====

std::size_t TcpConnection::writable() const {
  const std::size_t used = sender_.unacknowledged_bytes();
  std::size_t buffer = settings_->send_buffer;
  // With tuning, twice the window may wait, so that the window is never without data.
  if (settings_->auto_tune) {
    buffer = std::min<std::size_t>(std::max<std::size_t>(buffer, 2 * sender_.window().bytes),
                                   settings_->tuned(buffer));
  }
  return used >= buffer ? 0 : buffer - used;
}

void TcpConnection::write(Message& data, Time now) {
  const std::size_t room = writable();
  if (room == 0 || data.empty()) return;
  if (room >= data.size()) {
    write_all(std::exchange(data, Message{}), now);
  } else {
    write_all(data.cut(room), now);
  }
}

void TcpConnection::write_all(Message&& data, Time) {
  data.set_verified(false);
  sender_.write(std::move(data));
}

Message TcpConnection::read(std::size_t max) {
  Message taken = receiver_.read(max);
  if (is_synchronized() && receiver_.wants_window_update(receive_scale_))
    receiver_.acknowledge_now();
  return taken;
}

void TcpConnection::shutdown(Time) {
  if (sender_.has_finished()) return;
  switch (state_) {
    case TcpState::syn_sent:  // RFC 9293, 3.10.4
      return end();
    case TcpState::syn_received:  // the FIN follows when it is established
      sender_.finish();
      return;
    case TcpState::established:
      sender_.finish();
      state_ = TcpState::fin_wait_1;
      return;
    case TcpState::close_wait:
      sender_.finish();
      state_ = TcpState::last_ack;
      return;
    default:
      return;
  }
}

void TcpConnection::close(Time now) {
  if (is_over() || is_unread_) return;
  is_unread_ = true;
  // RFC 2525, 2.17: the remote end must not believe that its data were read.
  const bool is_like_freebsd = settings_->option_layout() == TcpLayout::like_freebsd;
  if (receiver_.readable() != 0 && !is_like_freebsd) return abort();
  shutdown(now);
  if (state_ == TcpState::fin_wait_2) wait_for_fin(now);
}

// RFC 9293, 3.10.4 sets no limit; but nobody is left who could give up.
void TcpConnection::wait_for_fin(Time now) {
  const Duration limit = settings_->fin_timeout;
  slow_deadline_ = add_saturated(now, limit > Duration{} ? limit : 2 * settings_->msl);
}

void TcpConnection::abort() {
  if (is_over()) return;
  // RFC 9293, 3.10.5: not before there is somebody to tell, nor in the last states.
  if (state_ >= TcpState::syn_received && state_ != TcpState::time_wait) {
    wants_reset_ = true;
    reset_has_ack_ = true;
    reset_sequence_ = sender_.wire(sender_.next());
    reset_acknowledgement_ = receiver_.acknowledgement();
  }
  end();
}

void TcpConnection::fail(Errc reason) {
  if (!is_over()) end(reason);
}

void TcpConnection::end(Errc failure) {
  state_ = TcpState::closed;
  failure_ = failure;
  slow_deadline_ = end_of_time;
  note(tcp_ended);
}

TcpSettings& TcpConnection::own_settings() {
  if (own_settings_ == nullptr) {
    own_settings_ = std::make_unique<TcpSettings>(*settings_);
    own_settings_->no_delay = sender_.is_undelayed;
    settings_ = own_settings_.get();
    sender_.set_settings(*settings_);
  }
  return *own_settings_;
}

// What servers set for all their connections is no reason to give each a copy of all settings.
void TcpConnection::set_no_delay(bool no_delay) {
  if (own_settings_ != nullptr) own_settings_->no_delay = no_delay;
  sender_.is_undelayed = no_delay;
}

void TcpConnection::settings_changed(Time now) {
  if (uses_accurate_ecn_) sender_.change_mss(payload_limit());
  if (receiver_.memory() != nullptr) {
    if (settings_->most_receive_memory == 0) {
      receiver_.memory()->set_limit(settings_->receive_memory);
    }
  } else if (receiver_.next() != 0) {
    receiver_.set_buffer(settings_->receive_buffer);
    if (is_synchronized() && receiver_.wants_window_update(receive_scale_))
      receiver_.acknowledge_now();
  }
  if (state_ != TcpState::time_wait && state_ != TcpState::fin_wait_2 && is_synchronized()) {
    slow_deadline_ =
        settings_->keep_alive
            ? std::max(now, add_saturated(last_received_at_, settings_->keep_alive_time))
            : end_of_time;
  }
  sender_.settings_changed(now);
}

void TcpConnection::set_path_mtu(std::size_t mtu, Time now) {
  constexpr std::size_t least = 68;
  path_mtu_ = static_cast<std::uint32_t>(std::max(mtu, least));
  if (receiver_.next() != 0) {
    sender_.mss_reduced(payload_limit(), now);
  } else if (fast_open_ != nullptr && fast_open_->has_data && state_ == TcpState::syn_sent) {
    sender_.resend_syn_data(now);  // the SYN was too long: it goes alone
  }
}

// ===== TcpConnection: time =====

Time TcpConnection::deadline() const {
  if (is_over()) return end_of_time;
  return std::min(std::min(sender_.deadline(), receiver_.ack_deadline()), slow_deadline_);
}

void TcpConnection::expire(Time now) {
  if (is_over()) return;
  if (now >= receiver_.ack_deadline()) receiver_.acknowledge_now();
  if (now >= slow_deadline_) expire_slowly(now);
  if (!is_over() && now >= sender_.deadline() && !sender_.expire(now)) end(Errc::timed_out);
}

// TIME-WAIT, a FIN that does not come, or silence.
void TcpConnection::expire_slowly(Time now) {
  if (state_ == TcpState::time_wait || state_ == TcpState::fin_wait_2) return end();
  if (is_lingering_) return abort();
  const Time due = add_saturated(last_received_at_, settings_->keep_alive_time);
  if (now < due) {
    keep_alives_ = 0;
    slow_deadline_ = due;
    return;
  }
  // RFC 9293, 3.8.4: after several unanswered ones the remote end is dead.
  if (keep_alives_ >= settings_->keep_alive_probes) {
    abort();
    failure_ = Errc::timed_out;
    return;
  }
  ++keep_alives_;
  wants_keep_alive_ = sender_.una() == sender_.next();
  slow_deadline_ = add_saturated(now, settings_->keep_alive_interval);
}

std::uint32_t TcpConnection::timestamp(Time now) const {
  return static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000'000) + clock_offset_;
}

TcpInfo TcpConnection::info(Time now) const {
  TcpInfo info;
  const auto milliseconds = [](Duration duration) {
    return static_cast<std::uint32_t>(duration.count() / 1'000'000);
  };
  sender_.fill(info, now);
  info.state = state_;
  const auto option = [&info](bool is_used, std::uint8_t bit) {
    if (is_used) info.options = static_cast<std::uint8_t>(info.options | bit);
  };
  option(uses_timestamps_, TcpInfo::timestamps);
  option(sender_.uses_sack(), TcpInfo::sack);
  option(uses_window_scale_, TcpInfo::window_scale);
  option(uses_ecn_ || uses_accurate_ecn_, TcpInfo::ecn);
  option(has_seen_marks_, TcpInfo::ecn_seen);
  option(has_fast_data_, TcpInfo::syn_data);
  info.snd_wscale = send_scale_;
  info.rcv_wscale = receive_scale_;
  info.ato = static_cast<std::uint32_t>(settings_->ack_delay.count() / 1'000);
  info.rcv_mss = receiver_.largest_segment();
  info.last_data_recv = milliseconds(now - last_received_at_);
  info.last_ack_recv = milliseconds(now - last_received_at_);
  info.pmtu = path_mtu_;
  info.rcv_ssthresh = static_cast<std::uint32_t>(receiver_.buffer());
  info.advmss = advertised_mss();
  info.rcv_space = static_cast<std::uint32_t>(receiver_.buffer());
  info.bytes_received = receiver_.bytes_received();
  if (accurate_ecn_ != nullptr) {
    info.delivered_ce = accurate_ecn_->delivered_marks();
    info.received_ce = accurate_ecn_->received_marks();
    info.delivered_bytes_by_ecn = {accurate_ecn_->delivered_bytes(1),
                                   accurate_ecn_->delivered_bytes(2),
                                   accurate_ecn_->delivered_bytes(3)};
    info.received_bytes_by_ecn = {accurate_ecn_->received_bytes(1),
                                  accurate_ecn_->received_bytes(2),
                                  accurate_ecn_->received_bytes(3)};
  }
  info.segs_out = segments_out_;
  info.segs_in = segments_in_;
  info.data_segs_in = data_segments_in_;
  info.rcv_ooopack = receiver_.out_of_order();
  info.rcv_wnd = static_cast<std::uint32_t>(receiver_.window());
  if (receiver_.memory() != nullptr) {
    info.rcv_wnd = receiver_.memory()->offered();
    info.rcv_ssthresh = receiver_.memory()->threshold();
  }
  return info;
}

}  // namespace elvis
