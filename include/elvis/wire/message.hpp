// SPDX-License-Identifier: MIT
// Message: the bytes that travel, as a chain of slices of shared chunks. No operation moves a byte.
//
//   Message  [slice][slice]…           each slice: chunk, offset, size
//               │      └──────────────► Chunk "Hello!"                (shared by many messages)
//               └─────────────────────► Chunk [headroom····][eth|ip|udp]
//
// Layers prepend their headers into the headroom of the first chunk and remove them from the front
// on the other side. Chunks are counted; a message with up to two slices allocates nothing itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "elvis/util/assert.hpp"
#include "elvis/wire/chunk.hpp"

namespace elvis {

/// What a Message consists of, apart from it because it may be copied as it stands.
struct MessageParts {
  struct Slice {
    Chunk* chunk;
    std::uint32_t offset;
    std::uint32_t size;  // never 0
  };
  struct Heap {
    Slice* array;
    std::uint32_t first;  // the slices are array[first] to array[first + count_ - 1]
    std::uint32_t capacity;
  };
  static constexpr std::uint32_t inline_slices = 2;

  MessageParts() noexcept : inline_{} {}

  union {
    Slice inline_[inline_slices];
    Heap heap_;
  };
  std::uint32_t size_ = 0;
  std::uint16_t count_ = 0;  // 0 only if size_ is, and then the slices are inline
  bool is_on_heap_ = false;  // where the slices are
  bool is_verified_ = false;
};
static_assert(std::is_trivially_copyable_v<MessageParts>);

/// Bytes as a chain of slices. Moved for free, copied by sharing. At most 4 GiB less one byte.
class Message : private MessageParts {
 public:
  /// Room for headers in a chunk that prepend() has to make, more if asked for: Ethernet, IPv4 and
  /// UDP, so that the chunk is one cache line. A message made from bytes has the same room in front
  /// of them.
  static constexpr std::uint32_t headroom = 48;
  /// The same where the first header is longer: with TCP and its timestamps.
  static constexpr std::uint32_t long_headroom = 80;
  /// A message that would need more slices is copied into one chunk first.
  static constexpr std::size_t max_slices = 32'767;

  Message() noexcept = default;
  /// Copies `bytes` into a chunk of its own.
  explicit Message(std::span<const std::uint8_t> bytes);
  explicit Message(std::string_view text);
  /// The same of at least one byte; adds their partial_sum() to `sum`.
  static Message copy_and_sum(std::span<const std::uint8_t> bytes, std::uint64_t& sum);
  /// All bytes of `constant`, which outlives this message and everything sliced from it.
  static Message of_constant(Chunk& constant);
  /// `size` zero bytes, writable through writable_front() until they are shared.
  static Message zeros(std::size_t size);
  /// `size` zero bytes that all messages of this kind share, for those who only care how many.
  static Message shared_zeros(std::size_t size);

