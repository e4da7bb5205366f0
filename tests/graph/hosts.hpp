// SPDX-License-Identifier: MIT
// Hosts on one network that send frames at given times, and note what comes.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"

namespace elvis::testing_hosts {

constexpr auto test_type = static_cast<EtherType>(0x88b5);  // IEEE 802: local experimental

/// Takes every frame of the test's type.
class Ear final : public Protocol {
 public:
  explicit Ear(Machine& machine) : Protocol{machine, over_link(0x88b5)} {}
  void demux(Message&& message, Arrival& arrival) override {
    heard.push_back(message.to_string());
    sizes.push_back(message.size());
    times.push_back(machine().now());
    from.push_back(arrival.link_source);
  }
  std::vector<std::string> heard;
  std::vector<std::size_t> sizes;
  std::vector<Time> times;
  std::vector<MacAddress> from;
};

/// Lets a machine send frames.
struct Sending final : ApplicationOptions {
  struct Frame {
    Frame(Time at, MacAddress to, std::size_t bytes) : time{at}, mac{to}, bytes{bytes} {}
    /// To a host, or to everybody if there is none with the number.
    Frame(std::chrono::nanoseconds at, std::size_t to, std::size_t bytes)
        : time{at}, host{to}, bytes{bytes} {}

    Time time;
    std::optional<MacAddress> mac;
    std::size_t host = 0;
    std::size_t bytes;
  };
  std::vector<Frame> frames;
  void visit(OptionVisitor&) override {}
};

inline Task<Result<>> send_frames(Application& self, const ApplicationOptions& options) {
  Tap& tap = self.machine().taps().front();
  const auto mac_of = [&](const Sending::Frame& frame) {
    if (frame.mac) return *frame.mac;
    return frame.host < tap.network().tap_count()
               ? tap.network().mac_of(static_cast<std::uint32_t>(frame.host))
               : MacAddress::broadcast();
  };
  for (const Sending::Frame& frame : static_cast<const Sending&>(options).frames) {
    if (frame.time > self.now()) co_await self.sleep_until(frame.time);
    Message payload{std::string(frame.bytes, 'x')};
    if (auto sent = tap.send(mac_of(frame), test_type, std::move(payload)); !sent) {
      co_return sent.error();
    }
  }
  co_return Result<>{};
}

/// An application that never ends, so that a run goes on until nothing is left.
inline constexpr ApplicationKind sending_kind{"sending", "sends frames", false, nullptr,
                                              send_frames};

class Hosts {
 public:
  Hosts(std::size_t count, const LinkProperties& properties, std::uint64_t seed = 1)
      : world{{.seed = seed}}, network{world.add_network("lan", properties)} {
    world.add_group("host", static_cast<std::uint32_t>(count), true);
    Network* const networks[] = {&network};
    for (std::size_t i = 0; i < count; ++i) {
      ears.push_back(&world.add_protocol<Ear>(world.add_machine(networks, 1)));
    }
  }
  MacAddress mac(std::size_t host) const {
    return network.mac_of(static_cast<std::uint32_t>(host));
  }
  void send(std::size_t host, std::vector<Sending::Frame> frames) {
    auto options = std::make_unique<Sending>();
    options->frames = std::move(frames);
    world.add_application(world.machine(host), sending_kind, world.keep(std::move(options)));
  }
  void run(unsigned partitions = 1, unsigned threads = 1) {
    World::RunOptions options;
    options.partitions = partitions;
    options.engine.threads = threads;
    options.engine.shares_always = true;
    EXPECT_EQ(world.run(std::move(options)).reason, StopReason::idle);
    EXPECT_TRUE(world.conserves_frames());
    EXPECT_EQ(world.in_flight(network), 0U);
  }
  NetworkCounters counters() const { return network.counters(); }
  /// When frames came to a host, in nanoseconds.
  std::vector<std::int64_t> times(std::size_t host) const {
    std::vector<std::int64_t> result;
    for (const Time time : ears[host]->times) result.push_back(time.time_since_epoch().count());
    return result;
  }

  World world;
  Network& network;
  std::vector<Ear*> ears;
};

}  // namespace elvis::testing_hosts
