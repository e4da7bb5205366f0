// SPDX-License-Identifier: MIT
#include "signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <initializer_list>

namespace elvis::cli {

namespace {

// All that a handler may touch: without locks, and seen by every thread.
constinit std::atomic<int> seen{0};
constinit std::atomic<Signals::Phase> phase{Signals::Phase::reading};
static_assert(std::atomic<int>::is_always_lock_free &&
              std::atomic<Signals::Phase>::is_always_lock_free);

constexpr unsigned patience_seconds = 1;

void handle(int signal) {
  if (phase == Signals::Phase::reading) ::_exit(128 + signal);
  if (signal == SIGALRM) ::_exit(128 + seen);
  if (seen != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  seen = signal;
  if (phase == Signals::Phase::building) ::alarm(patience_seconds);
}

void set_handlers(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM, SIGALRM}) {
    // Without SA_RESTART: what waits for a FIFO's reader does not wait on.
    struct sigaction action{};
    action.sa_handler = handler;
    ::sigaction(signal, &action, nullptr);
  }
}

}  // namespace

Signals::~Signals() {
  set_handlers(SIG_DFL);
}

void Signals::enter(Phase next) {
  phase = next;
  set_handlers(handle);
  if (next == Phase::working) ::alarm(0);
}

StopReason Signals::stop() const {
  switch (seen) {
    case SIGINT:
      return StopReason::interrupted;
    case SIGTERM:
      return StopReason::terminated;
    default:
      return StopReason::none;
  }
}

void Signals::hand_over() {
  if (seen == 0 || was_handed_over_) return;
  was_handed_over_ = true;
  std::raise(seen);
}

ExitCode exit_code_of(StopReason reason) {
  return reason == StopReason::interrupted ? ExitCode::interrupted : ExitCode::terminated;
}

}  // namespace elvis::cli
