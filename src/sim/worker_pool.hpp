// SPDX-License-Identifier: MIT
// WorkerPool: runs one phase of a window on several threads, with a spin-then-wait barrier.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace elvis {

/// One thread coordinates and calls for_each(); the others stay in serve() until dismiss().
class WorkerPool {
 public:
  explicit WorkerPool(unsigned helpers) : helpers_{helpers} {}

  /// A helper's life. Returns after dismiss().
  void serve();
  void dismiss();

  /// Calls `work(index)` for every index below `count`, on this thread and the helpers, and returns
  /// when all calls have. `work` is a plain function with a context, as it is called per window.
  void for_each(std::size_t count, void (*work)(void* context, std::size_t index), void* context);

 private:
  static constexpr int spins = 4'000;

  void take_work();

  const unsigned helpers_;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<unsigned> busy_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> dismissed_{false};
  std::size_t count_ = 0;
  void (*work_)(void*, std::size_t) = nullptr;
  void* context_ = nullptr;
};

}  // namespace elvis
