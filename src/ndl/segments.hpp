// SPDX-License-Identifier: MIT
// Storage for very many small records that never moves and wastes little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

namespace elvis::ndl {

/// An array that grows by blocks, so that growing copies nothing and needs no second array.
template <typename T>
class Segments {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// Returns the place of the new element.
  std::uint32_t push_back(const T& value) {
    if (size_ == blocks_.size() * block)
      blocks_.push_back(std::make_unique_for_overwrite<T[]>(block));
    (*this)[size_] = value;
    return static_cast<std::uint32_t>(size_++);
  }

  T& operator[](std::size_t place) { return blocks_[place / block][place % block]; }
  const T& operator[](std::size_t place) const { return blocks_[place / block][place % block]; }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return blocks_.size() * block * sizeof(T); }

 private:
  static constexpr std::size_t block = 4096;

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace elvis::ndl
