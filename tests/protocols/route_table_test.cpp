// SPDX-License-Identifier: MIT
#include "elvis/protocols/route_table.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/protocols/route_finder.hpp"
#include "elvis/util/pool.hpp"
#include "elvis/util/rng.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

Route route(Ipv4Address destination, unsigned length, std::uint32_t tap) {
  return {.destination = destination,
          .prefix_length = static_cast<std::uint8_t>(length),
          .next = {Ipv4Address{0x0a000000 + tap}, tap},
          .metric = tap + 1};
}

/// The same by trying all 33 lengths.
class Model {
 public:
  bool insert(const Route& route) { return routes_.emplace(key(route), route).second; }
  void replace(const Route& route) { routes_[key(route)] = route; }
  bool erase(const Route& route) { return routes_.erase(key(route)) != 0; }

  std::optional<NextHop> lookup(std::uint32_t address) const {
    for (unsigned length = 33; length-- > 0;) {
      const auto found = routes_.find({address & mask_of(length), length});
      if (found != routes_.end()) return found->second.next;
    }
    return std::nullopt;
  }
  std::vector<Route> routes() const {
    std::vector<Route> all;
    for (const auto& [key, route] : routes_) all.push_back(route);
    return all;
  }

 private:
  static std::pair<std::uint32_t, unsigned> key(const Route& route) {
    return {route.destination.value(), route.prefix_length};
  }
  std::map<std::pair<std::uint32_t, unsigned>, Route> routes_;
};

/// Prefixes within `spread` bits below 10.0.0.0 or anywhere, of all lengths or of the usual ones.
class RandomRoutes {
 public:
  RandomRoutes(std::uint64_t seed, unsigned spread) : rng_{{63, seed}}, spread_{spread} {}

