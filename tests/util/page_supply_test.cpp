// SPDX-License-Identifier: MIT
#include "elvis/util/page_supply.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "elvis/util/huge_pages.hpp"

namespace elvis {
namespace {

#if defined(__linux__) && !defined(ELVIS_SANITIZED)

class Pages {
 public:
  ~Pages() {
    for (void* const page : all_) HugePages::unmap(page, HugePages::page);
  }
  void add(void* page) { all_.push_back(page); }
  std::uint8_t* map() {
    add(HugePages::map(HugePages::page));
    return static_cast<std::uint8_t*>(all_.back());
  }
  const std::vector<void*>& all() const { return all_; }

 private:
  std::vector<void*> all_;
};

// What the thread has ready within a while, or null.
void* wait_for_page() {
  for (int i = 0; i < 10'000; ++i) {
    if (void* const page = PageSupply::take()) return page;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return nullptr;
}

TEST(PageSupplyTest, HasNothingReadyForFewPagesOrWhereNoneLives) {
  EXPECT_EQ(PageSupply::take(), nullptr);
  const PageSupply supply;
  for (int i = 0; i < 15; ++i) EXPECT_EQ(PageSupply::take(), nullptr);
}

TEST(PageSupplyTest, GivesEachPageOnceAndClear) {
  if (std::thread::hardware_concurrency() < 2) return;  // then there is no thread that clears
  Pages pages;
  const PageSupply supply;
  for (int i = 0; i < 40; ++i) {
    void* const page = wait_for_page();
    ASSERT_NE(page, nullptr);
    pages.add(page);
    const std::span bytes{static_cast<std::uint8_t*>(page), HugePages::page};
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(page) % HugePages::page, 0U);
    EXPECT_EQ(std::ranges::count(bytes, 0), bytes.size());
    std::ranges::fill(bytes, std::uint8_t{1});
  }
  const std::set<void*> different{pages.all().begin(), pages.all().end()};
  EXPECT_EQ(different.size(), pages.all().size());
}

TEST(PageSupplyTest, OutlivesOneOfTwoAndBeginsAgain) {
  if (std::thread::hardware_concurrency() < 2) return;  // then there is no thread that clears
  Pages pages;
  for (int i = 0; i < 3; ++i) {
    const PageSupply first;
    {
      const PageSupply second;
    }
    for (int taken = 0; taken < 20; ++taken) pages.add(wait_for_page());
    EXPECT_NE(pages.all().back(), nullptr);
  }
  EXPECT_EQ(PageSupply::take(), nullptr);
}

TEST(PageSupplyTest, MayEndWhileOthersAsk) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([] {
      for (int turn = 0; turn < 5; ++turn) {
        Pages pages;
        const PageSupply supply;
        for (int page = 0; page < 40; ++page) *pages.map() = 1;
      }
    });
  }
}

#endif

}  // namespace
}  // namespace elvis
