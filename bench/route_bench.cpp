// SPDX-License-Identifier: MIT
// What a lookup costs by the number of routes, when each waits for the one before and when not;
// what building a table costs, and its bytes a route.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "elvis/protocols/route_table.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

/// Prefixes of the lengths that full Internet tables have: six of ten are /24, others /16 to /23,
/// one of thirty longer.
std::vector<Route> routes_like_the_internets(std::size_t count) {
  Rng rng{{70, count}};
  std::vector<Route> routes(count);
  for (Route& route : routes) {
    const std::uint64_t kind = rng.below(30);
    const auto length = static_cast<std::uint8_t>(kind < 18   ? 24
                                                  : kind < 29 ? 16 + rng.below(8)
                                                              : 25 + rng.below(8));
    const auto address = static_cast<std::uint32_t>(rng.below(0xe000'0000)) & mask_of(length);
    const auto tap = static_cast<std::uint32_t>(rng.below(64));
    route = {Ipv4Address{address}, length, {Ipv4Address{10, 0, 0, 1}, tap}, 1};
  }
  if (count > 1) routes.back() = {Ipv4Address{}, 0, {Ipv4Address{10, 0, 0, 1}, 0}, 1};
  return routes;
}

RouteTable warm_table(std::size_t count) {
  RouteTable table;
  table.assign(routes_like_the_internets(count));
  for (std::uint32_t slot = 0; slot < 1U << 18; ++slot) {
    benchmark::DoNotOptimize(table.lookup(Ipv4Address{slot << 14}));
  }
  return table;
}

/// Destinations that have a route, as traffic's do; with `flows`, so many different ones.
std::vector<std::uint32_t> destinations(std::size_t count, std::size_t flows = 0) {
  Rng rng{{71, count}};
  const std::vector<Route> routes = routes_like_the_internets(count);
  std::vector<std::uint32_t> addresses(std::size_t{1} << 20);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Route& route = routes[rng.below(routes.size())];
    addresses[i] = route.destination.value() |
                   (static_cast<std::uint32_t>(rng()) & ~mask_of(route.prefix_length));
    if (flows != 0 && i >= flows) addresses[i] = addresses[rng.below(flows)];
  }
  return addresses;
}

void lookup_waiting(benchmark::State& state, std::size_t flows) {
  const auto count = static_cast<std::size_t>(state.range(0));
  RouteTable table = warm_table(count);
  const std::vector<std::uint32_t> addresses = destinations(count, flows);
  std::size_t at = 0;
  for (auto _ : state) {
    const auto next = table.lookup(Ipv4Address{addresses[at]});
    // The next address depends on what was found, so that no two lookups overlap.
    at = (at + 1 + (next ? next->tap & 1 : 0)) & (addresses.size() - 1);
  }
  benchmark::DoNotOptimize(at);
  state.counters["bytes_per_route"] =
      static_cast<double>(table.memory_bytes()) / static_cast<double>(table.size());
}

void lookup_one_after_another(benchmark::State& state) {
  lookup_waiting(state, 0);
}

void lookup_a_thousand_flows(benchmark::State& state) {
  lookup_waiting(state, 1'000);
}

void lookup_in_a_row(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  RouteTable table = warm_table(count);
  const std::vector<std::uint32_t> addresses = destinations(count);
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.lookup(Ipv4Address{addresses[at]}));
    at = (at + 1) & (addresses.size() - 1);
  }
}

void counts(benchmark::internal::Benchmark* bench) {
  bench->ArgName("routes")->Arg(1)->Arg(2)->Arg(16)->Arg(1'000)->Arg(60'000)->Arg(1'000'000);
}
BENCHMARK(lookup_one_after_another)->Apply(counts);
BENCHMARK(lookup_a_thousand_flows)->Apply(counts);
BENCHMARK(lookup_in_a_row)->Apply(counts);

void build_at_once(benchmark::State& state) {
  const auto routes = routes_like_the_internets(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    RouteTable table;
    table.assign(routes);
    benchmark::DoNotOptimize(table.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build_at_once)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void build_one_by_one(benchmark::State& state) {
  const auto routes = routes_like_the_internets(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    RouteTable table;
    for (const Route& route : routes) table.replace(route);
    benchmark::DoNotOptimize(table.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(build_one_by_one)->Arg(1'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void change_and_lookup(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  RouteTable table = warm_table(count);
  const std::vector<Route> routes = routes_like_the_internets(count);
  Rng rng{{72, 1}};
  for (auto _ : state) {
    const Route& route = routes[rng.below(routes.size() - 1)];
    table.replace(route);
    benchmark::DoNotOptimize(table.lookup(route.destination));
  }
}
BENCHMARK(change_and_lookup)->Arg(16)->Arg(1'000)->Arg(1'000'000);

}  // namespace
}  // namespace elvis
