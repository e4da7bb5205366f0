// SPDX-License-Identifier: MIT
#include "elvis/wire/message.hpp"

#include <algorithm>

namespace elvis {

namespace {

constexpr std::size_t first_heap_slices = 8;

}  // namespace

// ===== Message: made, copied and given up =====

Message::Message(std::span<const std::uint8_t> bytes) : Message{} {
  if (bytes.empty()) return;
  Chunk* const chunk = Chunk::make_at_least(headroom + bytes.size());
  std::memcpy(chunk->bytes() + headroom, bytes.data(), bytes.size());
  inline_[0] = {chunk, headroom, static_cast<std::uint32_t>(bytes.size())};
  size_ = static_cast<std::uint32_t>(bytes.size());
  count_ = 1;
}

[[gnu::flatten]] Message Message::copy_and_sum(std::span<const std::uint8_t> bytes,
                                               std::uint64_t& sum) {
  Message message;
  Chunk* const chunk = Chunk::make_at_least(headroom + bytes.size());
  sum += elvis::copy_and_sum(chunk->bytes() + headroom, bytes.data(), bytes.size());
  message.inline_[0] = {chunk, headroom, static_cast<std::uint32_t>(bytes.size())};
  message.size_ = static_cast<std::uint32_t>(bytes.size());
  message.count_ = 1;
  return message;
}

Message::Message(std::string_view text)
    : Message{std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}} {}

Message Message::zeros(std::size_t size) {
  Message message;
  if (size == 0) return message;
  Chunk* const chunk = Chunk::make_at_least(headroom + size);
  std::memset(chunk->bytes() + headroom, 0, size);
  message.push_back({chunk, headroom, static_cast<std::uint32_t>(size)});
  return message;
}

Message Message::shared_zeros(std::size_t size) {
  Message message;
  Chunk& chunk = Chunk::zeros();
  for (std::size_t left = size; left > 0;) {
    const std::size_t part = std::min<std::size_t>(left, chunk.capacity());
    message.push_back({&chunk, 0, static_cast<std::uint32_t>(part)});
    left -= part;
  }
  return message;
}

Message::Message(const Message& other) : Message{} {
  reserve(other.count_);
  const Slice* const from = other.slices();
  Slice* const to = slices();
  for (std::size_t i = 0; i < other.count_; ++i) {
    to[i] = from[i];
    to[i].chunk->retain();
  }
  size_ = other.size_;
  count_ = other.count_;
  is_verified_ = other.is_verified_;
}

Message& Message::operator=(const Message& other) {
  if (this != &other) *this = Message{other};
  return *this;
}

void Message::clear() {
  if (count_ != 0) release_all();
  is_verified_ = false;
}

void Message::release_all() noexcept {
  const Slice* const parts = slices();
  for (std::size_t i = 0; i < count_; ++i) parts[i].chunk->release();
  forget_back(count_);
  size_ = 0;
}

// ===== Message: the array of slices =====

/// Puts `slice`, and the reference that comes with it, behind the others.
void Message::push_back(Slice slice) {
  ELVIS_ASSERT(slice.size <= UINT32_MAX - size_);
  if (count_ == max_slices) coalesce();
  const std::size_t end = is_on_heap_ ? heap_.capacity - heap_.first : inline_slices;
  if (count_ == end) make_room(false);
  slices()[count_] = slice;
  size_ += slice.size;
  ++count_;
}

/// Puts `slice`, and the reference that comes with it, before the others.
void Message::push_front(Slice slice) {
  ELVIS_ASSERT(slice.size <= UINT32_MAX - size_);
  if (count_ == max_slices) coalesce();
  if (!is_on_heap_ && count_ < inline_slices) {
    inline_[1] = inline_[0];
  } else {
    if (!is_on_heap_ || heap_.first == 0) make_room(true);
    --heap_.first;
  }
  slices()[0] = slice;
  size_ += slice.size;
  ++count_;
}

/// Makes room for `count` slices in an empty message.
void Message::reserve(std::size_t count) {
  if (count <= inline_slices) return;
  heap_ = {static_cast<Slice*>(pool::allocate(count * sizeof(Slice))), 0,
           static_cast<std::uint32_t>(count)};
  is_on_heap_ = true;
}

