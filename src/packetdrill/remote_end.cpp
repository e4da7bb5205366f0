// SPDX-License-Identifier: MIT
#include "remote_end.hpp"

#include <utility>

namespace elvis::packetdrill {

// ===== Signal =====

Signal::Wait Signal::until(Entity& entity, Time deadline) {
  return {*this, entity, deadline};
}

void Signal::raise() {
  if (waiting_ != nullptr) waiting_->wake();
}

Signal::Wait::Wait(Signal& signal, Entity& entity, Time deadline)
    : Timer{[](Timer& self) { static_cast<Wait&>(self).wake(); }},
      signal_{signal},
      entity_{entity},
      deadline_{deadline} {}

Signal::Wait::~Wait() {
  if (signal_.waiting_ == this) signal_.waiting_ = nullptr;
}

void Signal::Wait::await_suspend(std::coroutine_handle<> waiting) {
  ELVIS_ASSERT(signal_.waiting_ == nullptr);
  waiter_.wait(waiting);
  signal_.waiting_ = this;
  arm(entity_, deadline_);
}

void Signal::Wait::wake() {
  cancel();
  signal_.waiting_ = nullptr;
  entity_.partition().wake(waiter_);
}

// ===== RemoteEnd =====

void RemoteEnd::send(Message&& datagram) {
  Tap& tap = machine().taps().front();
  // Larger than the link allows, like what a script's reassembly would: fragments are not its
  // subject, so it goes as it is.
  const EthernetHeader header{tap.network().mac_of(0), tap.mac(),
                              static_cast<std::uint16_t>(EtherType::ipv4)};
  header.emit(datagram.prepend(EthernetHeader::size));
  tap.transmit(std::move(datagram));
}

void RemoteEnd::demux(Message&& datagram, Arrival&) {
  sightings_.push_back({machine().now(), std::move(datagram)});
  signal_.raise();
}

}  // namespace elvis::packetdrill
