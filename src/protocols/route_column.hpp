// SPDX-License-Identifier: MIT
// RouteColumn: a table's routes to prefixes that it shares with other tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "elvis/protocols/route_finder.hpp"
#include "elvis/protocols/route_list.hpp"

namespace elvis {

/// What a finder finds for one of its askers, but for the prefixes that were taken away.
class RouteColumn {
 public:
  /// `except` are the table's own routes: it has none of these prefixes here.
  RouteColumn(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker,
              std::span<const RouteList::Entry> except);

  const std::shared_ptr<const RouteFinder>& finder() const { return finder_; }
  std::uint32_t asker() const { return asker_; }

  /// The hop to exactly this prefix.
  std::optional<NextHop> find(std::uint32_t address, unsigned length) const;
  /// The hop to the longest prefix that holds `address` and is longer than `than`; -1: any.
  std::optional<NextHop> longest(std::uint32_t address, int than) const;
  /// Takes a prefix away, whether there is a route to it or not.
  void hide(std::uint32_t address, unsigned length);
  /// Adds all routes to `routes`, in the order of the prefixes. Takes long: the finder is asked for
  /// each.
  void list(std::vector<Route>& routes) const;

  std::size_t memory_bytes() const {
    return sizeof *this + hidden_.capacity() * sizeof(std::uint32_t);
  }

 private:
  std::optional<NextHop> hop_to(std::uint32_t number) const;

  std::shared_ptr<const RouteFinder> finder_;
  std::vector<std::uint32_t> hidden_;  // prefixes by number, sorted
  std::uint32_t asker_;
};

}  // namespace elvis
