// SPDX-License-Identifier: MIT
// SIGINT and SIGTERM outside of the engine's run, which handles them itself.
#pragma once

#include "elvis/sim/partition.hpp"
#include "exit_code.hpp"

namespace elvis::cli {

/// What a signal does depends on what there is to lose. A second one always ends the process.
class Signals {
 public:
  enum class Phase {
    reading,   ///< Nothing yet: the process ends at once, with the signal's exit code.
    building,  ///< Little: it goes on for a second at most, to end with a report.
    working,   ///< The signal is remembered: a report is, or will be, under way.
  };

  Signals() { enter(Phase::reading); }
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void enter(Phase next);

  /// The stop that the signals since the start ask for; none if there was no signal.
  StopReason stop() const;

  /// Sends the engine a signal that came just before it began to listen. Called while it runs.
  void hand_over();

 private:
  bool was_handed_over_ = false;
};

/// The exit code of what a signal ended.
ExitCode exit_code_of(StopReason reason);

}  // namespace elvis::cli
