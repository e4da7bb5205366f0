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
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void WorkerPool::dismiss() {
  dismissed_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
}

void WorkerPool::for_each(std::size_t count, void (*work)(void*, std::size_t), void* context) {
  count_ = count;
  work_ = work;
  context_ = context;
  busy_.store(helpers_, std::memory_order_relaxed);
  const std::uint32_t round = round_.fetch_add(1, std::memory_order_release) + 1;
  round_.notify_all();
  take_work(0, round);
  for (unsigned busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    wait_while(busy_, busy);
  }
}

void WorkerPool::take_work(unsigned place, std::uint32_t round) {
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t piece = (i + place) % count_;
    if (claims_[piece].round.exchange(round, std::memory_order_relaxed) == round) continue;
    work_(context_, piece);
  }
}

}  // namespace elvis
