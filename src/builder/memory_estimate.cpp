// SPDX-License-Identifier: MIT
#include "memory_estimate.hpp"

#include <limits>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/sim/event.hpp"

namespace elvis {

namespace {

// What is not visible as a size here, measured with the applications that there are.
constexpr std::uint64_t base_bytes = 300'000;   // engine, pools, first pages
constexpr std::uint64_t waiting_bytes = 410;    // of an application: coroutine, socket, tables
constexpr std::uint64_t frame_bytes = 120;      // of a frame in flight, with its headers
constexpr std::uint64_t allocation_bytes = 16;  // what the heap adds
constexpr std::uint64_t pending_events = 2;     // copies of an event while it is sorted

std::uint64_t multiply_saturated(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

}  // namespace

std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

std::uint64_t estimate_common(const Plan& plan) {
  return base_bytes + plan.networks.size() * (sizeof(Network) + sizeof(PlannedNetwork));
}

std::uint64_t estimate_group(const PlannedGroup& group, std::uint64_t taps,
                             const ValueCosts& values) {
  std::uint64_t machine = sizeof(Machine) + sizeof(Machine*);
  machine += 3 * sizeof(std::uint32_t);  // while machines are divided into partitions
  machine += taps * (sizeof(Tap) + sizeof(Tap*) + sizeof(Ipv4Address) + sizeof(std::uint32_t));
  for (const PlannedProtocol& planned : group.protocols) {
    machine += planned.kind->bytes + sizeof(Protocol*);
  }
  if (!group.applications.empty()) {
    machine += group.applications.size() * sizeof(Application) + pending_events * sizeof(Event);
    machine += values.stayers * waiting_bytes;
    machine += values.senders * (sizeof(Frame) + sizeof(Event) + frame_bytes);
  }
  if (values.own_bytes != 0) machine += values.own_bytes + allocation_bytes + sizeof(void*);

  std::uint64_t shared = values.shared_bytes + sizeof(MachineGroup) + sizeof(PlannedGroup);
  shared += sizeof(Stretch) + taps * (sizeof(std::uint32_t) + sizeof(AddressRun));
  shared += group.protocols.size() * sizeof(PlannedProtocol);
  shared += group.applications.size() * (sizeof(PlannedApplication) + allocation_bytes);
  return add_saturated(multiply_saturated(machine, group.count), shared + 5 * allocation_bytes);
}

}  // namespace elvis
