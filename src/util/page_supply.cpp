// SPDX-License-Identifier: MIT
#include "elvis/util/page_supply.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "elvis/util/huge_pages.hpp"

namespace elvis {

namespace {

constexpr std::size_t pages_per_ready = 16;  // so many were asked for before the thread starts
constexpr std::size_t most_ready = 16;

/// What all share who ask.
struct Shared {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::jthread thread;
  std::array<void*, most_ready> ready{};
  std::size_t ready_count = 0;
  std::size_t taken = 0;  // since there was the first supply
  std::size_t supplies = 0;

  /// A sixteenth of what was asked for, so that little is cleared in vain.
  std::size_t wanted() const { return std::min(taken / pages_per_ready, most_ready); }

  void start() noexcept {
    if (std::thread::hardware_concurrency() < 2) return;
    try {
      thread = std::jthread{[this](const std::stop_token& stop) { fill(stop); }};
    } catch (const std::system_error&) {
      // Whoever asks clears for himself, as without.
    }
  }

  void fill(const std::stop_token& stop) {
    std::unique_lock lock{mutex};
    while (changed.wait(lock, stop, [this] { return ready_count < wanted(); })) {
      lock.unlock();
      void* const page = HugePages::map_cleared();
      lock.lock();
      if (page == nullptr) return;  // The system has none to spare.
      if (stop.stop_requested()) return HugePages::unmap(page, HugePages::page);
      ready[ready_count++] = page;
    }
  }
};

/// Never destroyed: memory is asked for to the very end of the program.
Shared& shared() {
  static Shared& all = *new Shared;
  return all;
}

}  // namespace

PageSupply::PageSupply() {
  Shared& all = shared();
  const std::lock_guard lock{all.mutex};
  if (all.supplies++ == 0) all.taken = 0;
}

PageSupply::~PageSupply() {
  Shared& all = shared();
  std::jthread thread;  // ends, and is waited for, when nothing is locked any more
  const std::lock_guard lock{all.mutex};
  if (--all.supplies > 0) return;
  thread = std::move(all.thread);
  thread.request_stop();
  while (all.ready_count > 0) HugePages::unmap(all.ready[--all.ready_count], HugePages::page);
}

void* PageSupply::take() noexcept {
  Shared& all = shared();
  const std::lock_guard lock{all.mutex};
  if (all.supplies == 0) return nullptr;
  if (++all.taken == pages_per_ready) all.start();
  void* const page = all.ready_count == 0 ? nullptr : all.ready[--all.ready_count];
  all.changed.notify_one();
  return page;
}

}  // namespace elvis
