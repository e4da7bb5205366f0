// SPDX-License-Identifier: MIT
// The engine's parts: pending events, timers, coroutines.
#include <benchmark/benchmark.h>

#include <deque>

#include "elvis/sim/engine.hpp"
#include "elvis/sim/event_queue.hpp"
#include "elvis/sim/sleep.hpp"
#include "elvis/sim/task.hpp"
#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

// One pop and one push at a constant number of pending events, spread over a millisecond.
void event_queue_pop_push(benchmark::State& state) {
  EventQueue queue;
  Rng rng{1};
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t order = 0;
  const auto distance = [&rng] {
    return Duration{static_cast<std::int64_t>(rng.below(1'000'000))};
  };
  for (std::uint64_t i = 0; i < pending; ++i) {
    queue.push({Time{distance()}, order++, nullptr, nullptr});
  }
  for (auto _ : state) {
    const Time now = queue.peek()->time;
    queue.pop();
    queue.push({now + distance(), order++, nullptr, nullptr});
  }
}
BENCHMARK(event_queue_pop_push)->RangeMultiplier(10)->Range(1'000, 10'000'000);

class Host final : public Entity {
 public:
  using Entity::Entity;
  void handle(void*) override {}
  void discard(void*) override {}
  const char* kind() const override { return "host"; }
};

// Re-arming one of `timers` timers, as TCP does for every segment.
void timer_rearm(benchmark::State& state) {
  Engine engine{1};
  Host host{1};
  host.move_to(engine.partition(0));
  std::deque<Timer> timers;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    timers.emplace_back([](Timer&) {});
    timers.back().arm(host, Time{std::chrono::seconds{1 + i}});
  }
  Rng rng{2};
  std::int64_t later = 0;
  for (auto _ : state) {
    timers[rng.below(timers.size())].arm(host, Time{std::chrono::hours{1} + Duration{++later}});
  }
}
BENCHMARK(timer_rearm)->Arg(1)->Arg(3)->Arg(1'000);

Task<int> nothing(int value) {
  co_return value;
}

void task_spawn_and_end(benchmark::State& state) {
  for (auto _ : state) {
    Task<int> task = nothing(1);
    task.start();
    benchmark::DoNotOptimize(task.take());
  }
}
BENCHMARK(task_spawn_and_end);

void task_await_ready(benchmark::State& state) {
  const auto loop = [](benchmark::State& running) -> Task<> {
    for (auto _ : running) benchmark::DoNotOptimize(co_await nothing(1));
  };
  Task<> task = loop(state);
  task.start();
}
BENCHMARK(task_await_ready);

struct Gate {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting = coroutine; }
  void await_resume() const noexcept {}
  std::coroutine_handle<> waiting;
};

void task_suspend_and_resume(benchmark::State& state) {
  Gate gate;
  const auto loop = [](Gate& waits) -> Task<> {
    for (;;) co_await waits;
  };
  Task<> task = loop(gate);
  task.start();
  for (auto _ : state) resume(gate.waiting);
}
BENCHMARK(task_suspend_and_resume);

}  // namespace
}  // namespace elvis
