// SPDX-License-Identifier: MIT
// setsockopt, getsockopt, fcntl, ioctl.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "elvis/protocols/tcp/congestion.hpp"
#include "process.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t nonblocking_bit = 0x800;  // O_NONBLOCK

// Options that a stack without their subject takes and tells back.
constexpr std::array<std::string_view, 39> kept_options{"SO_REUSEADDR",
                                                        "TCP_FASTOPEN",
                                                        "TCP_FASTOPEN_CONNECT",
                                                        "TCP_FASTOPEN_NO_COOKIE",
                                                        "SO_ZEROCOPY",
                                                        "SO_TIMESTAMPING",
                                                        "SO_REUSEPORT",
                                                        "SO_BROADCAST",
                                                        "SO_OOBINLINE",
                                                        "SO_PRIORITY",
                                                        "SO_MARK",
                                                        "SO_DEBUG",
                                                        "SO_DONTROUTE",
                                                        "SO_BINDTODEVICE",
                                                        "SO_RCVLOWAT",
                                                        "SO_SNDLOWAT",
                                                        "SO_TIMESTAMP",
                                                        "SO_BUSY_POLL",
                                                        "SO_MAX_PACING_RATE",
                                                        "SO_INCOMING_CPU",
                                                        "SO_RCVTIMEO",
                                                        "SO_SNDTIMEO",
                                                        "IP_TOS",
                                                        "IP_TTL",
                                                        "IP_RECVERR",
                                                        "IP_FREEBIND",
                                                        "IP_TRANSPARENT",
                                                        "IP_BIND_ADDRESS_NO_PORT",
                                                        "TCP_QUICKACK",
                                                        "TCP_DEFER_ACCEPT",
                                                        "TCP_LINGER2",
                                                        "TCP_WINDOW_CLAMP",
                                                        "TCP_NOTSENT_LOWAT",
                                                        "TCP_SAVE_SYN",
                                                        "TCP_THIN_LINEAR_TIMEOUTS",
                                                        "TCP_THIN_DUPACK",
                                                        "TCP_TX_DELAY",
                                                        "TCP_INQ",
                                                        "TCP_TIMESTAMP"};

constexpr std::int64_t default_mss = 536;  // RFC 9293, 3.7.1

std::string_view name_of(const Expression& expression) {
  return expression.kind == Expression::Kind::word ? std::string_view{expression.word}
                                                   : std::string_view{};
}

// Scripts may write an option as a number.
std::string_view name_of_option(const CallEvent& call) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 21> of_tcp{
      {{1, "TCP_NODELAY"},       {2, "TCP_MAXSEG"},
       {3, "TCP_CORK"},          {4, "TCP_KEEPIDLE"},
       {5, "TCP_KEEPINTVL"},     {6, "TCP_KEEPCNT"},
       {7, "TCP_SYNCNT"},        {8, "TCP_LINGER2"},
       {9, "TCP_DEFER_ACCEPT"},  {10, "TCP_WINDOW_CLAMP"},
       {11, "TCP_INFO"},         {12, "TCP_QUICKACK"},
       {13, "TCP_CONGESTION"},   {18, "TCP_USER_TIMEOUT"},
       {23, "TCP_FASTOPEN"},     {30, "TCP_FASTOPEN_CONNECT"},
       {33, "TCP_FASTOPEN_KEY"}, {34, "TCP_FASTOPEN_NO_COOKIE"},
       {24, "TCP_TIMESTAMP"},    {25, "TCP_NOTSENT_LOWAT"},
       {36, "TCP_INQ"}}};
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 7> of_socket{
      {{2, "SO_REUSEADDR"},
       {4, "SO_ERROR"},
       {7, "SO_SNDBUF"},
       {8, "SO_RCVBUF"},
       {9, "SO_KEEPALIVE"},
       {13, "SO_LINGER"},
       {15, "SO_REUSEPORT"}}};
  if (call.arguments.size() < 3) return {};
  if (const std::string_view name = name_of(call.arguments[2]); !name.empty()) return name;
  const std::int64_t level = value_of(call.arguments[1]).value_or(-1);
  const std::int64_t number = value_of(call.arguments[2]).value_or(-1);
  const auto search = [number](const auto& names) -> std::string_view {
    for (const auto& [value, name] : names) {
      if (value == number) return name;
    }
    return {};
  };
  if (level == 6) return search(of_tcp);
  if (level == 17 && number == 1) return "UDP_CORK";
  return level == 1 ? search(of_socket) : std::string_view{};
}