  std::uint32_t address() {
    const auto word = static_cast<std::uint32_t>(rng_());
    return spread_ == 32 ? word : 0x0a000000 | (word & ((1U << spread_) - 1));
  }
  Route next() {
    const unsigned length = rng_.below(3) == 0
                                ? static_cast<unsigned>(rng_.below(33))
                                : static_cast<unsigned>(33 - spread_ + rng_.below(spread_));
    return route(Ipv4Address{address() & mask_of(length)}, length,
                 static_cast<std::uint32_t>(rng_.below(1'000)));
  }
  std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }

 private:
  Rng rng_;
  unsigned spread_;
};

void expect_same_lookups(RouteTable& table, const Model& model, RandomRoutes& random, int count) {
  for (int i = 0; i < count; ++i) {
    const std::uint32_t address = random.address();
    ASSERT_EQ(table.lookup(Ipv4Address{address}), model.lookup(address)) << std::hex << address;
  }
  // Where prefixes begin and end is where mistakes are.
  const std::vector<Route> routes = model.routes();
  for (std::size_t i = 0; i < routes.size(); i += 1 + routes.size() / 200) {
    const std::uint32_t first = routes[i].destination.value();
    const std::uint32_t last = first | ~mask_of(routes[i].prefix_length);
    for (const std::uint32_t address : {first, first - 1, last, last + 1}) {
      ASSERT_EQ(table.lookup(Ipv4Address{address}), model.lookup(address)) << std::hex << address;
    }
  }
}

/// `steps` changes of a table and its model, with lookups in between.
void change_and_compare(std::uint64_t seed, unsigned spread, int steps, int most) {
  RandomRoutes random{seed, spread};
  RouteTable table;
  Model model;
  for (int step = 0; step < steps; ++step) {
    const Route changed = random.next();
    const std::vector<Route> known = random.below(4) == 0 ? model.routes() : std::vector<Route>{};
    if (!known.empty()) {
      const Route& victim = known[random.below(known.size())];
      ASSERT_EQ(table.erase(victim.destination, victim.prefix_length), model.erase(victim));
    } else if (random.below(8) == 0) {
      table.replace(changed);
      model.replace(changed);
    } else if (static_cast<int>(table.size()) < most) {
      ASSERT_EQ(table.insert(changed), model.insert(changed));
    }
    expect_same_lookups(table, model, random, 20);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_EQ(table.routes(), model.routes());
  EXPECT_EQ(table.size(), model.routes().size());
}

TEST(RouteTableTest, KnowsNoWayWhileItIsEmpty) {
  RouteTable table;
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.memory_bytes(), 0U);
  EXPECT_FALSE(table.lookup(Ipv4Address{10, 0, 0, 1}));
  EXPECT_FALSE(table.erase(Ipv4Address{}, 0));
  EXPECT_FALSE(table.find(Ipv4Address{}, 0));
}

TEST(RouteTableTest, PrefersTheLongestPrefix) {
  RouteTable table;
  EXPECT_TRUE(table.insert(route({}, 0, 1)));
  EXPECT_TRUE(table.insert(route({10, 0, 0, 0}, 8, 2)));
  EXPECT_TRUE(table.insert(route({10, 1, 0, 0}, 16, 3)));
  EXPECT_TRUE(table.insert(route({10, 1, 2, 3}, 32, 4)));
  EXPECT_EQ(table.lookup({10, 1, 2, 3})->tap, 4U);
  EXPECT_EQ(table.lookup({10, 1, 2, 4})->tap, 3U);
  EXPECT_EQ(table.lookup({10, 2, 0, 0})->tap, 2U);
  EXPECT_EQ(table.lookup({11, 0, 0, 0})->tap, 1U);
  EXPECT_EQ(table.lookup({11, 0, 0, 0})->via, (Ipv4Address{10, 0, 0, 1}));
}

TEST(RouteTableTest, HasOneRouteForAPrefix) {
  RouteTable table;
  EXPECT_TRUE(table.insert(route({10, 0, 0, 0}, 8, 1)));
  EXPECT_FALSE(table.insert(route({10, 0, 0, 0}, 8, 2)));
  EXPECT_EQ(table.lookup({10, 0, 0, 1})->tap, 1U);
  table.replace(route({10, 0, 0, 0}, 8, 2));
  EXPECT_EQ(table.lookup({10, 0, 0, 1})->tap, 2U);
  EXPECT_EQ(table.find({10, 0, 0, 0}, 8)->metric, 3U);
  EXPECT_EQ(table.size(), 1U);
  EXPECT_TRUE(table.insert(route({10, 0, 0, 0}, 9, 3))) << "another prefix";
}

TEST(RouteTableTest, FallsBackWhenARouteGoes) {
  RouteTable table;
  table.replace(route({}, 0, 1));
  table.replace(route({10, 0, 0, 0}, 8, 2));
  EXPECT_TRUE(table.erase({10, 0, 0, 0}, 8));
  EXPECT_FALSE(table.erase({10, 0, 0, 0}, 8));
  EXPECT_EQ(table.lookup({10, 0, 0, 1})->tap, 1U);
  EXPECT_TRUE(table.erase({}, 0));
  EXPECT_FALSE(table.lookup({10, 0, 0, 1}));
  EXPECT_EQ(table.memory_bytes(), 0U);
}

TEST(RouteTableTest, RefusesBitsBehindThePrefix) {
  RouteTable table;
  EXPECT_DEATH(table.replace(route({10, 0, 0, 1}, 8, 1)), "internal error");
  EXPECT_DEATH(table.replace(route({}, 33, 1)), "internal error");
}

TEST(RouteTableTest, CostsAHostAFewBytes) {
  RouteTable table;
  table.replace(route({}, 0, 0));
  EXPECT_LE(table.memory_bytes(), 32U);
  table.replace(route({10, 1, 0, 0}, 16, 0));
  EXPECT_LE(sizeof(table) + table.memory_bytes(), 80U);
}

TEST(RouteTableTest, DoesAsTheModelWhileItIsSmall) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    change_and_compare(seed, seed % 2 == 0 ? 32 : 12, 200, 12);
    ASSERT_FALSE(HasFatalFailure()) << seed;
  }
}

