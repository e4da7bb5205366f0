// SPDX-License-Identifier: MIT
// ObserverPair: two observers where the world has room for one.
#pragma once

#include "elvis/graph/observer.hpp"

namespace elvis {

class ObserverPair final : public Observer {
 public:
  /// Both outlive the pair.
  ObserverPair(Observer& first, Observer& second) : first_{first}, second_{second} {}

  void frame_sent(const Tap& from, const Message& frame, Time now) override {
    first_.frame_sent(from, frame, now);
    second_.frame_sent(from, frame, now);
  }
  void frame_delivered(const Tap& to, const Message& frame, Time now) override {
    first_.frame_delivered(to, frame, now);
    second_.frame_delivered(to, frame, now);
  }
  void dropped(const Machine& machine, Drop reason, const Message& message, Time now) override {
    first_.dropped(machine, reason, message, now);
    second_.dropped(machine, reason, message, now);
  }
  void frame_carried(const Tap& from, const Entity& by, const Message& frame, Time now) override {
    first_.frame_carried(from, by, frame, now);
    second_.frame_carried(from, by, frame, now);
  }
  void frame_met(const Tap& from, const Entity& by, FrameFate fate, const Message& frame,
                 const Tap* to, Time now) override {
    first_.frame_met(from, by, fate, frame, to, now);
    second_.frame_met(from, by, fate, frame, to, now);
  }

 private:
  Observer& first_;
  Observer& second_;
};

}  // namespace elvis
