// SPDX-License-Identifier: MIT
#include "setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/protocols/tcp/congestion.hpp"
#include "elvis/protocols/tcp/receive_memory.hpp"

namespace elvis::packetdrill {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// The number that `text` begins with; 0 without one.
std::uint64_t number_in(std::string_view text) {
  constexpr std::string_view arithmetic = "$((";
  const bool is_product = text.starts_with(arithmetic);
  if (is_product) text.remove_prefix(arithmetic.size());
  std::uint64_t value = 0;
  if (text.starts_with("0x")) {
    std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    return value;
  }
  auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const char* const end = text.data() + text.size();
  // `$((15*1024*1024))`; of the shell's arithmetic, products are what scripts use.
  while (is_product && read.ec == std::errc{} && read.ptr != end && *read.ptr == '*') {
    std::uint64_t factor = 0;
    read = std::from_chars(read.ptr + 1, end, factor);
    constexpr std::uint64_t most = std::uint64_t{1} << 40;
    value = factor != 0 && value > most / factor ? most : value * factor;
  }
  return value;
}

bool read_number(std::string_view text, std::uint64_t most, std::uint64_t& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() && value <= most;
}

// Per mille of a percentage such as "12.5".
bool read_permille(std::string_view text, std::uint32_t& permille) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::uint64_t whole = 0;
  if (!read_number(text.substr(0, point), 100, whole)) return false;
  std::uint64_t tenth = 0;
  if (point < text.size() && !read_number(text.substr(point + 1, 1), 9, tenth)) return false;
  permille = static_cast<std::uint32_t>(10 * whole + tenth);
  return true;
}

