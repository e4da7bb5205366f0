// SPDX-License-Identifier: MIT
// ARP on a LAN: questions are handed only to those whom they concern, and everything is as if they
// had been handed to all; which they are while somebody observes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "elvis/sockets/udp_socket.hpp"
#include "elvis/wire/arp_packet.hpp"
#include "lan.hpp"

namespace elvis {
namespace {

using namespace std::chrono_literals;
using testing_lan::Lan;

// Sees that everybody is handed everything.
class Witness final : public Observer {
 public:
  void frame_sent(const Tap&, const Message&, Time) override {}
  void frame_delivered(const Tap&, const Message&, Time) override { ++delivered; }
  void dropped(const Machine&, Drop, const Message&, Time) override {}
  std::atomic<std::uint64_t> delivered = 0;
};

struct What {
  std::uint64_t digest;
  std::uint64_t sent;
  std::uint64_t copied;
  std::uint64_t delivered;
  std::uint64_t bytes;
  std::uint64_t drops;
  std::uint64_t heard;
  Time ended_at;
  friend bool operator==(const What&, const What&) = default;
  friend std::ostream& operator<<(std::ostream& out, const What& what) {
    return out << what.digest << ": " << what.sent << " sent, " << what.copied << " copied, "
               << what.delivered << " delivered, " << what.drops << " drops, " << what.heard
               << " heard, ended at " << what.ended_at.time_since_epoch().count();
  }
};

// Machines that send each other datagrams at a few instants, so that much happens at once; some
// forge announcements, some have no ARP, some are switched off and on.
class Crowd {
 public:
  static constexpr std::uint32_t size = 40;

  explicit Crowd(std::uint64_t seed, const LinkProperties& properties)
      : lan_{properties}, heard_(size) {
    Rng luck{seed, 1};
    for (std::uint32_t i = 0; i < size; ++i) {
      const bool has_arp = seed % 3 != 0 || i % 9 != 4;
      Machine& machine = lan_.add_host(has_arp);
      lan_.run_on(machine, listener(heard_[i]), testing_lan::server_kind);
      for (int k = 0; k < 3; ++k) {
        // One in ten asks for nobody.
        const auto to = static_cast<std::uint32_t>(luck.below(size + size / 10));
        lan_.run_on(machine, talker(some_time(luck), to), testing_lan::server_kind);
      }
      // When entries come of age, but for those that were refreshed.
      const auto later = static_cast<std::uint32_t>(luck.below(size));
      lan_.run_on(machine, talker(Arp::entry_lifetime + some_time(luck), later),
                  testing_lan::server_kind);
      if (luck.below(4) == 0) {
        const auto as = static_cast<std::uint32_t>(luck.below(size));
        const auto asked = static_cast<std::uint32_t>(luck.below(size));
        lan_.run_on(machine, forger(some_time(luck), as, asked), testing_lan::server_kind);
      }
      if (i % 13 == 5) {
        lan_.world.make_switchable(machine, {});
        lan_.world.switch_at(machine, start_of_time + 3ms, false);
        lan_.world.switch_at(machine, start_of_time + 6ms, true);
      }
    }
  }

  What run(unsigned partitions, Observer* observer = nullptr, Time until = end_of_time) {
    if (observer != nullptr) lan_.world.observe(*observer);
    World::RunOptions options;
    options.partitions = partitions;
    options.engine.threads = partitions;
    options.engine.shares_always = true;
    options.engine.until = until;
    const Outcome outcome = lan_.world.run(options);
    EXPECT_TRUE(lan_.world.conserves_frames());
    const NetworkCounters counters = lan_.world.totals();
    What what{lan_.world.digest(),
              counters.frames_sent,
              counters.frames_copied,
              counters.frames_delivered,
              counters.bytes_delivered,
              0,
              0,
              outcome.ended_at};
    for (const std::uint64_t one : lan_.world.drops().counts) what.drops += one;
    for (const std::uint64_t one : heard_) what.heard += one;
    return what;
  }

