// SPDX-License-Identifier: MIT
#include "paced_queue.hpp"

#include <algorithm>

namespace elvis::packetdrill {

namespace {

constexpr std::uint64_t unpaced_segments = 10;  // at the begin of a connection
constexpr std::uint64_t least_joined = 2;       // net.ipv4.tcp_min_tso_segs

// As many segments are handed over as one as leave in about a millisecond.
std::uint64_t most_joined(std::uint64_t rate, std::size_t segment_bytes) {
  constexpr std::uint64_t parts_of_second = 1024;
  return std::max(rate / parts_of_second / segment_bytes, least_joined);
}

}  // namespace

Time PacedQueue::departure(Ports ports, std::size_t data_bytes, std::uint64_t rate, Time now) {
  Lane& lane = lanes_[ports];
  if (data_bytes == 0) return std::max(lane.free_at, now);
  const bool joins = lane.joined != 0 && lane.came_at == now && rate != 0 &&
                     lane.joined < most_joined(rate, data_bytes);
  if (!joins) {
    lane.free_before = lane.free_at;
    lane.came_at = now;
    lane.departs = std::max(lane.free_at, now);
    lane.bytes = lane.joined = 0;
  }
  ++lane.joined;
  ++lane.segments;
  lane.bytes += data_bytes;
  lane.free_at = lane.departs;
  if (rate == 0 || lane.segments < unpaced_segments) return lane.departs;
  constexpr std::uint64_t second = 1'000'000'000;
  const Duration length{static_cast<std::int64_t>(lane.bytes * second / rate)};
  // Who has come late makes up for half of it.
  const Duration idle = lane.departs - lane.free_before;
  lane.free_at = lane.departs + length - std::min(length / 2, idle);
  return lane.departs;
}

}  // namespace elvis::packetdrill