// The words of a shell command; what stands between quotes is one.
std::vector<std::string> words_of(std::string_view command) {
  std::vector<std::string> words;
  std::string word;
  char quote = '\0';
  for (const char c : command) {
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';') {
      if (!word.empty()) words.push_back(std::move(word));
      word.clear();
      if (c == '\n' || c == ';') words.emplace_back("\n");
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

// `/proc/sys/net/ipv4/tcp_sack` as sysctl says it.
std::string dotted(std::string_view name) {
  constexpr std::string_view folder = "/proc/sys/";
  std::string text{name.starts_with(folder) ? name.substr(folder.size()) : name};
  std::replace(text.begin(), text.end(), '/', '.');
  return text;
}

}  // namespace

Setup::Setup(Layout layout, const Script& script) {
  has_exact_options = layout == Layout::like_linux || layout == Layout::like_freebsd;
  const bool is_guessed = layout == Layout::automatic;
  if (is_guessed) layout = likely_layout(script).value_or(layout);
  if (layout == Layout::like_linux) be_like_linux();
  has_recent_buffers = is_linux && expects_recent_buffers(script);
  if (layout == Layout::like_freebsd) be_like_freebsd();
  if (layout == Layout::rfc) be_like_rfcs();
  if (layout == Layout::automatic) tcp.slow_start_limit = 0;  // as most scripts have it
  if (is_freebsd) {
    tcp.rounds_windows_down = has_windows_rounded_down(script);
    tcp.repeats_mss = has_mss_repeated(script);
    if (has_old_timeout(script)) {
      tcp.initial_rto = seconds{3};
      linear_syn_timeouts = 4;  // those kernels' first ones; 12 in all
      tcp.syn_retries -= linear_syn_timeouts;
    }
  }
  // Linux' own default has grown over the years, so a script that is silent may mean any.
  if (is_guessed || layout != Layout::like_freebsd) fit_buffers(buffer_hints(script));
  if (is_guessed || layout == Layout::rfc) {
    const EcnHints hints = ecn_hints(script);
    tcp.ecn = tcp.ecn || hints.asks;
    grants_ecn = grants_ecn || hints.grants;
  }
}

void Setup::note(std::string text) {
  if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
}

// ===== Whose defaults =====

void Setup::be_like_linux() {
  tcp.layout = static_cast<int>(TcpLayout::like_linux);
  tcp.min_rto = tcp.min_rto_margin = milliseconds{200};
  tcp.ack_delay = milliseconds{40};
  tcp.syn_retries = 6;
  tcp.strict_timestamps = false;
  is_linux = tells_twice_the_buffers = true;
  tcp.quick_acks = 16;
  tcp.slow_start_limit = 0;
  tcp.receive_buffer = 6'291'456;  // the greatest of tcp_rmem; its window scale is 7
  tcp.send_buffer = 1 << 30;       // LinuxSocket says how much is taken
  choose_receive_memory();
  choose_congestion("cubic");
  grants_ecn = true;
  fast_open = fast_open_client;
}

void Setup::be_like_freebsd() {
  tcp.layout = static_cast<int>(TcpLayout::like_freebsd);
  tcp.min_rto = milliseconds{30};
  is_freebsd = true;
  tcp.rack = false;  // its default stack counts (RFC 6675)
  tcp.ack_delay = milliseconds{100};
  tcp.receive_buffer = 65'536;
  tcp.largest_receive_buffer = 2'097'152;  // its window scale is 6
  tcp.send_buffer = 2'097'152;
  tcp.rto_slop = milliseconds{200};
  tcp.max_rto = seconds{64};
  tcp.min_probe_wait = seconds{5};
  tcp.retries = tcp.syn_retries = 12;
  tcp.connect_timeout = seconds{75};  // TCP_KEEPINIT
  tcp.keep_alive_probes = 8;
  tcp.ecn_syn_retries = 1;
  tcp.accurate_ecn_option = 0;
  tcp.checks_ecn_path = false;
  grants_ecn = true;
  fast_open = fast_open_client;
}

// RFC 6298, 2.4; RFC 9293, 3.8.6.3; RFC 5681.
void Setup::be_like_rfcs() {
  tcp.layout = static_cast<int>(TcpLayout::rfc);
  tcp.min_rto = seconds{1};
  tcp.ack_delay = milliseconds{200};
  choose_congestion("newreno");
}

// What a machine offers in its SYNs is a matter of its buffers, of which the script does not speak.
void Setup::fit_buffers(const BufferHints& hints) {
  constexpr unsigned largest = 14;
  if (hints.window_scale && *hints.window_scale <= largest) {
    const std::uint64_t most = std::uint64_t{65'535} << *hints.window_scale;
    const std::uint64_t least = *hints.window_scale == 0 ? 0 : most / 2 + 1;
    tcp.receive_buffer = std::min(tcp.receive_buffer, most);
    if (std::max(tcp.receive_buffer, tcp.largest_receive_buffer) > most ||
        tcp.receive_buffer < least) {
      tcp.largest_receive_buffer = most;
    }
  }
  if (hints.window && is_linux) {
    const auto gives = [&hints](std::uint64_t memory) {
      constexpr std::uint32_t segment = 1'460;
      constexpr std::uint32_t with_timestamps = 1'448;
      return TcpReceiveMemory::first_window(memory, segment) == *hints.window ||
             TcpReceiveMemory::first_window(memory, with_timestamps) == *hints.window;
    };
    const auto half = std::uint64_t{*hints.window};
    for (const std::uint64_t memory :
         {static_cast<std::uint64_t>(receive_buffer), 2 * half, 4 * half}) {
      if (!gives(memory)) continue;
      receive_buffer = static_cast<std::int64_t>(memory);
      break;
    }
  }
  choose_receive_memory();
}

// ===== Flags =====

std::string Setup::apply_flag(const std::string& name, const std::string& value) {
  constexpr std::array<std::string_view, 24> without_effect{"gateway_ip",
                                                            "netmask_ip",
                                                            "speed",
                                                            "init_scripts",
                                                            "code_command",
                                                            "code_format",
                                                            "code_sockopt",
                                                            "wire_client",
                                                            "wire_server",
                                                            "wire_server_ip",
                                                            "wire_server_at",
                                                            "wire_server_port",
                                                            "wire_client_dev",
                                                            "wire_server_dev",
                                                            "so_filename",
                                                            "so_flags",
                                                            "is_anyip",
                                                            "send_omit_free",
                                                            "debug",
                                                            "verbose",
                                                            "tun_dev",
                                                            "tcp_ts_ecr_scaled",
                                                            "persistent_tun_dev",
                                                            "tun_id"};
  std::uint64_t number = 0;
  const auto needs = [&](const char* what) {
    return fmt::format("--{} needs {}, not {}", name, what, ndl::quoted(value));
  };
  if (name == "ip_version") {
    if (value == "ipv4") return {};
    if (value == "ipv4-mapped-ipv6") return {};
    if (value == "ipv6") return "IPv6 is not supported: only scripts for IPv4 can be run";
    return needs("ipv4");
  }
  if (name == "local_ip" || name == "remote_ip") {
    if (value.find(':') != std::string::npos) {
      return "IPv6 is not supported: only scripts for IPv4 can be run";
    }
    const auto address = Ipv4Address::parse(value.substr(0, value.find('/')));
    if (!address) return needs("an address");
    (name == "local_ip" ? local : remote) = *address;
    return {};
  }
  if (name == "bind_port" || name == "connect_port") {
    if (!read_number(value, 65'535, number) || number == 0) return needs("a port");
    (name == "bind_port" ? bind_port : connect_port) = static_cast<std::uint16_t>(number);
    return {};
  }
  if (name == "mtu") {
    if (!read_number(value, 65'535, number) || number < 68) return needs("68 to 65535");
    mtu = static_cast<std::uint32_t>(number);
    return {};
  }
  if (name == "tolerance_usecs") {
    constexpr std::uint64_t hour = 3'600'000'000;
    if (!read_number(value, hour, number)) return needs("microseconds");
    tolerance = std::chrono::microseconds{number};
    return {};
  }
  if (name == "tolerance_percent") {
    return read_permille(value, tolerance_permille) ? std::string{} : needs("a percentage");
  }
  if (name == "tcp_ts_tick_usecs") {
    if (!read_number(value, 1'000'000, number)) return needs("microseconds");
    timestamp_tick = static_cast<std::uint32_t>(number);
    return {};
  }
  if (name == "mss") {
    if (!read_number(value, 65'535, number)) return needs("a size");
    offloaded_mss = static_cast<std::uint32_t>(number);
    tcp.offloaded_mss = number;
    return {};
  }
  if (name == "strict_segments") {
    has_strict_segments = true;
    return {};
  }
  if (name == "non_fatal") {
    forgives_packets = value.find("packet") != std::string::npos;
    forgives_calls = value.find("syscall") != std::string::npos;
    return {};
  }
  if (name == "dry_run") {
    only_parses = true;
    return {};
  }
  if (std::find(without_effect.begin(), without_effect.end(), name) != without_effect.end()) {
    return {};
  }
  return fmt::format("there is no option {}", ndl::quoted("--" + name));
}

// ===== Commands =====

void Setup::apply_command(const std::string& command) {
  if (command.find("defaults.sh") != std::string::npos ||
      command.find("packetdrill/common.sh") != std::string::npos) {
    // What the scripts of Linux call before they begin; their comments name these values.
    tcp.receive_buffer = 15 * 1024 * 1024;
    receive_buffer = 540'000;
    choose_receive_memory();
    send_buffer = 256 * 1024;
    tcp.slow_start_after_idle = false;
    tcp.syn_retries = 5;
    grants_ecn = false;
    // Packetdrill's own scripts let all listeners in.
    const bool is_for_all = command.find("common/defaults.sh") != std::string::npos;
    fast_open = fast_open_client | fast_open_server | (is_for_all ? fast_open_all_listeners : 0U);
    choose_cookie_key("a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4");
    if (!is_for_all) linear_syn_timeouts = 4;  // the kernel's own scripts are for recent ones
  }
  forgets_cookies = forgets_cookies || command.find("tcp_metrics flush") != std::string::npos ||
                    command.find("tcp_fastopen_cookies=0") != std::string::npos;
  std::vector<std::string> line;
  std::vector<std::string> words = words_of(command);
  words.emplace_back("\n");
  for (const std::string& word : words) {
    if (word != "\n") {
      line.push_back(word);
      continue;
    }
    if (line.size() > 2 && line[0] == "ip" && line[1] == "route") apply_route(line);
    const auto redirects = std::find(line.begin(), line.end(), ">");
    if (line.size() > 3 && line[0] == "echo" && line.end() - redirects == 2) {
      apply_sysctl(dotted(line.back()), {line.begin() + 1, redirects});
    }
    const auto has = [&line](std::string_view word) {
      return std::find(line.begin(), line.end(), word) != line.end();
    };
    if (has("tc") && has("qdisc")) {
      is_paced = tcp.device_paces = has("fq");
      tcp.device_is_full = has("limit") && has("0");
    }
    for (const std::string& part : line) {
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) continue;
      if (part.find("net") == std::string::npos && !part.starts_with("kern.")) continue;
      std::vector<std::string> values = words_of(part.substr(equals + 1));
      if (!values.empty()) apply_sysctl(dotted(part.substr(0, equals)), values);
    }
    line.clear();
  }
}

void Setup::apply_sysctl(std::string_view name, const std::vector<std::string>& values) {
  constexpr std::string_view of_linux = "net.ipv4.";
  constexpr std::string_view of_freebsd = "net.inet.tcp.";
  bool is_known = false;
  if (name.starts_with(of_linux)) {
    is_known = apply_linux(name.substr(of_linux.size()), values);
  } else if (name == "kern.ipc.maxsockbuf") {
    tcp.largest_receive_buffer = number_in(values[0]);
    is_known = true;
  } else if (name.starts_with(of_freebsd)) {
    is_known = apply_freebsd(name.substr(of_freebsd.size()), number_in(values[0]), values[0]);
  }
  if (!is_known) note(fmt::format("the setting {} has no effect", ndl::quoted(name)));
}

bool Setup::apply_linux(std::string_view name, const std::vector<std::string>& values) {
  const std::uint64_t value = number_in(values[0]);
  const std::uint64_t last = number_in(values.back());
  const bool is_on = value != 0;
  if (name == "tcp_congestion_control") {
    choose_congestion(values[0]);
  } else if (name == "tcp_sack") {
    tcp.sack = is_on;
  } else if (name == "tcp_timestamps") {
    tcp.timestamps = is_on;
  } else if (name == "tcp_window_scaling") {
    tcp.window_scale = is_on;
  } else if (name == "tcp_ecn") {
    // From 3 on accurate ECN is granted; 3 asks for it, 4 for the classic one, 5 for none.
    tcp.ecn = value == 1 || value == 3 || value == 4;
    tcp.accurate_ecn = value == 3;
    grants_ecn = is_on;
    grants_accurate_ecn = value >= 3;
    if (grants_accurate_ecn) linear_syn_timeouts = 4;  // such kernels do so
  } else if (name == "tcp_syn_linear_timeouts") {
    linear_syn_timeouts = value;
  } else if (name == "tcp_ecn_option") {
    tcp.accurate_ecn_option = static_cast<int>(std::min<std::uint64_t>(value, 2));
  } else if (name == "tcp_ecn_fallback") {
    tcp.checks_ecn_path = is_on;
  } else if (name == "tcp_syn_retries" || name == "tcp_synack_retries") {
    tcp.syn_retries = value;
  } else if (name == "tcp_retries2") {
    tcp.retries = value;
  } else if (name == "tcp_rmem" && last > 0) {
    tcp.receive_buffer = last;
    if (values.size() == 3) receive_buffer = static_cast<std::int64_t>(number_in(values[1]));
    choose_receive_memory();
  } else if (name == "tcp_shrink_window") {
    tcp.shrinks_window = is_on;
  } else if (name == "tcp_wmem" && last > 0) {
    if (!is_linux) tcp.send_buffer = last;
    most_send_buffer = static_cast<std::int64_t>(last);
    if (values.size() == 3) send_buffer = static_cast<std::int64_t>(number_in(values[1]));
  } else if (name == "tcp_notsent_lowat") {
    unsent_low_water = static_cast<std::uint32_t>(std::min<std::uint64_t>(value, 0xffff'ffff));
  } else if (name == "tcp_min_tso_segs" && is_on) {
    least_offloaded = value;
  } else if (name == "tcp_mtu_probing") {
    if (value == 2) refusal = "probing for the MTU with larger segments (RFC 4821) is not there";
  } else if (name == "tcp_pacing_ss_ratio" && is_on) {
    slow_start_pace = value;
  } else if (name == "tcp_pacing_ca_ratio" && is_on) {
    later_pace = value;
  } else if (name == "tcp_fastopen") {
    fast_open = static_cast<std::uint32_t>(value);
  } else if (name == "tcp_fastopen_key") {
    choose_cookie_key(values[0]);
  } else if (name == "tcp_early_retrans") {
    tcp.tail_probes = is_on;
  } else if (name == "tcp_frto") {
    tcp.undo = is_on;
  } else if (name == "tcp_slow_start_after_idle") {
    tcp.slow_start_after_idle = is_on;
  } else if (name == "tcp_recovery") {
    tcp.rack = (value & 1) != 0;
  } else if (name == "tcp_syncookies") {
    tcp.syn_cookies = is_on;
  } else if (name == "tcp_fin_timeout" && is_on) {
    tcp.fin_timeout = seconds{value};
  } else if (name == "tcp_keepalive_time") {
    tcp.keep_alive_time = seconds{value};
  } else if (name == "tcp_keepalive_intvl") {
    tcp.keep_alive_interval = seconds{value};
  } else if (name == "tcp_keepalive_probes") {
    tcp.keep_alive_probes = value;
  } else if (name == "tcp_moderate_rcvbuf") {
    tcp.auto_tune = is_on;
  } else if (name == "tcp_rto_min_us" && is_on) {
    tcp.min_rto = tcp.min_rto_margin = std::chrono::microseconds{value};
  } else if (name == "tcp_rto_max_ms" && is_on) {
    tcp.max_rto = milliseconds{value};
  } else if (name == "tcp_tw_reuse") {
    tcp.time_wait_reuse = value == 1 ? time_wait_reuse : Duration{};  // 2: on the loopback alone
  } else if (name == "tcp_tw_reuse_delay" && is_on) {
    time_wait_reuse = milliseconds{value};
    if (tcp.time_wait_reuse != Duration{}) tcp.time_wait_reuse = time_wait_reuse;
  } else if (name == "ip_no_pmtu_disc") {
    tcp.path_mtu_discovery = !is_on;
  } else {
    return false;
  }
  return true;
}

bool Setup::apply_freebsd(std::string_view name, std::uint64_t value, const std::string& text) {
  const bool is_on = value != 0;
  if (name == "cc.algorithm") {
    choose_congestion(text);
  } else if (name == "sack.enable") {
    tcp.sack = is_on;
  } else if (name == "rfc1323") {
    tcp.timestamps = tcp.window_scale = is_on;
  } else if (name == "ecn.enable") {
    // 2 and 4 grant what 1 and 3 ask for: the classic one, and the accurate one.
    tcp.ecn = value == 1 || value == 3;
    tcp.accurate_ecn = value == 3;
    grants_ecn = is_on;
    grants_accurate_ecn = value >= 3;
  } else if (name == "delayed_ack") {
    tcp.delayed_ack = is_on;
  } else if (name == "initcwnd_segments" && is_on) {
    tcp.initial_window = value;
  } else if (name == "recvspace" && is_on) {
    tcp.receive_buffer = value;
  } else if (name == "insecure_rst") {
    tcp.exact_resets = !is_on;
  } else if (name == "insecure_syn") {
    tcp.challenged_syns = !is_on;
  } else if (name == "fastopen.client_enable" || name == "fastopen.server_enable") {
    const std::uint32_t bit =
        name == "fastopen.client_enable" ? fast_open_client : fast_open_server;
    fast_open = is_on ? fast_open | bit : fast_open & ~bit;
    if (!is_on) forgets_cookies = true;
  } else if (name == "hostcache.purgenow") {
    forgets_cookies = true;
  } else if (name == "ecn.plusplus") {
    tcp.ecn_plus_plus = static_cast<int>(std::min<std::uint64_t>(value, 2));
  } else if (name == "icmp_may_rst") {
    tcp.icmp_may_reset = is_on;
  } else if (name == "drop_synfin") {
    tcp.drops_syn_fin = is_on;
  } else if (name == "rexmit_slop") {
    tcp.rto_slop = milliseconds{value};
  } else if (name == "rexmit_initial" && is_on) {
    tcp.initial_rto = milliseconds{value};
  } else if (name == "sendspace" && is_on) {
    tcp.send_buffer = value;
  } else if (name == "finwait2_timeout" && is_on) {
    tcp.fin_timeout = milliseconds{value};
  } else if (name == "msl" && is_on) {
    tcp.msl = milliseconds{value};
  } else if (name == "rexmit_drop_options") {
    tcp.syns_with_options = is_on ? 3 : 0;
  } else if (name == "ecn.maxretries") {
    tcp.ecn_syn_retries = value;
  } else if (name == "keepinit" && is_on) {
    tcp.connect_timeout = milliseconds{value};
  } else if (name == "keepidle" && is_on) {
    tcp.keep_alive_time = milliseconds{value};
  } else if (name == "keepintvl" && is_on) {
    tcp.keep_alive_interval = milliseconds{value};
  } else if (name == "keepcnt" && is_on) {
    tcp.keep_alive_probes = value;
  } else if (name == "persmin" && is_on) {
    tcp.min_probe_wait = milliseconds{value};
  } else if (name == "rexmit_min" && is_on) {
    tcp.min_rto = milliseconds{value};
  } else if (name == "delacktime" && is_on) {
    tcp.ack_delay = milliseconds{value};
  } else if (name == "rfc3042") {
    tcp.limited_transmit = is_on;
  } else if (name == "mssdflt") {
    return false;
  } else if (name == "syncookies") {
    tcp.syn_cookies = is_on;
  } else if (name == "path_mtu_discovery") {
    tcp.path_mtu_discovery = is_on;
  } else {
    return false;
  }
  return true;
}

// What `ip route change … initcwnd 2` says of the route to the script's end.
void Setup::apply_route(const std::vector<std::string>& words) {
  for (std::size_t at = 2; at + 1 < words.size(); ++at) {
    const std::uint64_t value = number_in(words[at + 1]);
    if (value == 0) continue;
    const bool is_in_seconds = words[at + 1].ends_with('s') && !words[at + 1].ends_with("ms");
    if (words[at] == "initcwnd") tcp.initial_window = value;
    if (words[at] == "advmss") tcp.mss = value;
    if (words[at] == "quickack") tcp.quick_acks = 1'000'000;
    if (words[at] == "rto_min") {
      tcp.min_rto = is_in_seconds ? Duration{seconds{value}} : Duration{milliseconds{value}};
      if (tcp.min_rto_margin != Duration{}) tcp.min_rto_margin = tcp.min_rto;
    }
    if (words[at] == "congctl") choose_congestion(words[at + 1]);
  }
}

// Four words of 32 bits, of which each is written with its last byte first.
void Setup::choose_cookie_key(std::string_view text) {
  std::array<std::uint64_t, 2> key{};
  for (std::size_t at = 0; at < 4; ++at) {
    std::uint32_t word = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), word, 16);
    key[at / 2] |= std::uint64_t{word} << 32 * (at % 2);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.starts_with('-')) text.remove_prefix(1);
  }
  tcp.fast_open_key = key;
}

// The default of tcp_rmem, which grows up to its greatest.
void Setup::choose_receive_memory() {
  if (!is_linux) return;
  tcp.receive_memory = static_cast<std::uint64_t>(receive_buffer);
  tcp.most_receive_memory = tcp.receive_memory_ceiling = tcp.receive_buffer;
}

void Setup::choose_congestion(const std::string& name) {
  const bool is_linux_cubic = is_linux && name == "cubic";
  const std::string known = name == "reno" ? "newreno" : is_linux_cubic ? "cubic_linux" : name;
  const auto kinds = congestion_kinds();
  for (std::size_t place = 0; place < kinds.size(); ++place) {
    if (kinds[place].name != known) continue;
    tcp.congestion = static_cast<int>(place);
    return;
  }
  note(fmt::format("there is no congestion control {}", ndl::quoted(name)));
}

}  // namespace elvis::packetdrill
