// SPDX-License-Identifier: MIT
#include "worker_pool.hpp"

namespace elvis {

void WorkerPool::serve() {
  std::uint32_t seen = 0;
  for (;;) {
    for (int i = 0; i < spins && round_.load(std::memory_order_acquire) == seen; ++i) {
    }
    round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
    if (dismissed_.load(std::memory_order_relaxed)) return;
    take_work();
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
  next_.store(0, std::memory_order_relaxed);
  busy_.store(helpers_, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  take_work();
  for (int i = 0; i < spins && busy_.load(std::memory_order_acquire) != 0; ++i) {
  }
  for (unsigned busy = busy_.load(std::memory_order_acquire); busy != 0;
       busy = busy_.load(std::memory_order_acquire)) {
    busy_.wait(busy, std::memory_order_acquire);
  }
}

void WorkerPool::take_work() {
  for (std::size_t i = next_.fetch_add(1, std::memory_order_relaxed); i < count_;
       i = next_.fetch_add(1, std::memory_order_relaxed)) {
    work_(context_, i);
  }
}

}  // namespace elvis