/// Moves the slices to the middle of an array with room for one more on the side that asks: of the
/// present array while it is half empty, so that a queue of slices does not grow, else a larger
/// one.
void Message::make_room(bool in_front) {
  const std::size_t wanted = std::size_t{count_} + 1;
  std::size_t capacity = is_on_heap_ ? heap_.capacity : 0;
  Slice* array = heap_.array;
  if (2 * wanted > capacity && capacity < max_slices) {
    capacity = std::min(std::max(2 * wanted, first_heap_slices), max_slices);
    array = static_cast<Slice*>(pool::allocate(capacity * sizeof(Slice)));
  }
  const std::size_t first = (capacity - count_ + (in_front ? 1 : 0)) / 2;
  std::memmove(array + first, slices(), count_ * sizeof(Slice));
  if (is_on_heap_ && array != heap_.array) {
    pool::release(heap_.array, heap_.capacity * sizeof(Slice));
  }
  heap_ = {array, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(capacity)};
  is_on_heap_ = true;
}

/// Takes the first `count` slices out of the array; their references are the caller's.
void Message::forget_front(std::size_t count) noexcept {
  if (count == count_) return forget_back(count);
  if (is_on_heap_) {
    heap_.first += static_cast<std::uint32_t>(count);
  } else if (count == 1) {
    inline_[0] = inline_[1];
  }
  count_ = static_cast<std::uint16_t>(count_ - count);
}

/// Takes the last `count` slices out of the array; their references are the caller's.
void Message::forget_back(std::size_t count) noexcept {
  count_ = static_cast<std::uint16_t>(count_ - count);
  if (count_ != 0 || !is_on_heap_) return;
  pool::release(heap_.array, heap_.capacity * sizeof(Slice));
  is_on_heap_ = false;
}

/// Copies all bytes into one chunk. The only place where bytes move: a message has no more than
/// `max_slices` slices.
void Message::coalesce() {
  if (count_ <= 1) return;
  const std::uint32_t bytes = size_;
  Chunk* const chunk = Chunk::make_at_least(bytes);
  copy_to({chunk->bytes(), bytes});
  release_all();
  push_back({chunk, 0, bytes});
}

// ===== Message: grow =====

