// SPDX-License-Identifier: MIT
#include "elvis/util/pool.hpp"

#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "elvis/util/rng.hpp"

namespace elvis {
namespace {

struct Held {
  void* memory;
  std::size_t bytes;
  int mark;
};

void* allocate_marked(std::size_t bytes, int mark) {
  void* const memory = pool::allocate(bytes);
  std::memset(memory, mark, bytes);
  return memory;
}

bool is_marked(const Held& held) {
  const auto* const bytes = static_cast<const unsigned char*>(held.memory);
  for (std::size_t i = 0; i < held.bytes; ++i) {
    if (bytes[i] != held.mark) return false;
  }
  return true;
}

/// Hands batches of blocks from one thread to another, at most one waiting.
class Handover {
 public:
  void give(std::vector<void*> blocks) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return blocks_.empty(); });
    blocks_ = std::move(blocks);
    changed_.notify_all();
  }
  std::vector<void*> take() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !blocks_.empty(); });
    changed_.notify_all();
    return std::exchange(blocks_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<void*> blocks_;
};

TEST(PoolTest, GivesAlignedBlocksThatDoNotOverlap) {
  const std::size_t live_before = pool::live_blocks();
  std::vector<Held> held;
  for (std::size_t bytes = 0; bytes <= 3 * pool::largest; ++bytes) {
    const int mark = static_cast<int>(bytes % 251);
    held.push_back({allocate_marked(bytes, mark), bytes, mark});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(held.back().memory) % alignof(std::max_align_t), 0U);
  }
  EXPECT_EQ(pool::live_blocks(), live_before + held.size());
  for (const Held& each : held) EXPECT_TRUE(is_marked(each)) << each.bytes;
  for (const Held& each : held) pool::release(each.memory, each.bytes);
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(PoolTest, KeepsEveryBlockInARandomSequence) {
  const std::size_t live_before = pool::live_blocks();
  Rng rng{{7, 1}};
  std::vector<Held> held;
  for (int step = 0; step < 200'000; ++step) {
    if (held.empty() || rng.below(100) < (step / 50'000 % 2 == 0 ? 60U : 40U)) {
      const std::size_t bytes = rng.below(rng.below(20) == 0 ? 5000 : 300);
      const int mark = static_cast<int>(rng.below(256));
      held.push_back({allocate_marked(bytes, mark), bytes, mark});
    } else {
      std::swap(held[rng.below(held.size())], held.back());
      ASSERT_TRUE(is_marked(held.back()));
      pool::release(held.back().memory, held.back().bytes);
      held.pop_back();
    }
  }
  EXPECT_EQ(pool::live_blocks(), live_before + held.size());
  for (const Held& each : held) pool::release(each.memory, each.bytes);
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(PoolTest, CountsWhatIsTooLargeForItsClasses) {
  const std::size_t reserved_before = pool::reserved_bytes();
  const std::size_t live_before = pool::live_blocks();
  void* const memory = pool::allocate(1'000'000);
  EXPECT_EQ(pool::reserved_bytes(), reserved_before + 1'000'000);
  EXPECT_EQ(pool::live_blocks(), live_before + 1);
  pool::release(memory, 1'000'000);
  EXPECT_EQ(pool::reserved_bytes(), reserved_before);
  EXPECT_EQ(pool::live_blocks(), live_before);
}

#ifndef ELVIS_SANITIZED

TEST(PoolTest, UsesAReleasedBlockAgain) {
  void* const first = pool::allocate(100);
  pool::release(first, 100);
  void* const second = pool::allocate(120);
  EXPECT_EQ(second, first) << "both sizes are of the class of 128 bytes";
  pool::release(second, 120);
}

TEST(PoolTest, DoesNotGrowWhileAsMuchComesAsGoes) {
  std::vector<void*> blocks(20'000);
  std::size_t reserved = 0;
  for (int round = 0; round < 20; ++round) {
    for (void*& block : blocks) block = pool::allocate(96);
    if (round == 0) reserved = pool::reserved_bytes();
    for (void* const block : blocks) pool::release(block, 96);
  }
  EXPECT_EQ(pool::reserved_bytes(), reserved);
  EXPECT_GE(reserved, 20'000U * 96U);
}

TEST(PoolTest, ReturnsMemoryThatAnotherThreadFreed) {
  constexpr int rounds = 2'000;
  constexpr std::size_t blocks_a_round = 1'000;
  const std::size_t live_before = pool::live_blocks();
  Handover handover;
  std::thread consumer{[&handover] {
    for (int round = 0; round < rounds; ++round) {
      for (void* const block : handover.take()) pool::release(block, 96);
    }
  }};
  std::size_t reserved = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<void*> blocks(blocks_a_round);
    for (void*& block : blocks) block = pool::allocate(96);
    handover.give(std::move(blocks));
    if (round == 20) reserved = pool::reserved_bytes();
  }
  consumer.join();
  // 2,000,000 blocks are 192 MB; what is in flight and in both caches is far less than one slab.
  EXPECT_LE(pool::reserved_bytes(), reserved + (std::size_t{2} << 20));
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(PoolTest, HandsTheMemoryOfAnEndedThreadToTheNext) {
  const auto use_a_mebibyte = [] {
    std::vector<void*> blocks(1'000);
    for (void*& block : blocks) block = pool::allocate(1'024);
    for (void* const block : blocks) pool::release(block, 1'024);
  };
  std::thread{use_a_mebibyte}.join();
  const std::size_t reserved = pool::reserved_bytes();
  for (int i = 0; i < 100; ++i) std::thread{use_a_mebibyte}.join();
  EXPECT_EQ(pool::reserved_bytes(), reserved);
}

#endif

TEST(PoolTest, KeepsCountWhenThreadsEnd) {
  const std::size_t live_before = pool::live_blocks();
  std::vector<void*> blocks(5'000);
  std::thread{[&blocks] {
    for (void*& block : blocks) block = pool::allocate(64);
  }}.join();
  EXPECT_EQ(pool::live_blocks(), live_before + blocks.size());
  EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), blocks.size());
  std::thread{[&blocks] {
    for (void* const block : blocks) pool::release(block, 64);
  }}.join();
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(PoolTest, ServesObjectsThatAreDestroyedAfterTheirThreadsCache) {
  struct Late {
    std::vector<void*> held;
    void* large = nullptr;
    ~Late() {
      for (void* const block : held) pool::release(block, 48);
      for (void*& block : held) block = pool::allocate(48);
      for (void* const block : held) pool::release(block, 48);
      pool::release(large, 100'000);
    }
  };
  const std::size_t live_before = pool::live_blocks();
  std::thread{[] {
    // Made before the cache is first used, hence destroyed after it.
    static thread_local Late late;
    late.held.resize(1'500);
    for (void*& block : late.held) block = pool::allocate(48);
    late.large = pool::allocate(100'000);
  }}.join();
  EXPECT_EQ(pool::live_blocks(), live_before);
}

TEST(PoolTest, IsTheHeapOfPooledObjects) {
  struct Node : Pooled {
    explicit Node(int number) : value{number} {}
    int value;
    char rest[100]{};
  };
  const std::size_t live_before = pool::live_blocks();
  auto node = std::make_unique<Node>(42);
  EXPECT_EQ(node->value, 42);
  EXPECT_EQ(pool::live_blocks(), live_before + 1);
  Node* const same_place = new (node.get()) Node{43};
  EXPECT_EQ(same_place->value, 43);
  node.reset();
  EXPECT_EQ(pool::live_blocks(), live_before);
}

}  // namespace
}  // namespace elvis
