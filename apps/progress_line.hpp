// SPDX-License-Identifier: MIT
// How far a run has come, for the person who waits for it.
#pragma once

#include <chrono>
#include <cstdint>

#include "elvis/sim/engine.hpp"

namespace elvis::cli {

class Console;

enum class ProgressMode : std::uint8_t { automatic, on, off };

/// One live line on a terminal; elsewhere lines at growing intervals, if they are asked for.
class ProgressLine {
 public:
  ProgressLine(ProgressMode mode, Time until, Console& console);
  ~ProgressLine();

  /// Called every now and then while the run goes on.
  void show(const Progress& progress);

 private:
  enum class Style : std::uint8_t { none, live, lines };

  Console& console_;
  Style style_;
  Time until_;
  std::chrono::duration<double> next_{1.0};  // runs under a second show nothing
  std::chrono::duration<double> step_{1.0};
};

}  // namespace elvis::cli