 private:
  static Duration some_time(Rng& luck) { return luck.below(20) * 500us; }

  static testing_lan::Program listener(std::uint64_t& heard) {
    return [&heard](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      if (const Result<> bound = socket.bind({{}, 9}); !bound) co_return bound.error();
      for (;;) {
        const Result<Datagram> datagram = co_await socket.receive();
        if (!datagram) co_return datagram.error();
        ++heard;
      }
    };
  }
  static testing_lan::Program talker(Duration when, std::uint32_t to) {
    return [=](Application& self) -> Task<Result<>> {
      UdpSocket socket{self.machine()};
      co_await self.sleep_for(when);
      (void)socket.send_to({Lan::address(to), 9}, Message{std::string_view{"hello"}});
      co_await self.sleep_for(2500us);
      co_return socket.send_to({Lan::address(to), 9}, Message{std::string_view{"again"}});
    };
  }
  // Asks for `asked` in the name of `as`.
  static testing_lan::Program forger(Duration when, std::uint32_t as, std::uint32_t asked) {
    return [=](Application& self) -> Task<Result<>> {
      co_await self.sleep_for(when);
      Tap& tap = self.machine().taps().front();
      const ArpPacket packet{.operation = ArpPacket::request,
                             .sender_mac = tap.mac(),
                             .sender_address = Lan::address(as),
                             .target_mac = {},
                             .target_address = Lan::address(asked)};
      Message message;
      packet.emit(message.prepend(ArpPacket::size));
      co_return tap.send(MacAddress::broadcast(), EtherType::arp, std::move(message));
    };
  }

