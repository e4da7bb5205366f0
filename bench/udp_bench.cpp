// SPDX-License-Identifier: MIT
// UDP end to end: senders that each send messages to receivers over one network, on one thread.
#include <benchmark/benchmark.h>

#include <memory>
#include <string_view>

#include "elvis/applications/catalog.hpp"
#include "elvis/applications/messages.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/udp.hpp"

namespace elvis {
namespace {

using std::chrono::milliseconds;

const ApplicationKind& kind_named(std::string_view name) {
  for (const ApplicationKind& kind : application_kinds()) {
    if (kind.name == name) return kind;
  }
  ELVIS_UNREACHABLE();
}

Machine& add_host(World& world, Network& network, Ipv4Address address) {
  Network* const networks[] = {&network};
  Machine& machine = world.add_machine(networks, 2);
  Ipv4& ipv4 = world.add_protocol<Ipv4>(machine);
  world.add_protocol<Udp>(machine, ipv4);
  world.claim(machine.taps().front(), address);
  return machine;
}

// The scenario of the limit program: latency 1 ms, every sender sends `messages` messages of 6
// bytes 1 ms apart, starting spread over the first millisecond.
std::unique_ptr<World> many_to_one(std::uint32_t senders, std::uint64_t messages,
                                   std::uint32_t receivers) {
  auto world = std::make_unique<World>();
  LinkProperties properties;
  properties.latency = {milliseconds{1}, milliseconds{1}};
  Network& network = world->add_network("lan", properties);
  const std::string_view text = "Hello!";
  Chunk& hello = world->constant({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});

  world->add_group("receiver", receivers, true);
  for (std::uint32_t i = 0; i < receivers; ++i) {
    Machine& machine = add_host(*world, network, Ipv4Address{0x0a00'0001U + i});
    auto options = std::make_unique<CaptureOptions>();
    options->port = 0xbeef;
    options->message_count = senders / receivers * messages;
    world->add_application(machine, kind_named("capture"), world->keep(std::move(options)));
  }
  world->add_group("sender", senders, true);
  for (std::uint32_t i = 0; i < senders; ++i) {
    Machine& machine = add_host(*world, network, Ipv4Address{0x0a80'0001U + i});
    auto options = std::make_unique<SendMessageOptions>();
    options->message = Payload{hello};
    options->to.address = Ipv4Address{0x0a00'0001U + i % receivers};
    options->port = 0xbeef;
    options->count = messages;
    options->interval = milliseconds{1};
    options->start = Duration{i * 7919 % 1'000'000};
    world->add_application(machine, kind_named("send_message"), world->keep(std::move(options)));
  }
  return world;
}

void udp_end_to_end(benchmark::State& state) {
  const auto senders = static_cast<std::uint32_t>(state.range(0));
  const auto messages = static_cast<std::uint64_t>(state.range(1));
  const auto receivers = static_cast<std::uint32_t>(state.range(2));
  for (auto _ : state) {
    state.PauseTiming();
    std::unique_ptr<World> world = many_to_one(senders, messages, receivers);
    state.ResumeTiming();
    const Outcome outcome = world->run({});
    state.PauseTiming();
    if (outcome.reason != StopReason::completed) state.SkipWithError("messages were lost");
    world.reset();
    state.ResumeTiming();
  }
  state.counters["per_message"] = benchmark::Counter(
      static_cast<double>(senders) * static_cast<double>(messages),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(udp_end_to_end)
    ->ArgNames({"senders", "messages", "receivers"})
    ->Args({2, 200'000, 1})
    ->Args({10'000, 100, 1})
    ->Args({10'000, 100, 1'000})
    ->Args({100'000, 10, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace elvis
