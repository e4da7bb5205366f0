// SPDX-License-Identifier: MIT
// Finds the number of a name among millions without keeping the names.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "elvis/util/fold.hpp"

namespace elvis::ndl {

/// A hash table of numbers whose names the caller knows. It is never walked through.
class NameTable {
 public:
  /// The number whose name is `name`, as told by `name_of(number)`.
  template <typename NameOf>
  std::optional<std::uint32_t> find(std::string_view name, const NameOf& name_of) const {
    if (slots_.empty()) return std::nullopt;
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.number == none) return std::nullopt;
      if (slot.hash == hash && name_of(slot.number) == name) return slot.number;
    }
  }

  /// Enters `number` under `name`, unless the name is there already: then returns its number.
  template <typename NameOf>
  std::optional<std::uint32_t> insert(std::string_view name, std::uint32_t number,
                                      const NameOf& name_of) {
    if (const auto found = find(name, name_of)) return found;
    if (2 * (count_ + 1) > slots_.size()) grow();
    place({hash_of(name), number});
    ++count_;
    return std::nullopt;
  }

  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr std::uint32_t none = 0xffff'ffff;

  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = none;
  };

  static std::uint32_t hash_of(std::string_view name) {
    std::uint64_t state = fold(name.size(), 0x656c'7669'73U);
    for (; name.size() >= 8; name.remove_prefix(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, name.data(), 8);
      state = fold(state, word);
    }
    std::uint64_t rest = 0;
    for (const char c : name) rest = rest << 8 | static_cast<std::uint8_t>(c);
    return static_cast<std::uint32_t>(fold(state, rest, 1) >> 32);
  }

  void place(Slot slot) {
    std::size_t at = slot.hash & (slots_.size() - 1);
    while (slots_[at].number != none) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = slot;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != none) place(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace elvis::ndl
