// SPDX-License-Identifier: MIT
#include "elvis/wire/ipv4_options.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr Ipv4Address first_hop{10, 0, 0, 1};
constexpr Ipv4Address second_hop{10, 0, 1, 1};

Bytes bytes_of(const Ipv4Options& options) {
  return Bytes(options.bytes().begin(), options.bytes().end());
}

Ipv4Options options_of(const Bytes& bytes) {
  return Ipv4Options{std::span{bytes}};
}

int fault_of(const Bytes& bytes) {
  const auto fault = options_of(bytes).find_fault();
  return fault ? *fault : -1;
}

TEST(Ipv4OptionsTest, WalksAlongTheList) {
  const Ipv4Options options = options_of({1, 7, 3, 4, 1, 148, 4, 0, 0, 0, 7, 3});
  std::vector<std::array<int, 3>> seen;
  for (auto option = options.at(0); option; option = options.at(option->offset + option->size)) {
    seen.push_back({static_cast<int>(option->type), option->offset, option->size});
  }
  EXPECT_EQ(seen, (std::vector<std::array<int, 3>>{{1, 0, 1}, {7, 1, 3}, {1, 4, 1}, {148, 5, 4}}));
  EXPECT_TRUE(options.has_router_alert());
  EXPECT_FALSE(options.has_source_route());
  EXPECT_FALSE(options.find_fault());
}

TEST(Ipv4OptionsTest, KnowsSourceRoutes) {
  EXPECT_TRUE(options_of({131, 7, 4, 10, 0, 0, 1, 0}).has_source_route());
  EXPECT_TRUE(options_of({137, 7, 4, 10, 0, 0, 1, 0}).has_source_route());
  EXPECT_FALSE(options_of({7, 7, 4, 10, 0, 0, 1, 0}).has_source_route());
}

TEST(Ipv4OptionsTest, HasNoFaultWhereThereIsNothing) {
  const Ipv4Options none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(none.find_fault());
  EXPECT_EQ(none.copied(), none);
}

TEST(Ipv4OptionsTest, FindsTheOctetAtFault) {
  EXPECT_EQ(fault_of({1, 1, 1, 7}), 3) << "a length that is missing";
  EXPECT_EQ(fault_of({130, 0, 0, 0}), 1) << "a length of 0";
  EXPECT_EQ(fault_of({130, 1, 0, 0}), 1) << "a length of 1";
  EXPECT_EQ(fault_of({1, 130, 4, 0}), 2) << "a length beyond the end";
  EXPECT_EQ(fault_of({7, 2, 0, 0}), 1) << "a route without pointer";
  EXPECT_EQ(fault_of({7, 3, 3, 0}), 2) << "a pointer into the head";
  EXPECT_EQ(fault_of({7, 3, 4, 0}), -1) << "a route without slots, which is full";
  EXPECT_EQ(fault_of({7, 7, 4, 0, 0, 0, 0, 0}), -1);
  EXPECT_EQ(fault_of({7, 7, 5, 0, 0, 0, 0, 0}), 2) << "half a slot";
  EXPECT_EQ(fault_of({7, 7, 8, 0, 0, 0, 0, 0}), -1) << "full";
  EXPECT_EQ(fault_of({68, 3, 5, 0}), 1) << "a timestamp without flags";
  EXPECT_EQ(fault_of({68, 4, 4, 0}), 2);
  EXPECT_EQ(fault_of({68, 4, 5, 2}), 3) << "a mode that there is not";
  EXPECT_EQ(fault_of({68, 8, 5, 1, 0, 0, 0, 0}), 2) << "half a slot of 8";
  EXPECT_EQ(fault_of({148, 3, 0, 0}), 1);
  EXPECT_EQ(fault_of({7, 3, 4, 7, 3, 4, 0, 0}), 3) << "a second route";
  EXPECT_EQ(fault_of({131, 3, 4, 137, 3, 4, 0, 0}), 3) << "two source routes";
  EXPECT_EQ(fault_of({131, 3, 4, 7, 3, 4, 0, 0}), -1);
  EXPECT_EQ(fault_of({68, 4, 5, 0, 68, 4, 5, 0}), 4);
  EXPECT_EQ(fault_of({0, 7, 0, 0}), -1) << "behind the end anything may stand";
  EXPECT_EQ(fault_of({200, 4, 9, 9}), -1) << "an unknown option";
}