  Lan lan_;
  std::vector<std::uint64_t> heard_;
};

LinkProperties with_latency(Duration latency) {
  LinkProperties properties;
  properties.latency = {latency, latency};
  return properties;
}

class ArpLanTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ArpLanTest, IsAsIfEverybodyHadBeenHandedEveryQuestion) {
  for (const Duration latency : {Duration{1}, Duration{500us}, Duration{1700us}}) {
    Witness witness;
    const LinkProperties properties = with_latency(latency);
    const What expected = Crowd{GetParam(), properties}.run(1, &witness);
    EXPECT_EQ(witness.delivered, expected.delivered) << "the observer hears of each";
    EXPECT_GT(expected.heard, 100U);
    for (const unsigned partitions : {1U, 2U, 3U, 7U}) {
      EXPECT_EQ((Crowd{GetParam(), properties}.run(partitions)), expected)
          << partitions << " partitions, " << latency.count() << " ns";
    }
    Witness other;
    EXPECT_EQ((Crowd{GetParam(), properties}.run(3, &other)), expected);
    EXPECT_EQ(other.delivered, expected.delivered);
  }
}

TEST_P(ArpLanTest, CountsWhatIsUnderWayWhereverItIsStopped) {
  const LinkProperties properties = with_latency(1700us);
  Rng luck{GetParam(), 2};
  for (int i = 0; i < 10; ++i) {
    const Time until = start_of_time + Duration{static_cast<Duration::rep>(luck.below(15'000'000))};
    Witness witness;
    const What expected = Crowd{GetParam(), properties}.run(1, &witness, until);
    EXPECT_EQ((Crowd{GetParam(), properties}.run(1, nullptr, until)), expected);
    EXPECT_EQ((Crowd{GetParam(), properties}.run(4, nullptr, until)), expected);
  }
}

TEST_P(ArpLanTest, IsTheSameOnASharedMedium) {
  LinkProperties properties = with_latency(100us);
  properties.throughput = BitRate{1'000'000};
  Witness witness;
  const What expected = Crowd{GetParam(), properties}.run(1, &witness);
  EXPECT_EQ((Crowd{GetParam(), properties}.run(1)), expected);
  EXPECT_EQ((Crowd{GetParam(), properties}.run(3)), expected);
}

// A switched network: what nobody is handed still keeps the taps from receiving.
LinkProperties switched(std::uint64_t bits_per_second) {
  LinkProperties properties = with_latency(100us);
  properties.medium = MediumKind::switched;
  properties.throughput = BitRate{bits_per_second};
  return properties;
}

TEST_P(ArpLanTest, IsTheSameOnASwitchedNetwork) {
  for (const std::uint64_t rate : {30'000U, 1'000'003U, 1'000'000'000U}) {
    const LinkProperties properties = switched(rate);
    Witness witness;
    const What expected = Crowd{GetParam(), properties}.run(1, &witness);
    EXPECT_EQ(witness.delivered, expected.delivered) << "the observer hears of each";
    for (const unsigned partitions : {1U, 3U}) {
      EXPECT_EQ((Crowd{GetParam(), properties}.run(partitions)), expected) << rate;
    }
    // A queue that could refuse a frame is asked about each, at each tap.
    LinkProperties limited = properties;
    limited.queue.most_frames = 1'000'000;
    What each = Crowd{GetParam(), limited}.run(1);
    each.digest = expected.digest;
    EXPECT_EQ(each, expected) << rate;
  }
}

TEST_P(ArpLanTest, CountsWhatIsUnderWayOnASwitchedNetworkWhereverItIsStopped) {
  // No round rate: what happens at one instant comes in another order where each is asked.
  const LinkProperties properties = switched(199'933);
  LinkProperties limited = properties;
  limited.queue.most_frames = 1'000'000;
  Rng luck{GetParam(), 3};
  for (int i = 0; i < 10; ++i) {
    const Time until = start_of_time + Duration{static_cast<Duration::rep>(luck.below(60'000'000))};
    Witness witness;
    const What expected = Crowd{GetParam(), properties}.run(1, &witness, until);
    EXPECT_EQ((Crowd{GetParam(), properties}.run(1, nullptr, until)), expected);
    EXPECT_EQ((Crowd{GetParam(), properties}.run(4, nullptr, until)), expected);
    What each = Crowd{GetParam(), limited}.run(1, nullptr, until);
    each.digest = expected.digest;
    EXPECT_EQ(each, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ArpLanTest, testing::Range<std::uint64_t>(1, 13));

// ===== How much it takes =====

// Of `size` machines each sends a datagram to the next one, `gap` after the one before.
void let_each_ask_for_the_next(Lan& lan, std::uint32_t size, Duration gap) {
  for (std::uint32_t i = 0; i < size; ++i) {
    lan.run_on(
        lan.add_host(true),
        [=](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          if (gap != 0us) co_await self.sleep_for(i * gap);
          (void)socket.send_to({Lan::address((i + 1) % size), 9}, Message{std::string_view{"x"}});
          co_return Result<>{};
        },
        testing_lan::server_kind);
  }
}

TEST(ArpLoadTest, QuestionsOnALanOfTwentyThousandTakeTimeInProportion) {
  constexpr std::uint32_t size = 20'000;
  Lan lan{with_latency(10us)};
  let_each_ask_for_the_next(lan, size, 1us);
  const Outcome outcome = lan.run();
  EXPECT_TRUE(lan.world.conserves_frames());
  EXPECT_EQ(lan.world.totals().frames_delivered, std::uint64_t{size} * (size - 1 + 2));
  // A few events for each machine, where everybody's hearing everything would take 400,000,000.
  EXPECT_LT(outcome.events, 12U * size);
}

TEST(ArpLoadTest, SoDoTheyOnASwitchedNetworkWhereEachTakesItsTimeAtEveryTap) {
  constexpr std::uint32_t size = 10'000;
  Lan lan{switched(1'000'000'000)};
  let_each_ask_for_the_next(lan, size, 0us);  // so that the questions wait for each other
  const Outcome outcome = lan.run();
  EXPECT_TRUE(lan.world.conserves_frames());
  EXPECT_EQ(lan.world.totals().frames_delivered, std::uint64_t{size} * (size - 1 + 2));
  EXPECT_LT(outcome.events, 16U * size);
  // A question is 42 bytes long, 336 ns; the last of those that a tap receives is the end.
  EXPECT_GE(outcome.ended_at, start_of_time + 100us + size * 336ns);
}

// More than are kept, in bursts, while others talk: what is long through is forgotten.
TEST(ArpLoadTest, WhatASwitchedNetworkHasForgottenChangesNothing) {
  const auto run = [](Observer* observer) {
    Lan lan{switched(10'000'000'000)};
    std::uint64_t heard = 0;
    lan.run_on(
        lan.add_host(true),
        [](Application& self) -> Task<Result<>> {
          Tap& tap = self.machine().taps().front();
          for (int burst = 0; burst < 7'000; ++burst) {
            for (int i = 0; i < 10; ++i) {
              const ArpPacket packet{.operation = ArpPacket::request,
                                     .sender_mac = tap.mac(),
                                     .sender_address = Lan::address(0),
                                     .target_mac = {},
                                     .target_address = Lan::address(77)};
              Message message;
              packet.emit(message.prepend(ArpPacket::size));
              (void)tap.send(MacAddress::broadcast(), EtherType::arp, std::move(message));
            }
            co_await self.sleep_for(20us);
          }
          co_return Result<>{};
        },
        testing_lan::server_kind);
    lan.run_on(
        lan.add_host(true),
        [](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          for (std::uint32_t i = 0; i < 400; ++i) {
            // The last host hears nothing for most of the time.
            const std::uint32_t to = i % 50 == 49 ? 3 : 2;
            (void)socket.send_to({Lan::address(to), 9}, Message{std::string_view{"hello"}});
            co_await self.sleep_for(349'963ns);
          }
          co_return Result<>{};
        },
        testing_lan::server_kind);
    for (int i = 0; i < 2; ++i) {
      lan.run_on(
          lan.add_host(true),
          [&heard](Application& self) -> Task<Result<>> {
            UdpSocket socket{self.machine()};
            if (const Result<> bound = socket.bind({{}, 9}); !bound) co_return bound.error();
            while (co_await socket.receive()) ++heard;
            co_return Result<>{};
          },
          testing_lan::server_kind);
    }
    if (observer != nullptr) lan.world.observe(*observer);
    const Outcome outcome = lan.run();
    EXPECT_EQ(heard, 400U);
    EXPECT_TRUE(lan.world.conserves_frames());
    EXPECT_GT(lan.world.totals().frames_delivered, 3 * 70'000U);
    return std::pair{lan.world.digest(), outcome.ended_at};
  };
  Witness witness;
  EXPECT_EQ(run(nullptr), run(&witness));
}

// What a tap has yet to receive may take longer than an entry lives: Bob's questions come to Alice
// behind 100 MB and more, and she still knows him when she sends to him.
TEST(ArpLoadTest, WhatComesBehindALongQueueIsHeardWhenItComes) {
  const auto run = [](Observer* observer) {
    LinkProperties properties = switched(10'000'000);
    properties.mtu = 65'535;
    Lan lan{properties};
    const auto send = [](std::uint32_t to, Duration start, Duration interval, int count,
                         std::size_t bytes, std::uint32_t step) {
      return [=](Application& self) -> Task<Result<>> {
        UdpSocket socket{self.machine()};
        (void)socket.send_to({Lan::address(to), 9}, Message{std::string_view{"x"}});
        co_await self.sleep_for(start);
        for (int i = 0; i < count; ++i) {
          const Ipv4Address address = Lan::address(to + static_cast<std::uint32_t>(i + 1) * step);
          (void)socket.send_to({address, 9}, Message::zeros(bytes));
          co_await self.sleep_for(interval);
        }
        co_return Result<>{};
      };
    };
    Machine& alice = lan.add_host(true);
    lan.run_on(lan.add_host(true), send(0, 10s, 10s, 16, 1, 100), testing_lan::server_kind);
    for (int i = 0; i < 2; ++i) {
      lan.run_on(lan.add_host(true), send(0, 1s, 0s, 2'400, 65'000, 0), testing_lan::server_kind);
    }
    lan.run_on(
        alice,
        [](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          co_await self.sleep_for(165s);
          (void)socket.send_to({Lan::address(1), 9}, Message{std::string_view{"x"}});
          co_return Result<>{};
        },
        testing_lan::server_kind);
    if (observer != nullptr) lan.world.observe(*observer);
    lan.run();
    return std::pair{lan.world.digest(), lan.world.totals().frames_sent};
  };
  Witness witness;
  EXPECT_EQ(run(nullptr), run(&witness));
}

// Everybody knows the hub, which asks for everybody.
TEST(ArpLoadTest, AHubThatEverybodyKnowsMayAskForEverybody) {
  constexpr std::uint32_t size = 5'000;
  Lan lan{with_latency(10us)};
  Machine& hub = lan.add_host(true);
  for (std::uint32_t i = 1; i < size; ++i) {
    lan.run_on(
        lan.add_host(true),
        [i](Application& self) -> Task<Result<>> {
          UdpSocket socket{self.machine()};
          co_await self.sleep_for(i * 1us);
          co_return socket.send_to({Lan::address(0), 9}, Message{std::string_view{"x"}});
        },
        testing_lan::server_kind);
  }
  lan.run_on(
      hub,
      [](Application& self) -> Task<Result<>> {
        UdpSocket socket{self.machine()};
        co_await self.sleep_for(2 * Arp::entry_lifetime);
        for (std::uint32_t i = 1; i < size; ++i) {
          (void)socket.send_to({Lan::address(i), 9}, Message{std::string_view{"y"}});
          co_await self.sleep_for(1us);
        }
        co_return Result<>{};
      },
      testing_lan::server_kind);
  const Outcome outcome = lan.run();
  EXPECT_TRUE(lan.world.conserves_frames());
  EXPECT_EQ(lan.world.totals().frames_sent, 6U * (size - 1));
  EXPECT_LT(outcome.events, 24U * size);
}

// Bombs Alice with answers that nobody asked for.
TEST(ArpLoadTest, AMillionForgedAnswersStayWithinTheCap) {
  Lan lan{with_latency(1us)};
  Machine& alice = lan.add_host(true);
  Machine& mallory = lan.add_host(true);
  Machine& bob = lan.add_host(true);
  std::size_t most = 0;
  const std::size_t before = pool::live_blocks();
  lan.run_on(mallory, [&](Application& self) -> Task<Result<>> {
    Tap& tap = self.machine().taps().front();
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
      const ArpPacket packet{.operation = ArpPacket::reply,
                             .sender_mac = tap.mac(),
                             .sender_address = Ipv4Address{0x0b00'0000U + i},
                             .target_mac = alice.taps().front().mac(),
                             .target_address = Lan::address(0)};
      Message message;
      packet.emit(message.prepend(ArpPacket::size));
      (void)tap.send(alice.taps().front().mac(), EtherType::arp, std::move(message));
      if (i % 1'000 == 0) {
        co_await self.sleep_for(2us);
        most = std::max(most, pool::live_blocks() - before);
      }
    }
    co_return Result<>{};
  });
  testing_lan::Ear ear{bob};
  lan.run_on(bob, [&](Application& self) -> Task<Result<>> {
    co_return Lan::udp(self.machine()).listen(ear, {.address = {}, .port = 9});
  });
  lan.run_on(alice, [](Application& self) -> Task<Result<>> {
    co_await self.sleep_for(1ms);
    UdpSocket socket{self.machine()};
    co_return socket.send_to({Lan::address(2), 9}, Message{std::string_view{"still here"}});
  });
  lan.run();
  EXPECT_EQ(ear.heard, std::vector<std::string>{"still here"});
  EXPECT_EQ(Lan::arp(alice).neighbours(), Arp::max_entries);
  EXPECT_LT(most, Arp::max_entries + 4'000) << "blocks of all kinds, frames under way included";
}

}  // namespace
}  // namespace elvis