std::int64_t errno_of(boost::system::error_code error) {
  return symbol_value(errno_name(error)).value_or(EIO);
}

}  // namespace

// Changes the settings of a file, and of its connection if it has one.
template <typename Change>
void Process::configure(File& file, Change change) {
  change(file.settings);
  if (file.stream != nullptr && file.stream->session() != nullptr) {
    file.stream->session()->configure(change);
  }
  if (file.listener == nullptr || file.listener->waiting() != 0) return;
  // Those who connect from now on take over what is set.
  file.listener.reset();
  file.listener = std::make_unique<TcpListener>(machine_);
  file.listener->use(settings_of_listener(file));
  file.listener->set_reuse_address(file.is_set("SO_REUSEADDR"));
  static_cast<void>(file.listener->listen(file.local, file.backlog));
}

// ===== setsockopt =====

CallOutcome Process::setsockopt(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  const std::string_view name = name_of_option(call);
  if (call.arguments.size() < 4 || name.empty()) return CallOutcome::failed("ENOPROTOOPT");
  const Expression& argument = call.arguments[3];
  if (name == "SO_LINGER") return set_linger(*file, argument);
  if (name.starts_with("TCP_FASTOPEN")) {
    CallOutcome outcome = set_fast_open(*file, name, call);
    if (outcome.value == 0) configure(*file, [](TcpSettings&) {});
    return outcome;
  }
  if (name == "TCP_CONGESTION") {
    const Expression& word = argument.kind == Expression::Kind::list && !argument.parts.empty()
                                 ? argument.parts[0]
                                 : argument;
    return set_congestion(*file, word.word);
  }
  const std::int64_t value = value_of(argument).value_or(1);
  if (name == "IP_LOCAL_PORT_RANGE") return set_ports(*file, value);
  if (set_option(*file, name, value)) return 0;
  return CallOutcome::failed("ENOPROTOOPT");
}

CallOutcome Process::set_linger(File& file, const Expression& value) {
  const Expression* record = &value;
  if (value.kind == Expression::Kind::list && value.parts.size() == 1) record = &value.parts[0];
  const Expression* const is_on = record->part("onoff");
  const Expression* const time = record->part("linger");
  if (is_on == nullptr || time == nullptr) return CallOutcome::failed("EINVAL");
  file.kept["onoff"] = value_of(*is_on).value_or(0) != 0 ? 1 : 0;
  file.kept["linger"] = value_of(*time).value_or(0);
  if (file.stream == nullptr) return 0;
  if (value_of(*is_on).value_or(0) == 0) {
    file.stream->set_linger(std::nullopt);
  } else {
    const auto limit = std::clamp<std::int64_t>(value_of(*time).value_or(0), 0, 1'000'000);
    file.stream->set_linger(seconds{limit});
  }
  return 0;
}

// From where to where, in the lower and the upper half; what is 0 is as for everybody.
CallOutcome Process::set_ports(File& file, std::int64_t range) {
  constexpr std::int64_t half = 0xffff;
  const std::int64_t least = range & half;
  const std::int64_t greatest = range >> 16 & half;
  if (least != 0 && greatest != 0 && greatest < least) return CallOutcome::failed("EINVAL");
  file.kept["IP_LOCAL_PORT_RANGE"] = range;
  constexpr std::uint16_t usual_least = 32'768;
  constexpr std::uint16_t usual_greatest = 60'999;
  const auto part = [range](std::int64_t chosen, std::uint16_t usual) {
    if (range == 0) return std::uint16_t{0};
    return chosen == 0 ? usual : static_cast<std::uint16_t>(chosen);
  };
  configure(file, [&](TcpSettings& settings) {
    settings.least_port = part(least, usual_least);
    settings.greatest_port = part(greatest, usual_greatest);
  });
  return 0;
}

