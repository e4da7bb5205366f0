// SPDX-License-Identifier: MIT
// Observer: told of what happens to frames, for logs, captures and views.
#pragma once

#include <cstdint>

#include "elvis/graph/drop.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

class Entity;
class Machine;
class Tap;

/// What a network does to a frame other than to deliver it as it is.
enum class FrameFate : std::uint8_t {
  lost,                 ///< Does not arrive.
  corrupted,            ///< Arrives with flipped bits.
  queue_dropped,        ///< Found no room in a queue.
  duplicated,           ///< Arrives twice.
  unknown_destination,  ///< Is for an address that nobody has.
};

/// Called on the thread of the machine's partition, in that machine's order of events; partitions
/// call at the same time, so an observer of several synchronises itself. A machine may live in
/// another partition for a while; Network::home_of() stays. Observing never changes a result.
class Observer {
 public:
  virtual void frame_sent(const Tap& from, const Message& frame, Time now) = 0;
  virtual void frame_delivered(const Tap& to, const Message& frame, Time now) = 0;
  virtual void dropped(const Machine& machine, Drop reason, const Message& message, Time now) = 0;

  /// The network takes along a frame that `from` sent: once for each frame, when its fate is
  /// decided. `by` decides, the sender or the network, and its partition calls.
  virtual void frame_carried(const Tap& from, const Entity& by, const Message& frame, Time now);
  /// What the network does to that frame, right after frame_carried(); for a frame that a queue
  /// dropped, without it. `frame` is as it is from now on. `to` is the receiver concerned, null if
  /// it is nobody or all.
  virtual void frame_met(const Tap& from, const Entity& by, FrameFate fate, const Message& frame,
                         const Tap* to, Time now);

 protected:
  ~Observer() = default;
};

inline void Observer::frame_carried(const Tap&, const Entity&, const Message&, Time) {}
inline void Observer::frame_met(const Tap&, const Entity&, FrameFate, const Message&, const Tap*,
                                Time) {}

}  // namespace elvis