std::uint8_t* Message::prepend_chunk(std::size_t bytes) {
  ELVIS_ASSERT(bytes >= 1 && bytes <= 65'535);
  Chunk* const chunk = Chunk::make_at_least(std::max<std::size_t>(bytes, headroom));
  const std::size_t offset = chunk->capacity() - bytes;
  push_front({chunk, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(bytes)});
  return chunk->bytes() + offset;
}

void Message::prepend(std::span<const std::uint8_t> header) {
  if (!header.empty()) std::memcpy(prepend(header.size()), header.data(), header.size());
}

std::uint8_t* Message::append(std::size_t bytes) {
  ELVIS_ASSERT(bytes >= 1 && bytes <= 65'535);
  const auto added = static_cast<std::uint32_t>(bytes);
  if (count_ != 0) {
    Slice& last = slices()[count_ - 1];
    const std::uint32_t end = last.offset + last.size;
    if (added <= last.chunk->capacity() - end && last.chunk->is_unshared()) {
      ELVIS_ASSERT(added <= UINT32_MAX - size_);
      last.size += added;
      size_ += added;
      return last.chunk->bytes() + end;
    }
  }
  const std::uint32_t offset = count_ == 0 ? headroom : 0;
  Chunk* const chunk = Chunk::make_at_least(std::max<std::size_t>(offset + bytes, headroom));
  push_back({chunk, offset, added});
  return chunk->bytes() + offset;
}

void Message::append(std::span<const std::uint8_t> trailer) {
  if (!trailer.empty()) std::memcpy(append(trailer.size()), trailer.data(), trailer.size());
}

void Message::append(Message tail) {
  if (tail.empty()) return;
  if (empty()) {
    *this = std::move(tail);
    return;
  }
  ELVIS_ASSERT(tail.size_ <= UINT32_MAX - size_);
  is_verified_ = is_verified_ && tail.is_verified_;

  const Slice* part = tail.slices();
  Slice& last = slices()[count_ - 1];
  if (last.chunk == part->chunk && last.offset + last.size == part->offset) {
    // What was cut here fits together again.
    last.size += part->size;
    size_ += part->size;
    part->chunk->release();
    tail.size_ -= part->size;
    tail.forget_front(1);
  }
  if (count_ + tail.count_ > max_slices) coalesce();
  if (count_ + tail.count_ > max_slices) tail.coalesce();
  part = tail.slices();
  for (std::size_t i = 0; i < tail.count_; ++i) push_back(part[i]);
  tail.forget_back(tail.count_);
  tail.size_ = 0;
}

// ===== Message: shrink and divide =====

/// remove_front() of the whole first slice or more.
void Message::remove_front_slices(std::size_t bytes) {
  ELVIS_ASSERT(bytes <= size_);
  size_ -= static_cast<std::uint32_t>(bytes);
  Slice* const parts = slices();
  std::size_t whole = 0;
  for (; whole < count_ && bytes >= parts[whole].size; ++whole) {
    bytes -= parts[whole].size;
    parts[whole].chunk->release();
  }
  if (bytes != 0) {
    parts[whole].offset += static_cast<std::uint32_t>(bytes);
    parts[whole].size -= static_cast<std::uint32_t>(bytes);
  }
  forget_front(whole);
}

void Message::remove_back(std::size_t bytes) {
  ELVIS_ASSERT(bytes <= size_);
  size_ -= static_cast<std::uint32_t>(bytes);
  Slice* const parts = slices();
  std::size_t kept = count_;
  for (; kept != 0 && bytes >= parts[kept - 1].size; --kept) {
    bytes -= parts[kept - 1].size;
    parts[kept - 1].chunk->release();
  }
  if (bytes != 0) parts[kept - 1].size -= static_cast<std::uint32_t>(bytes);
  forget_back(count_ - kept);
}

Message Message::cut(std::size_t bytes) {
  ELVIS_ASSERT(bytes <= size_);
  if (bytes == size_) return std::exchange(*this, Message{});
  Message head;
  head.is_verified_ = is_verified_;
  Slice* const parts = slices();
  std::size_t whole = 0;
  for (; bytes - head.size_ >= parts[whole].size; ++whole) head.push_back(parts[whole]);
  if (const auto rest = static_cast<std::uint32_t>(bytes - head.size_); rest != 0) {
    Slice& split = parts[whole];
    split.chunk->retain();
    head.push_back({split.chunk, split.offset, rest});
    split.offset += rest;
    split.size -= rest;
  }
  forget_front(whole);
  size_ -= head.size_;
  return head;
}

Message::Place Message::place_at(std::size_t position) const {
  ELVIS_ASSERT(count_ != 0 && position <= size_);
  const Slice* const first = slices();
  const Slice* part = first;
  for (; position > part->size; ++part) position -= part->size;
  return {static_cast<std::uint32_t>(part - first),
          part->offset + static_cast<std::uint32_t>(position)};
}

// next_part() where that does not lie in one slice.
Message Message::next_parts(Place& place, std::size_t bytes) const {
  Message part;
  part.is_verified_ = is_verified_;
  for (;;) {
    ELVIS_ASSERT(place.slice < count_);
    const Slice& from = slices()[place.slice];
    const std::uint32_t left = from.offset + from.size - place.offset;
    const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(left, bytes));
    if (taken != 0) {
      from.chunk->retain();
      part.push_back({from.chunk, place.offset, taken});
      place.offset += taken;
      bytes -= taken;
      if (bytes == 0) return part;
    }
    ++place.slice;
    ELVIS_ASSERT(place.slice < count_);
    place.offset = slices()[place.slice].offset;
  }
}

Message Message::slice(std::size_t offset, std::size_t bytes) const {
  ELVIS_ASSERT(offset <= size_ && bytes <= size_ - offset);
  Message part;
  part.is_verified_ = is_verified_;
  const Slice* from = slices();
  for (; bytes != 0; ++from) {
    if (offset >= from->size) {
      offset -= from->size;
      continue;
    }
    const auto taken =
        static_cast<std::uint32_t>(std::min<std::size_t>(from->size - offset, bytes));
    from->chunk->retain();
    part.push_back({from->chunk, from->offset + static_cast<std::uint32_t>(offset), taken});
    bytes -= taken;
    offset = 0;
  }
  return part;
}

}  // namespace elvis
