// SPDX-License-Identifier: MIT
// The script's end of the wire: sends datagrams as they are, and keeps what arrives.
#pragma once

#include <coroutine>
#include <deque>
#include <functional>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/protocol.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/sim/timer.hpp"
#include "elvis/wire/message.hpp"
#include "paced_queue.hpp"
#include "packet.hpp"

namespace elvis::packetdrill {

/// Something that one coroutine waits for.
class Signal {
 public:
  class Wait;

  /// `co_await signal.until(entity, deadline);` Goes on when raise() is called, or at `deadline`.
  Wait until(Entity& entity, Time deadline);
  void raise();

 private:
  Wait* waiting_ = nullptr;
};

class Signal::Wait : private Timer {
 public:
  Wait(Signal& signal, Entity& entity, Time deadline);
  ~Wait();

  bool await_ready() const noexcept { return deadline_ <= entity_.now(); }
  void await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const noexcept {}

 private:
  friend Signal;

  void wake();

  Signal& signal_;
  Entity& entity_;
  Time deadline_;
  Waiter waiter_;
};

/// What the stack under test sent, and when.
struct Sighting {
  Time at;
  Message datagram;
};

class RemoteEnd final : public Protocol {
 public:
  /// The pacing rate of the connection that a segment belongs to, in bytes a second; 0: none.
  using Rate = std::function<std::uint64_t(const Packet& segment)>;

  RemoteEnd(Machine& machine, Signal& signal)
      : Protocol{machine, ProtocolId::ipv4},
        signal_{signal},
        release_{[](Timer& timer) { static_cast<Release&>(timer).end.release(); }, *this} {}

  /// Sends a datagram to the machine under test, the first on the network.
  void send(Message&& datagram);
  std::deque<Sighting>& sightings() { return sightings_; }
  /// From now on segments wait in the queue of the machine under test, if they have a rate.
  void pace(Rate rate) { rate_ = std::move(rate); }

  void demux(Message&& datagram, Arrival& arrival) override;

 private:
  struct Release : Timer {
    Release(Expire expire, RemoteEnd& of) : Timer{expire}, end{of} {}
    RemoteEnd& end;
  };

  void release();

  Signal& signal_;
  std::deque<Sighting> sightings_;
  Rate rate_;
  PacedQueue queue_;
  std::deque<Sighting> queued_;  // by the time at which they leave
  Release release_;
};

}  // namespace elvis::packetdrill
