// SPDX-License-Identifier: MIT
#include "remote_end.hpp"

#include <algorithm>
#include <utility>

#include "codec.hpp"

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
  const Time now = machine().now();
  Time leaves = now;
  if (rate_) {
    const Packet packet = decode(datagram).packet;
    if (packet.kind == Packet::Kind::tcp) {
      leaves = queue_.departure({packet.source_port, packet.destination_port}, packet.payload_bytes,
                                rate_(packet), now);
    }
  }
  const auto place = std::upper_bound(queued_.begin(), queued_.end(), leaves,
                                      [](Time at, const Sighting& other) { return at < other.at; });
  queued_.insert(place, {leaves, std::move(datagram)});
  release();
}

// Whatever has left the queue by now is to be seen.
void RemoteEnd::release() {
  const Time now = machine().now();
  const bool has_news = !queued_.empty() && queued_.front().at <= now;
  while (!queued_.empty() && queued_.front().at <= now) {
    sightings_.push_back(std::move(queued_.front()));
    queued_.pop_front();
  }
  if (!queued_.empty()) release_.arm(machine(), queued_.front().at);
  if (has_news) signal_.raise();
}

}  // namespace elvis::packetdrill
