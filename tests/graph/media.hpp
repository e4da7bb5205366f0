// SPDX-License-Identifier: MIT
// What tests of media have in common: a network of a gigabit, and people who chat on one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "hosts.hpp"

namespace elvis::testing_hosts {

using Nanoseconds = std::vector<std::int64_t>;

/// 8 ns a byte.
inline LinkProperties gigabit(MediumKind medium) {
  LinkProperties properties;
  properties.throughput = BitRate{1'000'000'000};
  properties.medium = medium;
  return properties;
}

/// The digest, and when what came to whom, of 24 people on a network with `properties`, after
/// `prepare` was called with them.
inline std::pair<std::uint64_t, std::vector<std::int64_t>> chat_of_many(
    const LinkProperties& properties, unsigned partitions, unsigned threads, const auto& prepare) {
  constexpr std::size_t people = 24;
  Hosts hosts{people, properties};
  for (std::size_t i = 0; i < people; ++i) {
    Rng luck{7, i};
    std::vector<Sending::Frame> sending;
    for (int n = 0; n < 50; ++n) {
      // Times on a coarse grid, so that much happens at one instant; a broadcast now and then.
      sending.push_back({std::chrono::microseconds{luck.below(30) * 10}, luck.below(people + 2),
                         luck.below(1'000)});
    }
    std::ranges::sort(sending, {}, &Sending::Frame::time);
    hosts.send(i, std::move(sending));
  }
  prepare(hosts);
  hosts.run(partitions, threads);
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < people; ++i) {
    for (const std::int64_t time : hosts.times(i)) times.push_back(time);
  }
  return {hosts.world.digest(), times};
}

inline auto chat_of_many(const LinkProperties& properties, unsigned partitions, unsigned threads) {
  return chat_of_many(properties, partitions, threads, [](Hosts&) {});
}

}  // namespace elvis::testing_hosts
