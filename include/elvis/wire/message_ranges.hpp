// SPDX-License-Identifier: MIT
// How to walk along a message: its bytes and its slices as forward ranges. Part of message.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "elvis/wire/message.hpp"

namespace elvis {

/// Goes over the bytes of a message, which must not change meanwhile.
class Message::ByteIterator {
 public:
  using value_type = std::uint8_t;
  using difference_type = std::ptrdiff_t;
  using pointer = const std::uint8_t*;
  using reference = const std::uint8_t&;
  using iterator_category = std::forward_iterator_tag;

  ByteIterator() = default;
  reference operator*() const { return *at_; }
  pointer operator->() const { return at_; }
  ByteIterator& operator++() {
    if (++at_ == end_) enter(slice_ + 1);
    return *this;
  }
  ByteIterator operator++(int) {
    ByteIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const ByteIterator& left, const ByteIterator& right) {
    return left.slice_ == right.slice_ && left.at_ == right.at_;
  }

 private:
  friend class Message;
  ByteIterator(const Slice* slice, const Slice* last) : last_{last} { enter(slice); }

  void enter(const Slice* slice) {
    slice_ = slice;
    at_ = slice == last_ ? nullptr : slice->chunk->bytes() + slice->offset;
    end_ = slice == last_ ? nullptr : at_ + slice->size;
  }

  const Slice* slice_ = nullptr;
  const Slice* last_ = nullptr;  // behind the last slice
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
};

/// Goes over the slices of a message, which must not change meanwhile.
class Message::PartIterator {
 public:
  using value_type = std::span<const std::uint8_t>;
  using difference_type = std::ptrdiff_t;
  using reference = value_type;
  using iterator_category = std::input_iterator_tag;  // its reference is no lvalue
  using iterator_concept = std::forward_iterator_tag;

  PartIterator() = default;
  reference operator*() const { return {slice_->chunk->bytes() + slice_->offset, slice_->size}; }
  PartIterator& operator++() {
    ++slice_;
    return *this;
  }
  PartIterator operator++(int) { return PartIterator{slice_++}; }
  friend bool operator==(const PartIterator&, const PartIterator&) = default;

 private:
  friend class Message;
  explicit PartIterator(const Slice* slice) : slice_{slice} {}

  const Slice* slice_ = nullptr;
};

struct Message::ByteRange {
  ByteIterator first;
  ByteIterator last;

  ByteIterator begin() const { return first; }
  ByteIterator end() const { return last; }
};

struct Message::PartRange {
  PartIterator first;
  PartIterator last;

  PartIterator begin() const { return first; }
  PartIterator end() const { return last; }
};

inline Message::ByteRange Message::bytes() const {
  const Slice* const first = slices();
  const Slice* const last = first + count_;
  return {ByteIterator{first, last}, ByteIterator{last, last}};
}

inline Message::PartRange Message::parts() const {
  const Slice* const first = slices();
  return {PartIterator{first}, PartIterator{first + count_}};
}

}  // namespace elvis
