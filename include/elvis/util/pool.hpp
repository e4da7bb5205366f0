// SPDX-License-Identifier: MIT
// Memory for what comes and goes with every packet: coroutine frames, chunks, frames, sessions.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "elvis/util/prefetch.hpp"

namespace elvis {

/// A size-class allocator. Each thread keeps free lists of its own; memory freed on another thread
/// than it came from is used again there, and surplus batches move through a shared depot. Under
/// sanitizers every call goes to the global heap, so that they see each object.
namespace pool {

/// Size classes are multiples of `step` bytes up to `largest`; what is larger goes to the heap.
inline constexpr std::size_t step = 32;
inline constexpr std::size_t largest = 2048;

/// Memory of at least `bytes` bytes, aligned for any type that needs no extended alignment.
void* allocate(std::size_t bytes);

/// Gives back what allocate(`bytes`) returned.
void release(void* memory, std::size_t bytes) noexcept;

/// Bytes that the pools hold from the system, in use or free.
std::size_t reserved_bytes() noexcept;

/// Blocks handed out and not yet given back, over all threads; exact when no other thread runs.
std::size_t live_blocks() noexcept;

/// The blocks that one thread has at hand. Each class has a `current` list, which blocks come from
/// and go to, and perhaps a `spare` one, which is full: so whole lists travel to and from the
/// depot.
class ThreadCache {
 public:
  void* allocate(std::size_t bytes) {
    // A size near the end of std::size_t wraps to class 0, which never has a block.
    const std::size_t size_class = (bytes + step - 1) / step;
    if (size_class < lists_.size()) [[likely]] {
      List& list = lists_[size_class];
      if (Block* const block = list.current) [[likely]] {
        list.current = block->next;
        // The next but one was perhaps freed long ago; it will be asked for soon.
        prefetch_line(block->next_but_one);
        if (size_class > 2) prefetch_line(block->next, 1);
        list.room.store(list.room.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return block;
      }
    }
    return allocate_slowly(bytes);
  }

  void release(void* memory, std::size_t bytes) noexcept {
    const std::size_t size_class = (bytes + step - 1) / step;
    if (size_class < lists_.size()) [[likely]] {
      List& list = lists_[size_class];
      const std::uint32_t room = list.room.load(std::memory_order_relaxed);
      if (room != 0) [[likely]] {
        Block* const block = new (memory) Block;
        list.current = block->stand_before(list.current);
        list.room.store(room - 1, std::memory_order_relaxed);
        return;
      }
    }
    release_slowly(memory, bytes);
  }

 private:
  friend class Depot;

  struct Block {
    Block* next;
    Block* next_but_one;         // only to be asked for ahead
    Block* next_batch;           // of the first block of a batch, in the depot
    std::uint32_t batch_blocks;  // likewise

    Block* stand_before(Block* others) {
      next = others;
      next_but_one = others == nullptr ? this : others->next;
      return this;
    }
  };

  // The atomics are written by their own thread alone; live_blocks() reads them.
  struct List {
    Block* current = nullptr;
    std::atomic<Block*> spare{nullptr};
    std::atomic<std::uint32_t> room{0};  // how many blocks `current` still takes
  };

  void* allocate_slowly(std::size_t bytes);
  void release_slowly(void* memory, std::size_t bytes) noexcept;
  void* take_block(std::size_t bytes);
  void put_block(void* memory, std::size_t bytes) noexcept;
  void refill(std::size_t size_class);
  void carve(std::size_t size_class);
  void open() noexcept;
  void close() noexcept;

  std::array<List, largest / step + 1> lists_{};
  std::byte* slab_at_ = nullptr;  // the rest of the slab that new blocks are carved from
  std::byte* slab_end_ = nullptr;
  std::size_t next_slab_ = std::size_t{64} << 10;
  std::atomic<std::int64_t> carved_blocks_{0};
  std::atomic<std::int64_t> large_blocks_{0};  // allocated less released here
  std::atomic<std::int64_t> large_bytes_{0};
  ThreadCache* previous_ = nullptr;  // in the depot's list of open caches
  ThreadCache* next_ = nullptr;
  bool is_open_ = false;
  bool has_ended_ = false;  // the thread is past its end: every call opens and closes the cache
};

/// The cache of the running thread. It opens with its first use and closes when the thread ends.
inline constinit thread_local ThreadCache thread_cache;

#ifndef ELVIS_SANITIZED
inline void* allocate(std::size_t bytes) {
  return thread_cache.allocate(bytes);
}
inline void release(void* memory, std::size_t bytes) noexcept {
  thread_cache.release(memory, bytes);
}
#endif

}  // namespace pool

/// Base of classes whose objects come from the pool when made with `new`, in whole cache lines:
/// what lies together in an object is in one line then, wherever the object is.
class PooledLines {
 public:
  static void* operator new(std::size_t bytes) { return pool::allocate(whole_lines(bytes)); }
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    pool::release(memory, whole_lines(bytes));
  }

 private:
  static constexpr std::size_t whole_lines(std::size_t bytes) {
    constexpr std::size_t line = 64;
    return (bytes + line - 1) / line * line;
  }
};

/// Base of classes whose objects come from the pool when made with `new`.
class Pooled {
 public:
  static void* operator new(std::size_t bytes) { return pool::allocate(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept {
    pool::release(memory, bytes);
  }
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  static void operator delete(void*, void*) noexcept {}
};

}  // namespace elvis
