// SPDX-License-Identifier: MIT
// Paths that theory speaks of: one that loses at random, and one with a bottleneck.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow.hpp"

namespace elvis::test {

inline constexpr double mss = 1'460;

inline TcpSettings settings_of(std::string_view congestion) {
  TcpSettings settings;
  settings.congestion = congestion_named(congestion);
  settings.timestamps = false;  // so that a segment has 1,460 bytes
  settings.delayed_ack = false;
  settings.send_buffer = settings.receive_buffer = 16 << 20;
  return settings;
}

struct Measured {
  double bits_per_second;
  TcpInfo info;
  double loss;  ///< Of data segments.
};

/// What a flow gets through a path that loses data with a probability, and no acknowledgements:
///
///   source - net 0 - there - net 1, which loses - sink - net 2 - back - net 0 - source
inline Measured through_loss(const TcpSettings& settings, double loss, Duration rtt, Duration time,
                             std::uint64_t seed = 1) {
  testing_lan::Internet internet{WorldOptions{.seed = seed}};
  internet.add_network();
  LinkProperties line;
  line.latency = LatencyModel::constant(rtt / 2);
  LinkProperties lossy = line;
  lossy.loss = LossModel::bernoulli(
      Probability::ratio(static_cast<std::uint64_t>(std::lround(loss * 1e9)), 1'000'000'000));
  internet.add_network(lossy);
  internet.add_network(line);
  Machine& source = internet.add("source", 1, {0});
  Machine& sink = internet.add("sink", 2, {1, 2});
  internet.add_router("there", 3, {0, 1});
  internet.add_router("back", 4, {2, 0});
  testing_lan::Internet::route(source, {testing_lan::Internet::at(1, 0), 24},
                               testing_lan::Internet::at(0, 3));
  testing_lan::Internet::route(sink, {testing_lan::Internet::at(0, 0), 24},
                               testing_lan::Internet::at(2, 4), 1);
  add_tcp(internet, source, settings);
  add_tcp(internet, sink, settings);
  Flow flow{source, sink, {testing_lan::Internet::at(1, 2), 80}};
  flow.begin(internet);
  World::RunOptions options;
  options.engine.until = start_of_time + time;
  internet.world.run(std::move(options));
  const NetworkCounters counters = internet.world.network(1).counters();
  return {flow.goodput(time / 20, time), flow.info(),
          static_cast<double>(counters.frames_lost) / static_cast<double>(counters.frames_sent)};
}

/// Sources on a fast network, a router, and a line of 100 Mbit/s to as many sinks.
struct Dumbbell {
  Dumbbell(std::size_t flows, const TcpSettings& settings, Duration rtt, std::uint64_t queue)
      : Dumbbell{flows, settings, rtt, frames(queue)} {}
  Dumbbell(std::size_t flows, const TcpSettings& settings, Duration rtt,
           const QueueProperties& queue) {
    internet.add_network();
    LinkProperties line;
    line.throughput = BitRate{100'000'000};
    line.medium = MediumKind::switched;
    line.latency = LatencyModel::constant(rtt / 2);
    line.queue = queue;
    internet.add_network(line);
    Machine& router = internet.add_router("router", 200, {0, 1});
    (void)router;
    for (std::size_t i = 0; i < flows; ++i) {
      Machine& source = internet.add("source" + std::to_string(i), 1 + i, {0});
      Machine& sink = internet.add("sink" + std::to_string(i), 100 + i, {1});
      testing_lan::Internet::route(source, {testing_lan::Internet::at(1, 0), 24},
                                   testing_lan::Internet::at(0, 200));
      testing_lan::Internet::route(sink, {testing_lan::Internet::at(0, 0), 24},
                                   testing_lan::Internet::at(1, 200));
      add_tcp(internet, source, settings);
      add_tcp(internet, sink, settings);
      this->flows.push_back(
          std::make_unique<Flow>(source, sink, Endpoint{testing_lan::Internet::at(1, 100 + i), 80},
                                 i * std::chrono::milliseconds{137}));
      this->flows.back()->begin(internet);
    }
  }
  static QueueProperties frames(std::uint64_t most) {
    QueueProperties queue;
    queue.most_frames = most;
    return queue;
  }
  void run(Duration time) {
    World::RunOptions options;
    options.engine.until = start_of_time + time;
    internet.world.run(std::move(options));
  }

  testing_lan::Internet internet;
  std::vector<std::unique_ptr<Flow>> flows;
};

}  // namespace elvis::test