  /// The last `bytes` bytes of `header`, to be written, and `payload`, which is_short(), behind
  /// them. The reference to `header` is this message's then.
  Message(Chunk& header, std::uint32_t bytes, Message&& payload) noexcept;
  /// The same of all of a constant, which is not empty.
  Message(Chunk& header, std::uint32_t bytes, Chunk& constant) noexcept {
    inline_[0] = {&header, header.capacity() - bytes, bytes};
    inline_[1] = {&constant, 0, constant.capacity()};
    size_ = constant.capacity() + bytes;
    count_ = 2;
  }
  Message(const Message& other);
  Message(Message&& other) noexcept : MessageParts{other} { other.forget(); }
  Message& operator=(const Message& other);
  Message& operator=(Message&& other) noexcept;
  ~Message() {
    if (count_ == 1 && !is_on_heap_) {
      inline_[0].chunk->release();
    } else if (count_ != 0) {
      release_all();
    }
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Whether it has one slice at most, which has no room for a header in front or is not its alone:
  /// a header gets a chunk of its own.
  bool is_short() const {
    return !is_on_heap_ && (count_ == 0 || (count_ == 1 && (inline_[0].offset == 0 ||
                                                            !inline_[0].chunk->is_unshared())));
  }
  /// Whether the first `bytes` bytes are a slice of their own, and what is behind them is another.
  bool is_headed_by(std::size_t bytes) const {
    return count_ == 2 && !is_on_heap_ && inline_[0].size == bytes;
  }
  /// Of a message that is_headed_by() something: takes what is behind the header, unverified, and
  /// leaves the header.
  [[gnu::always_inline]] Message cut_payload() noexcept {
    Message payload;
    payload.inline_[0] = inline_[1];
    payload.size_ = inline_[1].size;
    payload.count_ = 1;
    size_ = inline_[0].size;
    count_ = 1;
    return payload;
  }
  /// What Chunk::room() of the first slice's chunk gives, if no other slice shares it.
  void* room() {
    if (count_ == 0) return nullptr;
    Chunk& first = *slices()[0].chunk;
    return first.is_unshared() ? first.room() : nullptr;
  }

  // ----- grow -----

  /// Makes `bytes` contiguous bytes in front and returns them to be written. 1 to 65,535.
  std::uint8_t* prepend(std::size_t bytes);
  void prepend(std::span<const std::uint8_t> header);
  /// Makes `bytes` contiguous bytes at the end and returns them to be written. 1 to 65,535.
  std::uint8_t* append(std::size_t bytes);
  void append(std::span<const std::uint8_t> trailer);
  /// Puts `tail` behind this message, sharing its chunks. Both must be verified for the whole to
  /// be.
  void append(Message tail);

  // ----- shrink and divide; a position beyond the end is a bug of the caller -----

  void remove_front(std::size_t bytes);
  void remove_back(std::size_t bytes);
  /// Keeps the first `bytes` bytes.
  void truncate(std::size_t bytes) {
    if (bytes != size_) remove_back(size_ - bytes);
  }
  /// Takes the first `bytes` bytes off this message and returns them.
  Message cut(std::size_t bytes);
  /// The bytes [offset, offset + bytes), sharing the chunks.
  Message slice(std::size_t offset, std::size_t bytes) const;
  /// The bytes from `offset` to the end.
  Message slice(std::size_t offset) const { return slice(offset, size_ - offset); }
  /// Where a part of this message ends and the next one begins, so that one part can be taken after
  /// the other without counting from the front. Holds while nothing is put in front or removed.
  struct Place {
    std::uint32_t slice;
    std::uint32_t offset;  ///< In its chunk; the end of a slice is not the beginning of the next.
  };
  /// The place before the byte at `position`, which may be the end. Not of an empty message.
  Place place_at(std::size_t position) const;
  /// The `bytes` bytes from `place` on, at least one, sharing the chunks; `place` moves behind
  /// them.
  Message next_part(Place& place, std::size_t bytes) const;
  /// Leaves an empty, unverified message.
  void clear();

  // ----- look -----

  /// The first `bytes` bytes in one piece: in place where they lie together, else gathered in
  /// `scratch`, which holds at least `bytes` bytes. Null if the message is shorter.
  const std::uint8_t* front(std::size_t bytes, std::uint8_t* scratch) const;
  std::uint8_t operator[](std::size_t position) const;
  /// Copies bytes from `offset` on into `destination`, as many as there are; returns how many.
  std::size_t copy_to(std::span<std::uint8_t> destination, std::size_t offset = 0) const;
  std::vector<std::uint8_t> to_bytes() const;
  std::string to_string() const;
  ///     00000000  48 65 6c 6c 6f 0a                                |Hello.|
  /// 16 bytes a line: its offset as 8 hex digits, two blanks, the bytes padded to 47 columns, two
  /// blanks, and between bars the text, with a dot for what is not printable ASCII. Every line ends
  /// in a line feed; the empty message has no line.
  std::string hex() const;

  std::size_t slice_count() const { return count_; }
  std::span<const std::uint8_t> slice_at(std::size_t index) const {
    const Slice& part = slices()[index];
    return {part.chunk->bytes() + part.offset, part.size};
  }
  /// What a slice is part of, for those who count the memory that a message holds.
  const Chunk& chunk_at(std::size_t index) const { return *slices()[index].chunk; }
  /// Ranges for `for (std::uint8_t byte : message.bytes())` and
  /// `for (std::span<const std::uint8_t> part : message.parts())`; in message_ranges.hpp.
  class ByteIterator;
  class PartIterator;
  struct ByteRange;
  struct PartRange;
  ByteRange bytes() const;
  PartRange parts() const;

  friend bool operator==(const Message& left, const Message& right);
  friend bool operator==(const Message& left, std::string_view right);
  /// Whether it is all of `constant` itself; equal bytes elsewhere are not.
  bool is_all_of(const Chunk& constant) const {
    return count_ == 1 && !is_on_heap_ && inline_[0].chunk == &constant &&
           size_ == constant.capacity();
  }

  // ----- change -----

  /// The first slice's bytes to be written, none if another slice shares its chunk.
  std::span<std::uint8_t> writable_front();

  /// The first `bytes`, at most 255, in one piece to be written, copied if shared; null if fewer.
  std::uint8_t* own_front(std::size_t bytes);
  /// Flips a bit (0 is the highest of byte 0), of a copy if it is shared. It is not verified then.
  void flip_bit(std::size_t bit);

  /// Whether the transport checksum is known to be right because the stack below wrote it and
  /// nothing changed a byte since, as a NIC with checksum offload reports. Copies and parts inherit
  /// it; headers and trailers that come and go leave it alone.
  bool is_verified() const { return is_verified_; }
  void set_verified(bool verified) { is_verified_ = verified; }

  /// The ones' complement sum of the bytes from `offset` on, as if they began at an even position;
  /// not folded to 16 bits (see checksum.hpp). Constant chunks answer from their kept sum.
  std::uint64_t partial_sum(std::size_t offset = 0) const {
    if (offset == 0 && count_ == 1 && !is_on_heap_) {
      const Slice& only = inline_[0];
      if (only.chunk->is_constant() &&
          (only.size == only.chunk->capacity() || only.chunk->constant_sum() == 0)) {
        return only.chunk->constant_sum();
      }
    }
    return sum_slices(offset);
  }

 private:
  const Slice* slices() const {
    if (!is_on_heap_) [[likely]]
      return inline_;
    return heap_.array + heap_.first;
  }
  Slice* slices() { return const_cast<Slice*>(std::as_const(*this).slices()); }
  // After another message took this one's parts over.
  void forget() noexcept {
    size_ = 0;
    count_ = 0;
    is_on_heap_ = false;
    is_verified_ = false;
  }
  std::uint64_t sum_slices(std::size_t offset) const;
  std::uint8_t* prepend_chunk(std::size_t bytes);
  void remove_front_slices(std::size_t bytes);
  Message next_parts(Place& place, std::size_t bytes) const;
  const std::uint8_t* gather_front(std::size_t bytes, std::uint8_t* scratch) const;
  void push_back(Slice slice);
  void push_front(Slice slice);
  void reserve(std::size_t count);
  void make_room(bool in_front);
  void forget_front(std::size_t count) noexcept;
  void forget_back(std::size_t count) noexcept;
  void coalesce();
  void release_all() noexcept;
};
static_assert(sizeof(Message) == 40, "a frame in flight fits one cache line");

}  // namespace elvis

#include "elvis/wire/message_layers.hpp"
#include "elvis/wire/message_ranges.hpp"
