// SPDX-License-Identifier: MIT
// Storage for very many small records that wastes little, for a few of them as well.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace elvis::ndl {

/// An array that grows by blocks, so that a large one is never copied and needs no second array.
template <typename T>
class Segments {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Returns the place of the new element.
  std::uint32_t push_back(const T& value) {
    if (size_ == capacity_) grow();
    (*this)[size_] = value;
    return static_cast<std::uint32_t>(size_++);
  }

  T& operator[](std::size_t place) { return blocks_[place / block][place % block]; }
  const T& operator[](std::size_t place) const { return blocks_[place / block][place % block]; }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return capacity_ * sizeof(T); }

 private:
  static constexpr std::size_t block = 4096;

  void grow() {
    if (capacity_ >= block) {
      blocks_.push_back(std::make_unique_for_overwrite<T[]>(block));
      capacity_ += block;
      return;
    }
    // The first block begins small.
    const std::size_t larger = std::max<std::size_t>(16, 4 * capacity_);
    auto grown = std::make_unique_for_overwrite<T[]>(larger);
    if (capacity_ != 0) std::copy_n(blocks_[0].get(), size_, grown.get());
    blocks_.resize(1);
    blocks_[0] = std::move(grown);
    capacity_ = larger;
  }

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace elvis::ndl
