// SPDX-License-Identifier: MIT
#include "../../src/sim/worker_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace elvis {
namespace {

using ::testing::Each;

// How often each item was done. Helpers take long, so that they are late for the others.
struct Done {
  explicit Done(std::size_t items) : times(items) {}

  static void add(void* context, std::size_t index) {
    auto& done = *static_cast<Done*>(context);
    ++done.times[index];
    if (std::this_thread::get_id() != done.coordinator) {
      std::this_thread::sleep_for(std::chrono::microseconds{50});
    }
  }

  std::thread::id coordinator = std::this_thread::get_id();
  std::vector<int> times;
};

TEST(WorkerPoolTest, WaitsForNobodyWhoHasNotCome) {
  WorkerPool pool{3};
  Done done{3};
  for (int i = 0; i < 100; ++i) pool.for_each(&Done::add, &done);
  EXPECT_THAT(done.times, Each(100));
}

TEST(WorkerPoolTest, DoesEachItemOnceARoundWhoeverIsLate) {
  constexpr std::size_t items = 64;
  constexpr int rounds = 3'000;
  WorkerPool pool{items};
  std::vector<std::jthread> helpers;
  for (unsigned place = 1; place <= 3; ++place) {
    helpers.emplace_back([&pool, place] { pool.serve(place); });
  }
  // What is to be done differs from round to round, and is gone when the round is over.
  for (int round = 0; round < rounds; ++round) {
    auto done = std::make_unique<Done>(items);
    pool.for_each(&Done::add, done.get());
    EXPECT_THAT(done->times, Each(1)) << "in round " << round;
    if (HasFailure()) break;
  }
  pool.dismiss();
}

}  // namespace
}  // namespace elvis
