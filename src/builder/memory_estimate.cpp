// SPDX-License-Identifier: MIT
#include "memory_estimate.hpp"

#include <limits>
#include <memory>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/options.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sim/event.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/wire/chunk.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

namespace {

// What no sizeof tells, measured (scripts/bench memory) with the applications that there are.
constexpr std::uint64_t base_bytes = 1'300'000;  // engine, pools, report, their code
constexpr std::uint64_t coroutine_bytes = 256;   // the frame of an application, its socket included
constexpr std::uint64_t listening_bytes = 160;   // more for one that receives, and the way to it
constexpr std::uint64_t allocation_bytes = 16;   // what the heap adds
constexpr std::uint64_t copies_of_event = 2;     // while events are sorted, of each that is pending
constexpr std::uint64_t slots_of_vector = 2;     // while a vector grows, for each element

constexpr std::uint64_t routed_bytes = 320;  // of a machine with a few routes: table and state

constexpr std::uint64_t cache_line = 64;

constexpr std::uint64_t rounded_up(std::uint64_t bytes, std::uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

constexpr std::uint64_t pooled(std::uint64_t bytes) {
  return rounded_up(bytes, pool::step);
}

constexpr std::uint64_t event_bytes = copies_of_event * sizeof(Event);
// A frame in flight: its headers have a chunk of their own, what it says is shared.
constexpr std::uint64_t in_flight_bytes =
    pooled(sizeof(Frame)) + pooled(sizeof(Chunk) + Message::headroom) + event_bytes;

}  // namespace

std::uint64_t multiply_saturated(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

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
  // What is made once stands in a row, and each machine begins a cache line.
  std::uint64_t row = sizeof(Machine) + taps * sizeof(Tap);
  for (const PlannedProtocol& planned : group.protocols) {
    row += planned.kind->bytes + sizeof(Protocol*);
  }
  row += group.applications.size() * sizeof(Application);
  std::uint64_t machine = rounded_up(row, cache_line);
  machine +=
      sizeof(Machine*) + 3 * sizeof(std::uint32_t);  // of lists; of partitions, while divided
  machine += taps * (sizeof(Tap*) + sizeof(Ipv4Address) + sizeof(std::uint32_t));
  // Applications start in an event of their machine. Then each that stays has one of its own.
  if (!group.applications.empty()) machine += event_bytes;
  machine += values.usual_stayers * pooled(coroutine_bytes) + values.stayer_bytes;
  machine += values.stayers * event_bytes;
  machine += values.listeners * listening_bytes;
  machine += values.staying_senders * pooled(sizeof(UdpSession));
  // Who sends once does so when all do; who sends again and again has a frame under way or not.
  machine += (values.senders - values.staying_senders) * in_flight_bytes;
  machine += values.staying_senders * in_flight_bytes / 2;
  machine += values.own_bytes;
  machine = add_saturated(machine, values.stream_bytes);
  if (group.has_routes) machine += routed_bytes;
  machine += values.own_objects * (sizeof(Options) + allocation_bytes +
                                   slots_of_vector * sizeof(std::unique_ptr<Options>));

  std::uint64_t shared = values.shared_bytes + sizeof(MachineGroup) + sizeof(PlannedGroup);
  shared += sizeof(Stretch) + taps * (sizeof(std::uint32_t) + sizeof(AddressRun));
  shared += group.protocols.size() * sizeof(PlannedProtocol);
  shared += group.applications.size() * (sizeof(PlannedApplication) + allocation_bytes);
  return add_saturated(multiply_saturated(machine, group.count), shared + 5 * allocation_bytes);
}

}  // namespace elvis