CallOutcome Process::set_congestion(File& file, const std::string& name) {
  const bool is_linux_cubic = setup_.is_linux && name == "cubic";
  const std::string known = name == "reno" ? "newreno" : is_linux_cubic ? "cubic_linux" : name;
  const auto kinds = congestion_kinds();
  for (std::size_t place = 0; place < kinds.size(); ++place) {
    if (kinds[place].name != known) continue;
    configure(file,
              [place](TcpSettings& settings) { settings.congestion = static_cast<int>(place); });
    return 0;
  }
  return CallOutcome::failed("ENOENT");
}

// What stands in the IPv4 header of all that is sent from now on.
void Process::set_header(File& file, std::string_view name, std::uint8_t value) {
  const bool is_service = name == "IP_TOS";
  if (file.datagrams != nullptr) {
    if (is_service) {
      file.datagrams->set_type_of_service(value);
    } else {
      file.datagrams->set_time_to_live(value);
    }
    return;
  }
  configure(file, [is_service, value](TcpSettings& settings) {
    (is_service ? settings.type_of_service : settings.time_to_live) = value;
  });
  TcpSession* const session = file.stream == nullptr ? nullptr : file.stream->session();
  if (session == nullptr) return;
  if (is_service) {
    session->set_type_of_service(value);
  } else {
    session->set_time_to_live(value);
  }
}

