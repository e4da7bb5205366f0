// SPDX-License-Identifier: MIT
#include "elvis/graph/machine.hpp"

#include <memory>
#include <utility>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/fold.hpp"
#include "elvis/util/prefetch.hpp"

namespace elvis {

std::string MachineGroup::name_of(std::uint32_t place) const {
  return is_counted ? name + "-" + std::to_string(place) : name;
}

Machine::~Machine() {
  destroy_tasks();
  for (Application* next = applications_; next != nullptr;) {
    std::exchange(next, next->next_)->~Application();
  }
  for (std::uint32_t i = protocol_count_; i > 0; --i) protocols_begin()[i - 1]->~Protocol();
  for (Tap& tap : taps()) tap.~Tap();
  delete drops_;
}

Rng Machine::rng(std::string_view purpose) const {
  return Rng{world().seed(), key(), hash_of(purpose)};
}

void Machine::drop(Drop reason, const Message& message) {
  if (drops_ == nullptr) drops_ = new DropCounters;
  ++(*drops_)[reason];
  fold_in(static_cast<std::uint64_t>(reason), message.size());
  if (Observer* const observer = world().observer())
    observer->dropped(*this, reason, message, now());
}

void Machine::loop_back(Message datagram) {
  Frame* const frame = Frame::make(std::move(datagram));
  partition().schedule(*this, *this, add_saturated(now(), Duration{1}), frame);
}

void Machine::destroy_tasks() {
  is_ending_ = true;
  for (Application* next = applications_; next != nullptr; next = next->next_) next->destroy_task();
  is_ending_ = false;
}

// ===== Machine: what happens to it =====

[[gnu::flatten]] void Machine::handle(void* subject) {
  if (subject == start()) [[unlikely]]
    return begin();
  auto* const frame = static_cast<Frame*>(subject);
  Tap* const tap = frame->tap;
  if (tap == nullptr) [[unlikely]]
    return handle_other(frame);
  Network& network = tap->network();
  network.delivered(*frame, *tap);
  if (network.is_observed()) [[unlikely]]
    return handle_observed(frame);
  tap->demux(frame);
}

void Machine::handle_observed(Frame* frame) {
  Tap& tap = *frame->tap;
  tap.network().tell_delivered(tap, frame->bytes);
  tap.demux(frame);
}

// What has no tap.
void Machine::handle_other(Frame* subject) {
  std::unique_ptr<Frame> frame{subject};
  if (frame->number == Frame::switches_on) return switch_on();
  if (frame->number == Frame::switches_off) return switch_off();
  if ((frame->number & Frame::announced) != 0) {
    Tap& tap = taps_[frame->number & ~(Frame::announced | Frame::through)];
    return tap.network().enter_announced(tap, std::move(frame));
  }
  if (frame->number != Frame::to_itself) {
    Tap& tap = taps_[frame->number - 1];
    return tap.network().enter(tap, std::move(frame));
  }
  if (!is_on_) return drop(Drop::machine_off, frame->bytes);
  Arrival itself;
  if (Protocol* const ipv4 = find(ProtocolId::ipv4))
    ipv4->demux(Frame::unpack(frame.release()), itself);
}

const Tap* Machine::ingress_of(const Frame& frame) const {
  const bool has_one = frame.tap == nullptr && frame.number - 1 < tap_count_;
  return has_one ? taps_ + (frame.number - 1) : nullptr;
}

void Machine::begin() {
  if (!is_on_) return;
  if (starts_protocols_) {
    for (Protocol* const protocol : protocols()) protocol->machine_started();
  }
  for (Application* next = applications_; next != nullptr; next = next->next_) next->start();
}

// ===== Machine: off and on again =====

void Machine::switch_off() {
  if (!is_on_) return;
  is_on_ = false;
  destroy_tasks();
  for (Tap& tap : taps()) tap.set_path(nullptr);
  world().remove_protocols(*this);
}

void Machine::switch_on() {
  if (is_on_) return;
  is_on_ = true;
  world().add_protocols_again(*this);
  if (starts_protocols_) {
    for (Protocol* const protocol : protocols()) protocol->machine_started();
  }
  for (Application* next = applications_; next != nullptr; next = next->next_) next->start_again();
}

// The engine has asked for the first line. Tap and IPv4 lie in the third; of an application the
// first line is what messages touch. More would only keep the memory busy.
void Machine::prefetch(const void* subject, bool is_here) const {
  if (!is_here) {
    prefetch_line(this, 2);
    if (applications_ != nullptr) prefetch_line(applications_);
    prefetch_remembered();
  }
  if (subject == this) return prefetch_timers();
  if (subject == start()) return;
  const Frame& frame = *static_cast<const Frame*>(subject);
  if (frame.is_in_room) return prefetch_line(subject, 1);
  if (frame.bytes.slice_count() == 0) return;
  const std::span<const std::uint8_t> first = frame.bytes.slice_at(0);
  prefetch_bytes(first.data(), first.size());
}

void Machine::discard(void* subject) {
  if (subject != start()) delete static_cast<Frame*>(subject);
}

}  // namespace elvis
