// SPDX-License-Identifier: MIT
#include "elvis/sim/task.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "elvis/util/pool.hpp"
#include "repetitions.hpp"

namespace elvis {
namespace {

// Something to wait for that the test lets happen.
struct Gate {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting = coroutine; }
  void await_resume() const noexcept {}
  void open() { resume(std::exchange(waiting, {})); }
  std::coroutine_handle<> waiting;
};

struct Ended : TaskObserver {
  void task_ended() override { ++times; }
  int times = 0;
};

Task<int> number(int value) {
  co_return value;
}

Task<int> wait_and_return(Gate& gate, int value) {
  co_await gate;
  co_return value;
}

Task<> add_to(std::vector<int>& numbers, Task<int> task) {
  numbers.push_back(co_await std::move(task));
}

TEST(TaskTest, DoesNothingUntilItIsStarted) {
  std::vector<int> numbers;
  const Task<> task = add_to(numbers, number(1));
  EXPECT_TRUE(numbers.empty());
}

TEST(TaskTest, EndsInPlaceWhenItNeverWaits) {
  std::vector<int> numbers;
  Ended ended;
  Task<> task = add_to(numbers, number(1));
  task.start(&ended);
  EXPECT_EQ(numbers, std::vector<int>{1});
  EXPECT_EQ(ended.times, 1);
  EXPECT_TRUE(task.is_done());
}

TEST(TaskTest, GoesOnWhenWhatItAwaitsHasEnded) {
  Gate gate;
  std::vector<int> numbers;
  Ended ended;
  Task<> task = add_to(numbers, wait_and_return(gate, 7));
  task.start(&ended);
  EXPECT_TRUE(numbers.empty());
  EXPECT_EQ(ended.times, 0);
  gate.open();
  EXPECT_EQ(numbers, std::vector<int>{7});
  EXPECT_EQ(ended.times, 1);
}

TEST(TaskTest, HandsAnExceptionToWhoeverAwaits) {
  const auto thrower = []() -> Task<int> {
    throw std::runtime_error{"no number"};
    co_return 0;
  };
  const auto catcher = [&](std::string& caught) -> Task<> {
    try {
      (void)co_await thrower();
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
  };
  std::string caught;
  Task<> task = catcher(caught);
  task.start();
  EXPECT_EQ(caught, "no number");
}

TEST(TaskTest, KeepsTheExceptionOfTheOutermostTask) {
  const auto thrower = [](Gate& gate) -> Task<> {
    co_await gate;
    throw std::runtime_error{"too late"};
  };
  Gate gate;
  Ended ended;
  Task<> task = thrower(gate);
  task.start(&ended);
  gate.open();
  EXPECT_EQ(ended.times, 1);
  EXPECT_THROW(task.take(), std::runtime_error);
}

TEST(TaskTest, DestroysEverythingThatWaits) {
  struct Counter {
    explicit Counter(int& counter) : alive{counter} { ++alive; }
    ~Counter() { --alive; }
    int& alive;
  };
  const auto inner = [](Gate& gate, int& alive) -> Task<> {
    const Counter counter{alive};
    co_await gate;
  };
  const auto outer = [&](Gate& gate, int& alive) -> Task<> {
    const Counter counter{alive};
    co_await inner(gate, alive);
  };
  const std::size_t before = pool::live_blocks();
  int alive = 0;
  Gate gate;
  {
    Task<> task = outer(gate, alive);
    task.start();
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(pool::live_blocks(), before);
}

TEST(TaskTest, MayBeDestroyedByItsObserver) {
  struct Destroyer : TaskObserver {
    void task_ended() override { task.reset(); }
    Task<> task;
  };
  const auto waiter = [](Gate& gate) -> Task<> { co_await gate; };
  Gate gate;
  Destroyer destroyer;
  destroyer.task = waiter(gate);
  destroyer.task.start(&destroyer);
  gate.open();
  EXPECT_FALSE(destroyer.task);
}

// Runs `function` on a thread with a stack of 1 MiB.
void on_a_small_stack(void* (*function)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1024 * 1024);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, function, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

constexpr int many = repetitions(10'000'000);

TEST(TaskTest, AwaitsTenMillionReadyTasksOnASmallStack) {
  on_a_small_stack([](void*) -> void* {
    const auto sum_up = []() -> Task<> {
      std::int64_t sum = 0;
      for (int i = 0; i < many; ++i) sum += co_await number(1);
      EXPECT_EQ(sum, many);
    };
    Task<> task = sum_up();
    task.start();
    EXPECT_TRUE(task.is_done());
    return nullptr;
  });
}

TEST(TaskTest, AwaitsAMillionTasksThatWaitOnASmallStack) {
  on_a_small_stack([](void*) -> void* {
    static Gate gate;
    const auto sum_up = []() -> Task<> {
      for (int i = 0; i < many / 10; ++i) (void)co_await wait_and_return(gate, i);
    };
    Task<> task = sum_up();
    task.start();
    while (!task.is_done()) gate.open();
    return nullptr;
  });
}

}  // namespace
}  // namespace elvis
