// SPDX-License-Identifier: MIT
// RouteTrie: the routes of a part of the address space, made to be looked up.
//
// A node takes six bits of the address. One vector says which of its 64 entries are nodes, the
// other at which entries a run of equal leaves begins; the nodes and the leaves of a node lie side
// by side, so that counting the bits up to an entry gives its place (Asai and Ohara, "Poptrie",
// SIGCOMM 2015, 3). All of a trie is one block of memory:
//
//   | sizes | node | node | … | leaf | leaf | …
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "elvis/protocols/route_list.hpp"

namespace elvis {

/// A word: unmade, one leaf for all addresses, or a block of nodes.
class RouteTrie {
 public:
  RouteTrie() = default;
  RouteTrie(RouteTrie&& other) noexcept : word_{std::exchange(other.word_, unmade)} {}
  RouteTrie& operator=(RouteTrie&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~RouteTrie() { reset(); }

  bool is_made() const { return word_ != unmade; }
  /// Gives back the memory; the trie is unmade.
  void reset();
  /// Makes the trie of `routes`, whose prefixes are longer than `bits` and begin with the same
  /// `bits` bits. `covering` is the longest route that is not longer, or null.
  void make(std::span<const RouteList::Entry> routes, unsigned bits,
            const RouteList::Entry* covering);

  /// The next hop of `destination`, which begins with those bits; the trie is made.
  std::optional<NextHop> lookup(std::uint32_t destination, unsigned bits) const;
  /// Whether that next hop holds for all addresses with the same six bits behind those.
  bool ends_at_once(std::uint32_t destination, unsigned bits) const {
    const auto entry = static_cast<unsigned>(std::uint64_t{destination} << (32 + bits) >> 58);
    return is_leaf() || (block()->node_array()->children >> entry & 1) == 0;
  }
  std::size_t memory_bytes() const;

 private:
  // A leaf is (via, tap, 1): the lowest bit tells it from a pointer. Tap ones: no route.
  using Leaf = std::uint64_t;
  static constexpr std::uint64_t unmade = 0;
  static constexpr std::uint32_t no_tap = 0x3ff'ffff;

  struct Node {
    std::uint64_t children;  // entries that are nodes
    std::uint64_t starts;    // entries at which another leaf begins
    std::uint32_t first_child;
    std::uint32_t first_leaf;
  };
  struct Block {
    std::uint32_t nodes;
    std::uint32_t leaves;

    Node* node_array() { return reinterpret_cast<Node*>(this + 1); }
    const Node* node_array() const { return reinterpret_cast<const Node*>(this + 1); }
    Leaf* leaf_array() { return reinterpret_cast<Leaf*>(node_array() + nodes); }
    const Leaf* leaf_array() const { return reinterpret_cast<const Leaf*>(node_array() + nodes); }
  };
  struct Builder;

  static constexpr Leaf leaf_of(std::uint32_t via, std::uint32_t tap) {
    return std::uint64_t{via} << 32 | std::uint64_t{tap} << 1 | 1;
  }
  static Leaf leaf_of(const RouteList::Entry* entry) {
    return entry == nullptr ? leaf_of(0, no_tap) : leaf_of(entry->via, entry->tap);
  }
  static std::size_t bytes_for(std::size_t nodes, std::size_t leaves) {
    return sizeof(Block) + nodes * sizeof(Node) + leaves * sizeof(Leaf);
  }
  bool is_leaf() const { return (word_ & 1) != 0; }
  const Block* block() const {
    return reinterpret_cast<const Block*>(static_cast<std::uintptr_t>(word_));
  }
  Block* block() { return reinterpret_cast<Block*>(static_cast<std::uintptr_t>(word_)); }

  std::uint64_t word_ = unmade;
};

// ===== What every lookup of a large table does =====

inline std::optional<NextHop> RouteTrie::lookup(std::uint32_t destination, unsigned bits) const {
  Leaf leaf = word_;
  if (!is_leaf()) {
    const Block* const made = block();
    const Node* node = made->node_array();
    // The address from its next bit on, at the top of the word; zeros follow its last.
    std::uint64_t rest = std::uint64_t{destination} << (32 + bits);
    for (;;) {
      const auto entry = static_cast<unsigned>(rest >> 58);
      // Entries up to this one, itself included.
      const std::uint64_t up_to = ~std::uint64_t{0} >> (63 - entry);
      if ((node->children >> entry & 1) == 0) {
        leaf = made->leaf_array()[node->first_leaf +
                                  static_cast<unsigned>(std::popcount(node->starts & up_to)) - 1];
        break;
      }
      node = made->node_array() + node->first_child +
             static_cast<unsigned>(std::popcount(node->children & up_to)) - 1;
      rest <<= 6;
    }
  }
  const auto tap = static_cast<std::uint32_t>(leaf) >> 1 & no_tap;
  if (tap == no_tap) return std::nullopt;
  return NextHop{Ipv4Address{static_cast<std::uint32_t>(leaf >> 32)}, tap};
}

}  // namespace elvis
