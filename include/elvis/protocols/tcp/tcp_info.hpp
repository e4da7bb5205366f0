// SPDX-License-Identifier: MIT
// TcpInfo: what a connection is doing, in the names and units of Linux's tcp_info.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace elvis {

/// The states of RFC 9293, 3.3.2.
enum class TcpState : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
};

/// For example "SYN-SENT".
std::string_view name_of(TcpState state);

/// How a sender sees the path, as Linux names it.
enum class TcpCongestionState : std::uint8_t { open, disorder, cwr, recovery, loss };

/// Numbers of a connection, for people, tests and scripts. Times are microseconds unless they say
/// otherwise; windows of the sender are segments, as in Linux.
struct TcpInfo {
  // Bits of `options`.
  static constexpr std::uint8_t timestamps = 1;
  static constexpr std::uint8_t sack = 2;
  static constexpr std::uint8_t window_scale = 4;
  static constexpr std::uint8_t ecn = 8;
  static constexpr std::uint8_t ecn_seen = 16;
  static constexpr std::uint8_t syn_data = 32;  ///< Data of a SYN were taken (RFC 7413).

  TcpState state = TcpState::closed;
  TcpCongestionState ca_state = TcpCongestionState::open;
  std::uint8_t retransmits = 0;  ///< Timeouts in a row.
  std::uint8_t probes = 0;
  std::uint8_t backoff = 0;
  std::uint8_t options = 0;
  std::uint8_t snd_wscale = 0;
  std::uint8_t rcv_wscale = 0;

  std::uint32_t rto = 0;
  std::uint32_t ato = 0;
  std::uint32_t snd_mss = 0;
  std::uint32_t rcv_mss = 0;

  std::uint32_t unacked = 0;  ///< Segments in flight.
  std::uint32_t sacked = 0;
  std::uint32_t lost = 0;
  std::uint32_t retrans = 0;  ///< Retransmitted segments in flight.

  std::uint32_t last_data_sent = 0;  ///< Milliseconds ago.
  std::uint32_t last_data_recv = 0;  ///< Milliseconds ago.
  std::uint32_t last_ack_recv = 0;   ///< Milliseconds ago.

  std::uint32_t pmtu = 0;
  std::uint32_t rcv_ssthresh = 0;
  std::uint32_t rtt = 0;
  std::uint32_t rttvar = 0;
  std::uint32_t snd_ssthresh = 0;
  std::uint32_t snd_cwnd = 0;
  std::uint32_t advmss = 0;
  std::uint32_t reordering = 3;

  std::uint32_t rcv_rtt = 0;
  std::uint32_t rcv_space = 0;
  std::uint32_t total_retrans = 0;

  std::uint64_t bytes_acked = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t segs_out = 0;
  std::uint32_t segs_in = 0;
  std::uint32_t notsent_bytes = 0;
  std::uint32_t min_rtt = 0;
  std::uint32_t data_segs_in = 0;
  std::uint32_t data_segs_out = 0;
  std::uint32_t delivered = 0;
  std::uint32_t delivered_ce = 0;  ///< Segments that arrived marked (RFC 9768).
  std::uint32_t received_ce = 0;
  std::array<std::uint32_t, 3> delivered_bytes_by_ecn{};  ///< ECT(1), ECT(0), CE (RFC 9768).
  std::array<std::uint32_t, 3> received_bytes_by_ecn{};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_retrans = 0;
  std::uint32_t dsack_dups = 0;
  std::uint32_t reord_seen = 0;
  std::uint32_t rcv_ooopack = 0;
  std::uint32_t snd_wnd = 0;  ///< Bytes that the peer's window leaves open behind snd_una.
  std::uint32_t rcv_wnd = 0;  ///< Bytes that were offered to the peer.
};

}  // namespace elvis
