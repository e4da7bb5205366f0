// SPDX-License-Identifier: MIT
// Shortest paths in random internets, against those of Bellman and Ford.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/util/rng.hpp"
#include "support.hpp"

namespace elvis {
namespace {

using test::Scenario;

constexpr std::size_t routers = 40;
constexpr std::size_t hosts = 6;  // with two networks each
constexpr std::size_t lines = 70;

// Lines that connect two to five routers, of few latencies so that many ways are equally long, and
// stubs, one router each, of which there are as many as it takes.
class Internet {
 public:
  Internet(std::uint64_t seed, std::size_t stubs) : rng_{{7, seed}}, machines_(routers + hosts) {
    for (std::size_t line = 0; line < lines; ++line) {
      latencies_.push_back(1 + rng_.below(3));
      const std::size_t ends = rng_.below(3) == 0 ? 3 + rng_.below(3) : 2;
      // The last routers are for themselves.
      const std::size_t first = line % 10 == 0 ? routers - 4 : 0;
      const std::size_t count = line % 10 == 0 ? 4 : routers - 4;
      for (std::size_t i = 0; i < ends; ++i) attach(first + rng_.below(count), line);
    }
    for (std::size_t i = 0; i < stubs; ++i) {
      attach(i % routers, latencies_.size());
      latencies_.push_back(1);
    }
    for (std::size_t host = routers; host < machines_.size(); ++host) {
      attach(host, rng_.below(lines));
      attach(host, rng_.below(latencies_.size()));
    }
    measure();
  }

  std::string text() const {
    std::string text = "[Networks routing='static-shortest-path']\n";
    for (std::size_t i = 0; i < latencies_.size(); ++i) {
      text += "    [Network id='" + std::to_string(i) + "' latency='" +
              std::to_string(latencies_[i]) + "us']\n        [IP subnet='" + prefix(i).to_string() +
              "/24']\n";
    }
    text += "[Machines]\n";
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      text += "    [Machine name='" + std::to_string(i) + "']\n        [Networks]\n";
      for (const std::size_t one : machines_[i]) {
        text += "            [Network id='" + std::to_string(one) + "']\n";
      }
      text += "        [Protocols]\n            [Protocol name='IPv4'";
      if (i < routers) text += " forwarding='true'";
      text += "]\n        [Applications]\n";
    }
    return text;
  }

  static Ipv4Address prefix(std::size_t network) {
    return Ipv4Address{static_cast<std::uint32_t>(0x0a000000 + network * 256)};
  }
  std::size_t networks() const { return latencies_.size(); }
  std::size_t below(std::size_t bound) { return rng_.below(bound); }

  struct Hop {
    std::size_t router;
    std::uint32_t tap;
  };
  // The earliest of the best hops; nothing if there is none.
  std::optional<Hop> hop(std::size_t machine, std::size_t network) const {
    const auto& own = machines_[machine];
    if (std::ranges::count(own, network) != 0) return std::nullopt;
    std::optional<Hop> best;
    std::uint64_t least = far;
    for (std::uint32_t tap = 0; tap < own.size(); ++tap) {
      for (const std::size_t router : on_[own[tap]]) {
        if (router == machine) continue;
        const std::uint64_t length = cost(own[tap]) + distances_[router][network];
        if (length >= least) continue;
        least = length;
        best = Hop{router, tap};
      }
    }
    return best;
  }

 private:
  static constexpr std::uint64_t far = std::uint64_t{1} << 40;

  void attach(std::size_t machine, std::size_t network) {
    auto& own = machines_[machine];
    if (std::ranges::count(own, network) == 0) own.push_back(network);
  }
  std::uint64_t cost(std::size_t network) const { return latencies_[network] * 1'000 + 1; }
  void measure() {
    distances_.assign(routers, std::vector<std::uint64_t>(networks(), far));
    on_.resize(networks());
    for (std::size_t i = 0; i < routers; ++i) {
      for (const std::size_t one : machines_[i]) distances_[i][one] = 0;
      for (const std::size_t one : machines_[i]) on_[one].push_back(i);
    }
    for (bool is_better = true; is_better;) {
      is_better = false;
      for (std::size_t line = 0; line < lines; ++line) {
        for (std::size_t to = 0; to < networks(); ++to) is_better |= relax(line, to);
      }
    }
  }
  bool relax(std::size_t line, std::size_t to) {
    std::uint64_t least = far;
    for (const std::size_t i : on_[line]) least = std::min(least, distances_[i][to]);
    bool is_better = false;
    for (const std::size_t i : on_[line]) {
      if (least + cost(line) >= distances_[i][to]) continue;
      distances_[i][to] = least + cost(line);
      is_better = true;
    }
    return is_better;
  }

  Rng rng_;
  std::vector<std::size_t> latencies_;                 // of networks, in microseconds
  std::vector<std::vector<std::size_t>> machines_;     // their networks
  std::vector<std::vector<std::size_t>> on_;           // the routers on networks
  std::vector<std::vector<std::uint64_t>> distances_;  // of routers to networks
};

void compare(const Internet& internet, World& world, std::size_t machine, std::size_t network) {
  const auto& ipv4 = static_cast<Ipv4&>(*world.machine(machine).find(ProtocolId::ipv4));
  const auto wanted = internet.hop(machine, network);
  const auto route = ipv4.routes()->find(Internet::prefix(network), 24);
  if (!wanted) {
    EXPECT_TRUE(!route || route->next.via.is_unspecified()) << machine << " to " << network;
    return;
  }
  ASSERT_TRUE(route.has_value()) << machine << " to " << network;
  EXPECT_EQ(route->next.tap, wanted->tap) << machine << " to " << network;
  const Network& over = world.machine(machine).taps()[wanted->tap].network();
  const auto taps = world.machine(wanted->router).taps();
  const auto there = std::ranges::find_if(taps, [&](Tap& tap) { return &tap.network() == &over; });
  ASSERT_NE(there, taps.end());
  EXPECT_EQ(route->next.via, there->address()) << machine << " to " << network;
}

// Some networks are asked for once, by which a path is found, others by everybody.
TEST(ShortestPathsTest, AreAsShortAsTheyCanBe) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    Internet internet{seed, 1'000};
    const Scenario scenario{internet.text()};
    ASSERT_EQ(scenario.complaints(), "");
    const auto world = scenario.build();
    for (std::size_t network = 0; network < internet.networks(); ++network) {
      const std::size_t machine = internet.below(routers + hosts);
      if (network % 100 == 0) {
        for (std::size_t i = 0; i < routers + hosts; ++i) {
          compare(internet, *world, (machine + i) % (routers + hosts), network);
        }
      } else {
        compare(internet, *world, machine, network);
        compare(internet, *world, internet.below(routers + hosts), network);
      }
      ASSERT_FALSE(HasFatalFailure());
    }
  }
}

// Threads that ask for the same ways at once, and look for some of them twice.
TEST(ShortestPathsTest, AreFoundByManyThreadsAtOnce) {
  Internet internet{9, 1'000};
  const Scenario scenario{internet.text()};
  const auto world = scenario.build();
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (std::size_t network = 0; network < internet.networks(); network += 7) {
        for (std::size_t machine = network % 5; machine < routers; machine += 5) {
          compare(internet, *world, machine, network);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace elvis
