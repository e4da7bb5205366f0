// SPDX-License-Identifier: MIT
#include "elvis/util/pool.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "elvis/util/huge_pages.hpp"

namespace elvis::pool {

namespace {

constexpr std::size_t slab_limit = HugePages::page;
constexpr std::size_t cache_line = 64;
constexpr std::size_t carved_at_once = 4096;

/// How many blocks travel together: about 16 KiB of them.
constexpr std::uint32_t batch_of(std::size_t size_class) {
  if (size_class == 0) return 0;
  return static_cast<std::uint32_t>(std::max<std::size_t>(16'384 / (size_class * step), 8));
}

/// Adds to a counter that this thread alone writes: no locked instruction.
template <typename T>
void add(std::atomic<T>& counter, T amount) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

// ===== Depot: what the threads share =====

/// Batches in transit, the slabs, and the list of all open caches. It is never destroyed, so that
/// blocks may be given back to the very end of the program.
class Depot {
 public:
  using Block = ThreadCache::Block;

  void put(std::size_t size_class, Block* batch, std::uint32_t blocks) noexcept {
    if (blocks == 0) return;
    Shelf& shelf = shelves_[size_class];
    const std::lock_guard lock{shelf.mutex};
    batch->next_batch = shelf.top;
    batch->batch_blocks = blocks;
    shelf.top = batch;
    shelf.blocks += blocks;
  }

  /// A batch of at most batch_of(size_class) blocks, or null.
  Block* take(std::size_t size_class) noexcept {
    Shelf& shelf = shelves_[size_class];
    const std::lock_guard lock{shelf.mutex};
    Block* const batch = shelf.top;
    if (batch != nullptr) {
      shelf.top = batch->next_batch;
      shelf.blocks -= batch->batch_blocks;
    }
    return batch;
  }

  struct Slab {
    std::byte* begin;
    std::byte* end;
  };

  /// What is left of an ended thread's slab, or else a new one of `bytes`.
  Slab take_slab(std::size_t bytes) {
    const std::lock_guard lock{mutex_};
    if (remnants_ != nullptr) {
      const Remnant remnant = *remnants_;
      auto* const begin = reinterpret_cast<std::byte*>(remnants_);
      remnants_ = remnant.next;
      return {begin, begin + remnant.bytes};
    }
    slab_bytes_ += bytes;
    if (bytes == slab_limit) {
      if (void* const mapped = HugePages::map(bytes)) {
        auto* const begin = static_cast<std::byte*>(mapped);
        return {begin, begin + bytes};
      }
    }
    // The slabs form a list from a static pointer, so that leak checkers find them reachable.
    auto* const begin =
        static_cast<std::byte*>(::operator new(bytes, std::align_val_t{cache_line}));
    slabs_ = new (begin) SlabHead{slabs_};
    return {begin + cache_line, begin + bytes};
  }

  void keep_remnant(Slab slab) noexcept {
    const auto bytes = static_cast<std::size_t>(slab.end - slab.begin);
    if (bytes < step) return;
    const std::lock_guard lock{mutex_};
    remnants_ = new (slab.begin) Remnant{remnants_, bytes};
  }

  void enlist(ThreadCache& cache) noexcept {
    const std::lock_guard lock{mutex_};
    cache.previous_ = nullptr;
    cache.next_ = caches_;
    if (caches_ != nullptr) caches_->previous_ = &cache;
    caches_ = &cache;
  }

  void delist(ThreadCache& cache) noexcept {
    const std::lock_guard lock{mutex_};
    (cache.previous_ != nullptr ? cache.previous_->next_ : caches_) = cache.next_;
    if (cache.next_ != nullptr) cache.next_->previous_ = cache.previous_;
    carved_blocks_ += cache.carved_blocks_.exchange(0);
    large_blocks_ += cache.large_blocks_.exchange(0);
    large_bytes_ += cache.large_bytes_.exchange(0);
  }

  std::size_t reserved_bytes() noexcept {
    const std::lock_guard lock{mutex_};
    std::int64_t bytes = large_bytes_;
    for (const ThreadCache* cache = caches_; cache != nullptr; cache = cache->next_) {
      bytes += cache->large_bytes_.load(std::memory_order_relaxed);
    }
    return slab_bytes_ + static_cast<std::size_t>(bytes);
  }

  /// What was carved and lies neither in a cache nor on a shelf.
  std::size_t live_blocks() noexcept {
    const std::lock_guard lock{mutex_};
    std::int64_t live = carved_blocks_ + large_blocks_;
    for (const ThreadCache* cache = caches_; cache != nullptr; cache = cache->next_) {
      live += cache->carved_blocks_.load(std::memory_order_relaxed) +
              cache->large_blocks_.load(std::memory_order_relaxed);
      for (std::size_t size_class = 1; size_class < cache->lists_.size(); ++size_class) {
        const auto& list = cache->lists_[size_class];
        const std::uint32_t batch = batch_of(size_class);
        live -= batch - list.room.load(std::memory_order_relaxed);
        if (list.spare.load(std::memory_order_relaxed) != nullptr) live -= batch;
      }
    }
    for (Shelf& shelf : shelves_) {
      const std::lock_guard shelf_lock{shelf.mutex};
      live -= shelf.blocks;
    }
    return static_cast<std::size_t>(live);
  }

 private:
  struct alignas(cache_line) Shelf {
    std::mutex mutex;
    Block* top = nullptr;
    std::int64_t blocks = 0;
  };
  struct Remnant {
    Remnant* next;
    std::size_t bytes;
  };
  struct SlabHead {
    SlabHead* next;
  };

  std::array<Shelf, largest / step + 1> shelves_{};
  std::mutex mutex_;  // of all below; taken before a shelf's where both are
  ThreadCache* caches_ = nullptr;
  Remnant* remnants_ = nullptr;
  SlabHead* slabs_ = nullptr;
  std::size_t slab_bytes_ = 0;
  std::int64_t carved_blocks_ = 0;  // of threads that ended, as the two below
  std::int64_t large_blocks_ = 0;
  std::int64_t large_bytes_ = 0;
};

namespace {

constinit Depot depot;

}  // namespace

// ===== ThreadCache: the ways that leave the free lists =====

void* ThreadCache::allocate_slowly(std::size_t bytes) {
  if (!is_open_) open();
  void* memory = nullptr;
  if (bytes <= largest) {
    memory = take_block(bytes);
  } else {
    memory = ::operator new(bytes);
    add<std::int64_t>(large_blocks_, 1);
    add(large_bytes_, static_cast<std::int64_t>(bytes));
  }
  if (has_ended_) close();
  return memory;
}

void ThreadCache::release_slowly(void* memory, std::size_t bytes) noexcept {
  if (!is_open_) open();
  if (bytes <= largest) {
    put_block(memory, bytes);
  } else {
    ::operator delete(memory, bytes);
    add<std::int64_t>(large_blocks_, -1);
    add(large_bytes_, -static_cast<std::int64_t>(bytes));
  }
  if (has_ended_) close();
}

void* ThreadCache::take_block(std::size_t bytes) {
  const std::size_t size_class = std::max<std::size_t>((bytes + step - 1) / step, 1);
  List& list = lists_[size_class];
  if (list.current == nullptr) refill(size_class);
  Block* const block = list.current;
  list.current = block->next;
  add(list.room, 1U);
  return block;
}

void ThreadCache::put_block(void* memory, std::size_t bytes) noexcept {
  const std::size_t size_class = std::max<std::size_t>((bytes + step - 1) / step, 1);
  const std::uint32_t batch = batch_of(size_class);
  List& list = lists_[size_class];
  if (list.room.load(std::memory_order_relaxed) == 0) {
    if (Block* const spare = list.spare.load(std::memory_order_relaxed)) {
      depot.put(size_class, spare, batch);
    }
    list.spare.store(std::exchange(list.current, nullptr), std::memory_order_relaxed);
    list.room.store(batch, std::memory_order_relaxed);
  }
  list.current = (new (memory) Block)->stand_before(list.current);
  add(list.room, ~std::uint32_t{0});
}

/// Fills the empty `current` list: from the spare one, else the depot, else new memory.
void ThreadCache::refill(std::size_t size_class) {
  List& list = lists_[size_class];
  if (Block* const spare = list.spare.exchange(nullptr, std::memory_order_relaxed)) {
    list.current = spare;
    list.room.store(0, std::memory_order_relaxed);
    return;
  }
  if (Block* const batch = depot.take(size_class)) {
    list.current = batch;
    list.room.store(batch_of(size_class) - batch->batch_blocks, std::memory_order_relaxed);
    return;
  }
  carve(size_class);
}

void ThreadCache::carve(std::size_t size_class) {
  const std::size_t block_bytes = size_class * step;
  // What fills cache lines begins where one does, what fills pairs of them where a pair does, as
  // processors fetch the other one of a pair too.
  for (std::size_t part = step; part < 2 * cache_line; part *= 2) {
    const bool is_whole = block_bytes % (2 * part) == 0;
    const bool is_off = reinterpret_cast<std::uintptr_t>(slab_at_) % (2 * part) != 0;
    if (!is_whole || !is_off || static_cast<std::size_t>(slab_end_ - slab_at_) < part) continue;
    add<std::int64_t>(carved_blocks_, 1);
    put_block(std::exchange(slab_at_, slab_at_ + part), part);
  }
  while (static_cast<std::size_t>(slab_end_ - slab_at_) < block_bytes) {
    // Sizes are multiples of the step, so the rest is one block of a smaller class.
    const auto rest = static_cast<std::size_t>(slab_end_ - slab_at_);
    std::byte* const rest_at = std::exchange(slab_at_, slab_end_);
    if (rest != 0) {
      add<std::int64_t>(carved_blocks_, 1);
      put_block(rest_at, rest);
    }
    const Depot::Slab slab = depot.take_slab(next_slab_);
    slab_at_ = slab.begin;
    slab_end_ = slab.end;
    next_slab_ = std::min(2 * next_slab_, slab_limit);
  }
  const std::size_t blocks = std::min({std::max<std::size_t>(carved_at_once / block_bytes, 1),
                                       static_cast<std::size_t>(slab_end_ - slab_at_) / block_bytes,
                                       std::size_t{batch_of(size_class)}});
  // In order of address: what is made together lies together.
  List& list = lists_[size_class];
  Block** last = &list.current;
  for (std::size_t i = 0; i < blocks; ++i, slab_at_ += block_bytes) {
    *last = new (slab_at_) Block;
    (*last)->next_but_one = reinterpret_cast<Block*>(slab_at_ + 2 * block_bytes);
    last = &(*last)->next;
  }
  *last = nullptr;
  list.room.store(batch_of(size_class) - static_cast<std::uint32_t>(blocks),
                  std::memory_order_relaxed);
  add(carved_blocks_, static_cast<std::int64_t>(blocks));
}

void ThreadCache::open() noexcept {
  // Objects with thread storage may give memory back after their thread's cache was closed.
  struct CloseAtThreadEnd {
    ThreadCache* cache = nullptr;
    ~CloseAtThreadEnd() {
      cache->close();
      cache->has_ended_ = true;
    }
  };
  if (!has_ended_) {
    static thread_local CloseAtThreadEnd closer;
    closer.cache = this;
  }
  for (std::size_t size_class = 1; size_class < lists_.size(); ++size_class) {
    lists_[size_class].room.store(batch_of(size_class), std::memory_order_relaxed);
  }
  is_open_ = true;
  depot.enlist(*this);
}

void ThreadCache::close() noexcept {
  for (std::size_t size_class = 1; size_class < lists_.size(); ++size_class) {
    List& list = lists_[size_class];
    const std::uint32_t batch = batch_of(size_class);
    if (Block* const spare = list.spare.exchange(nullptr)) depot.put(size_class, spare, batch);
    depot.put(size_class, std::exchange(list.current, nullptr), batch - list.room.exchange(0));
  }
  depot.keep_remnant({std::exchange(slab_at_, nullptr), std::exchange(slab_end_, nullptr)});
  depot.delist(*this);
  is_open_ = false;
}

#ifndef ELVIS_SANITIZED

std::size_t reserved_bytes() noexcept {
  return depot.reserved_bytes();
}
std::size_t live_blocks() noexcept {
  return depot.live_blocks();
}

#else

// ===== Under sanitizers: the global heap =====

namespace {

constinit std::atomic<std::size_t> heap_bytes{0};
constinit std::atomic<std::size_t> heap_blocks{0};

}  // namespace

void* allocate(std::size_t bytes) {
  void* const memory = ::operator new(bytes);
  heap_bytes.fetch_add(bytes, std::memory_order_relaxed);
  heap_blocks.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void release(void* memory, std::size_t bytes) noexcept {
  ::operator delete(memory, bytes);
  heap_bytes.fetch_sub(bytes, std::memory_order_relaxed);
  heap_blocks.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t reserved_bytes() noexcept {
  return heap_bytes.load(std::memory_order_relaxed);
}
std::size_t live_blocks() noexcept {
  return heap_blocks.load(std::memory_order_relaxed);
}

#endif

}  // namespace elvis::pool
