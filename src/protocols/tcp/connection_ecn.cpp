// SPDX-License-Identifier: MIT
// TcpConnection: what both ends agree on about ECN (RFC 3168, RFC 9768), and what they count.
#include <algorithm>

#include "elvis/protocols/tcp/connection.hpp"

namespace elvis {

// RFC 9768, 3.1.2 and 3.1.3: any flags that mean nothing else, for what may come later.
bool TcpConnection::wants_accurate_ecn(const TcpSegment& syn) const {
  constexpr std::uint8_t classic = 3;
  const std::uint8_t number = TcpAccurateEcn::number_in(syn.flags);
  return settings_->accurate_ecn && number != 0 && number != classic;
}

// The answer to our SYN (RFC 9768, 3.1.2, table 2; RFC 3168, 6.1.1).
void TcpConnection::agree_on_ecn(const TcpSegment& answer) {
  if (accurate_ecn_ == nullptr) {
    uses_ecn_ = settings_->wants_ecn() && answer.has(TcpHeader::ece) && !answer.has(TcpHeader::cwr);
    return;
  }
  switch (TcpAccurateEcn::number_in(answer.flags)) {
    case 0:  // it has no ECN,
    case 7:  // or only says again what it was told
      return accurate_ecn_.reset();
    case 1:
      accurate_ecn_.reset();
      uses_ecn_ = true;
      return;
    default:  // also what is reserved (3.1.3): as if our SYN had arrived unchanged
      uses_accurate_ecn_ = true;
      accurate_ecn_->take_answer(answer, settings_->checks_ecn_path);
      return sender_.set_mss(payload_limit());
  }
}

void TcpConnection::fill_ecn_of_syn(TcpSegment& segment, bool is_resent) {
  constexpr std::uint8_t attempts = 2;  // RFC 9768, 3.1.4: then the path may be what is against it
  if (accurate_ecn_ != nullptr) {
    TcpAccurateEcn& ecn = *accurate_ecn_;
    if (ecn.syns < attempts + 1) ++ecn.syns;
    if (ecn.syns > attempts) return;
    if (!uses_accurate_ecn_) {
      segment.flags |= TcpHeader::ae | TcpHeader::cwr | TcpHeader::ece;
      return;
    }
    segment.flags |= TcpAccurateEcn::reflection_of(ecn.syn_arrived_as);
    if (ecn.syns == 1 && settings_->accurate_ecn_option != 0) ecn.fill(segment.options, true);
    return;
  }
  if (state_ != TcpState::syn_sent) {
    if (uses_ecn_) segment.flags |= TcpHeader::ece;
    segment.is_ecn_capable = uses_ecn_ && settings_->ecn_plus_plus > 0;
  } else if (settings_->wants_ecn() &&
             (!is_resent || sender_.unanswered() <= settings_->ecn_syn_retries)) {
    // RFC 3168, 6.1.1.1: perhaps it was lost because of that.
    segment.flags |= TcpHeader::ece | TcpHeader::cwr;
    segment.is_ecn_capable = settings_->ecn_plus_plus > 1;
  }
}

// RFC 9768, 3.2.2 and 3.2.3: what is ours, be it for the second time.
void TcpConnection::count_arrival(const TcpSegment& segment, std::int64_t position) {
  TcpAccurateEcn& ecn = *accurate_ecn_;
  if (segment.has(TcpHeader::syn | TcpHeader::ack) && position == 0 && !is_passive_) {
    ecn.syn_arrived_as = segment.ecn;  // the answer to our SYN, once more
    ecn.reflects_next = true;
    return;
  }
  const auto next = static_cast<std::int64_t>(receiver_.next());
  const std::int64_t end = position + segment.length();
  if (!is_acceptable(segment, position) && (position < 1 || end > next)) return;
  if (segment.met_congestion()) has_seen_marks_ = true;
  if (ecn.arrived(segment.ecn, segment.payload.size())) receiver_.acknowledge_now();
  // Who sends the same again and again does not hear what has the option (RFC 9768, 3.2.3.2.2).
  const bool is_known = !segment.payload.empty() && end <= next;
  if (is_known && ecn.sent_with_duplicate &&
      receiver_.last_duplicate() == static_cast<std::uint64_t>(position)) {
    ecn.loses_option = true;
  }
}

// Whether more segments have arrived marked than was known before.
bool TcpConnection::tells_of_marks(const TcpSegment& segment, std::uint64_t acknowledged) {
  if (state_ == TcpState::syn_received) return false;
  const bool is_newer =
      uses_timestamps_ && segment.options.timestamps &&
      static_cast<std::int32_t>(segment.options.timestamps->value - recent_timestamp_) > 0;
  const std::uint64_t una = sender_.una();
  const bool is_news = acknowledged > una || segment.options.block_count != 0 || is_newer;
  const bool had_seen_option = accurate_ecn_->has_seen_option;
  const std::uint32_t marks =
      accurate_ecn_->told(segment, {.segments = sender_.segments_below(acknowledged),
                                    .bytes = acknowledged > una ? acknowledged - una : 0,
                                    .mss = sender_.mss(),
                                    .is_news = is_news});
  if (accurate_ecn_->has_seen_option != had_seen_option) sender_.change_mss(payload_limit());
  return marks != 0;
}

// The flags and, if there is room, the option of whatever goes out (RFC 9768, 3.2.2, 3.2.3).
void TcpConnection::fill_accurate_ecn(TcpSegment& segment, bool tells_of_duplicate) {
  TcpAccurateEcn& ecn = *accurate_ecn_;
  segment.options.accurate_ecn.reset();
  const bool is_like_freebsd = settings_->option_layout() == TcpLayout::like_freebsd;
  const bool is_like_linux = settings_->option_layout() == TcpLayout::like_linux;
  segment.is_ecn_capable = !ecn.hides_capability && !is_like_freebsd;
  if (state_ == TcpState::time_wait && (is_like_freebsd || (is_like_linux && is_unread_))) {
    return;  // these remember no counters then
  }
  if (ecn.reflects_next && segment.payload.empty()) {
    segment.flags |= TcpAccurateEcn::reflection_of(ecn.syn_arrived_as);
  } else {
    segment.flags |= ecn.counter_flags();
  }
  ecn.reflects_next = ecn.sent_with_duplicate = false;
  const int often = settings_->accurate_ecn_option;
  if (often == 0 || !ecn.has_seen_option || ecn.loses_option) return;
  if (often == 1 && !ecn.has_news()) return;
  constexpr std::size_t headers = 40;
  constexpr std::size_t largest_option = 12;
  const std::size_t options =
      (uses_timestamps_ ? 12U : 0U) +
      (segment.options.block_count == 0 ? 0U : 4U + 8U * std::size_t{segment.options.block_count});
  // What it takes must still fit the path beside the data.
  if (headers + options + largest_option + segment.payload.size() > path_mtu_) return;
  ecn.fill(segment.options, false);
  ecn.sent_with_duplicate = tells_of_duplicate && segment.options.accurate_ecn.has_value();
}

}  // namespace elvis
