// SPDX-License-Identifier: MIT
// Observer: told of what happens to frames, for logs, captures and views.
#pragma once

#include "elvis/graph/drop.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Machine;
class Tap;

/// Called on the thread of the machine's partition, in that machine's order of events; partitions
/// call at the same time, so an observer of several synchronises itself. Observing never changes a
/// result.
class Observer {
 public:
  virtual void frame_sent(const Tap& from, const Message& frame, Time now) = 0;
  virtual void frame_delivered(const Tap& to, const Message& frame, Time now) = 0;
  virtual void dropped(const Machine& machine, Drop reason, const Message& message, Time now) = 0;

 protected:
  ~Observer() = default;
};

}  // namespace elvis
