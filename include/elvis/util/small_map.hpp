// SPDX-License-Identifier: MIT
// SmallMap: a map that costs nothing while empty, little while small, and scales.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "elvis/util/pool.hpp"

namespace elvis {

/// Up to eight entries stand side by side; more are hashed. Never iterated, as a hash map's order
/// must not show in results, but for a question whose answer does not depend
/// on it. Keys and values are trivially copyable; Hash spreads all its bits.
template <typename Key, typename Value, typename Hash>
class SmallMap {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

 public:
  SmallMap() = default;
  SmallMap(const SmallMap&) = delete;
  SmallMap& operator=(const SmallMap&) = delete;
  ~SmallMap() {
    if (is_hashed()) {
      delete hashed_;
    } else {
      free_entries();
    }
  }

  std::size_t size() const { return is_hashed() ? hashed_->size() : size_; }

  /// The value of `key`, or null. Valid until the map changes.
  Value* find(const Key& key) {
    for (std::uint32_t i = 0; i < size_; ++i) {
      if (entries_[i].key == key) return &entries_[i].value;
    }
    return is_hashed() ? find_hashed(key) : nullptr;
  }

  /// Adds an entry; false, and nothing changed, if `key` has one.
  bool insert(const Key& key, const Value& value) {
    if (find(key) != nullptr) return false;
    if (!is_hashed() && size_ == most_side_by_side) hash_entries();
    if (is_hashed()) return hashed_->emplace(key, value).second;
    if (size_ == capacity_) grow();
    entries_[size_++] = {key, value};
    return true;
  }

  /// Whether `is_so(key, value)` holds for any entry.
  template <typename Predicate>
  bool any_of(Predicate is_so) const {
    if (is_hashed()) {
      return std::ranges::any_of(*hashed_,
                                 [&](const auto& one) { return is_so(one.first, one.second); });
    }
    return std::any_of(entries_, entries_ + size_,
                       [&](const Entry& one) { return is_so(one.key, one.value); });
  }

  /// Removes the entry of `key`, if there is one.
  void erase(const Key& key) {
    if (is_hashed()) {
      hashed_->erase(key);
      return;
    }
    for (std::uint32_t i = 0; i < size_; ++i) {
      if (entries_[i].key != key) continue;
      entries_[i] = entries_[--size_];
      if (size_ == 0) free_entries();
      return;
    }
  }

 private:
  struct Entry {
    Key key;
    Value value;
  };
  using Hashed = boost::unordered_flat_map<Key, Value, Hash>;

  static constexpr std::uint32_t most_side_by_side = 8;
  static constexpr std::uint32_t hashed_mark = ~std::uint32_t{0};

  bool is_hashed() const { return capacity_ == hashed_mark; }

  [[gnu::noinline]] Value* find_hashed(const Key& key) {
    const auto found = hashed_->find(key);
    return found == hashed_->end() ? nullptr : &found->second;
  }

  void grow() {
    const std::uint32_t capacity = capacity_ == 0 ? 1 : capacity_ * 2;
    auto* const grown = static_cast<Entry*>(pool::allocate(capacity * sizeof(Entry)));
    const std::uint32_t size = size_;
    std::copy_n(entries_, size, grown);
    free_entries();
    entries_ = grown;
    size_ = size;
    capacity_ = capacity;
  }

  void free_entries() {
    if (capacity_ != 0) pool::release(entries_, capacity_ * sizeof(Entry));
    entries_ = nullptr;
    size_ = capacity_ = 0;
  }

  void hash_entries() {
    auto hashed = std::make_unique<Hashed>();
    for (std::uint32_t i = 0; i < size_; ++i) hashed->emplace(entries_[i].key, entries_[i].value);
    free_entries();
    hashed_ = hashed.release();
    capacity_ = hashed_mark;
  }

  union {
    Entry* entries_ = nullptr;
    Hashed* hashed_;
  };
  std::uint32_t size_ = 0;  // of entries_; 0 while hashed
  std::uint32_t capacity_ = 0;
};

}  // namespace elvis
