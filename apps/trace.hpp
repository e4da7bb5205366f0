// SPDX-License-Identifier: MIT
// Logs what becomes of every frame.
#pragma once

#include "elvis/graph/observer.hpp"

namespace elvis::cli {

class Log;

/// Lines of one machine come in its order of events; those of several as the threads went.
class Trace final : public Observer {
 public:
  explicit Trace(Log& log) : log_{log} {}

  void frame_sent(const Tap& from, const Message& frame, Time now) override;
  void frame_delivered(const Tap& to, const Message& frame, Time now) override;
  void dropped(const Machine& machine, Drop reason, const Message& message, Time now) override;

 private:
  Log& log_;
};

}  // namespace elvis::cli
