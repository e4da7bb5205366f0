// SPDX-License-Identifier: MIT
// TcpConnection: segments that go out.
#include <algorithm>
#include <utility>

#include "elvis/protocols/tcp/connection.hpp"
#include "sender_burst.hpp"

namespace elvis {

namespace {

constexpr int ecn_everywhere = 2;  // of TcpSettings::ecn_plus_plus

// Apart, so that what is done for each segment stays short.
[[gnu::noinline]] void clear(TcpOptions& options) {
  options = {};
}

}  // namespace

bool TcpConnection::next(TcpSegment& segment, Time now) {
  if (wants_reset_) {
    fill_reset(segment, now);
    return true;
  }
  if (is_over()) return false;
  if (settings_->device_is_full) [[unlikely]] {
    if (receiver_.wants_ack()) receiver_.acknowledged();  // which is lost
    sender_.wait_for_device(now);
    return false;
  }
  TcpSender::Outgoing out{};
  if (sender_.may_have_segment() && sender_.next_segment(out, now)) {
    segment.flags = 0;
    segment.urgent = 0;
    segment.sequence = sender_.wire(out.position);
    segment.payload = std::move(out.payload);
    if (out.is_syn) {
      if (is_deferred_ && sender_.unanswered() < settings_->deferred_accept) return false;
      ++segments_out_;
      fill_syn(segment, out.is_resent, now);
      return true;
    }
    ++segments_out_;
    if (out.is_push) segment.flags |= TcpHeader::psh;
    if (settings_->option_layout() == TcpLayout::like_linux && !segment.payload.empty()) {
      receiver_.answered_at(now, *settings_);
    }
    if (out.is_fin) segment.flags |= TcpHeader::fin;
    if (uses_ecn_) {
      if (out.has_cwr) segment.flags |= TcpHeader::cwr;
      // RFC 3168, 6.1.5: what is sent again must not hide a loss from the marks.
      segment.is_ecn_capable = (!out.is_resent && !segment.payload.empty()) ||
                               settings_->ecn_plus_plus == ecn_everywhere;
    }
    if (sender_.urgent_end > out.position && sender_.urgent_end - out.position <= 65'535) {
      segment.flags |= TcpHeader::urg;
      segment.urgent = static_cast<std::uint16_t>(sender_.urgent_end - out.position);
    }
    fill_acknowledgement(segment, now);
    // FreeBSD marks as RFC 3168 has it, whatever is counted.
    if (uses_accurate_ecn_ && settings_->option_layout() == TcpLayout::like_freebsd) {
      segment.is_ecn_capable = !out.is_resent && !segment.payload.empty();
    }
    return true;
  }
  if (state_ == TcpState::syn_sent || (!receiver_.wants_ack() && !wants_keep_alive_)) return false;
  ++segments_out_;
  segment.flags = 0;
  segment.urgent = 0;
  segment.payload.clear();
  segment.is_ecn_capable = uses_ecn_ && settings_->ecn_plus_plus == ecn_everywhere;
  segment.sequence = sender_.wire(sender_.next());
  if (wants_keep_alive_) --segment.sequence;  // RFC 9293, 3.8.4: one that must be answered
  if (settings_->option_layout() == TcpLayout::like_freebsd && sender_.is_fin_sent() &&
      !sender_.is_fin_acknowledged() && !is_plain_ack_) {
    --segment.sequence;  // FreeBSD says its FIN again until it was acknowledged
    segment.flags = TcpHeader::fin;
  }
  is_plain_ack_ = false;
  wants_keep_alive_ = false;
  fill_acknowledgement(segment, now);
  return true;
}

// Whether the headers of new data depend on what all of them have in common alone.
[[gnu::always_inline]] inline bool TcpConnection::may_send_alike() const {
  return state_ == TcpState::established && !wants_reset_ && !uses_accurate_ecn_ &&
         settings_->option_layout() == TcpLayout{} && !receiver_.has_news_of_gaps() &&
         receiver_.memory() == nullptr && sender_.urgent_end <= sender_.next() &&
         !settings_->device_is_full;
}

bool TcpConnection::next_alike(TcpSegment& segment, Time now, Burst& burst) {
  if (burst == Burst::none && !may_send_alike()) return false;
  switch (sender_.next_full(segment, now)) {
    case TcpSender::Full::unknown:
      burst = Burst::none;
      return false;
    case TcpSender::Full::waits:
      burst = receiver_.wants_ack() || wants_keep_alive_ ? Burst::none : Burst::over;
      return false;
    case TcpSender::Full::goes:
      break;
  }
  ++segments_out_;
  if (burst == Burst::begun) return true;
  burst = Burst::begun;
  segment.flags = 0;
  segment.urgent = 0;
  segment.is_ecn_capable = uses_ecn_;
  fill_acknowledgement(segment, now);
  return true;
}

void TcpConnection::fill_syn(TcpSegment& segment, bool is_resent, Time now) {
  const bool is_answer = state_ != TcpState::syn_sent;
  segment.flags = TcpHeader::syn;
  segment.is_ecn_capable = false;
  TcpOptions& options = segment.options;
  options = {};
  if (!settings_->plain_syns) options.mss = advertised_mss();
  if (is_answer && settings_->repeats_mss && peer_mss_ < options.mss) {
    options.mss = static_cast<std::uint16_t>(peer_mss_);
  }
  if (!is_answer && settings_->option_layout() == TcpLayout::like_linux) {
    // Linux says less once it has learnt that the path is narrow.
    options.mss = static_cast<std::uint16_t>(std::min<std::uint32_t>(options.mss, path_mtu_ - 40));
  }
  // What both ends open at once with is answered like any other SYN (RFC 7323, 2.2). Linux says all
  // that its own SYN said.
  const bool repeats = settings_->option_layout() == TcpLayout::like_linux && !is_passive_;
  const bool agrees = is_answer && !repeats;
  const bool asks = !agrees && !asks_no_more();
  options.sack_permitted = agrees ? sender_.uses_sack() : asks && settings_->sack;
  if (agrees ? uses_window_scale_ : asks && settings_->window_scale) {
    options.window_scale = scale_for(*settings_);
  }
  if (agrees ? uses_timestamps_ : asks && settings_->timestamps) {
    // 0 before anything was seen, but see follow() (RFC 7323, 3.2).
    options.timestamps = {.value = timestamp(now), .echo = recent_timestamp_};
  }
  segment.window =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(settings_->receive_buffer, 65'535));
  if (settings_->receive_memory != 0) {
    const std::uint32_t carried = advertised_mss() - (is_answer && uses_timestamps_ ? 12 : 0);
    segment.window = static_cast<std::uint16_t>(
        TcpReceiveMemory::first_window(settings_->receive_memory, carried));
  }
  if (is_early_) segment.window = receiver_.advertise_in_syn();
  // RFC 7413, 4.2.1: what is sent again is a usual SYN.
  if (fast_open_ != nullptr && !is_resent && (!is_answer || is_passive_)) {
    options.fast_open = fast_open_->option;
  }
  segment.acknowledgement = 0;
  if (is_answer) {
    segment.flags |= TcpHeader::ack;
    segment.acknowledgement = last_ack_sent_ = receiver_.acknowledgement();
    receiver_.acknowledged();
  }
  fill_ecn_of_syn(segment, is_resent);
}

// Whether options may be what the SYN is lost for: FreeBSD leaves them out in the end.
bool TcpConnection::asks_no_more() const {
  const std::uint64_t most = settings_->syns_with_options;
  return settings_->plain_syns || (most != 0 && sender_.unanswered() >= most);
}

void TcpConnection::fill_acknowledgement(TcpSegment& segment, Time now) {
  segment.flags |= TcpHeader::ack;
  segment.acknowledgement = last_ack_sent_ = receiver_.acknowledgement();
  segment.window =
      receiver_.advertise(receive_scale_, settings_->option_layout() == TcpLayout::like_freebsd,
                          settings_->rounds_windows_down);
  TcpOptions& options = segment.options;
  if (options.mss != 0) [[unlikely]]
    clear(options);  // it was a SYN, which alone has others than these
  options.timestamps.reset();
  options.block_count = 0;
  if (uses_timestamps_) options.timestamps = {.value = timestamp(now), .echo = recent_timestamp_};
  if (sender_.uses_sack() && receiver_.has_news_of_gaps()) {
    if (uses_accurate_ecn_) accurate_ecn_->sent_with_duplicate = receiver_.has_duplicate();
    receiver_.report_sack(options);
    // What the blocks take must still fit the path beside the data.
    constexpr std::size_t headers = 40;
    const std::size_t room = path_mtu_ - headers - (uses_timestamps_ ? 12 : 0);
    while (options.block_count > 0 &&
           segment.payload.size() + 4 + 8 * std::size_t{options.block_count} > room) {
      --options.block_count;
    }
  }
  if (receiver_.echoes_congestion) segment.flags |= TcpHeader::ece;
  if (uses_accurate_ecn_) [[unlikely]]
    fill_accurate_ecn(segment, options.block_count != 0 && accurate_ecn_->sent_with_duplicate);
  receiver_.acknowledged();
}

void TcpConnection::fill_reset(TcpSegment& segment, Time now) {
  wants_reset_ = false;
  ++segments_out_;
  segment = {};
  segment.sequence = reset_sequence_;
  segment.flags = TcpHeader::rst;
  if (!reset_has_ack_) return;
  segment.flags |= TcpHeader::ack;
  segment.acknowledgement = reset_acknowledgement_;
  // Linux has none to tell where the number is not of the conversation (RFC 9293, 3.10.7.1).
  if (settings_->option_layout() == TcpLayout::like_linux && reset_sequence_ != 0) {
    segment.window = is_early_ ? receiver_.advertise_in_syn() : receiver_.advertise(receive_scale_);
  }
  // RFC 7323, 3.2: resets of a conversation that has timestamps carry them too.
  if (uses_timestamps_) {
    segment.options.timestamps = {.value = timestamp(now), .echo = recent_timestamp_};
  }
}

}  // namespace elvis
