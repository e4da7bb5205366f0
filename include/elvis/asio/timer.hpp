// SPDX-License-Identifier: MIT
// asio_timer: lets virtual time pass, with the interface of Asio's steady_timer.
//
//   asio_timer timer{executor, 10ms};
//   co_await timer.async_wait(use_awaitable);
#pragma once

#include <tuple>

#include "elvis/asio/alarm.hpp"
#include "elvis/asio/io_object.hpp"

namespace elvis {

// NOLINTBEGIN(readability-identifier-naming): the manner of Asio.

/// A timer of virtual time. May be moved, also while operations wait; destroying it ends them with
/// operation_aborted.
template <typename Executor = boost::asio::any_io_executor>
class asio_basic_timer : public asio_internal::IoObject<AsioAlarm, Executor> {
  using Base = asio_internal::IoObject<AsioAlarm, Executor>;
  using error_code = boost::system::error_code;

 public:
  using executor_type = Executor;
  using clock_type = asio_clock;
  using duration = clock_type::duration;
  using time_point = clock_type::time_point;
  template <typename Other>
  struct rebind_executor {
    using other = asio_basic_timer<Other>;
  };

  explicit asio_basic_timer(const Executor& executor) : Base{executor} {}
  template <typename Context>
    requires std::is_convertible_v<Context&, boost::asio::execution_context&>
  explicit asio_basic_timer(Context& context) : Base{context} {}
  template <typename Where>
  asio_basic_timer(Where&& where, const time_point& expiry)
      : asio_basic_timer{std::forward<Where>(where)} {
    expires_at(expiry);
  }
  template <typename Where, typename Rep, typename Period>
  asio_basic_timer(Where&& where, const std::chrono::duration<Rep, Period>& after)
      : asio_basic_timer{std::forward<Where>(where)} {
    expires_after(after);
  }
  asio_basic_timer(asio_basic_timer&&) noexcept = default;
  asio_basic_timer& operator=(asio_basic_timer&&) noexcept = default;

  /// When it expires; time_point::max() is never. Setting it ends what waits with
  /// operation_aborted, and returns how many that were.
  time_point expiry() const {
    const AsioAlarm* const alarm = this->find_impl();
    return alarm == nullptr ? time_point{} : alarm->expiry();
  }
  std::size_t expires_at(const time_point& expiry) { return this->impl().set_expiry(expiry); }
  template <typename Rep, typename Period>
  std::size_t expires_after(const std::chrono::duration<Rep, Period>& after) {
    using std::chrono::duration;
    const Time now = this->core().machine().now();
    // As long as the end of time, or longer: never.
    if (duration<double>{after} >= duration<double>{end_of_time - now}) {
      return expires_at(end_of_time);
    }
    return expires_at(now + std::chrono::duration_cast<Duration>(after));
  }
  std::size_t cancel() {
    AsioAlarm* const alarm = this->find_impl();
    return alarm == nullptr ? 0 : alarm->cancel_all();
  }
  std::size_t cancel_one() {
    AsioAlarm* const alarm = this->find_impl();
    return alarm == nullptr ? 0 : alarm->cancel_one();
  }

  /// Completes with `void(error_code)`.
  template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                Token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
  auto async_wait(Token&& token BOOST_ASIO_DEFAULT_COMPLETION_TOKEN(executor_type)) {
    return boost::asio::async_initiate<Token, void(error_code)>(
        asio_internal::Initiation<asio_basic_timer>{*this}, token, Wait{});
  }

 private:
  friend asio_internal::Initiation<asio_basic_timer>;

  struct Wait {};
  struct Job {
    AsioAlarm* alarm;
    bool attempt(AsioOutcome&) const { return alarm->has_expired(); }
    bool attempt_again(AsioOutcome&) const { return true; }  // that is when the alarm goes off
    std::tuple<error_code> result(AsioOutcome& outcome) const { return {outcome.error}; }
  };

  template <typename Handler>
  void begin(Wait, Handler&& handler) {
    AsioAlarm& alarm = this->impl();
    this->start(&alarm, Job{&alarm}, std::forward<Handler>(handler));
  }
};

using asio_timer = asio_basic_timer<>;

// NOLINTEND(readability-identifier-naming)

}  // namespace elvis
