// SPDX-License-Identifier: MIT
// What every layer does with every packet; part of message.hpp.
#pragma once

#include "elvis/util/load_apart.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

inline Message Message::of_constant(Chunk& constant) {
  ELVIS_ASSERT(constant.is_constant());
  Message message;
  if (constant.capacity() == 0) return message;
  message.inline_[0] = {&constant, 0, constant.capacity()};
  message.size_ = constant.capacity();
  message.count_ = 1;
  return message;
}

inline Message::Message(Chunk& header, std::uint32_t bytes, Message&& payload) noexcept {
  // Each by itself: what was written in parts would have to be waited for if it were read as one.
  const Slice& only = payload.inline_[0];
  inline_[0] = {&header, header.capacity() - bytes, bytes};
  inline_[1] = {only.chunk, only.offset, load_apart(only.size)};
  size_ = payload.size_ + bytes;
  count_ = static_cast<std::uint16_t>(load_apart(payload.count_) + 1);
  is_verified_ = payload.is_verified_;
  payload.forget();
}

inline Message& Message::operator=(Message&& other) noexcept {
  if (this == &other) return *this;
  if (count_ != 0) release_all();
  MessageParts::operator=(other);
  other.forget();
  return *this;
}

inline std::span<std::uint8_t> Message::writable_front() {
  if (count_ == 0) return {};
  const Slice& first = slices()[0];
  if (!first.chunk->is_unshared()) return {};
  return {first.chunk->bytes() + first.offset, first.size};
}

[[gnu::always_inline]] inline std::uint8_t* Message::prepend(std::size_t bytes) {
  if (count_ != 0) [[likely]] {
    Slice& first = slices()[0];
    if (bytes - 1 < first.offset && first.chunk->is_unshared()) [[likely]] {
      ELVIS_ASSERT(bytes <= 65'535 && bytes <= UINT32_MAX - size_);
      first.offset -= static_cast<std::uint32_t>(bytes);
      first.size += static_cast<std::uint32_t>(bytes);
      size_ += static_cast<std::uint32_t>(bytes);
      return first.chunk->bytes() + first.offset;
    }
  }
  if (!is_on_heap_ && count_ < inline_slices && bytes <= long_headroom) [[likely]] {
    // The first header of a packet gets the chunk that the others will find room in.
    ELVIS_ASSERT(bytes >= 1 && bytes <= UINT32_MAX - size_);
    const std::uint32_t room = bytes <= headroom ? headroom : long_headroom;
    Chunk* const chunk = Chunk::make_behind_room(room);
    inline_[1] = inline_[0];
    inline_[0] = {chunk, static_cast<std::uint32_t>(room - bytes),
                  static_cast<std::uint32_t>(bytes)};
    size_ += static_cast<std::uint32_t>(bytes);
    ++count_;
    return chunk->bytes() + inline_[0].offset;
  }
  return prepend_chunk(bytes);
}

inline void Message::remove_front(std::size_t bytes) {
  if (count_ != 0) [[likely]] {
    Slice& first = slices()[0];
    if (bytes < first.size) [[likely]] {
      first.offset += static_cast<std::uint32_t>(bytes);
      first.size -= static_cast<std::uint32_t>(bytes);
      size_ -= static_cast<std::uint32_t>(bytes);
      return;
    }
    if (bytes == first.size && !is_on_heap_ && count_ == 2) {
      // The last header of a packet: its chunk goes, the payload stays.
      first.chunk->release();
      inline_[0] = inline_[1];
      size_ -= static_cast<std::uint32_t>(bytes);
      count_ = 1;
      return;
    }
  }
  remove_front_slices(bytes);
}

[[gnu::always_inline]] inline Message Message::next_part(Place& place, std::size_t bytes) const {
  const Slice& from = slices()[place.slice];
  if (bytes > from.offset + from.size - place.offset) [[unlikely]]
    return next_parts(place, bytes);
  from.chunk->retain();
  Message part;
  part.inline_[0] = {from.chunk, place.offset, static_cast<std::uint32_t>(bytes)};
  part.size_ = static_cast<std::uint32_t>(bytes);
  part.count_ = 1;
  part.is_verified_ = is_verified_;
  place.offset += static_cast<std::uint32_t>(bytes);
  return part;
}

inline const std::uint8_t* Message::front(std::size_t bytes, std::uint8_t* scratch) const {
  if (count_ != 0) [[likely]] {
    const Slice& first = slices()[0];
    if (bytes <= first.size) [[likely]]
      return first.chunk->bytes() + first.offset;
  }
  return gather_front(bytes, scratch);
}

}  // namespace elvis
