// SPDX-License-Identifier: MIT
// TcpSettings: the arguments of `[Protocol name='TCP']`, shared by all connections of a machine.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "elvis/graph/options.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/tcp_options.hpp"

namespace elvis {

/// Which ends open fast: bits of TcpSettings::fast_open.
enum TcpFastOpenUse : std::uint8_t { tcp_fast_open_client = 1, tcp_fast_open_server = 2 };

/// The defaults hold where a person says nothing else.
class TcpSettings final : public Options {
 public:
  static constexpr std::uint64_t chosen = ~std::uint64_t{0};

  int congestion = 0;              ///< Place in congestion_kinds(); 0 is CUBIC.
  bool sack = true;                ///< RFC 2018.
  bool rack = true;                ///< RFC 8985 with SACK; else losses are found as RFC 6675 does.
  bool timestamps = true;          ///< RFC 7323.
  bool strict_timestamps = true;   ///< Segments without those agreed on are dropped (7323, 3.2).
  bool window_scale = true;        ///< RFC 7323.
  bool ecn = false;                ///< RFC 3168: asked for when connecting, and granted.
  bool accurate_ecn = false;       ///< RFC 9768: likewise, with counters.
  bool no_delay = false;           ///< No Nagle (RFC 9293, 3.7.4).
  bool delayed_ack = true;         ///< RFC 9293, 3.8.6.3.
  bool limited_transmit = true;    ///< RFC 3042.
  bool undo = true;                ///< RFC 4015, 5682, 3708: what was in vain is taken back.
  bool tail_probes = true;         ///< RFC 8985, 7.
  bool exact_resets = true;        ///< RFC 5961, 3.2; else any in the window counts.
  bool icmp_may_reset = true;      ///< ICMP errors may end what is not open yet (RFC 5927, 5.2).
  bool drops_syn_fin = false;      ///< A SYN with FIN counts for nothing.
  bool challenged_syns = true;     ///< RFC 5961, 4.2; else one in the window resets.
  bool syn_cookies = true;         ///< When the queue of half-open connections is full.
  bool path_mtu_discovery = true;  ///< RFC 1191: segments are not fragmented.
  bool auto_tune = false;          ///< Buffers grow with the path, up to 16 times.
  bool slow_start_after_idle = true;         ///< RFC 5681, 4.1.
  bool fast_open_cookies = true;             ///< RFC 7413, 4.1; else data come, and go, without.
  int fast_open = 0;                         ///< RFC 7413: bits of TcpFastOpenUse.
  std::uint8_t time_to_live = 0;             ///< Of its datagrams; 0: 64.
  std::uint8_t type_of_service = 0;          ///< Of its datagrams (RFC 2474).
  std::uint64_t initial_window = 10;         ///< Segments (RFC 6928).
  std::uint64_t slow_start_limit = 2;        ///< Segments for each acknowledgement; 0: no limit.
  std::uint64_t quick_acks = 0;              ///< First data segments that are acknowledged at once.
  std::uint64_t send_buffer = 1 << 20;       ///< Bytes that wait to be sent or acknowledged.
  std::uint64_t receive_buffer = 1 << 20;    ///< Bytes that wait to be read: the window.
  std::uint64_t largest_receive_buffer = 0;  ///< Chooses the window scale, if it is more.
  std::uint64_t mss = 0;                     ///< Of both directions; 0: as the MTU allows.
  /// What waits to be read may take so much memory, as Linux counts it (see TcpReceiveMemory); 0:
  /// bytes count. Scripts set it, and the next four.
  std::uint64_t receive_memory = 0;
  std::uint64_t most_receive_memory = 0;     ///< It may grow to this; 0: it does not grow.
  std::uint64_t receive_memory_ceiling = 0;  ///< The same for the whole machine.
  std::uint64_t offloaded_mss = 0;           ///< Packets were put together of such ones; 0: not.
  bool shrinks_window = false;       ///< Takes back what was offered, against RFC 9293, 3.8.6.
  bool rounds_windows_down = false;  ///< So that their edges move back (RFC 7323, 2.4, warns).
  std::uint64_t retries = 15;        ///< Retransmissions of data before giving up.
  std::uint64_t syn_retries = 7;     ///< For 3 minutes at least (RFC 9293, 3.8.3, MUST-23).
  /// First timeouts of a SYN that are not backed off, and not counted by syn_retries (as Linux has
  /// it; scripts set it).
  std::uint64_t linear_syn_timeouts = 0;
  /// Timeouts of a SYN behind which it asks for its MSS alone (FreeBSD's habit); 0: never.
  std::uint64_t syns_with_options = 0;
  std::uint64_t ecn_syn_retries = 0;  ///< Timeouts behind which a SYN no longer asks for ECN.
  /// Timeouts of a SYN,ACK before which an acknowledgement without data opens nothing.
  std::uint64_t deferred_accept = 0;
  bool device_is_full = false;        ///< Nothing goes out, as if the device took nothing.
  bool repeats_mss = false;           ///< Answers tell no larger MSS than the SYN (old FreeBSD).
  bool device_paces = false;          ///< What goes out at once leaves within a round trip.
  bool plain_syns = false;            ///< SYNs have no options at all (TCP_NOOPT).
  std::uint64_t first_port = 49'152;  ///< Of those that are given out; then from 1,024 on.
  // Between which ports a connection chooses; 0: from first_port on. Scripts set it, and the next.
  std::uint16_t least_port = 0;
  std::uint16_t greatest_port = 0;
  /// After how long one of these that is in TIME-WAIT may be chosen, as timestamps tell old
  /// segments apart; 0: never.
  Duration time_wait_reuse{};
  Duration initial_rto = std::chrono::seconds{1};     ///< RFC 6298, 2.1.
  Duration min_rto = std::chrono::milliseconds{200};  ///< RFC 6298, 2.4 says 1 s.
  Duration min_rto_margin{};  ///< How far beyond SRTT the timeout lies at least; scripts set it.
  Duration rto_slop{};        ///< What FreeBSD adds to a timeout that was measured or backed off.
  Duration min_probe_wait{};  ///< Between probes of a closed window, at least.
  Duration max_rto = std::chrono::seconds{120};        ///< RFC 6298, 2.5.
  Duration ack_delay = std::chrono::milliseconds{40};  ///< Less than 0.5 s (RFC 9293, 3.8.6.3).
  Duration msl = std::chrono::seconds{30};             ///< TIME-WAIT lasts twice as long.
  Duration fin_timeout{};      ///< Of FIN-WAIT-2 if nobody reads any more; 0: two MSL.
  Duration user_timeout{};     ///< RFC 9293, 3.8.3; 0: by `retries`.
  Duration connect_timeout{};  ///< The same while it is not open yet.
  bool keep_alive = false;     ///< RFC 9293, 3.8.4.
  Duration keep_alive_time = std::chrono::hours{2};  ///< Idle before the first probe.
  Duration keep_alive_interval = std::chrono::seconds{75};
  std::uint64_t keep_alive_probes = 9;
  std::uint64_t fast_open_queue = 16;       ///< Let in by cookies and half open, at most.
  std::uint64_t initial_sequence = chosen;  ///< The ISN, for tests; else by RFC 6528.
  int layout = 0;                           ///< TcpLayout of what is sent.