bool Process::set_option(File& file, std::string_view name, std::int64_t value) {
  const bool is_on = value != 0;
  const auto positive = static_cast<std::uint64_t>(std::clamp<std::int64_t>(value, 0, 1LL << 40));
  const bool is_kept =
      std::find(kept_options.begin(), kept_options.end(), name) != kept_options.end();
  const bool is_of_tcp = name.starts_with("TCP_");
  if (is_of_tcp && file.kind != Packet::Kind::tcp) return false;
  file.kept[std::string{name}] = value;
  if (name == "TCP_QUICKACK") {
    configure(file, [is_on](TcpSettings& settings) { settings.delayed_ack = !is_on; });
  }
  if (file.kernel != nullptr && name == "TCP_NOTSENT_LOWAT") {
    file.kernel->set_low_water(value == 0 ? setup_.unsent_low_water : value);
  }
  if (file.kernel != nullptr && name == "SO_TIMESTAMPING" && file.stream != nullptr) {
    file.kernel->set_stamps(*file.stream, value);
  }
  if (name == "TCP_LINGER2") {
    configure(file,
              [positive](TcpSettings& settings) { settings.fin_timeout = seconds{positive}; });
  }
  if (name == "TCP_DEFER_ACCEPT") {
    // As many timeouts of a SYN,ACK as fit into the time.
    std::uint64_t timeouts = 0;
    const auto initial = static_cast<std::uint64_t>(file.settings.initial_rto / seconds{1});
    for (std::uint64_t covered = 0; covered < positive && timeouts < 255; ++timeouts) {
      covered += std::max<std::uint64_t>(initial, 1) << std::min<std::uint64_t>(timeouts, 30);
    }
    configure(file, [timeouts](TcpSettings& settings) { settings.deferred_accept = timeouts; });
  }
  if (name == "IP_TOS" || name == "IP_TTL") {
    set_header(file, name, static_cast<std::uint8_t>(value));
    return true;
  }
  if (name == "IP_MTU_DISCOVER") {
    configure(file, [is_on](TcpSettings& settings) { settings.path_mtu_discovery = is_on; });
    if (file.datagrams != nullptr) file.datagrams->set_dont_fragment(value >= 2);
    return true;
  }
  if (name == "UDP_CORK" && file.datagrams != nullptr) {
    if (!is_on && !file.unsent.empty()) {
      static_cast<void>(file.datagrams->send(std::exchange(file.unsent, Message{})));
    }
    return true;
  }
  if (name == "SO_BROADCAST" && file.datagrams != nullptr) file.datagrams->set_broadcast(is_on);
  if (name == "IP_RECVERR" && file.datagrams != nullptr) file.datagrams->set_receive_errors(is_on);
  if (is_kept) return true;
  if (file.kind != Packet::Kind::tcp) {
    return name == "SO_RCVBUF" || name == "SO_SNDBUF" || name == "SO_KEEPALIVE";
  }
  if (name == "SO_RCVBUF" || name == "SO_RCVBUFFORCE") {
    configure(file, [positive](TcpSettings& settings) {
      settings.receive_buffer = positive;
      if (settings.receive_memory == 0) return;
      constexpr std::uint64_t least = 2'304;
      settings.receive_memory = std::max(2 * positive, least);
      settings.most_receive_memory = 0;  // it was chosen
    });
    file.received_limit = value;
  } else if (name == "SO_SNDBUF" || name == "SO_SNDBUFFORCE") {
    if (file.kernel != nullptr) {
      file.kernel->set_buffer(value);
      return true;
    }
    configure(file, [positive](TcpSettings& settings) { settings.send_buffer = positive; });
  } else if (name == "SO_KEEPALIVE") {
    configure(file, [is_on](TcpSettings& settings) { settings.keep_alive = is_on; });
  } else if (name == "TCP_NODELAY") {
    configure(file, [is_on](TcpSettings& settings) { settings.no_delay = is_on; });
    if (is_on && file.stream != nullptr && file.stream->session() != nullptr) {
      // It also lets go of what a cork or MSG_MORE holds back now.
      file.stream->session()->connection().hold(false);
      file.stream->set_cork(false);
      if (file.is_corked) file.stream->session()->connection().set_cork(true);
    }
  } else if (name == "TCP_CORK" || name == "TCP_NOPUSH") {
    file.is_corked = is_on;
    if (file.stream != nullptr) file.stream->set_cork(is_on);
  } else if (name == "TCP_MAXSEG") {
    configure(file, [positive](TcpSettings& settings) { settings.mss = positive; });
  } else if (name == "TCP_KEEPIDLE") {
    configure(file,
              [positive](TcpSettings& settings) { settings.keep_alive_time = seconds{positive}; });
  } else if (name == "TCP_KEEPINTVL") {
    configure(file, [positive](TcpSettings& settings) {
      settings.keep_alive_interval = seconds{positive};
    });
  } else if (name == "TCP_KEEPCNT") {
    configure(file, [positive](TcpSettings& settings) { settings.keep_alive_probes = positive; });
  } else if (name == "TCP_SYNCNT") {
    configure(file, [positive](TcpSettings& settings) { settings.syn_retries = positive; });
  } else if (name == "TCP_KEEPINIT" && setup_.is_freebsd) {
    configure(file,
              [positive](TcpSettings& settings) { settings.connect_timeout = seconds{positive}; });
  } else if (name == "TCP_NOOPT" && setup_.is_freebsd) {
    configure(file, [is_on](TcpSettings& settings) { settings.plain_syns = is_on; });
  } else if (name == "TCP_RTO_MAX_MS") {
    configure(file,
              [positive](TcpSettings& settings) { settings.max_rto = milliseconds{positive}; });
  } else if (name == "TCP_RTO_MIN_US") {
    configure(file, [positive](TcpSettings& settings) {
      settings.min_rto = settings.min_rto_margin = std::chrono::microseconds{positive};
    });
  } else if (name == "TCP_DELACK_MAX_US") {
    configure(file, [positive](TcpSettings& settings) {
      settings.ack_delay =
          std::min(settings.ack_delay, Duration{std::chrono::microseconds{positive}});
    });
  } else if (name == "TCP_USER_TIMEOUT") {
    configure(file, [positive](TcpSettings& settings) {
      settings.user_timeout = milliseconds{positive};
    });
  } else {
    file.kept.erase(std::string{name});
    return false;
  }
  return true;
}

