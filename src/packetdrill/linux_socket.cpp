// SPDX-License-Identifier: MIT
#include "linux_socket.hpp"

#include <algorithm>

namespace elvis::packetdrill {

namespace {

// What a buffer of the queue takes besides its bytes, and a segment when room is planned for one.
constexpr std::int64_t buffer_overhead = 1'280;
constexpr std::int64_t recent_buffer_overhead = 960;
constexpr std::int64_t segment_overhead = 320 + 320;
constexpr std::int64_t segment_record = 256;
constexpr std::int64_t least_buffer = 4'608;

constexpr std::int64_t origin_timestamping = 4;
constexpr std::int64_t origin_without_copy = 5;
constexpr std::int64_t code_copied = 1;
constexpr std::int64_t error_no_message = 42;  // ENOMSG

enum Stamped : std::uint8_t { sent, scheduled, acknowledged };

// The bytes that one buffer of the queue holds at most: whole segments, half the largest window.
std::uint64_t goal_of(TcpSocket& stream, std::uint64_t mss) {
  constexpr std::uint64_t largest = 65'215;
  constexpr std::uint64_t small_window = 536;
  const std::uint64_t window = stream.session()->connection().sender().largest_window();
  const std::uint64_t bound = window > small_window ? window / 2 : window;
  return std::max(std::min(largest, std::max<std::uint64_t>(bound, 28)) / mss * mss, mss);
}

}  // namespace

void LinuxSocket::set_buffer(std::int64_t bytes) {
  buffer_ = std::max(2 * bytes, least_buffer);
  is_chosen_ = true;
}

std::int64_t LinuxSocket::queued(const TcpInfo& info) const {
  const std::uint64_t acked = std::min(info.bytes_acked, written_);
  const auto buffers = ends_.end() - std::upper_bound(ends_.begin(), ends_.end(), acked);
  const std::int64_t overhead = is_recent_ ? recent_buffer_overhead : buffer_overhead;
  return static_cast<std::int64_t>(written_ - acked) + buffers * overhead;
}

// The buffer grows with the window, unless somebody has said how large it is.
void LinuxSocket::expand(const TcpInfo& info) {
  if (is_chosen_) return;
  std::int64_t segment = 1;
  while (segment < static_cast<std::int64_t>(info.snd_mss) + segment_overhead) segment *= 2;
  const std::int64_t segments =
      std::max<std::int64_t>({10, info.snd_cwnd, static_cast<std::int64_t>(info.reordering) + 1});
  buffer_ = std::max(buffer_, std::min(2 * segments * (segment + segment_record), most_));
}

bool LinuxSocket::has_room(const TcpInfo& info) const {
  return queued(info) < buffer_ && info.notsent_bytes < low_;
}

// What the device is handed at once: as many segments as go out within a millisecond, and at most
// half the window, so that acknowledgements come in between.
std::uint64_t LinuxSocket::packet(const TcpInfo& info) const {
  constexpr std::uint64_t largest = 65'215;
  constexpr unsigned within = 10;    // a second, divided by this power of two
  constexpr unsigned near_unit = 9;  // of the RTT, in microseconds, that allows for half as much
  constexpr unsigned bits = 31;
  const std::uint64_t mss = std::max<std::uint32_t>(info.snd_mss, 1);
  std::uint64_t bytes = largest;
  if (info.rtt != 0) {
    constexpr std::uint64_t second = 1'000'000;
    const std::uint64_t percent =
        info.snd_cwnd < info.snd_ssthresh / 2 ? setup_.slow_start_pace : setup_.later_pace;
    const std::uint64_t cwnd = std::max(info.snd_cwnd, info.unacked);
    bytes = cwnd * mss * second / info.rtt * percent / 100 >> within;
    bytes += largest >> std::min<std::uint64_t>(info.min_rtt >> near_unit, bits);
  }
  const std::uint64_t most = largest / mss;
  const std::uint64_t segments =
      std::min(std::max(std::min(bytes / mss, most), setup_.least_offloaded), most);
  return mss * std::max<std::uint64_t>(std::min<std::uint64_t>(segments, info.snd_cwnd / 2), 1);
}

// Up to where the stream has gone out. While a call writes, Linux lets one packet go for each
// buffer that is full, and everything only when half the window was written.
std::uint64_t LinuxSocket::gone_out(TcpSocket& stream, const TcpInfo& info) {
  const std::uint64_t below = written_ - std::min<std::uint64_t>(info.notsent_bytes, written_);
  const std::uint64_t half = stream.session()->connection().sender().largest_window() / 2;
  const bool is_head = ends_.size() < 2 || sent_while_ >= ends_[ends_.size() - 2];
  if (!is_writing_) {
    is_writing_ = true;
    sent_while_ = below;
    pushed_ = written_;
  } else if (written_ - pushed_ > half) {
    sent_while_ = below;
    pushed_ = written_;
  } else if (is_head) {
    sent_while_ = std::min(sent_while_ + packet(info), below);
  }
  return sent_while_;
}

// Whether there was a part of the congestion window left: when `out` had been sent, or, for recent
// kernels, when the first buffer of what was sent since last time had.
bool LinuxSocket::has_left_window(const TcpInfo& info, std::uint64_t out) const {
  std::uint64_t flying = info.unacked;
  if (is_recent_ && out > out_ && info.snd_mss != 0) {
    const auto first = std::upper_bound(ends_.begin(), ends_.end(), out_);
    const std::uint64_t later = first == ends_.end() || *first > out ? 0 : out - *first;
    flying -= std::min(flying, (later + info.snd_mss - 1) / info.snd_mss);
  }
  return flying < info.snd_cwnd;
}

std::size_t LinuxSocket::room(TcpSocket& stream, std::size_t wanted) {
  if (stream.session() == nullptr) return wanted;
  const TcpInfo info = stream.info();
  if (!is_expanded_ && stream.is_connected()) {
    is_expanded_ = true;
    expand(info);
  }
  const std::uint64_t goal = goal_of(stream, std::max<std::uint32_t>(info.snd_mss, 1));
  // What of the last buffer has not been sent yet can be filled up.
  const std::uint64_t begin = ends_.size() < 2 ? 0 : ends_[ends_.size() - 2];
  const std::uint64_t sent = gone_out(stream, info);
  if (!ends_.empty() && sent < ends_.back()) {
    const std::uint64_t filled = ends_.back() - std::max(begin, sent);
    if (filled < goal) {
      const std::uint64_t more = std::min<std::uint64_t>(goal - filled, wanted);
      ends_.back() += more;
      return more;
    }
  }
  if (!has_room(info)) {
    is_full_ = true;
    is_writing_ = false;
    out_ = written_ - std::min<std::uint64_t>(info.notsent_bytes, written_);
    return 0;
  }
  const std::uint64_t more = std::min<std::uint64_t>(goal, wanted);
  ends_.push_back(written_ + more);
  return more;
}

bool LinuxSocket::is_writable(TcpSocket& stream) {
  const TcpInfo info = stream.info();
  const std::int64_t used = queued(info);
  const bool is_ready = buffer_ - used >= used / 2 && 2 * std::uint64_t{info.notsent_bytes} < low_;
  if (!is_ready) is_full_ = true;
  return is_ready;
}

// ===== The error queue =====

void LinuxSocket::wrote_without_copy() {
  uncopied_.push_back(written_);
}

void LinuxSocket::set_stamps(TcpSocket& stream, std::int64_t bits) {
  if ((bits & stamps_have_keys) != 0 && (stamps_ & stamps_have_keys) == 0) {
    stamped_from_ = stream.session() == nullptr ? written_ : stream.info().bytes_acked;
  }
  stamps_ = bits;
}

void LinuxSocket::wrote() {
  is_writing_ = false;
  constexpr std::int64_t any = stamps_software_sends | stamps_schedules | stamps_acknowledgements;
  if ((stamps_ & any) == 0 || written_ == 0) return;
  const bool has_key = (stamps_ & stamps_have_keys) != 0;
  waiting_stamps_.push_back(
      {written_, has_key ? static_cast<std::int64_t>(written_ - 1 - stamped_from_) : 0});
}

// ===== What happens meanwhile =====

void LinuxSocket::settle(TcpSocket& stream, Time now) {
  if (stream.session() == nullptr) return;
  const TcpInfo info = stream.info();
  const std::uint64_t wakes_before = wakes_;
  if (info.bytes_received != received_ || info.state != state_) ++wakes_;
  received_ = info.bytes_received;
  state_ = info.state;

  bool has_news = false;
  while (!uncopied_.empty() && uncopied_.front() <= info.bytes_acked) {
    uncopied_.pop_front();
    const std::int64_t number = first_uncopied_++;
    Notice* const last = errors_.empty() ? nullptr : &errors_.back();
    if (last != nullptr && last->origin == origin_without_copy && last->data + 1 == number) {
      last->data = number;  // one entry for several in a row
    } else {
      errors_.push_back({.origin = origin_without_copy,
                         .code = code_copied,
                         .info = number,
                         .data = number,
                         .at = {}});
    }
    has_news = true;
  }
  const auto tell = [&](const Stamp& stamp, Stamped what) {
    errors_.push_back({.error = error_no_message,
                       .origin = origin_timestamping,
                       .info = what,
                       .data = stamp.key,
                       .at = now});
    has_news = true;
  };
  const std::uint64_t out = written_ - std::min<std::uint64_t>(info.notsent_bytes, written_);
  for (Stamp& stamp : waiting_stamps_) {
    if (stamp.is_sent || stamp.end > out) continue;
    stamp.is_sent = true;
    if ((stamps_ & stamps_schedules) != 0) tell(stamp, scheduled);
    if ((stamps_ & stamps_software_sends) != 0) tell(stamp, sent);
  }
  while (!waiting_stamps_.empty() && waiting_stamps_.front().end <= info.bytes_acked) {
    if ((stamps_ & stamps_acknowledgements) != 0) tell(waiting_stamps_.front(), acknowledged);
    waiting_stamps_.pop_front();
  }
  if (has_news) ++wakes_;

  const bool has_moved = info.bytes_acked != acked_ || (is_recent_ && out != out_);
  if (is_full_ && has_moved) {
    if (has_left_window(info, out)) expand(info);
    is_full_ = false;
    if (is_writable(stream)) ++wakes_;
  }
  out_ = out;
  acked_ = info.bytes_acked;
  if (wakes_ != wakes_before + 1 && wakes_ != wakes_before) wakes_ = wakes_before + 1;
  account(stream, info, now);
}

// What keeps the stream from going on, and for how long.
void LinuxSocket::account(TcpSocket& stream, const TcpInfo& info, Time now) {
  int holds = -1;
  const bool has_data = info.unacked != 0 || info.notsent_bytes != 0;
  if (has_data && stream.is_connected()) {
    holds = 0;
    const std::uint64_t flying = written_ - info.bytes_acked - info.notsent_bytes;
    const std::uint64_t window = std::min<std::uint64_t>(info.snd_wnd, 0xffff'ffff);
    const bool has_window = info.unacked < info.snd_cwnd;
    if (info.notsent_bytes != 0 && has_window &&
        flying + std::min(info.notsent_bytes, info.snd_mss) > window) {
      holds = 1;
    } else if (info.notsent_bytes == 0 && is_full_) {
      holds = 2;
    }
  }
  if (held_by_ >= 0) spent_[held_by_] += (now - held_since_) / std::chrono::microseconds{1};
  held_by_ = holds;
  held_since_ = now;
}

std::int64_t LinuxSocket::spent(int state, Time now) const {
  const bool goes_on = held_by_ == state;
  return spent_[state] + (goes_on ? (now - held_since_) / std::chrono::microseconds{1} : 0);
}

}  // namespace elvis::packetdrill
