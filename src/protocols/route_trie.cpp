// SPDX-License-Identifier: MIT
#include "route_trie.hpp"

#include <array>
#include <new>
#include <vector>

#include "elvis/util/pool.hpp"

namespace elvis {

/// Makes the nodes breadth first, so that the children of one lie side by side.
struct RouteTrie::Builder {
  /// A node to be made: the routes under it, and what holds where they do not.
  struct Task {
    std::span<const RouteList::Entry> routes;
    unsigned bit;  // where its six bits begin
    Leaf covering;
  };

  std::vector<Task> tasks;
  std::vector<Node> nodes;
  std::vector<Leaf> leaves;

  void make_node(const Task& task) {
    std::array<Leaf, 64> entries;
    entries.fill(task.covering);
    const unsigned end = task.bit + 6;
    Node node{.children = 0,
              .starts = 0,
              .first_child = static_cast<std::uint32_t>(tasks.size()),
              .first_leaf = static_cast<std::uint32_t>(leaves.size())};
    for (std::size_t i = 0; i < task.routes.size();) {
      const RouteList::Entry& route = task.routes[i];
      const unsigned place = entry_of(route.address, task.bit);
      if (route.length <= end) {
        // Those that it holds come later and write over it.
        const unsigned count = 1U << (end - route.length);
        for (unsigned k = 0; k < count; ++k) entries[place + k] = leaf_of(&route);
        ++i;
        continue;
      }
      // All that are longer and lie in this entry come one after another.
      std::size_t last = i + 1;
      while (last < task.routes.size() && entry_of(task.routes[last].address, task.bit) == place) {
        ++last;
      }
      node.children |= std::uint64_t{1} << place;
      tasks.push_back({task.routes.subspan(i, last - i), end, entries[place]});
      i = last;
    }
    for (unsigned place = 0; place < entries.size(); ++place) {
      if ((node.children >> place & 1) != 0) continue;
      if (node.starts != 0 && leaves.back() == entries[place]) continue;
      node.starts |= std::uint64_t{1} << place;
      leaves.push_back(entries[place]);
    }
    nodes.push_back(node);
  }

  static unsigned entry_of(std::uint32_t address, unsigned bit) {
    return static_cast<unsigned>(std::uint64_t{address} << (32 + bit) >> 58);
  }
};

void RouteTrie::reset() {
  if (is_made() && !is_leaf()) {
    Block* const made = block();
    pool::release(made, bytes_for(made->nodes, made->leaves));
  }
  word_ = unmade;
}

void RouteTrie::make(std::span<const RouteList::Entry> routes, unsigned bits,
                     const RouteList::Entry* covering) {
  reset();
  if (routes.empty()) {
    word_ = leaf_of(covering);
    return;
  }
  Builder builder;
  builder.tasks.push_back({routes, bits, leaf_of(covering)});
  for (std::size_t next = 0; next < builder.tasks.size(); ++next) {
    const Builder::Task task = builder.tasks[next];  // the vector grows
    builder.make_node(task);
  }
  const std::size_t bytes = bytes_for(builder.nodes.size(), builder.leaves.size());
  Block* const made = new (pool::allocate(bytes))
      Block{.nodes = static_cast<std::uint32_t>(builder.nodes.size()),
            .leaves = static_cast<std::uint32_t>(builder.leaves.size())};
  std::copy(builder.nodes.begin(), builder.nodes.end(), made->node_array());
  std::copy(builder.leaves.begin(), builder.leaves.end(), made->leaf_array());
  word_ = reinterpret_cast<std::uintptr_t>(made);
}

std::size_t RouteTrie::memory_bytes() const {
  return is_made() && !is_leaf() ? bytes_for(block()->nodes, block()->leaves) : 0;
}

}  // namespace elvis