TEST(RouteTableTest, DoesAsTheModelWhileItGrows) {
  change_and_compare(100, 32, repetitions(3'000), 1'000'000);
  change_and_compare(101, 20, repetitions(3'000), 1'000'000);
  change_and_compare(102, 9, repetitions(2'000), 1'000'000);
}

TEST(RouteTableTest, DoesAsTheModelWithAHundredThousandRoutes) {
  for (const unsigned spread : {32U, 22U}) {
    RandomRoutes random{spread, spread};
    std::vector<Route> routes(100'000);
    for (Route& each : routes) each = random.next();
    Model model;
    for (const Route& each : routes) model.replace(each);
    RouteTable table;
    table.assign(routes);
    EXPECT_EQ(table.size(), model.routes().size());
    expect_same_lookups(table, model, random, 100'000);
    for (int change = 0; change < 500; ++change) {
      const Route other = random.next();
      table.replace(other);
      model.replace(other);
      const Route& gone = routes[random.below(routes.size())];
      ASSERT_EQ(table.erase(gone.destination, gone.prefix_length), model.erase(gone));
    }
    expect_same_lookups(table, model, random, 20'000);
    EXPECT_EQ(table.routes(), model.routes());
  }
}

TEST(RouteTableTest, DoesAsTheModelWithVeryManyRoutes) {
  RandomRoutes random{77, 32};
  constexpr std::size_t count = repetitions(400'000U) + 80'000U;
  std::vector<Route> routes(count);
  Model model;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    routes[i] = random.next();
    // Some parts of the address space are full of routes, and some hops have no short number.
    if (i % 2 == 0) routes[i].destination = Ipv4Address{static_cast<std::uint32_t>(i << 7)};
    if (i % 2 == 0) routes[i].prefix_length = i % 16 == 0 ? 32 : 24;
    if (i % 4 == 0) routes[i].next.via = Ipv4Address{static_cast<std::uint32_t>(i % 1'000)};
    routes[i].destination =
        Ipv4Address{routes[i].destination.value() & mask_of(routes[i].prefix_length)};
    model.replace(routes[i]);
  }
  RouteTable table;
  table.assign(routes);
  EXPECT_EQ(table.size(), model.routes().size());
  expect_same_lookups(table, model, random, repetitions(100'000));
  for (std::uint32_t part = 0; part < repetitions(200'000U); ++part) {
    const Ipv4Address address{part << 8 | part % 256};
    ASSERT_EQ(table.lookup(address), model.lookup(address.value()));
  }
  for (int change = 0; change < repetitions(1'000); ++change) {
    Route other = random.next();
    if (change % 500 == 0) other = route({0, 0, 0, 0}, 0, static_cast<std::uint32_t>(change));
    table.replace(other);
    model.replace(other);
    const Route& gone = routes[random.below(routes.size())];
    ASSERT_EQ(table.erase(gone.destination, gone.prefix_length), model.erase(gone));
    for (const Ipv4Address address : {other.destination, gone.destination}) {
      ASSERT_EQ(table.lookup(address), model.lookup(address.value()));
    }
  }
  expect_same_lookups(table, model, random, repetitions(20'000));
  EXPECT_EQ(table.routes(), model.routes());
  EXPECT_LT(table.memory_bytes() / table.size(), 100U);
}

// Prefixes that tables share, and routes to some of them, the same for all tables but for the tap.
class SharedRoutes final : public RouteFinder {
 public:
  SharedRoutes(std::vector<SharedPrefixes::Prefix> prefixes, std::vector<std::uint32_t> taps)
      : prefixes_{prefixes}, taps_{std::move(taps)} {}
  static std::shared_ptr<const SharedRoutes> random(RandomRoutes& random, int count) {
    std::map<std::pair<std::uint32_t, unsigned>, bool> unique;
    for (int i = 0; i < count; ++i) {
      const Route one = random.next();
      unique[{one.destination.value(), one.prefix_length}] = true;
    }
    std::vector<SharedPrefixes::Prefix> all;
    for (const auto& [prefix, unused] : unique) all.push_back({prefix.first, prefix.second});
    std::vector<std::uint32_t> taps;
    for (std::size_t i = 0; i < all.size(); ++i) {
      taps.push_back(static_cast<std::uint32_t>(random.below(4)));
    }
    return std::make_shared<const SharedRoutes>(all, taps);
  }

  const SharedPrefixes& prefixes() const override { return prefixes_; }
  std::optional<NextHop> hop(std::uint32_t asker, std::uint32_t number) const override {
    if (taps_[number] == 0) return std::nullopt;
    return NextHop{Ipv4Address{number}, taps_[number] + asker};
  }
  std::vector<Route> routes_of(std::uint32_t asker) const {
    std::vector<Route> all;
    for (std::uint32_t i = 0; i < prefixes_.size(); ++i) {
      const auto [address, length] = prefixes_[i];
      const auto next = hop(asker, i);
      if (!next) continue;
      all.push_back({Ipv4Address{address}, static_cast<std::uint8_t>(length), *next, 0});
    }
    return all;
  }

 private:
  SharedPrefixes prefixes_;
  std::vector<std::uint32_t> taps_;  // 0: no route
};

TEST(RouteTableTest, DoesAsTheModelWithSharedPrefixes) {
  for (const unsigned spread : {32U, 20U}) {
    for (const std::size_t own_routes : {2U, 40U, 2'000U}) {
      RandomRoutes random{own_routes, spread};
      constexpr std::uint32_t asker = 7;
      const auto shared = SharedRoutes::random(random, 3'000);
      RouteTable table;
      Model model;
      // What a table has before is kept.
      std::vector<Route> own(own_routes);
      for (Route& each : own) each = random.next();
      own.back() = shared->routes_of(asker).front();
      own.back().next.tap = 999;
      for (const Route& each : own) {
        ASSERT_EQ(table.insert(each), model.insert(each));
      }
      const std::size_t before = table.memory_bytes();
      table.share(shared, asker);
      EXPECT_LT(table.memory_bytes(), before + 100 + own_routes * 4);
      for (const Route& each : shared->routes_of(asker)) model.insert(each);
      EXPECT_EQ(table.size(), model.routes().size());
      EXPECT_EQ(table.routes(), model.routes());
      EXPECT_EQ(table.shared().second, asker);
      expect_same_lookups(table, model, random, 2'000);
      const std::vector<Route> all = model.routes();
      for (int change = 0; change < 60; ++change) {
        Route other = change % 2 == 0 ? random.next() : all[random.below(all.size())];
        other.next.tap = 1'000;
        const Route& gone = all[random.below(all.size())];
        if (change % 3 == 0) {
          ASSERT_EQ(table.erase(gone.destination, gone.prefix_length), model.erase(gone));
        } else if (change % 3 == 1) {
          ASSERT_EQ(table.insert(other), model.insert(other));
        } else {
          table.replace(other);
          model.replace(other);
        }
        ASSERT_EQ(table.size(), model.routes().size());
        expect_same_lookups(table, model, random, 20);
      }
      EXPECT_EQ(table.routes(), model.routes());
    }
  }
}

TEST(RouteTableTest, ASharedPrefixThatIsNoRouteIsLookedPast) {
  const auto shared = std::make_shared<const SharedRoutes>(
      std::vector<SharedPrefixes::Prefix>{{0x0a000000, 8}, {0x0a010000, 16}, {0x0a010100, 24}},
      std::vector<std::uint32_t>{3, 0, 0});
  EXPECT_EQ(shared->prefixes().longest(0x0a010101), 2U);
  EXPECT_EQ(shared->prefixes().around(2), 1U);
  EXPECT_EQ(shared->prefixes().around(0), SharedPrefixes::none);
  EXPECT_EQ(shared->prefixes().longest(0x0b000000), SharedPrefixes::none);
  RouteTable table;
  table.share(shared, 0);
  const NextHop hop{Ipv4Address{0}, 3};
  EXPECT_EQ(table.size(), 1U);
  EXPECT_EQ(table.lookup({10, 1, 1, 1}), hop);
  EXPECT_EQ(table.lookup({11, 1, 1, 1}), std::nullopt);
  // The longer one of the table's own and the shared ones counts.
  table.insert(route({10, 1, 0, 0}, 16, 7));
  EXPECT_EQ(table.lookup({10, 1, 1, 1})->tap, 7U);
  EXPECT_EQ(table.lookup({10, 2, 1, 1}), hop);
  table.insert(route({0, 0, 0, 0}, 0, 8));
  EXPECT_EQ(table.lookup({10, 2, 1, 1}), hop);
  EXPECT_EQ(table.lookup({11, 1, 1, 1})->tap, 8U);
}

TEST(RouteTableTest, TakesAllRoutesAtOnceAsOneByOne) {
  RandomRoutes random{7, 24};
  std::vector<Route> routes(5'000);
  for (Route& each : routes) each = random.next();
  RouteTable at_once;
  at_once.replace(route({192, 168, 0, 0}, 16, 9));
  at_once.assign(routes);
  RouteTable one_by_one;
  for (const Route& each : routes) one_by_one.replace(each);
  EXPECT_EQ(at_once.routes(), one_by_one.routes());
  EXPECT_FALSE(at_once.find({192, 168, 0, 0}, 16));
}

TEST(RouteTableTest, MovesWithItsRoutes) {
  RouteTable table;
  for (std::uint8_t i = 0; i < 100; ++i) table.replace(route({10, i, 0, 0}, 16, i));
  RouteTable moved = std::move(table);
  EXPECT_EQ(moved.lookup({10, 5, 1, 1})->tap, 5U);
  table = std::move(moved);
  EXPECT_EQ(table.lookup({10, 6, 1, 1})->tap, 6U);
}

TEST(RouteTableTest, GivesBackAllMemory) {
  const std::size_t before = pool::live_blocks();
  {
    RouteTable table;
    RandomRoutes random{8, 32};
    for (int i = 0; i < 3'000; ++i) {
      table.replace(random.next());
      (void)table.lookup(Ipv4Address{random.address()});
    }
    for (const Route& each : table.routes()) {
      ASSERT_TRUE(table.erase(each.destination, each.prefix_length));
    }
    EXPECT_EQ(table.memory_bytes(), 0U);
    table.replace(random.next());
  }
  EXPECT_EQ(pool::live_blocks(), before);
}

}  // namespace
}  // namespace elvis
