// SPDX-License-Identifier: MIT
// LinuxSocket: what Linux keeps above TCP for each stream, and scripts for it look at: how much a
// send buffer takes, when it is writable again, what waits in the error queue, and for how long
// something held the stream up. The stack below knows nothing of this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "elvis/sockets/tcp_socket.hpp"
#include "setup.hpp"

namespace elvis::packetdrill {

class LinuxSocket {
 public:
  /// An entry of the error queue.
  struct Notice {
    std::int64_t error = 0;
    std::int64_t origin = 0;
    std::int64_t code = 0;
    std::int64_t info = 0;
    std::int64_t data = 0;
    std::optional<Time> at;  ///< Of a timestamp.
  };

  // Bits of SO_TIMESTAMPING.
  static constexpr std::int64_t stamps_software_sends = 1 << 1;
  static constexpr std::int64_t stamps_have_keys = 1 << 7;
  static constexpr std::int64_t stamps_schedules = 1 << 8;
  static constexpr std::int64_t stamps_acknowledgements = 1 << 9;

  explicit LinuxSocket(const Setup& setup)
      : setup_{setup},
        buffer_{setup.send_buffer},
        most_{setup.most_send_buffer},
        low_{setup.unsent_low_water},
        is_recent_{setup.has_recent_buffers} {}

  /// SO_SNDBUF; the kernel counts its own needs too.
  void set_buffer(std::int64_t bytes);
  std::int64_t buffer() const { return buffer_; }
  /// TCP_NOTSENT_LOWAT.
  void set_low_water(std::int64_t bytes) { low_ = static_cast<std::uint32_t>(bytes); }

  /// How many of `wanted` bytes are taken into one buffer of the queue now; 0: it is full.
  std::size_t room(TcpSocket& stream, std::size_t wanted);
  /// They were written.
  void took(std::size_t bytes) { written_ += bytes; }
  bool is_full() const { return is_full_; }
  /// What poll says; if it is not, somebody is waiting for it from now on.
  bool is_writable(TcpSocket& stream);

  /// `bytes` that were written last are told of when they have arrived (MSG_ZEROCOPY).
  void wrote_without_copy();
  /// SO_TIMESTAMPING: from now on bytes count from 0.
  void set_stamps(TcpSocket& stream, std::int64_t bits);
  /// A call that sends has ended.
  void wrote();
  std::deque<Notice>& errors() { return errors_; }

  /// Looks at what has happened below meanwhile.
  void settle(TcpSocket& stream, Time now);
  /// How often somebody who waits for this stream was woken.
  std::uint64_t wakes() const { return wakes_; }

  // tcp_info, in microseconds.
  std::int64_t busy(Time now) const { return spent(0, now) + spent(1, now) + spent(2, now); }
  std::int64_t limited_by_window(Time now) const { return spent(1, now); }
  std::int64_t limited_by_buffer(Time now) const { return spent(2, now); }

 private:
  struct Stamp {
    std::uint64_t end;  // of the bytes it is about
    std::int64_t key;
    bool is_sent = false;
  };

  std::int64_t queued(const TcpInfo& info) const;
  std::uint64_t gone_out(TcpSocket& stream, const TcpInfo& info);
  std::uint64_t packet(const TcpInfo& info) const;
  void expand(const TcpInfo& info);
  bool has_room(const TcpInfo& info) const;
  bool has_left_window(const TcpInfo& info, std::uint64_t out) const;
  void account(TcpSocket& stream, const TcpInfo& info, Time now);
  std::int64_t spent(int state, Time now) const;

  const Setup& setup_;
  std::int64_t buffer_;
  std::int64_t most_;
  std::uint32_t low_;
  bool is_recent_;
  bool is_chosen_ = false;  // by SO_SNDBUF
  bool is_full_ = false;    // and somebody waits for room
  bool is_expanded_ = false;
  std::uint64_t written_ = 0;
  // How much of it had been sent and acknowledged when this was looked at last.
  std::uint64_t out_ = 0;
  std::uint64_t acked_ = 0;
  std::vector<std::uint64_t> ends_;  // of the queue's buffers
  bool is_writing_ = false;          // a call is in the middle of it
  std::uint64_t sent_while_ = 0;     // what has gone out meanwhile
  std::uint64_t pushed_ = 0;         // up to where everything was to go out
  std::uint64_t wakes_ = 0;
  std::uint64_t received_ = 0;
  TcpState state_ = TcpState::closed;
  std::deque<Notice> errors_;
  std::deque<std::uint64_t> uncopied_;  // ends of writes
  std::int64_t first_uncopied_ = 0;
  std::int64_t stamps_ = 0;
  std::uint64_t stamped_from_ = 0;
  std::deque<Stamp> waiting_stamps_;
  int held_by_ = -1;  // 0: the path, 1: the window, 2: the buffer
  Time held_since_{};
  std::int64_t spent_[3] = {};
};

}  // namespace elvis::packetdrill