// ===== getsockopt =====

CallOutcome Process::getsockopt(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  const std::string_view name = name_of_option(call);
  CallOutcome outcome;
  if (name == "TCP_INFO") return outcome;
  if (name == "TCP_CONGESTION") {
    std::string_view seen =
        congestion_kinds()[static_cast<std::size_t>(file->settings.congestion)].name;
    if (seen == "cubic_linux") seen = "cubic";
    const Expression& argument = call.arguments.size() > 3 ? call.arguments[3] : call.result;
    const std::string& expected = argument.word == "reno" ? "newreno" : argument.word;
    if (!argument.is_ellipsis() && !expected.empty() && expected != seen) {
      outcome.differences.push_back(fmt::format("expected {}, seen {}", expected, seen));
    }
    return outcome;
  }
  if (name == "SO_LINGER" && call.arguments.size() > 3) {
    for (const char* const part : {"onoff", "linger"}) {
      const Expression* const expected = call.arguments[3].part(part);
      const std::int64_t seen = file->kept.contains(part) ? file->kept[part] : 0;
      if (expected == nullptr || value_of(*expected).value_or(seen) == seen) continue;
      outcome.differences.push_back(
          fmt::format("{}: expected {}, seen {}", part, *value_of(*expected), seen));
    }
    return outcome;
  }
  std::int64_t seen = option_of(*file, name);
  if (seen == -1) return CallOutcome::failed("ENOPROTOOPT");
  // Before there is a connection, some kernels say 536, and others what was chosen.
  const auto chosen = static_cast<std::int64_t>(file->settings.mss);
  const bool is_idle = file->stream == nullptr || file->stream->session() == nullptr;
  if (name == "TCP_MAXSEG" && is_idle && chosen != 0 && call.arguments.size() > 3) {
    const auto expected = value_of(call.arguments[3]);
    if (expected == chosen || expected == default_mss) seen = *expected;
  }
  check_argument(call, 3, seen, outcome);
  return outcome;
}

std::int64_t Process::option_of(File& file, std::string_view name) {
  TcpSocket* const stream = file.stream.get();
  const TcpSettings& settings = file.settings;
  const auto in = [](Duration time, Duration unit) { return std::int64_t{time / unit}; };
  if (name == "SO_ERROR") {
    const auto error = stream == nullptr ? std::nullopt : stream->take_error();
    return error ? errno_of(make_error_code(*error)) : 0;
  }
  if (name == "SO_TYPE") return file.kind == Packet::Kind::tcp ? 1 : 2;
  if (name == "SO_PROTOCOL") return file.kind == Packet::Kind::tcp ? 6 : 17;
  if (name == "SO_ACCEPTCONN") return file.listener != nullptr ? 1 : 0;
  if (name == "TCP_MAXSEG") {
    if (stream != nullptr && stream->session() != nullptr) {
      const TcpInfo info = stream->info();
      constexpr std::uint32_t timestamps = 12;  // FreeBSD does not take off what options need
      constexpr std::uint8_t has_timestamps = 1;
      const bool is_whole = setup_.is_freebsd && (info.options & has_timestamps) != 0;
      return info.snd_mss + (is_whole ? timestamps : 0);
    }
    return settings.mss != 0 && !setup_.is_linux ? static_cast<std::int64_t>(settings.mss)
                                                 : default_mss;
  }
  if (name == "SO_KEEPALIVE") return settings.keep_alive ? 1 : 0;
  const std::int64_t told = setup_.tells_twice_the_buffers ? 2 : 1;
  if (name == "SO_RCVBUF" && setup_.is_linux) {
    constexpr std::int64_t least = 2'304;
    return file.received_limit != 0 ? std::max(2 * file.received_limit, least)
                                    : setup_.receive_buffer;
  }
  if (name == "SO_RCVBUF" && setup_.is_freebsd && stream != nullptr &&
      stream->session() != nullptr && stream->state() >= TcpState::syn_received) {
    return static_cast<std::int64_t>(stream->session()->connection().receiver().buffer());
  }
  if (name == "SO_SNDBUF" && file.kernel != nullptr) return file.kernel->buffer();
  if (name == "SO_RCVBUF") return told * static_cast<std::int64_t>(settings.receive_buffer);
  if (name == "SO_SNDBUF") return told * static_cast<std::int64_t>(settings.send_buffer);
  if (name == "TCP_NODELAY") return settings.no_delay ? 1 : 0;
  if (name == "TCP_CORK") return file.is_corked ? 1 : 0;
  if (name == "TCP_KEEPIDLE") return in(settings.keep_alive_time, seconds{1});
  if (name == "TCP_KEEPINTVL") return in(settings.keep_alive_interval, seconds{1});
  if (name == "TCP_KEEPCNT") return static_cast<std::int64_t>(settings.keep_alive_probes);
  if (name == "TCP_KEEPINIT" && setup_.is_freebsd) return in(settings.connect_timeout, seconds{1});
  if (name == "TCP_SYNCNT") return static_cast<std::int64_t>(settings.syn_retries);
  if (name == "TCP_USER_TIMEOUT") return in(settings.user_timeout, milliseconds{1});
  if (name == "IP_MTU") {
    return stream == nullptr || stream->session() == nullptr ? -1 : stream->info().pmtu;
  }
  const auto kept = file.kept.find(name);
  if (kept != file.kept.end()) return kept->second;
  const bool is_known =
      std::find(kept_options.begin(), kept_options.end(), name) != kept_options.end();
  return is_known ? 0 : -1;
}

