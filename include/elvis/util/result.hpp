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

template <typename T = void>
class Result;

namespace result_internal {

// An error code without what it says of its origin: two words.
struct Failure {
  Failure() = default;
  Failure(const boost::system::error_code& error)
      : value{error.value()}, category{&error.category()} {}

  boost::system::error_code code() const { return {value, *category}; }
  friend bool operator==(const Failure& left, const Failure& right) {
    return left.value == right.value && *left.category == *right.category;
  }

  int value = 0;
  const boost::system::error_category* category = nullptr;
};

template <typename Code>
concept ErrorCode = boost::system::is_error_code_enum<Code>::value ||
                    std::is_same_v<Code, boost::system::error_code>;

template <typename Given, typename T>
concept ValueOf = std::is_convertible_v<Given, T> && !ErrorCode<std::remove_cvref_t<Given>> &&
                  !std::is_same_v<std::remove_cvref_t<Given>, Result<T>>;

}  // namespace result_internal

/// A value, or the error why there is none. Discarding it is a warning. As boost::system::result,
/// of which it has what is used here, but it is taken apart in place: where the compiler sees both
/// ends, nothing of it is left.
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = boost::system::error_code;

  Result() : Result{T{}} {}
  template <result_internal::ValueOf<T> Given>
  Result(Given&& value) : value_(std::forward<Given>(value)), has_value_{true} {}
  /// Makes the value of `parts`, where it will be.
  template <typename... Parts>
  explicit Result(std::in_place_t, Parts&&... parts)
      : value_{std::forward<Parts>(parts)...}, has_value_{true} {}
  template <result_internal::ErrorCode Code>
  Result(Code error) : failure_{error_type{error}}, has_value_{false} {}

  Result(const Result&)
    requires std::is_trivially_copy_constructible_v<T>
  = default;
  Result(const Result& other)
    requires std::is_copy_constructible_v<T>
      : has_value_{other.has_value_} {
    take(other);
  }
  Result(Result&&)
    requires std::is_trivially_move_constructible_v<T>
  = default;
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_{other.has_value_} {
    take(std::move(other));
  }
  Result& operator=(const Result& other)
    requires std::is_copy_constructible_v<T>
  {
    if (this != &other) *this = Result{other};
    return *this;
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      destroy();
      take(std::move(other));
    }
    return *this;
  }
  ~Result()
    requires std::is_trivially_destructible_v<T>
  = default;
  ~Result() { destroy(); }

  bool has_value() const noexcept { return has_value_; }
  bool has_error() const noexcept { return !has_value_; }
  explicit operator bool() const noexcept { return has_value_; }

  /// The value; throws the error as boost::system::system_error if there is none.
  T& value() & { return checked(*this); }
  const T& value() const& { return checked(*this); }
  T&& value() && { return std::move(checked(*this)); }
  /// Only if there is one.
  T& operator*() & noexcept { return there(*this); }
  const T& operator*() const& noexcept { return there(*this); }
  T&& operator*() && noexcept { return std::move(there(*this)); }
  T* operator->() noexcept { return &there(*this); }
  const T* operator->() const noexcept { return &there(*this); }
  template <typename Other>
  T value_or(Other&& other) const& {
    return has_value_ ? value_ : static_cast<T>(std::forward<Other>(other));
  }
  template <typename Other>
  T value_or(Other&& other) && {
    return has_value_ ? std::move(value_) : static_cast<T>(std::forward<Other>(other));
  }

  /// Success, if there is a value.
  error_type error() const { return has_value_ ? error_type{} : failure_.code(); }

  friend bool operator==(const Result& left, const Result& right) {
    if (left.has_value_ != right.has_value_) return false;
    return left.has_value_ ? left.value_ == right.value_ : left.failure_ == right.failure_;
  }

 private:
  template <typename Self>
  static auto& there(Self& self) noexcept {
    ELVIS_ASSERT(self.has_value_);
    return self.value_;
  }
  template <typename Self>
  static auto& checked(Self& self) {
    if (!self.has_value_) boost::throw_exception(boost::system::system_error{self.error()});
    return self.value_;
  }
  template <typename Other>
  void take(Other&& other) {
    if (other.has_value_) {
      std::construct_at(&value_, std::forward<Other>(other).value_);
    } else {
      std::construct_at(&failure_, other.failure_);
    }
    has_value_ = other.has_value_;
  }
  void destroy() noexcept {
    if (has_value_) std::destroy_at(&value_);
  }

  union {
    T value_;
    result_internal::Failure failure_;
  };
  bool has_value_;
};

/// That it went well, or the error. Comes back in two registers.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = boost::system::error_code;

  Result() = default;
  template <result_internal::ErrorCode Code>
  Result(Code error) : failure_{error_type{error}} {}

  bool has_value() const noexcept { return failure_.category == nullptr; }
  bool has_error() const noexcept { return !has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  /// Throws the error as boost::system::system_error if there is one.
  void value() const {
    if (has_error()) boost::throw_exception(boost::system::system_error{error()});
  }
  /// Success, if there is none.
  error_type error() const { return has_value() ? error_type{} : failure_.code(); }

  friend bool operator==(const Result& left, const Result& right) {
    return left.has_value() == right.has_value() &&
           (left.has_value() || left.failure_ == right.failure_);
  }

 private:
  result_internal::Failure failure_;
};

}  // namespace elvis
