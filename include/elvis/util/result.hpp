// SPDX-License-Identifier: MIT
// What a caller must expect to go wrong: Errc, and Result<T> that carries it.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "elvis/util/assert.hpp"

namespace elvis {

/// Errors a caller meets. They compare equal to the POSIX conditions named beside them.
enum class Errc : std::uint8_t {
  address_in_use = 1,     ///< EADDRINUSE: another session or listener has these endpoints.
  address_not_available,  ///< EADDRNOTAVAIL: the machine has no such address, or no port is left.
  network_unreachable,    ///< ENETUNREACH: no attached network or route leads there.
  host_unreachable,       ///< EHOSTUNREACH: nobody answers for the address.
  message_too_long,       ///< EMSGSIZE: larger than the protocol or the network's MTU allows.
  not_connected,          ///< ENOTCONN: the socket has no remote endpoint.
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
  in_progress,            ///< EINPROGRESS: the connection is being made.
  access_denied,          ///< EACCES: the socket was not allowed to do this.
  end_of_stream,          ///< ENODATA: the remote end has sent all, and it was less than asked for.
  unknown_name,           ///< ENXIO: no machine is called so.
};

}  // namespace elvis

template <>
struct boost::system::is_error_code_enum<elvis::Errc> : std::true_type {};

namespace elvis {

const boost::system::error_category& elvis_category() noexcept;

inline boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), elvis_category()};
}

/// Why something failed, or that it did not, in four bytes: a Result in registers, where an
/// error_code takes 24 bytes of memory. It is an Errc as a rule; others are looked up in a table.
class Failure {
 public:
  Failure() = default;
  explicit Failure(Errc code) : number_{static_cast<std::uint32_t>(code) + 1} {}
  explicit Failure(const boost::system::error_code& code) : number_{number_of(code)} {}

  bool is_none() const { return number_ == 0; }
  /// The error; there is one.
  boost::system::error_code code() const {
    if (number_ < first_other) [[likely]]
      return {static_cast<int>(number_) - 1, elvis_category()};
    return other_code(number_);
  }

  friend bool operator==(Failure, Failure) = default;

 private:
  static constexpr std::uint32_t first_other = 256;

  static std::uint32_t number_of(const boost::system::error_code& code);
  static boost::system::error_code other_code(std::uint32_t number);

  std::uint32_t number_ = 0;
};

/// A value, or the error why there is none. Discarding it is a warning.
template <typename T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = boost::system::error_code;

  Result()
    requires std::is_default_constructible_v<T>
      : value_{} {}
  /// The value.
  template <typename Value>
    requires(std::is_convertible_v<Value, T> && !std::is_convertible_v<Value, error_type> &&
             !std::is_same_v<std::remove_cvref_t<Value>, Result>)
  Result(Value&& value) : value_(std::forward<Value>(value)) {}  // NOLINT(*-explicit-*)
  template <typename First, typename Second, typename... Others>
    requires std::is_constructible_v<T, First, Second, Others...>
  Result(First&& first, Second&& second, Others&&... others)
      : value_(std::forward<First>(first), std::forward<Second>(second),
               std::forward<Others>(others)...) {}
  /// The error: an Errc, or any that is an error_code.
  Result(Errc error) : failure_{error} {}               // NOLINT(*-explicit-*)
  Result(const error_type& error) : failure_{error} {}  // NOLINT(*-explicit-*)
  template <typename Other>
    requires std::is_convertible_v<Other, T>
  Result(Result<Other>&& other) : failure_{other.failure()} {  // NOLINT(*-explicit-*)
    if (other) std::construct_at(&value_, *std::move(other));
  }

  Result(const Result&)
    requires std::is_trivially_copy_constructible_v<T>
  = default;
  Result(const Result& other) : failure_{other.failure_} {
    if (other) std::construct_at(&value_, other.value_);
  }
  Result(Result&&)
    requires std::is_trivially_move_constructible_v<T>
  = default;
  Result(Result&& other) noexcept : failure_{other.failure_} {
    if (other) std::construct_at(&value_, std::move(other.value_));
  }
  Result& operator=(const Result& other) {
    if (this != &other) *this = Result{other};
    return *this;
  }
  Result& operator=(Result&& other) noexcept {
    if (this == &other) return *this;
    std::destroy_at(this);
    return *std::construct_at(this, std::move(other));
  }
  ~Result()
    requires std::is_trivially_destructible_v<T>
  = default;
  ~Result() {
    if (has_value()) value_.~T();
  }

  bool has_value() const { return failure_.is_none(); }
  bool has_error() const { return !has_value(); }
  explicit operator bool() const { return has_value(); }
  /// The value; there is one.
  T& operator*() & {
    ELVIS_ASSERT(has_value());
    return value_;
  }
  const T& operator*() const& {
    ELVIS_ASSERT(has_value());
    return value_;
  }
  T&& operator*() && { return std::move(**this); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  /// The same; throws a system_error if there is none.
  T& value() & {
    check();
    return value_;
  }
  const T& value() const& {
    check();
    return value_;
  }
  T&& value() && {
    check();
    return std::move(value_);
  }
  /// The error; one without meaning if there is a value.
  error_type error() const { return has_value() ? error_type{} : failure_.code(); }
  Failure failure() const { return failure_; }

  friend bool operator==(const Result& left, const Result& right) {
    return left.failure_ == right.failure_ && (left.has_error() || left.value_ == right.value_);
  }

 private:
  void check() const {
    if (has_error()) boost::throw_exception(boost::system::system_error{error()});
  }

  union {
    T value_;
  };
  Failure failure_;
};

/// That it was done, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = boost::system::error_code;

  Result() = default;
  Result(Errc error) : failure_{error} {}               // NOLINT(*-explicit-*)
  Result(const error_type& error) : failure_{error} {}  // NOLINT(*-explicit-*)

  bool has_value() const { return failure_.is_none(); }
  bool has_error() const { return !has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (has_error()) boost::throw_exception(boost::system::system_error{error()});
  }
  error_type error() const { return has_value() ? error_type{} : failure_.code(); }
  Failure failure() const { return failure_; }

  friend bool operator==(Result, Result) = default;

 private:
  Failure failure_;
};

}  // namespace elvis