// ===== fcntl, ioctl =====

CallOutcome Process::fcntl(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  const std::string_view command =
      call.arguments.size() > 1 ? name_of(call.arguments[1]) : std::string_view{};
  constexpr std::int64_t read_and_write = 2;  // O_RDWR
  if (command == "F_GETFL") {
    return read_and_write | (file->is_nonblocking ? nonblocking_bit : 0);
  }
  if (command == "F_SETFL") {
    file->is_nonblocking = (number_at(call, 2) & nonblocking_bit) != 0;
    return 0;
  }
  if (command == "F_GETFD" || command == "F_SETFD") return 0;
  return CallOutcome::failed("EINVAL");
}

CallOutcome Process::ioctl(const CallEvent& call) {
  File* const file = file_of(call);
  if (file == nullptr) return CallOutcome::failed("EBADF");
  const std::string_view request =
      call.arguments.size() > 1 ? name_of(call.arguments[1]) : std::string_view{};
  TcpSession* const session = file->stream == nullptr ? nullptr : file->stream->session();
  CallOutcome outcome;
  if (request == "FIONBIO") {
    file->is_nonblocking = number_at(call, 2) != 0;
    return outcome;
  }
  if (file->listener != nullptr) return CallOutcome::failed("EINVAL");
  if (request == "SIOCINQ" || request == "FIONREAD") {
    const std::size_t ready = session == nullptr ? 0 : session->readable();
    check_argument(call, 2, static_cast<std::int64_t>(ready + file->unread.size()), outcome);
  } else if (request == "SIOCOUTQ") {
    // What is neither acknowledged nor sent takes up room in the send buffer.
    std::int64_t waiting = 0;
    if (session != nullptr) {
      waiting = static_cast<std::int64_t>(session->connection().sender().unacknowledged_bytes());
    }
    check_argument(call, 2, std::max<std::int64_t>(waiting, 0), outcome);
  } else if (request == "SIOCOUTQNSD") {
    check_argument(call, 2, session == nullptr ? 0 : session->info().notsent_bytes, outcome);
  } else if (request == "SIOCATMARK") {
    check_argument(call, 2, 0, outcome);
  } else {
    return CallOutcome::failed("EINVAL");
  }
  return outcome;
}

}  // namespace elvis::packetdrill
