// SPDX-License-Identifier: MIT
// WorkerPool: runs one phase of a window on several threads, with a spin-then-wait barrier.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace elvis {

/// One thread coordinates and calls for_each(); the others stay in serve() until dismiss().
class WorkerPool {
 public:
  /// For `items` pieces of work.
  explicit WorkerPool(std::size_t items) : claims_(items) {}

  /// The life of helper `place`, from 1. Returns after dismiss().
  void serve(unsigned place);
  void dismiss();

  /// Calls `work(index)` for every item, on this thread and the helpers, and returns when all calls
  /// have. A thread begins with the same index every time, for its caches' sake, and takes over
  /// what others have not begun: a helper whose processor is lent to somebody else holds nobody up.
  /// `work` is a plain function with a context, as it is called per window.
  void for_each(void (*work)(void* context, std::size_t index), void* context);

 private:
  struct alignas(64) Claim {
    std::atomic<std::uint32_t> round{0};  // the last one in which somebody took the piece
  };

  void take_work(unsigned place, std::uint32_t round);

  std::vector<Claim> claims_;
  alignas(64) std::atomic<std::uint32_t> round_{0};
  alignas(64) std::atomic<std::uint32_t> left_{0};  // pieces of this round that are not done
  std::atomic<bool> dismissed_{false};
  void (*work_)(void*, std::size_t) = nullptr;
  void* context_ = nullptr;
};

}  // namespace elvis
