// SPDX-License-Identifier: MIT
#include "symbols.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace elvis::packetdrill {

namespace {

using Symbol = std::pair<std::string_view, std::int64_t>;

// Sorted by name.
constexpr std::array<Symbol, 207> symbols{{
    {"AF_INET", 2},
    {"AF_INET6", 10},
    {"AF_UNSPEC", 0},
    {"CMSG_LEVEL_IP", 0},
    {"CMSG_TYPE_RECVERR", 11},
    {"EPOLLERR", 8},
    {"EPOLLET", 1LL << 31},
    {"EPOLLEXCLUSIVE", 1LL << 28},
    {"EPOLLHUP", 16},
    {"EPOLLIN", 1},
    {"EPOLLONESHOT", 1LL << 30},
    {"EPOLLOUT", 4},
    {"EPOLLPRI", 2},
    {"EPOLLRDHUP", 0x2000},
    {"EPOLLRDNORM", 0x40},
    {"EPOLLWRNORM", 0x100},
    {"EPOLL_CTL_ADD", 1},
    {"EPOLL_CTL_DEL", 2},
    {"EPOLL_CTL_MOD", 3},
    {"FD_CLOEXEC", 1},
    {"FIONREAD", 0x541b},
    {"F_GETFD", 1},
    {"F_GETFL", 3},
    {"F_SETFD", 2},
    {"F_SETFL", 4},
    {"INADDR_ANY", 0},
    {"IPPROTO_ICMP", 1},
    {"IPPROTO_IP", 0},
    {"IPPROTO_IPV6", 41},
    {"IPPROTO_MPTCP", 262},
    {"IPPROTO_SCTP", 132},
    {"IPPROTO_TCP", 6},
    {"IPPROTO_UDP", 17},
    {"IPPROTO_UDPLITE", 136},
    {"IP_BIND_ADDRESS_NO_PORT", 24},
    {"IP_FREEBIND", 15},
    {"IP_LOCAL_PORT_RANGE", 51},
    {"IP_MTU", 14},
    {"IP_MTU_DISCOVER", 10},
    {"IP_PKTINFO", 8},
    {"IP_PMTUDISC_DO", 2},
    {"IP_PMTUDISC_DONT", 0},
    {"IP_PMTUDISC_PROBE", 3},
    {"IP_PMTUDISC_WANT", 1},
    {"IP_RECVERR", 11},
    {"IP_RECVTOS", 13},
    {"IP_RECVTTL", 12},
    {"IP_TOS", 1},
    {"IP_TRANSPARENT", 19},
    {"IP_TTL", 2},
    {"MSG_CONFIRM", 0x800},
    {"MSG_CTRUNC", 8},
    {"MSG_DONTROUTE", 4},
    {"MSG_DONTWAIT", 0x40},
    {"MSG_EOR", 0x80},
    {"MSG_ERRQUEUE", 0x2000},
    {"MSG_FASTOPEN", 0x2000'0000},
    {"MSG_MORE", 0x8000},
    {"MSG_NOSIGNAL", 0x4000},
    {"MSG_OOB", 1},
    {"MSG_PEEK", 2},
    {"MSG_TRUNC", 0x20},
    {"MSG_WAITALL", 0x100},
    {"MSG_ZEROCOPY", 0x400'0000},
    {"NULL", 0},
    {"O_CLOEXEC", 0x8'0000},
    {"O_CREAT", 0x40},
    {"O_NONBLOCK", 0x800},
    {"O_RDONLY", 0},
    {"O_RDWR", 2},
    {"O_WRONLY", 1},
    {"PF_INET", 2},
    {"PF_INET6", 10},
    {"POLLERR", 8},
    {"POLLHUP", 16},
    {"POLLIN", 1},
    {"POLLNVAL", 32},
    {"POLLOUT", 4},
    {"POLLPRI", 2},
    {"POLLRDBAND", 0x80},
    {"POLLRDHUP", 0x2000},
    {"POLLRDNORM", 0x40},
    {"POLLWRBAND", 0x200},
    {"POLLWRNORM", 0x100},
    {"SCM_TIMESTAMPING", 37},
    {"SCM_TSTAMP_ACK", 2},
    {"SCM_TSTAMP_SCHED", 1},
    {"SCM_TSTAMP_SND", 0},
    {"SHUT_RD", 0},
    {"SHUT_RDWR", 2},
    {"SHUT_WR", 1},
    {"SIOCATMARK", 0x8905},
    {"SIOCINQ", 0x541b},
    {"SIOCOUTQ", 0x5411},
    {"SIOCOUTQNSD", 0x894b},
    {"SOCK_CLOEXEC", 0x8'0000},
    {"SOCK_DGRAM", 2},
    {"SOCK_NONBLOCK", 0x800},
    {"SOCK_RAW", 3},
    {"SOCK_STREAM", 1},
    {"SOF_TIMESTAMPING_OPT_CMSG", 1024},
    {"SOF_TIMESTAMPING_OPT_ID", 128},
    {"SOF_TIMESTAMPING_OPT_STATS", 4096},
    {"SOF_TIMESTAMPING_OPT_TSONLY", 2048},
    {"SOF_TIMESTAMPING_RAW_HARDWARE", 64},
    {"SOF_TIMESTAMPING_RX_HARDWARE", 4},
    {"SOF_TIMESTAMPING_RX_SOFTWARE", 8},
    {"SOF_TIMESTAMPING_SOFTWARE", 16},
    {"SOF_TIMESTAMPING_SYS_HARDWARE", 32},
    {"SOF_TIMESTAMPING_TX_ACK", 512},
    {"SOF_TIMESTAMPING_TX_HARDWARE", 1},
    {"SOF_TIMESTAMPING_TX_SCHED", 256},
    {"SOF_TIMESTAMPING_TX_SOFTWARE", 2},
    {"SOL_IP", 0},
    {"SOL_SOCKET", 1},
    {"SOL_TCP", 6},
    {"SOL_UDP", 17},
    {"SO_ACCEPTCONN", 30},
    {"SO_BINDTODEVICE", 25},
    {"SO_BROADCAST", 6},
    {"SO_BUSY_POLL", 46},
    {"SO_BUSY_POLL_BUDGET", 70},
    {"SO_DEBUG", 1},
    {"SO_DONTROUTE", 5},
    {"SO_EE_CODE_ZEROCOPY_COPIED", 1},
    {"SO_EE_ORIGIN_ICMP", 2},
    {"SO_EE_ORIGIN_LOCAL", 1},
    {"SO_EE_ORIGIN_NONE", 0},
    {"SO_EE_ORIGIN_TIMESTAMPING", 4},
    {"SO_EE_ORIGIN_ZEROCOPY", 5},
    {"SO_ERROR", 4},
    {"SO_INCOMING_CPU", 49},
    {"SO_KEEPALIVE", 9},
    {"SO_LINGER", 13},
    {"SO_MARK", 36},
    {"SO_MAX_PACING_RATE", 47},
    {"SO_NOSIGPIPE", 0x800},
    {"SO_OOBINLINE", 10},
    {"SO_PRIORITY", 12},
    {"SO_PROTOCOL", 38},
    {"SO_RCVBUF", 8},
    {"SO_RCVBUFFORCE", 33},
    {"SO_RCVLOWAT", 18},
    {"SO_RCVTIMEO", 20},
    {"SO_REUSEADDR", 2},
    {"SO_REUSEPORT", 15},
    {"SO_SNDBUF", 7},
    {"SO_SNDBUFFORCE", 32},
    {"SO_SNDLOWAT", 19},
    {"SO_SNDTIMEO", 21},
    {"SO_TIMESTAMP", 29},
    {"SO_TIMESTAMPING", 37},
    {"SO_TXTIME", 61},
    {"SO_TYPE", 3},
    {"SO_ZEROCOPY", 60},
    {"SPLICE_F_MORE", 4},
    {"SPLICE_F_MOVE", 1},
    {"SPLICE_F_NONBLOCK", 2},
    {"TCP_CLOSE", 7},
    {"TCP_CLOSE_WAIT", 8},
    {"TCP_CLOSING", 11},
    {"TCP_CM_INQ", 36},
    {"TCP_CONGESTION", 13},
    {"TCP_CORK", 3},
    {"TCP_DEFER_ACCEPT", 9},
    {"TCP_DELACK", 72},
    {"TCP_DELACK_MAX_US", 46},
    {"TCP_ESTABLISHED", 1},
    {"TCP_FASTOPEN", 23},
    {"TCP_FASTOPEN_CONNECT", 30},
    {"TCP_FASTOPEN_KEY", 33},
    {"TCP_FASTOPEN_NO_COOKIE", 34},
    {"TCP_FIN_WAIT1", 4},
    {"TCP_FIN_WAIT2", 5},
    {"TCP_INFO", 11},
    {"TCP_INQ", 36},
    {"TCP_KEEPCNT", 6},
    {"TCP_KEEPIDLE", 4},
    {"TCP_KEEPINIT", 32},
    {"TCP_KEEPINTVL", 5},
    {"TCP_LAST_ACK", 9},
    {"TCP_LINGER2", 8},
    {"TCP_LISTEN", 10},
    {"TCP_MAXSEG", 2},
    {"TCP_MD5SIG", 14},
    {"TCP_NODELAY", 1},
    {"TCP_NOOPT", 8},
    {"TCP_NOPUSH", 4},
    {"TCP_NOTSENT_LOWAT", 25},
    {"TCP_QUEUE_SEQ", 21},
    {"TCP_QUICKACK", 12},
    {"TCP_REPAIR", 19},
    {"TCP_REPAIR_QUEUE", 20},
    {"TCP_RTO_MAX_MS", 44},
    {"TCP_RTO_MIN_US", 45},
    {"TCP_SAVE_SYN", 27},
    {"TCP_SYNCNT", 7},
    {"TCP_SYN_RECV", 3},
    {"TCP_SYN_SENT", 2},
    {"TCP_THIN_DUPACK", 17},
    {"TCP_THIN_LINEAR_TIMEOUTS", 16},
    {"TCP_TIMESTAMP", 24},
    {"TCP_TIME_WAIT", 6},
    {"TCP_TX_DELAY", 37},
    {"TCP_USER_TIMEOUT", 18},
    {"TCP_WINDOW_CLAMP", 10},
    {"UDP_CORK", 1},
}};

// Names of errors: some are read back by getsockopt.
constexpr std::array<Symbol, 46> errors{{
    {"EACCES", EACCES},
    {"EADDRINUSE", EADDRINUSE},
    {"EADDRNOTAVAIL", EADDRNOTAVAIL},
    {"EAFNOSUPPORT", EAFNOSUPPORT},
    {"EAGAIN", EAGAIN},
    {"EALREADY", EALREADY},
    {"EBADF", EBADF},
    {"ECANCELED", ECANCELED},
    {"ECONNABORTED", ECONNABORTED},
    {"ECONNREFUSED", ECONNREFUSED},
    {"ECONNRESET", ECONNRESET},
    {"EDESTADDRREQ", EDESTADDRREQ},
    {"EEXIST", EEXIST},
    {"EFAULT", EFAULT},
    {"EHOSTUNREACH", EHOSTUNREACH},
    {"EINPROGRESS", EINPROGRESS},
    {"EINTR", EINTR},
    {"EINVAL", EINVAL},
    {"EIO", EIO},
    {"EISCONN", EISCONN},
    {"EMFILE", EMFILE},
    {"EMSGSIZE", EMSGSIZE},
    {"ENETDOWN", ENETDOWN},
    {"ENETRESET", ENETRESET},
    {"ENETUNREACH", ENETUNREACH},
    {"ENOBUFS", ENOBUFS},
    {"ENODEV", ENODEV},
    {"ENOENT", ENOENT},
    {"ENOMEM", ENOMEM},
    {"ENOMSG", ENOMSG},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSYS", ENOSYS},
    {"ENOTCONN", ENOTCONN},
    {"ENOTSOCK", ENOTSOCK},
    {"EOPNOTSUPP", EOPNOTSUPP},
    {"EOVERFLOW", EOVERFLOW},
    {"EPERM", EPERM},
    {"EPFNOSUPPORT", EPFNOSUPPORT},
    {"EPIPE", EPIPE},
    {"EPROTO", EPROTO},
    {"EPROTONOSUPPORT", EPROTONOSUPPORT},
    {"EPROTOTYPE", EPROTOTYPE},
    {"ESHUTDOWN", ESHUTDOWN},
    {"ESPIPE", ESPIPE},
    {"ETIMEDOUT", ETIMEDOUT},
    {"EWOULDBLOCK", EWOULDBLOCK},
}};

template <std::size_t size>
std::optional<std::int64_t> value_in(const std::array<Symbol, size>& table, std::string_view name) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), name,
      [](const Symbol& symbol, std::string_view wanted) { return symbol.first < wanted; });
  if (found == table.end() || found->first != name) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<std::int64_t> symbol_value(std::string_view name) {
  const auto symbol = value_in(symbols, name);
  return symbol ? symbol : value_in(errors, name);
}

std::optional<std::int64_t> value_of(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::number:
      return expression.number;
    case Expression::Kind::word:
      return symbol_value(expression.word);
    case Expression::Kind::call:  // htons(8080)
    case Expression::Kind::list:  // [1]
      return expression.parts.size() == 1 ? value_of(expression.parts[0]) : std::nullopt;
    case Expression::Kind::either: {
      std::int64_t all = 0;
      for (const Expression& part : expression.parts) {
        const auto value = value_of(part);
        if (!value) return std::nullopt;
        all |= *value;
      }
      return all;
    }
    default:
      return std::nullopt;
  }
}

std::string_view errno_name(boost::system::error_code error) {
  constexpr std::array<std::pair<Errc, std::string_view>, 17> names{{
      {Errc::address_in_use, "EADDRINUSE"},
      {Errc::address_not_available, "EADDRNOTAVAIL"},
      {Errc::network_unreachable, "ENETUNREACH"},
      {Errc::host_unreachable, "EHOSTUNREACH"},
      {Errc::message_too_long, "EMSGSIZE"},
      {Errc::not_connected, "ENOTCONN"},
      {Errc::closed, "EBADF"},
      {Errc::cancelled, "ECANCELED"},
      {Errc::timed_out, "ETIMEDOUT"},
      {Errc::no_protocol, "EPROTONOSUPPORT"},
      {Errc::invalid_argument, "EINVAL"},
      {Errc::refused, "ECONNREFUSED"},
      {Errc::reset, "ECONNRESET"},
      {Errc::would_block, "EAGAIN"},
      {Errc::shut_down, "EPIPE"},
      {Errc::already_connected, "EISCONN"},
      {Errc::in_progress, "EINPROGRESS"},
  }};
  for (const auto& [code, name] : names) {
    if (error == make_error_code(code)) return name;
  }
  return "EIO";
}

}  // namespace elvis::packetdrill
