// SPDX-License-Identifier: MIT
// Route and NextHop, and RouteList: a few routes side by side, sorted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "elvis/wire/address.hpp"

namespace elvis {

/// Where a datagram goes on its next step.
struct NextHop {
  Ipv4Address via{};      ///< The router; unspecified: the destination itself is on the link.
  std::uint32_t tap = 0;  ///< The place of the interface among the machine's, to 2^26 - 2.

  friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// A prefix, and where datagrams for it go.
struct Route {
  Ipv4Address destination{};       ///< Bits behind the prefix are 0.
  std::uint8_t prefix_length = 0;  ///< 0 to 32.
  NextHop next{};
  std::uint32_t metric = 0;  ///< Kept for who wrote it; no table compares it.

  friend bool operator==(const Route&, const Route&) = default;
};

/// The mask of a prefix, for example 0xffffff00 for 24.
constexpr std::uint32_t mask_of(unsigned prefix_length) {
  return prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix_length);
}

/// Routes by address and then by length of the prefix, so that a prefix comes before all that it
/// holds. One pointer; nothing else while it is empty.
class RouteList {
 public:
  /// A route in 16 bytes.
  struct Entry {
    std::uint32_t address;
    std::uint32_t via;
    std::uint32_t tap : 26;
    std::uint32_t length : 6;
    std::uint32_t metric;

    explicit Entry(const Route& route);
    Route route() const;
    NextHop next() const { return {Ipv4Address{via}, tap}; }
    bool holds(std::uint32_t destination) const {
      return ((destination ^ address) & mask_of(length)) == 0;
    }
    /// What entries are sorted by.
    std::uint64_t key() const { return std::uint64_t{address} << 6 | length; }
  };
  static_assert(sizeof(Entry) == 16);

  RouteList() = default;
  RouteList(RouteList&& other) noexcept : block_{std::exchange(other.block_, nullptr)} {}
  RouteList& operator=(RouteList&& other) noexcept;
  ~RouteList() { clear(); }

  std::span<const Entry> entries() const;
  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  std::size_t memory_bytes() const;

  /// The entry of exactly this prefix, or null.
  const Entry* find(std::uint32_t address, unsigned length) const;
  /// The longest prefix that holds `destination`, by a walk from the end, or null.
  const Entry* longest(std::uint32_t destination) const;
  /// Whether there was no entry of this prefix. If there was, it is overwritten on wish.
  bool put(const Entry& entry, bool may_replace);
  /// Puts an entry behind all others.
  void append(const Entry& entry);
  bool erase(std::uint32_t address, unsigned length);
  void clear();

 private:
  struct Block {
    std::uint32_t size;
    std::uint32_t capacity;

    Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
    const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  };

  static std::size_t bytes_for(std::size_t capacity) {
    return sizeof(Block) + capacity * sizeof(Entry);
  }
  std::size_t place_of(std::uint64_t key) const;
  void insert_at(std::size_t place, const Entry& entry);

  Block* block_ = nullptr;
};

// ===== What every lookup of a small table does =====

inline std::span<const RouteList::Entry> RouteList::entries() const {
  if (block_ == nullptr) return {};
  return {std::as_const(*block_).entries(), block_->size};
}

inline const RouteList::Entry* RouteList::longest(std::uint32_t destination) const {
  if (block_ == nullptr) return nullptr;
  const Entry* const first = std::as_const(*block_).entries();
  // A prefix comes before those that it holds: the first to be met from behind is the longest.
  for (const Entry* entry = first + block_->size; entry != first;) {
    if ((--entry)->holds(destination)) return entry;
  }
  return nullptr;
}

}  // namespace elvis
