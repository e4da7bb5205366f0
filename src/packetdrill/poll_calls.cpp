// SPDX-License-Identifier: MIT
// poll and epoll: both look again and again, which in virtual time costs little.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elvis/sim/sleep.hpp"
#include "process.hpp"
#include "symbols.hpp"

namespace elvis::packetdrill {

namespace {

constexpr std::int64_t ready_in = 0x1;
constexpr std::int64_t ready_out = 0x4;
constexpr std::int64_t ready_error = 0x8;
constexpr std::int64_t ready_hung_up = 0x10;
constexpr std::int64_t not_open = 0x20;
constexpr std::int64_t ready_in_normal = 0x40;
constexpr std::int64_t ready_out_normal = 0x100;
constexpr std::int64_t ready_remote_closed = 0x2000;
constexpr std::int64_t edge_triggered = 1LL << 31;
constexpr std::int64_t told_once = 1LL << 30;
constexpr std::int64_t always_told = ready_error | ready_hung_up | not_open;

constexpr Duration look_again = std::chrono::microseconds{100};

// When a call that waits `milliseconds`, or without end if negative, gives up.
Time deadline_of(Time now, std::int64_t milliseconds) {
  if (milliseconds < 0) return now + std::chrono::hours{24};
  return now + std::chrono::milliseconds{std::min<std::int64_t>(milliseconds, 86'400'000)};
}

}  // namespace

std::int64_t Process::readiness(const File& file) const {
  if (file.listener != nullptr) {
    return file.listener->waiting() > 0 ? ready_in | ready_in_normal : 0;
  }
  if (file.kind == Packet::Kind::udp) {
    UdpSocket::Receive receive = file.datagrams->receive();
    return ready_out | ready_out_normal | (receive.await_ready() ? ready_in | ready_in_normal : 0);
  }
  if (file.stream == nullptr) return not_open;
  const TcpSession* const session = file.stream->session();
  if (file.deferred) return ready_out | ready_out_normal;  // the SYN waits for data
  if (session == nullptr) return ready_out | ready_hung_up;
  std::int64_t bits = 0;
  const TcpState state = session->state();
  const bool has_sent_fin = state > TcpState::established && state != TcpState::close_wait;
  const bool is_at_end = session->is_at_end() || file.is_read_shut;
  if (session->readable() > 0 || !file.unread.empty() || is_at_end) {
    bits |= ready_in | ready_in_normal;
  }
  if (is_at_end || session->connection().receiver().has_finished()) bits |= ready_remote_closed;
  if (session->is_over() && session->failure() != Errc{}) {
    bits |= ready_error | ready_hung_up | ready_in | ready_out | ready_in_normal |
            ready_out_normal | ready_remote_closed;
  } else if (session->is_over() || (is_at_end && has_sent_fin)) {
    bits |= ready_hung_up;
  }
  const bool has_room =
      file.kernel == nullptr ? session->writable() > 0 : file.kernel->is_writable(*file.stream);
  const bool can_write = has_sent_fin || has_room;
  if (file.kernel != nullptr && !file.kernel->errors().empty()) bits |= ready_error;
  if (session->is_open() && can_write) bits |= ready_out | ready_out_normal;
  return bits;
}

// ===== poll =====

Task<CallOutcome> Process::poll(const CallEvent& call) {
  if (call.arguments.size() < 3) co_return CallOutcome::failed("EINVAL");
  const Time deadline = deadline_of(machine_.now(), number_at(call, 2));
  for (;;) {
    settle();
    CallOutcome outcome;
    for (const Expression& entry : call.arguments[0].parts) {
      const Expression* const number = entry.part("fd");
      const Expression* const events = entry.part("events");
      const Expression* const expected = entry.part("revents");
      const auto found =
          files_.find(number == nullptr ? -1 : static_cast<int>(value_of(*number).value_or(-1)));
      const std::int64_t wanted =
          (events == nullptr ? 0 : value_of(*events).value_or(0)) | always_told;
      const std::int64_t seen =
          found == files_.end() ? not_open : readiness(*found->second) & wanted;
      outcome.value += seen != 0 ? 1 : 0;
      const auto due = expected == nullptr ? std::optional<std::int64_t>{0} : value_of(*expected);
      if (due && *due != seen) {
        outcome.differences.push_back(
            fmt::format("revents: expected {:#x}, seen {:#x}", *due, seen));
      }
    }
    if (outcome.value > 0 || machine_.now() >= deadline) co_return outcome;
    co_await Sleep{machine_, std::min(machine_.now() + look_again, deadline)};
  }
}

// ===== epoll =====

CallOutcome Process::epoll_create(const CallEvent& call) {
  const int number = free_descriptor(call);
  epolls_[number];
  return number;
}

CallOutcome Process::epoll_ctl(const CallEvent& call) {
  const auto epoll = epolls_.find(static_cast<int>(number_at(call, 0, -1)));
  const int number = static_cast<int>(number_at(call, 2, -1));
  if (epoll == epolls_.end() || !files_.contains(number)) return CallOutcome::failed("EBADF");
  auto& interests = epoll->second;
  constexpr std::int64_t adds = 1;
  constexpr std::int64_t removes = 2;
  const std::int64_t operation = number_at(call, 1);
  if (operation == removes) {
    return interests.erase(number) != 0 ? CallOutcome{0} : CallOutcome::failed("ENOENT");
  }
  if (operation == adds && interests.contains(number)) return CallOutcome::failed("EEXIST");
  if (operation != adds && !interests.contains(number)) return CallOutcome::failed("ENOENT");
  Interest interest;
  if (call.arguments.size() > 3) {
    const Expression& event = call.arguments[3];
    if (const Expression* const events = event.part("events")) {
      interest.events = value_of(*events).value_or(0);
    }
    for (const char* const name : {"fd", "ptr", "u32", "u64"}) {
      if (const Expression* const data = event.part(name)) interest.data = data;
    }
  }
  interests[number] = interest;
  return 0;
}

Task<CallOutcome> Process::epoll_wait(const CallEvent& call) {
  const int number = static_cast<int>(number_at(call, 0, -1));
  const Time deadline = deadline_of(machine_.now(), number_at(call, 3));
  for (;;) {
    settle();
    const auto epoll = epolls_.find(number);
    if (epoll == epolls_.end()) co_return CallOutcome::failed("EBADF");
    CallOutcome outcome;
    for (auto& [descriptor, interest] : epoll->second) {
      const auto file = files_.find(descriptor);
      if (file == files_.end()) continue;
      if (interest.events == told_once) continue;  // it was
      std::int64_t ready = readiness(*file->second) & (interest.events | always_told);
      if ((interest.events & edge_triggered) != 0) {
        // An edge is that something happened, not only what changed.
        const LinuxSocket* const kernel = file->second->kernel.get();
        if (kernel != nullptr) {
          const bool is_woken = interest.told_wake != kernel->wakes();
          interest.told_wake = kernel->wakes();
          if (!std::exchange(interest.is_new, false) && !is_woken) ready = 0;
        } else if ((ready & ~std::exchange(interest.told, ready)) == 0) {
          ready = 0;
        }
      }
      if (ready == 0) continue;
      ++outcome.value;
      if ((interest.events & told_once) != 0) interest.events = told_once;
      // The script's one event stands for the first that is told.
      const Expression* const expected = outcome.value == 1 && call.arguments.size() > 1
                                             ? call.arguments[1].part("events")
                                             : nullptr;
      const auto due = expected == nullptr ? std::nullopt : value_of(*expected);
      if (due && (*due & ~(edge_triggered | told_once)) != ready) {
        outcome.differences.push_back(
            fmt::format("events: expected {:#x}, seen {:#x}", *due, ready));
      }
    }
    if (outcome.value > 0 || machine_.now() >= deadline) co_return outcome;
    co_await Sleep{machine_, std::min(machine_.now() + look_again, deadline)};
  }
}

}  // namespace elvis::packetdrill
