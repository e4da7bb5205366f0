// SPDX-License-Identifier: MIT
#include "worker_pool.hpp"

#include <thread>

namespace elvis {

namespace {

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Waits until `atomic` is not `old`: for some microseconds by looking again and again, then letting
// other threads run, then asleep. To wake a thread costs more than a small window takes.
template <typename T>
void wait_while(const std::atomic<T>& atomic, T old) {
  constexpr int looks = 1'000;
  constexpr int yields = 100;
  for (int i = 0; i < looks; ++i) {
    if (atomic.load(std::memory_order_acquire) != old) return;
    relax();
  }
  for (int i = 0; i < yields; ++i) {
    if (atomic.load(std::memory_order_acquire) != old) return;
    std::this_thread::yield();
  }
  atomic.wait(old, std::memory_order_acquire);
}

}  // namespace

void WorkerPool::serve(unsigned place) {
  std::uint32_t seen = 0;
  for (;;) {
    wait_while(round_, seen);
    seen = round_.load(std::memory_order_acquire);
    if (dismissed_.load(std::memory_order_relaxed)) return;
    take_work(place, seen);
  }
}

void WorkerPool::dismiss() {
  dismissed_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void WorkerPool::for_each(void (*work)(void*, std::size_t), void* context) {
  left_.store(static_cast<std::uint32_t>(claims_.size()), std::memory_order_relaxed);
  work_ = work;
  context_ = context;
  const std::uint32_t round = round_.fetch_add(1, std::memory_order_release) + 1;
  round_.notify_all();
  take_work(0, round);
  for (std::uint32_t left = left_.load(std::memory_order_acquire); left != 0;
       left = left_.load(std::memory_order_acquire)) {
    wait_while(left_, left);
  }
}

// A helper may come here when its round is long over: then it finds every piece taken. Only who has
// a piece looks at what is to be done, as that stays the same until the piece is.
void WorkerPool::take_work(unsigned place, std::uint32_t round) {
  for (std::size_t i = 0; i < claims_.size(); ++i) {
    const std::size_t piece = (i + place) % claims_.size();
    std::uint32_t before = round - 1;
    if (!claims_[piece].round.compare_exchange_strong(before, round, std::memory_order_relaxed)) {
      continue;
    }
    work_(context_, piece);
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) left_.notify_one();
  }
}

}  // namespace elvis
