// SPDX-License-Identifier: MIT
// What a caller must expect to go wrong: Errc, and Result<T> that carries it.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>

namespace elvis {

/// Errors a caller meets. They compare equal to the POSIX conditions named beside them.
enum class Errc : std::uint8_t {
  address_in_use = 1,     ///< EADDRINUSE: another session or listener has these endpoints.
  address_not_available,  ///< EADDRNOTAVAIL: the machine has no such address, or no port is left.
  network_unreachable,    ///< ENETUNREACH: no attached network or route leads there.
  host_unreachable,       ///< EHOSTUNREACH: nobody answers for the address.
  message_too_long,       ///< EMSGSIZE: larger than the protocol or the network's MTU allows.
  not_connected,          ///< ENOTCONN: the socket is not connected.
  closed,                 ///< EBADF: the session or socket is closed.
  cancelled,              ///< ECANCELED: the wait was given up.
  timed_out,              ///< ETIMEDOUT: it took longer than the caller allowed.
  no_protocol,            ///< EPROTONOSUPPORT: the machine does not have the protocol asked for.
  invalid_argument,       ///< EINVAL: the value makes no sense here.
  refused,                ///< ECONNREFUSED: the remote machine has nobody at this port.
  reset,                  ///< ECONNRESET: the remote end broke the connection off.
  would_block,            ///< EWOULDBLOCK: it cannot be done without waiting.
  shut_down,              ///< EPIPE: this half of the stream was ended.
  already_connected,      ///< EISCONN: the socket has a remote endpoint.
  in_progress,            ///< EALREADY: the connection is being made already.
  access_denied,          ///< EACCES: the socket was not allowed to do this.
  end_of_stream,          ///< ENODATA: the remote end has sent all, and it was less than asked for.
  unknown_name,           ///< ENXIO: no machine is called so.
  no_destination,         ///< EDESTADDRREQ: nobody said where the datagram is to go.
};

const boost::system::error_category& elvis_category() noexcept;

inline boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), elvis_category()};
}

/// A value, or the error why there is none. Discarding it is a warning.
template <typename T = void>
class [[nodiscard]] Result : public boost::system::result<T> {
 public:
  using boost::system::result<T>::result;
};

}  // namespace elvis

template <>
struct boost::system::is_error_code_enum<elvis::Errc> : std::true_type {};
