// SPDX-License-Identifier: MIT
// HugePages: large pieces of memory that the processor finds its way in with few page tables.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace elvis {

/// Memory straight from the system, aligned to a huge page and best backed by huge ones: what a
/// large world touches lies all over its memory, and translating addresses takes its time.
class HugePages {
 public:
  static constexpr std::size_t page = std::size_t{2} << 20;

  /// `bytes` bytes, a multiple of `page`. Null if the system has none, and under sanitizers, which
  /// should see each piece of memory.
  static void* map(std::size_t bytes) noexcept;
  /// One page, which has been touched: it is there, and nobody waits for it again.
  static void* map_cleared() noexcept;
  static void unmap(void* memory, std::size_t bytes) noexcept;

 private:
  static void* map_new(std::size_t bytes) noexcept;
};

/// Room for objects without constructors, which may be many: then it lies on huge pages.
template <typename T>
class LargeArray {
 public:
  static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 64);

  LargeArray() = default;
  ~LargeArray() { release(); }
  LargeArray(const LargeArray&) = delete;
  LargeArray& operator=(const LargeArray&) = delete;

  T* get() const { return begin_; }

  /// Sees to room for `count` objects; what was there is lost if there was not enough.
  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    release();  // first, so that both are never there at once
    std::size_t bytes = (count + count / 8) * sizeof(T);
    if (bytes >= HugePages::page) {
      bytes += (0 - bytes) % HugePages::page;
      begin_ = static_cast<T*>(HugePages::map(bytes));
    }
    is_mapped_ = begin_ != nullptr;
    if (!is_mapped_) begin_ = static_cast<T*>(::operator new(bytes, std::align_val_t{64}));
    bytes_ = bytes;
    capacity_ = bytes / sizeof(T);
  }

 private:
  void release() {
    capacity_ = 0;
    T* const begin = std::exchange(begin_, nullptr);
    if (begin == nullptr) return;
    if (is_mapped_) {
      HugePages::unmap(begin, bytes_);
    } else {
      ::operator delete(begin, std::align_val_t{64});
    }
  }

  T* begin_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t bytes_ = 0;
  bool is_mapped_ = false;
};

}  // namespace elvis
