// SPDX-License-Identifier: MIT
// Setup: all that a script, its commands and the command line say about the run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/packetdrill/packetdrill.hpp"
#include "elvis/protocols/tcp/settings.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"
#include "hints.hpp"
#include "script.hpp"

namespace elvis::packetdrill {

/// What Linux's setting of fast opens consists of.
enum FastOpenBits : std::uint32_t {
  fast_open_client = 1,
  fast_open_server = 2,
  fast_open_client_bare = 4,       ///< Sends data without a cookie.
  fast_open_server_bare = 0x200,   ///< Takes them.
  fast_open_all_listeners = 0x400  ///< Also those that did not ask for it.
};

class Setup {
 public:
  /// Takes the defaults of `layout`; if that is automatic, of the stack that the script seems to be
  /// for, with the buffers that its SYNs tell of.
  Setup(Layout layout, const Script& script);

  /// Applies `--name=value`. Returns what is wrong with it, or nothing.
  std::string apply_flag(const std::string& name, const std::string& value);
  /// Applies what of a shell command there is a setting for.
  void apply_command(const std::string& command);

  Ipv4Address local{192, 168, 0, 1};
  Ipv4Address remote{192, 0, 2, 1};
  std::uint16_t bind_port = 8080;
  std::uint16_t connect_port = 8080;
  std::uint32_t mtu = 1500;
  Duration tolerance = std::chrono::microseconds{4000};
  std::uint32_t tolerance_permille = 0;  ///< Of the time since the event before, if that is more.
  std::uint32_t timestamp_tick = 0;      ///< Microseconds; 0: TSval is not compared.
  bool has_strict_segments = false;      ///< One segment a line, as the script says.
  bool has_exact_options = false;        ///< Order and padding of TCP options count.
  bool forgives_packets = false;         ///< `--non_fatal=packet`
  bool forgives_calls = false;           ///< `--non_fatal=syscall`
  bool only_parses = false;
  bool is_linux = false;  ///< Sockets behave as Linux' do, see LinuxSocket.
  bool is_freebsd = false;
  bool tells_twice_the_buffers = false;  ///< As Linux does, which counts its own needs too.
  std::int64_t send_buffer = 16'384;     ///< Of new sockets, as Linux counts.
  std::int64_t most_send_buffer = 4'194'304;
  std::int64_t receive_buffer = 131'072;
  bool has_recent_buffers = false;               ///< See expects_recent_buffers().
  std::uint32_t unsent_low_water = 0xffff'ffff;  ///< net.ipv4.tcp_notsent_lowat
  /// net.ipv4.tcp_min_tso_segs: the device is handed so many segments at once, at least.
  std::uint64_t least_offloaded = 2;
  std::uint32_t offloaded_mss = 0;  ///< `--mss`: of packets that were put together.
  std::string refusal;  ///< Why the script cannot be run, if a command asks for what is not there.
  std::uint64_t linear_syn_timeouts = 0;  ///< Of who connects.
  /// net.ipv4.tcp_fastopen: bits of FastOpenBits.
  std::uint32_t fast_open = 3;
  bool forgets_cookies = false;      ///< A command asks for that; whoever does so sets it back.
  bool grants_accurate_ecn = false;  ///< Likewise, RFC 9768.
  bool grants_ecn = false;           ///< To those who ask, without asking oneself.
  /// net.ipv4.tcp_tw_reuse_delay: of ports in TIME-WAIT, if net.ipv4.tcp_tw_reuse is 1.
  Duration time_wait_reuse = std::chrono::seconds{1};
  bool is_paced = false;  ///< The device has the queue `fq`.
  // In percent of what the path carries: in the first half of slow start, and later.
  std::uint64_t slow_start_pace = 200;
  std::uint64_t later_pace = 120;
  TcpSettings tcp;
  std::vector<std::string> notes;

 private:
  void be_like_linux();
  void be_like_freebsd();
  void be_like_rfcs();
  void fit_buffers(const BufferHints& hints);
  void apply_sysctl(std::string_view name, const std::vector<std::string>& values);
  bool apply_linux(std::string_view name, const std::vector<std::string>& values);
  bool apply_freebsd(std::string_view name, std::uint64_t value, const std::string& text);
  void apply_route(const std::vector<std::string>& words);
  void choose_congestion(const std::string& name);
  void choose_receive_memory();
  void choose_cookie_key(std::string_view text);
  void note(std::string text);
};

}  // namespace elvis::packetdrill
