// SPDX-License-Identifier: MIT
// Laws of TCP where machines lose power and paths change their MTU: each transfer arrives whole, or
// whoever is left is told that it broke; once the faults are over one arrives; nothing is left.
//
// ELVIS_CHAOS_SEEDS as in chaos_test.cpp.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "conversation.hpp"
#include "elvis/protocols/catalog.hpp"
#include "elvis/util/pool.hpp"

namespace elvis::test {
namespace {

using namespace std::chrono_literals;
using testing_lan::Internet;

std::uint64_t seeds_of_power() {
  const char* const text = std::getenv("ELVIS_CHAOS_SEEDS");
  return text == nullptr ? 40 : std::strtoull(text, nullptr, 10);
}

Duration up_to(Rng& luck, Duration most) {
  return Duration{
      static_cast<Duration::rep>(luck.below(static_cast<std::uint64_t>(most.count()) + 1))};
}

/// A client that transfers until it once succeeded, and a server that serves for ever.
struct Transfers {
  std::uint64_t seed = 0;
  std::uint64_t bytes = 0;
  Ipv4Address server;
  int succeeded = 0;  ///< As the client sees it.
  int broken = 0;
  bool is_wrong = false;

  Task<Result<>> serve(Application& self) {
    TcpListener listener{self.machine()};
    if (auto listening = listener.listen({{}, 80}); !listening) co_return listening.error();
    for (;;) {
      Result<TcpSocketRef> peer = co_await listener.accept();
      if (!peer) co_return peer.error();
      const Pattern pattern{seed};
      std::uint64_t heard = 0;
      for (;;) {
        const Result<Message> got = co_await (*peer)->receive();
        if (!got) break;
        if (got->empty()) {
          // Whoever is told so knows that all of it came.
          if (heard == bytes) (void)co_await (*peer)->send(pattern.message(heard, 100));
          break;
        }
        if (!pattern.matches(heard, *got)) is_wrong = true;
        heard += got->size();
      }
    }
  }
  Task<Result<>> transfer(Application& self) {
    for (;;) {
      if (co_await attempt(self)) break;
      ++broken;
      co_await self.sleep_for(100ms);
    }
    ++succeeded;
    co_return Result<>{};
  }
  Task<bool> attempt(Application& self) {
    TcpSocket socket{self.machine()};
    if (!co_await socket.connect({server, 80})) co_return false;
    const Pattern pattern{seed};
    for (std::uint64_t sent = 0; sent < bytes;) {
      const std::size_t size = std::min<std::uint64_t>(bytes - sent, 5'000);
      if (!co_await socket.send(pattern.message(sent, size))) co_return false;
      sent += size;
    }
    if (!socket.shutdown()) co_return false;
    std::uint64_t heard = 0;
    for (;;) {
      const Result<Message> got = co_await socket.receive();
      if (!got) co_return false;
      if (got->empty()) co_return heard == 100;
      if (!pattern.matches(bytes + heard, *got)) is_wrong = true;
      heard += got->size();
    }
  }
};

class PowerChaosTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  /// client - net 0 - router - net 1 or net 2, of different MTUs - far router - net 3 - server
  void try_seed(std::uint64_t seed, bool has_power_cuts) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const std::size_t before = pool::live_blocks();
    {
      Rng luck{{seed, 0x90, has_power_cuts}};
      const Duration end = 1s + up_to(luck, 20s);
      Internet internet{WorldOptions{.seed = seed}};
      constexpr std::uint32_t mtus[] = {300, 576, 1'006, 1'500, 4'000};
      for (int i = 0; i < 4; ++i) {
        LinkProperties line;
        line.latency = LatencyModel::constant(1us + up_to(luck, 20ms));
        line.loss = LossModel::bernoulli(Probability::ratio(luck.below(100), 1'000));
        line.mtu = i == 1 || i == 2 ? mtus[luck.below(std::size(mtus))] : 1'500;
        LinkState good;
        good.latency = line.latency;
        line.changes.push_back({start_of_time + end, good});
        internet.add_network(line);
      }
      TcpSettings settings;
      settings.initial_sequence = GetParam();
      settings.congestion = static_cast<int>(luck.below(congestion_kinds().size()));
      settings.sack = luck.below(3) != 0;
      settings.timestamps = luck.below(3) != 0;
      settings.syn_retries = 15;  // luck alone is to break nothing
      settings.retries = has_power_cuts ? 6 : 15;
      settings.keep_alive =
          has_power_cuts;  // the server's end must not wait for ever for a client that is off
      settings.keep_alive_time = 10s;
      settings.keep_alive_interval = 5s;
      settings.keep_alive_probes = 3;
      Machine& client = internet.add("client", 1, {0});
      Machine& server = internet.add("server", 2, {3});
      Machine& router = internet.add_router("router", 3, {0, 1, 2});
      Machine& far = internet.add_router("far", 4, {1, 2, 3});
      for (Machine* const end_machine : {&client, &server}) {
        internet.world.add_protocol<Tcp>(*end_machine, Internet::ipv4(*end_machine), settings);
      }
      const auto lay_routes = [&client, &server](const Machine& machine) {
        if (&machine == &client) Internet::route(client, {Ipv4Address{}, 0}, Internet::at(0, 3));
        if (&machine == &server) Internet::route(server, {Ipv4Address{}, 0}, Internet::at(3, 4));
      };
      lay_routes(client);
      lay_routes(server);
      const Ipv4Prefix near_prefix{Internet::at(0, 0), 24};
      const Ipv4Prefix far_prefix{Internet::at(3, 0), 24};
      const auto take_path = [&](std::uint32_t path) {
        Internet::route(router, far_prefix, Internet::at(path, 4), path);
        Internet::route(far, near_prefix, Internet::at(path, 3), path - 1);
      };
      take_path(1);
      std::vector<Duration> changes;
      for (std::uint64_t i = luck.below(6); i > 0; --i) changes.push_back(up_to(luck, end));
      std::ranges::sort(changes);
      internet.run_on(router, [&](Application& self) -> Task<Result<>> {
        std::uint32_t path = 1;
        for (const Duration at : changes) {
          co_await self.sleep_until(start_of_time + at);
          path = 3 - path;
          take_path(path);
        }
        co_return Result<>{};
      });
      Transfers transfers{
          .seed = seed, .bytes = 1 + luck.below(300'000), .server = Internet::at(3, 2)};
      internet.run_on(server, [&](Application& self) { return transfers.serve(self); });
      internet.run_on(client, [&](Application& self) { return transfers.transfer(self); });
      if (has_power_cuts) {
        for (Machine* const machine : {&client, &server}) {
          internet.world.make_switchable(*machine, protocols_of(*machine, settings));
          internet.world.configure_again(*machine, [=] { lay_routes(*machine); });
          Duration at{};
          for (std::uint64_t i = luck.below(4); i > 0 && at < end; --i) {
            at += 1ms + up_to(luck, end / 2);
            internet.world.switch_at(*machine, start_of_time + at, false);
            at += 1ms + up_to(luck, 3s);
            internet.world.switch_at(*machine, start_of_time + at, true);
          }
        }
      }
      World::RunOptions options;
      options.engine.max_events = 20'000'000;
      EXPECT_EQ(internet.world.run(std::move(options)).reason, StopReason::idle) << "it hangs";
      EXPECT_TRUE(internet.world.conserves_frames());
      EXPECT_FALSE(transfers.is_wrong);
      EXPECT_GE(transfers.succeeded, 1);
      broken_ += transfers.broken;
      if (!has_power_cuts) {
        EXPECT_EQ(transfers.broken, 0) << "an MTU is no reason to break";
      }
      EXPECT_EQ(Conversation::tcp(client).session_count(), 0U);
      EXPECT_EQ(Conversation::tcp(server).session_count(), 0U);
    }
    EXPECT_EQ(pool::live_blocks(), before) << "something is left";
  }

  World::ProtocolList protocols_of(const Machine& machine, const TcpSettings& settings) {
    World::ProtocolList list;
    for (const ProtocolKind& kind : protocol_kinds()) {
      if (machine.find(kind.id) == nullptr) continue;
      list.emplace_back(&kind, kind.id == ProtocolId::tcp ? static_cast<const Options*>(&settings)
                               : kind.id == ProtocolId::ipv4 ? &ipv4_settings_
                                                             : nothing_.get());
    }
    return list;
  }

  void try_seeds(bool has_power_cuts) {
    const std::uint64_t seeds = seeds_of_power();
    for (std::uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
      try_seed(seed, has_power_cuts);
    }
  }

  int broken_ = 0;  // transfers, over all seeds

 private:
  Ipv4Settings ipv4_settings_;
  std::unique_ptr<Options> nothing_ = std::make_unique<ArpOptions>();
};

TEST_P(PowerChaosTest, APathWhoseMtuChangesBreaksNothing) {
  try_seeds(false);
}

TEST_P(PowerChaosTest, MachinesGoDownAndUpAndATransferArrivesInTheEnd) {
  try_seeds(true);
  EXPECT_GT(broken_, 0) << "or the power was cut at no time that mattered";
}

INSTANTIATE_TEST_SUITE_P(Isn, PowerChaosTest,
                         testing::Values(TcpSettings::chosen, 0, 0x7fff'ffffU, 0x8000'0000U,
                                         0xffff'ffffU),
                         [](const auto& about) {
                           return about.param == TcpSettings::chosen
                                      ? std::string{"Chosen"}
                                      : "From" + std::to_string(about.param);
                         });

}  // namespace
}  // namespace elvis::test