TEST(Ipv4OptionsTest, RecordsTheRoute) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(2));
  EXPECT_EQ(bytes_of(options), (Bytes{7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(options.record({.address = first_hop}));
  EXPECT_EQ(bytes_of(options), (Bytes{7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(options.record({.address = second_hop}));
  const Bytes full{7, 11, 12, 10, 0, 0, 1, 10, 0, 1, 1, 0};
  EXPECT_EQ(bytes_of(options), full);
  EXPECT_FALSE(options.record({.address = first_hop})) << "a full route stays as it is";
  EXPECT_EQ(bytes_of(options), full);

  std::array<Ipv4Address, 9> route;
  ASSERT_EQ(options.recorded_route(route), 2U);
  EXPECT_EQ(route[0], first_hop);
  EXPECT_EQ(route[1], second_hop);
}

TEST(Ipv4OptionsTest, FindsHalfASlotOnlyWhenItsTurnComes) {
  Ipv4Options options = options_of({7, 9, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  ASSERT_FALSE(options.find_fault());
  ASSERT_FALSE(options.record({.address = first_hop}));
  EXPECT_EQ(options.find_fault(), 2);
}

TEST(Ipv4OptionsTest, StampsTimes) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::times, 2));
  EXPECT_EQ(bytes_of(options), (Bytes{68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_FALSE(options.record({.address = first_hop, .time = 258}));
  EXPECT_FALSE(options.record({.address = second_hop, .time = 259}));
  EXPECT_EQ(bytes_of(options), (Bytes{68, 12, 13, 0, 0, 0, 1, 2, 0, 0, 1, 3}));
}

TEST(Ipv4OptionsTest, StampsAddressesAndTimes) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::addresses_and_times, 1));
  EXPECT_FALSE(options.record({.address = first_hop, .time = 258}));
  EXPECT_EQ(bytes_of(options), (Bytes{68, 12, 13, 1, 10, 0, 0, 1, 0, 0, 1, 2}));
}

TEST(Ipv4OptionsTest, StampsOnlyWhereItIsAskedTo) {
  Ipv4Options options;
  const std::array asked{second_hop};
  ASSERT_TRUE(options.add_timestamp(TimestampMode::prespecified, 1, asked));
  const Ipv4Options before = options;
  const std::array other{first_hop};
  EXPECT_FALSE(options.record({.address = first_hop, .time = 7, .own = other}));
  EXPECT_EQ(options, before);
  const std::array own{first_hop, second_hop};
  EXPECT_FALSE(options.record({.address = first_hop, .time = 7, .own = own}));
  EXPECT_EQ(bytes_of(options), (Bytes{68, 12, 13, 3, 10, 0, 1, 1, 0, 0, 0, 7}));
  EXPECT_FALSE(options.record({.address = first_hop, .time = 8, .own = own}));
  EXPECT_EQ(bytes_of(options), (Bytes{68, 12, 13, 3, 10, 0, 1, 1, 0, 0, 0, 7}));
}

TEST(Ipv4OptionsTest, CountsFifteenHopsThatFindNoRoom) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_timestamp(TimestampMode::times, 1));
  EXPECT_FALSE(options.record({.address = first_hop}));
  for (unsigned overflow = 1; overflow <= 15; ++overflow) {
    ASSERT_FALSE(options.record({.address = first_hop}));
    EXPECT_EQ(options.bytes()[3], overflow << 4);
  }
  const auto fault = options.record({.address = first_hop});
  ASSERT_TRUE(fault);
  EXPECT_EQ(*fault, 3);
}

TEST(Ipv4OptionsTest, CopiesIntoFragmentsWhatSaysSo) {
  const Ipv4Options options =
      options_of({1, 7, 7, 4, 0, 0, 0, 0, 131, 3, 4, 68, 4, 5, 0, 148, 4, 0, 0, 0});
  EXPECT_EQ(bytes_of(options.copied()), (Bytes{131, 3, 4, 148, 4, 0, 0, 0}));
  EXPECT_TRUE(options_of({7, 3, 4, 0}).copied().empty());
}

TEST(Ipv4OptionsTest, AReplyCarriesOnWhatCollects) {
  const Ipv4Options options =
      options_of({1, 7, 7, 8, 10, 0, 0, 1, 131, 3, 4, 148, 4, 0, 0, 68, 8, 9, 0, 0, 0, 0, 7, 0});
  EXPECT_EQ(bytes_of(options.reflected()),
            (Bytes{7, 7, 8, 10, 0, 0, 1, 68, 8, 9, 0, 0, 0, 0, 7, 0}));
  EXPECT_TRUE(options_of({148, 4, 0, 0}).reflected().empty());
}

TEST(Ipv4OptionsTest, KnowsWhetherASourceRouteIsOver) {
  EXPECT_TRUE(options_of({1, 131, 7, 4, 10, 0, 0, 1}).is_on_its_way());
  EXPECT_TRUE(options_of({137, 11, 8, 10, 0, 0, 1, 10, 0, 0, 2, 0}).is_on_its_way());
  EXPECT_FALSE(options_of({131, 7, 8, 10, 0, 0, 1, 0}).is_on_its_way());
  EXPECT_FALSE(options_of({7, 7, 4, 0, 0, 0, 0, 0}).is_on_its_way());
}

TEST(Ipv4OptionsTest, KnowsWhomATimestampAsksNext) {
  Ipv4Options options;
  const std::array asked{first_hop, second_hop};
  ASSERT_TRUE(options.add_timestamp(TimestampMode::prespecified, 2, asked));
  for (const Ipv4Address one : asked) {
    EXPECT_EQ(options.asked_address(), one);
    ASSERT_FALSE(options.record({.address = one, .time = 7, .own = {&one, 1}}));
  }
  EXPECT_FALSE(options.asked_address());
  std::array<Ipv4Options::Stamp, 9> stamps;
  ASSERT_EQ(options.recorded_stamps(stamps), 2U);
  EXPECT_EQ(stamps[1].address, second_hop);
  EXPECT_EQ(stamps[1].time, 7U);
  EXPECT_FALSE(options_of({68, 8, 5, 0, 0, 0, 0, 0}).asked_address());
}

TEST(Ipv4OptionsTest, AddsBehindWhatIsThere) {
  Ipv4Options options;
  ASSERT_TRUE(options.add_record_route(1));
  ASSERT_TRUE(options.add_router_alert());
  EXPECT_EQ(bytes_of(options), (Bytes{7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0}));
  ASSERT_TRUE(options.add_timestamp(TimestampMode::addresses_and_times, 3));
  EXPECT_EQ(options.bytes().size(), 40U);
  EXPECT_FALSE(options.add_router_alert());
  EXPECT_FALSE(options.find_fault());
  EXPECT_TRUE(options.has_router_alert());
}

TEST(Ipv4OptionsTest, HasRoomForNineAddresses) {
  Ipv4Options options;
  EXPECT_FALSE(options.add_record_route(10));
  EXPECT_FALSE(options.add_timestamp(TimestampMode::times, 10));
  EXPECT_FALSE(options.add_timestamp(TimestampMode::addresses_and_times, 5));
  EXPECT_TRUE(options.empty());
  ASSERT_TRUE(options.add_record_route(9));
  for (int hop = 0; hop < 12; ++hop) ASSERT_FALSE(options.record({.address = first_hop}));
  std::array<Ipv4Address, 9> route;
  EXPECT_EQ(options.recorded_route(route), 9U);
  std::array<Ipv4Address, 2> shorter;
  EXPECT_EQ(options.recorded_route(shorter), 2U);
}

TEST(Ipv4OptionsTest, WithstandsRandomBytes) {
  Rng rng{{62, 1}};
  int with_fault = 0;
  int without = 0;
  for (int round = 0; round < 200'000; ++round) {
    Bytes bytes(4 * rng.below(11));
    constexpr std::array<std::uint8_t, 9> likely{0, 1, 3, 4, 5, 7, 68, 131, 148};
    for (std::uint8_t& byte : bytes) {
      byte = rng.below(4) == 0 ? static_cast<std::uint8_t>(rng()) : likely[rng.below(9)];
    }
    Ipv4Options options = options_of(bytes);
    if (options.find_fault()) {
      ++with_fault;
      continue;
    }
    ++without;
    ASSERT_FALSE(options.copied().find_fault());
    for (int hop = 0; hop < 20; ++hop) {
      const Ipv4Options before = options;
      if (options.record({.address = first_hop, .time = 1}) || options.find_fault()) break;
      ASSERT_EQ(options.bytes().size(), before.bytes().size());
    }
  }
  EXPECT_GT(with_fault, 10'000);
  EXPECT_GT(without, 10'000);
}

}  // namespace
}  // namespace elvis
