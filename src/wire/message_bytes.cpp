// SPDX-License-Identifier: MIT
// Message: how its bytes are looked at, summed and changed.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "elvis/wire/checksum.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

// ===== Message: look =====

const std::uint8_t* Message::gather_front(std::size_t bytes, std::uint8_t* scratch) const {
  if (bytes > size_) return nullptr;
  copy_to({scratch, bytes});
  return scratch;
}

std::uint8_t Message::operator[](std::size_t position) const {
  ELVIS_ASSERT(position < size_);
  const Slice* part = slices();
  for (; position >= part->size; ++part) position -= part->size;
  return part->chunk->bytes()[part->offset + position];
}

std::size_t Message::copy_to(std::span<std::uint8_t> destination, std::size_t offset) const {
  ELVIS_ASSERT(offset <= size_);
  std::size_t copied = 0;
  for (const std::span<const std::uint8_t> part : parts()) {
    if (offset >= part.size()) {
      offset -= part.size();
      continue;
    }
    const std::size_t taken = std::min(part.size() - offset, destination.size() - copied);
    if (taken == 0) break;
    std::memcpy(destination.data() + copied, part.data() + offset, taken);
    copied += taken;
    offset = 0;
  }
  return copied;
}

std::vector<std::uint8_t> Message::to_bytes() const {
  std::vector<std::uint8_t> bytes(size_);
  copy_to(bytes);
  return bytes;
}

std::string Message::to_string() const {
  std::string text;
  text.reserve(size_);
  for (const std::span<const std::uint8_t> part : parts()) {
    text.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return text;
}

std::string Message::hex() const {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t line_bytes = 16;
  std::string lines;
  std::string codes;
  std::string text;
  std::size_t offset = 0;
  const auto end_line = [&] {
    fmt::format_to(std::back_inserter(lines), "{:08x} {:<48}  |{}|\n", offset, codes, text);
    offset += text.size();
    codes.clear();
    text.clear();
  };
  for (const std::uint8_t byte : bytes()) {
    codes += ' ';
    codes += digits[byte >> 4];
    codes += digits[byte & 0xf];
    text += byte >= 0x20 && byte <= 0x7e ? static_cast<char>(byte) : '.';
    if (text.size() == line_bytes) end_line();
  }
  if (!text.empty()) end_line();
  return lines;
}

bool operator==(const Message& left, const Message& right) {
  if (left.size_ != right.size_) return false;
  const Message::Slice* one = left.slices();
  const Message::Slice* other = right.slices();
  std::uint32_t one_at = 0;
  std::uint32_t other_at = 0;
  for (std::uint32_t rest = left.size_; rest != 0;) {
    const std::uint32_t common = std::min(one->size - one_at, other->size - other_at);
    const std::uint8_t* const one_bytes = one->chunk->bytes() + one->offset + one_at;
    const std::uint8_t* const other_bytes = other->chunk->bytes() + other->offset + other_at;
    if (one_bytes != other_bytes && std::memcmp(one_bytes, other_bytes, common) != 0) return false;
    rest -= common;
    one_at += common;
    if (one_at == one->size) {
      ++one;
      one_at = 0;
    }
    other_at += common;
    if (other_at == other->size) {
      ++other;
      other_at = 0;
    }
  }
  return true;
}

bool operator==(const Message& left, std::string_view right) {
  if (left.size_ != right.size()) return false;
  for (const std::span<const std::uint8_t> part : left.parts()) {
    const bool is_same = static_cast<const void*>(part.data()) == right.data();
    if (!is_same && std::memcmp(part.data(), right.data(), part.size()) != 0) return false;
    right.remove_prefix(part.size());
  }
  return true;
}

// ===== Message: change and sum =====

void Message::flip_bit(std::size_t bit) {
  ELVIS_ASSERT(bit / 8 < size_);
  std::size_t position = bit / 8;
  Slice* part = slices();
  for (; position >= part->size; ++part) position -= part->size;
  if (!part->chunk->is_unshared()) {
    Chunk* const own = Chunk::make_at_least(std::size_t{headroom} + part->size);
    std::memcpy(own->bytes() + headroom, part->chunk->bytes() + part->offset, part->size);
    part->chunk->release();
    part->chunk = own;
    part->offset = headroom;
  }
  std::uint8_t& byte = part->chunk->bytes()[part->offset + position];
  byte = static_cast<std::uint8_t>(byte ^ 0x80U >> bit % 8);
  is_verified_ = false;
}

std::uint8_t* Message::own_front(std::size_t bytes) {
  ELVIS_ASSERT(bytes < 256);
  if (bytes > size_) return nullptr;
  if (const auto front = writable_front(); front.size() >= bytes) return front.data();
  std::uint8_t copy[256];
  copy_to({copy, bytes});
  const bool was_verified = is_verified();
  remove_front(bytes);
  std::uint8_t* const own = prepend(bytes);
  std::memcpy(own, copy, bytes);
  set_verified(was_verified);
  return own;
}

std::uint64_t Message::sum_slices(std::size_t offset) const {
  ELVIS_ASSERT(offset <= size_);
  std::uint64_t sum = 0;
  bool is_odd = false;  // whether the next slice begins in the low half of a word
  const Slice* const end = slices() + count_;
  for (const Slice* part = slices(); part != end; ++part) {
    if (offset >= part->size) {
      offset -= part->size;
      continue;
    }
    const bool is_whole = offset == 0 && part->size == part->chunk->capacity();
    const bool is_kept =
        part->chunk->is_constant() && (is_whole || part->chunk->constant_sum() == 0);
    const std::size_t size = part->size - offset;
    const std::uint8_t* const bytes = part->chunk->bytes() + part->offset + offset;
    const std::uint64_t part_sum =
        is_kept ? part->chunk->constant_sum() : elvis::partial_sum(bytes, size);
    sum += is_odd ? swap_halves(fold_sum(part_sum)) : part_sum;
    is_odd ^= (size & 1) != 0;
    offset = 0;
  }
  return sum;
}

}  // namespace elvis
