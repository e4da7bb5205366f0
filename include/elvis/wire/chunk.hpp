// SPDX-License-Identifier: MIT
// Chunk: the counted blocks that hold the bytes of messages.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "elvis/util/pool.hpp"

namespace elvis {

/// A counted block of bytes. The bytes follow the object in memory.
///
/// A *constant* chunk is not counted: whoever made it keeps it alive longer than every message that
/// refers to it (the payload that a thousand senders send a thousand times), so that threads do not
/// contend for its count.
class Chunk {
 public:
  /// A chunk of `capacity` bytes with one reference. The bytes are uninitialised.
  static Chunk* make(std::uint32_t capacity) {
    return new (pool::allocate(sizeof(Chunk) + capacity)) Chunk{capacity, false};
  }
  /// The same behind room() for an object of its maker's.
  static Chunk* make_behind_room(std::uint32_t capacity) {
    auto* const block =
        static_cast<std::byte*>(pool::allocate(room_bytes + sizeof(Chunk) + capacity));
    return new (block + room_bytes) Chunk{capacity, false, room_bytes};
  }
  static constexpr std::size_t room_bytes = 64;
  /// The chunk whose room() is given.
  static Chunk* behind_room(void* room) {
    return reinterpret_cast<Chunk*>(static_cast<std::byte*>(room) + room_bytes);
  }
  /// Memory in front of the chunk, which goes with it: for whoever has the only reference. Null if
  /// there is none.
  void* room() { return room_ == 0 ? nullptr : reinterpret_cast<std::byte*>(this) - room_bytes; }
  /// A chunk of `capacity` bytes or as many more as its block of the pool has room for.
  static Chunk* make_at_least(std::size_t capacity);
  /// A chunk that is not counted, holding a copy of `bytes`. Freed with destroy_constant().
  static Chunk* make_constant(std::span<const std::uint8_t> bytes);
  static void destroy_constant(Chunk* chunk) noexcept;
  /// A constant chunk of zero bytes, which all share.
  static Chunk& zeros();

  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  const std::uint8_t* bytes() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }
  std::uint32_t capacity() const { return capacity_; }
  bool is_constant() const { return is_constant_; }
  /// Whether one message slice alone refers to this chunk, so that it may be written.
  bool is_unshared() const {
    return !is_constant_ && references_.load(std::memory_order_acquire) == 1;
  }
  /// The ones' complement sum of all bytes, as partial_sum() gives it; of constant chunks only. It
  /// is 0 only if all bytes are, so that the sum of a part is 0 then too.
  std::uint32_t constant_sum() const { return constant_sum_; }

  /// One more, or one fewer, slice refers to this chunk.
  void retain() {
    if (!is_constant_) references_.fetch_add(1, std::memory_order_relaxed);
  }
  void release() {
    if (is_constant_) return;
    // The common chunk has one holder: no locked instruction for it.
    if (references_.load(std::memory_order_acquire) == 1 ||
        references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy();
    }
  }

 private:
  Chunk(std::uint32_t capacity, bool is_constant, std::uint8_t room = 0)
      : capacity_{capacity}, is_constant_{is_constant}, room_{room} {}
  void destroy() noexcept {
    pool::release(reinterpret_cast<std::byte*>(this) - room_, room_ + sizeof(Chunk) + capacity_);
  }

  std::atomic<std::uint32_t> references_{1};
  std::uint32_t capacity_;
  std::uint32_t constant_sum_ = 0;
  bool is_constant_;
  std::uint8_t room_;  // bytes in front
};
static_assert(sizeof(Chunk) == 16, "a chunk of 48 bytes of headers fills a cache line");

}  // namespace elvis
