// SPDX-License-Identifier: MIT
#include "memory_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "elvis/graph/frame.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/options.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sim/event.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/saturated.hpp"
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

constexpr std::uint64_t accepting_bytes = 450;  // more for one over TCP
constexpr std::uint64_t medium_bytes = 400;     // of a tap, for one direction
constexpr std::uint64_t routed_bytes = 320;     // of a machine with a few routes: table and state

// Of a neighbour that ARP asks for: what both ends know of each other then, and until it is
// answered the question with its timer, its frame, and the datagram that waits.
constexpr std::uint64_t neighbour_bytes = 270;
constexpr std::uint64_t question_bytes = 850;

constexpr std::uint64_t streaming_bytes = 250;  // tables of a machine that makes streams

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

std::uint64_t estimate_common(const Plan& plan) {
  return base_bytes + plan.networks.size() * (sizeof(Network) + sizeof(PlannedNetwork));
}

namespace {

// Who begins within a time, each as likely at any moment of it, as seen when the last one does.
class Beginners {
 public:
  explicit Beginners(Duration within) : left_{within}, within_{within} {}

  // The part of them that is in the first `duration` that is not taken yet.
  double take(Duration duration) {
    if (within_ <= Duration{}) return std::exchange(first_, 0);
    const Duration taken = std::min(duration, left_);
    left_ -= taken;
    return static_cast<double>(taken.count()) / static_cast<double>(within_.count());
  }
  double rest() { return within_ <= Duration{} ? first_ : take(left_); }

 private:
  Duration left_;
  Duration within_;
  double first_ = 1;
};

// What a stream that carries as much as it can has on its way: what it begins with; then half of
// all, as the window doubles until the end; no more than there is room for.
double window_bytes(const SampledLoad& application, const ApplicationOptions::Load& load,
                    const Surroundings& around) {
  constexpr double first = 14'480;
  constexpr double most = 1 << 20;
  const auto volume = static_cast<double>(load.volume);
  const bool share = application.goes_to_one || around.is_shared;
  const double users =
      static_cast<double>(load.streams) * (share ? static_cast<double>(application.machines) : 1);
  const double window = std::min({volume / 2, most, around.room / users});
  return std::max(window, std::min(volume, first));
}

// Streams of one application, each on average.
double stream_bytes(const SampledLoad& application, const ApplicationOptions::Load& load,
                    Duration spread, const Surroundings& around) {
  constexpr double segment = 1'400;
  constexpr double overhead = 280;  // of its frame; the bytes are everybody's
  Beginners beginners{spread};
  const Duration busy =
      add_saturated(multiply_saturated(2 * load.round_trips, around.latency), load.pauses);
  double bytes =
      beginners.take(busy) * (static_cast<double>(load.busy_bytes) +
                              window_bytes(application, load, around) / segment * overhead);
  bytes += beginners.take(load.held) * static_cast<double>(load.held_bytes);
  bytes += beginners.rest() * static_cast<double>(load.ended_bytes);
  // Those that are kept open may come together when all have begun.
  if (load.held > spread) bytes = std::max(bytes, static_cast<double>(load.held_bytes));
  return bytes;
}

// How many datagrams of one application are on their way at once, on average.
double flying(const ApplicationOptions::Load& load, Duration spread, Duration latency) {
  // A scenario that never ends is not refused for that: who sends so much is watched while it runs.
  constexpr std::uint64_t most = 10'000;
  const auto count = static_cast<double>(std::min(load.messages, most));
  if (count < 2 || load.interval <= Duration{}) return count * Beginners{spread}.take(latency);
  const auto interval = static_cast<double>(load.interval.count());
  double at_once = static_cast<double>(latency.count()) / interval;
  if (spread < load.interval) {
    // All send at much the same moments: a part of them has one more on its way than the others.
    const double apart = static_cast<double>(spread.count()) / interval;
    at_once = apart == 0 ? std::ceil(at_once)
                         : std::max(at_once, std::min(std::ceil(at_once), at_once / apart));
  }
  const Duration lasting =
      add_saturated(multiply_saturated(load.messages - 1, load.interval), latency);
  return std::min(count, at_once) * Beginners{spread}.take(lasting);
}

// What is under way for some time only.
struct Burst {
  Duration from;
  Duration until;
  double bytes = 0;
};

// What an application of a machine has for good, on average; what it has for some time is `burst`.
double estimate_load(const SampledLoad& application, const Surroundings& around, Burst& burst) {
  const std::vector<ApplicationOptions::Load>& loads = application.loads;
  const auto [first, last] = std::minmax_element(
      loads.begin(), loads.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  const Duration spread = last->start - first->start;
  burst.from = first->start;
  double kept = 0;
  for (const ApplicationOptions::Load& load : loads) {
    const Duration question = add_saturated(around.latency, around.latency);
    Duration lasting = question;
    kept += static_cast<double>(load.kept_bytes);
    if (application.over_tcp && load.streams != 0) {
      kept += static_cast<double>(load.streams) * stream_bytes(application, load, spread, around) +
              static_cast<double>(streaming_bytes);
    } else if (!application.over_tcp && load.messages != 0) {
      const std::uint64_t frames = 1 + load.size / around.mtu;
      burst.bytes += flying(load, spread, around.latency) *
                     static_cast<double>(frames * in_flight_bytes + load.own_bytes);
      lasting = add_saturated(lasting, multiply_saturated(load.messages - 1, load.interval));
    }
    if (around.asks && (load.messages != 0 || load.streams != 0)) {
      kept += static_cast<double>(neighbour_bytes);
      burst.bytes += Beginners{spread}.take(question) * static_cast<double>(question_bytes);
    }
    burst.until = std::max(burst.until, add_saturated(last->start, lasting));
  }
  burst.bytes /= static_cast<double>(loads.size());
  return kept / static_cast<double>(loads.size());
}

}  // namespace

std::uint64_t estimate_loads(std::span<const SampledLoad> applications,
                             const Surroundings& around) {
  double kept = 0;
  std::vector<std::pair<Duration, double>> steps;  // when there is more, or less
  for (const SampledLoad& application : applications) {
    Burst burst{};
    kept += estimate_load(application, around, burst);
    steps.emplace_back(burst.from, burst.bytes);
    steps.emplace_back(burst.until, -burst.bytes);
  }
  std::sort(steps.begin(), steps.end());
  double now = 0;
  double most = 0;
  for (const auto& [when, bytes] : steps) most = std::max(most, now += bytes);
  return static_cast<std::uint64_t>(std::min(kept + most, Surroundings::unlimited));
}

std::uint64_t estimate_group(const PlannedGroup& group, const Surroundings& around,
                             const ValueCosts& values) {
  const std::uint64_t taps = around.taps;
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
  machine += values.listeners * listening_bytes + values.acceptors * accepting_bytes;
  machine += values.repeaters * pooled(sizeof(UdpSession));
  machine = add_saturated(machine, values.own_bytes);
  machine = add_saturated(machine, values.load_bytes);
  // Media are made when they are needed: for what is sent, for what comes, or for both.
  const bool sends = values.senders != 0 || around.forwards;
  const bool receives = values.listeners != 0 || around.forwards;
  machine += around.switched * medium_bytes * (std::uint64_t{sends} + std::uint64_t{receives});
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
