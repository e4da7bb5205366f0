// SPDX-License-Identifier: MIT
// Readiness: how coroutines, and functions, wait until a socket can be used, and how such waits
// end.
//
//   Waitable (a socket, a signal, a queue)
//      │ newest_          a ring of all that wait there, in the order in which they came
//      ▼
//     Wait ── Wait ── Wait
//   receive() send()  a Watch of wait_any(), a ReadyCall of an Asio model, …
//
// A socket that becomes readable, writable, … tells those who wait for it; they go on one after the
// other when the present event has been handled, never inside the call that told them (but where
// nothing comes after it: UdpSocket::demux() goes on with the only one who waits there). Who takes
// something away (receive(), accept()) is told one at a time, first come, first served; who only
// watches is told always. A wait ends
//   - because the socket is ready, broken or closed: the socket's own call says which,
//   - by Waitable::cancel() or Wait::give_up(): Errc::cancelled, Errc::timed_out,
//   - because the socket is destroyed: Errc::closed. The wait does not touch it any more.
// Destroying a Wait ends it without a word. A socket without waits pays a null pointer.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/result.hpp"

namespace elvis {

/// What a socket can be ready for: a set.
enum class Ready : std::uint8_t {
  none = 0,
  readable = 1,   ///< Something can be received or accepted: data, the end, or an error.
  writable = 2,   ///< Something can be sent, or sending fails.
  connected = 4,  ///< connect() has come to its end, one way or the other.
  delivered = 8,  ///< All that was sent was acknowledged.
  closed = 16,    ///< The socket is closed or broken. Always waited for.
  any = 31,
};
constexpr Ready operator|(Ready a, Ready b) {
  return static_cast<Ready>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr Ready operator&(Ready a, Ready b) {
  return static_cast<Ready>(static_cast<std::uint8_t>(a) & static_cast<std::uint8_t>(b));
}
constexpr Ready operator-(Ready a, Ready b) {
  return static_cast<Ready>(static_cast<std::uint8_t>(a) & ~static_cast<std::uint8_t>(b));
}
constexpr bool has(Ready set, Ready one) {
  return (set & one) != Ready::none;
}

class Wait;

/// What can be waited for; a base of sockets.
class Waitable {
 public:
  Waitable() = default;
  Waitable(const Waitable&) = delete;
  Waitable& operator=(const Waitable&) = delete;

  bool has_waits() const { return newest_ != nullptr; }

 protected:
  ~Waitable() { ELVIS_ASSERT(newest_ == nullptr); }

  /// Tells all who watch for something of `what`, and the first who takes it away and was not told
  /// yet. (Who fills room, with Ready::writable, is woken by the socket when it is done.)
  void tell(Machine& machine, Ready what);
  /// Something was taken away; `rest` is what the socket is still ready for, `kind` what it was
  /// about: the next one who takes is told, or nobody is any more.
  void taken(Machine& machine, Ready kind, Ready rest);
  /// Tells everybody.
  void tell_all(Machine& machine);
  /// Ends all waits with `outcome`.
  void end_waits(Machine& machine, Errc outcome);
  /// The last call of a destructor: ends all waits with Errc::closed, and lets go of them.
  void abandon(Machine& machine);

  /// The only one who waits, if he takes what comes by hand and was not told of anything yet, else
  /// null. The second: if he wants to be handed it.
  Wait* only_by_hand() const;
  Wait* only_handed() const;

  /// Lets `only`, which only_by_hand() gave, go on at once as the last thing in an event
  /// (Partition::go_on()). `handed` is what Wait::handed() gives then.
  void go_on_now(Wait& only, const void* handed = nullptr);

  /// Whether somebody who takes `kind` away has come before.
  bool has_takers(Ready kind) const { return newest_ != nullptr && first_taker(kind) != nullptr; }
  /// The first who takes `kind` away and was not told yet, or null.
  Wait* first_taker(Ready kind) const;

 private:
  friend Wait;

  void tell_several(Machine& machine, Ready what);

  Wait* newest_ = nullptr;  // of a ring: the oldest comes next
};

/// One wait at one Waitable: the base of all awaitables of sockets.
class Wait : public Waiter {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { leave(); }

  /// Ends the wait with `outcome`, unless it has come to its end already.
  void give_up(Machine& machine, Errc outcome) {
    if (is_over()) return;
    outcome_ = outcome;
    machine.partition().wake(*this);
  }
  /// Whether it waits at a socket. (It does so until it goes on, so that it learns if the socket is
  /// destroyed in between.)
  bool is_at_socket() const { return at_ != nullptr; }
  /// Why it ended, if not because the socket is ready.
  Errc outcome() const { return outcome_; }
  Ready interest() const { return interest_; }

 protected:
  /// Whether its socket may go on with it as the last thing in an event (only_by_hand()), and hand
  /// over what has come.
  enum class ByHand : std::uint8_t { no, told, handed };
  /// What it waits for. `is_taker` says that it takes that away.
  explicit Wait(Ready interest, bool is_taker = false, ByHand by_hand = ByHand::no)
      : interest_{interest}, is_taker_{is_taker}, by_hand_{by_hand}, alone_{by_hand} {}
  /// A wait may be moved before it has begun.
  Wait(Wait&& other) noexcept
      : interest_{other.interest_},
        is_taker_{other.is_taker_},
        by_hand_{other.by_hand_},
        alone_{other.by_hand_} {
    ELVIS_ASSERT(other.at_ == nullptr);
  }

  /// Waits at `at`, behind those who came before. wait() says who goes on then, and who waits once
  /// more begins anew().
  void join(Waitable& at) {
    ELVIS_ASSERT(at_ == nullptr);
    at_ = &at;
    if (at.newest_ == nullptr) [[likely]] {
      behind_ = this;
    } else {
      alone_ = at.newest_->alone_ = ByHand::no;
      behind_ = std::exchange(at.newest_->behind_, this);
    }
    at.newest_ = this;
  }
  void anew() {
    outcome_ = Errc{};
    alone_ = by_hand_;
  }
  /// Waits no longer.
  void leave() {
    if (at_ == nullptr) return;
    if (behind_ != this || is_ready()) [[unlikely]]
      return unjoin();
    leave_alone();
  }
  /// The same of one who waits alone and was not told: it goes on now.
  void leave_alone() { std::exchange(at_, nullptr)->newest_ = nullptr; }
  /// What go_on_now() was given, once; null if it goes on otherwise, or has not waited. If there is
  /// something, it waits nowhere.
  const void* take_handed() { return std::exchange(handed_, nullptr); }
  /// The same of one that does not wait again.
  const void* handed() const { return handed_; }
  /// For the compiler, which need not look then: it waits nowhere and was not told.
  void is_known_to_be_free() const {
    __builtin_assume(at_ == nullptr);
    is_known_to_be_unready();
  }
  /// Whether it was told to go on, for whatever reason.
  bool is_over() const { return is_ready() || outcome_ != Errc{} || !is_waiting(); }

  void set_interest(Ready interest) { interest_ = interest; }
  void set_outcome(Errc outcome) { outcome_ = outcome; }

 private:
  friend Waitable;

  void unjoin();

  Ready interest_;
  Errc outcome_{};
  bool is_taker_;
  ByHand by_hand_;
  ByHand alone_;  // at a socket: by_hand_, while nobody else waits there and it was not told
  Waitable* at_ = nullptr;  // null when it is destroyed, too
  const void* handed_ = nullptr;
  Wait* behind_;  // at a socket: in the ring of at_
};

inline Wait* Waitable::only_by_hand() const {
  return newest_ != nullptr && newest_->alone_ != Wait::ByHand::no ? newest_ : nullptr;
}

inline Wait* Waitable::only_handed() const {
  return newest_ != nullptr && newest_->alone_ == Wait::ByHand::handed ? newest_ : nullptr;
}

inline void Waitable::go_on_now(Wait& only, const void* handed) {
  newest_ = nullptr;
  only.at_ = nullptr;
  only.handed_ = handed;
  Partition::go_on_waiting(only);
}

inline void Waitable::tell(Machine& machine, Ready what) {
  if (newest_ == nullptr) return;
  Wait& only = *newest_;
  if (only.behind_ != &only) [[unlikely]]
    return tell_several(machine, what);
  if (only.is_taker_) what = what - Ready::writable;
  if (!has(only.interest_, what) || only.is_over()) return;
  only.alone_ = Wait::ByHand::no;
  machine.partition().wake(only);
}

/// Waits with a function instead of a coroutine, for code with completion handlers.
///
///   struct Operation : ReadyCall {
///     Operation() : ReadyCall{[](ReadyCall& self) { static_cast<Operation&>(self).go_on(); }} {}
///   };
///   operation.start(socket, Ready::readable);
///
/// `call` is called once for each start(), after the present event, also when the socket is ready
/// at once; not after stop(), nor when the machine ends. outcome() says then why: nothing if the
/// socket is ready or broken (ask it), cancelled, timed_out, or closed: the socket is gone. It may
/// start again, and destroy the ReadyCall.
class ReadyCall : public Wait {
 public:
  using Function = void (*)(ReadyCall& self);

  /// By hand, `call` may be called inside the call that tells of readiness, as the last thing in an
  /// event.
  explicit ReadyCall(Function call, ByHand by_hand = ByHand::no)
      : Wait{Ready::none, false, by_hand}, call_{call} {}

  /// A Socket has `Ready ready() const` and `Machine& machine() const`.
  template <typename Socket>
  void start(Socket& socket, Ready interest) {
    start_unready(socket, interest);
    if (has(socket.ready(), Wait::interest())) socket.machine().partition().wake(*this);
  }
  /// The same at a socket that is known not to be ready.
  void start_unready(Waitable& socket, Ready interest) {
    set_interest(interest | Ready::closed);
    anew();
    join(socket);
    wait([](Waiter& self) {
      auto& call = static_cast<ReadyCall&>(self);
      call.leave();
      call.call_(call);
    });
  }
  /// Whether start() was called and the function was not yet.
  bool is_started() const { return is_at_socket() || is_ready(); }
  /// Ends the wait without a call.
  void stop() {
    leave();
    unlink();
  }

 private:
  Function call_;
};

}  // namespace elvis