  /// RFC 9768, 3.2.3: never sent (0), when it has news (1), whenever there is room (2).
  int accurate_ecn_option = 2;
  /// ECN++ (draft-ietf-tcpm-generalized-ecn): ECT also on answers to SYNs (1), on all segments (2).
  int ecn_plus_plus = 0;
  bool checks_ecn_path = true;  ///< RFC 9768, 3.2.2.3: no marks on a path that bleaches them.
  /// What cookies are made with (RFC 7413, 4.1.2); else by the seed, other for each machine.
  std::optional<std::array<std::uint64_t, 2>> fast_open_key;

  static constexpr std::uint64_t least_buffer = 2'048;
  static constexpr std::uint64_t largest_buffer = std::uint64_t{1} << 30;  ///< RFC 7323, 2.3.
  /// How large a buffer may become with auto_tune.
  static std::uint64_t tuned(std::uint64_t buffer) { return std::min(buffer * 16, largest_buffer); }

  bool may_open_fast() const { return (fast_open & tcp_fast_open_client) != 0; }
  bool lets_in_fast() const { return (fast_open & tcp_fast_open_server) != 0; }
  /// Whether ECN is asked for: by `ecn`, or as the congestion control needs it.
  bool wants_ecn() const;
  /// Whether each mark is echoed as it is (RFC 8257, 3.2).
  bool echoes_exactly() const;
  TcpLayout option_layout() const { return static_cast<TcpLayout>(layout); }

  void visit(OptionVisitor& visitor) override;
};

}  // namespace elvis
