// SPDX-License-Identifier: MIT
// RouteTable: where a datagram goes next, by the longest prefix of its destination.
//
// Up to 16 routes stand side by side, sorted, and are searched backward: a host with a default
// route and its connected prefix pays 32 bytes for them. More are spread over slots by the first 6,
// 12 or 18 bits of their address; each slot has its routes, and a trie of 6 bits a step made from
// them when it is first asked: nodes of two bit vectors whose set bits are counted, as in the
// Poptrie of Asai and Ohara (SIGCOMM 2015). A change makes anew only the slots that it touches.
// From 262,144 routes on, a digest of them answers for most addresses, made part by part
// likewise (RouteDigest).
//
// Where many tables have routes to the same prefixes, a RouteFinder may have them for all: each
// table then holds its own routes only, and asks for the rest as it is asked itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "elvis/protocols/route_list.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class RouteColumn;
class RouteFinder;

/// One route a prefix; what is looked up is decided by prefixes alone, not by the order in which
/// they came.
class RouteTable {
 public:
  static constexpr std::uint32_t max_tap = (std::uint32_t{1} << 26) - 2;

  RouteTable();
  RouteTable(RouteTable&& other) noexcept;
  RouteTable& operator=(RouteTable&& other) noexcept;
  ~RouteTable();

  /// The next hop of the longest prefix that holds `destination`, or nothing. Makes the trie of a
  /// slot that has changed.
  std::optional<NextHop> lookup(Ipv4Address destination);

  /// Adds a route; false, and nothing changed, if its prefix has one.
  bool insert(const Route& route);
  /// Adds a route, or puts it in the place of the one that its prefix has.
  void replace(const Route& route);
  /// Removes the route of a prefix; false if there is none.
  bool erase(Ipv4Address destination, int prefix_length);
  /// The route of exactly this prefix.
  std::optional<Route> find(Ipv4Address destination, int prefix_length) const;
  /// Gives the table these routes and no others; quicker than one by one. Of several with one
  /// prefix the last counts.
  void assign(std::span<const Route> routes);
  /// Adds what `finder` finds for its `asker`, to all prefixes that have no route yet. Done once.
  void share(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker);
  void clear();

  /// How many routes there are, those that are shared included: these are counted one by one.
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  /// All routes, by address and then by length of the prefix; those that are shared are looked for.
  std::vector<Route> routes() const;
  /// Those that are not shared, likewise.
  std::vector<Route> own_routes() const;
  /// Who finds those that are shared, null if nobody, and as whom the table asks.
  std::pair<std::shared_ptr<const RouteFinder>, std::uint32_t> shared() const;
  /// What the table holds from the pool and the heap, itself not included.
  std::size_t memory_bytes() const;

 private:
  struct Spread;

  std::optional<NextHop> lookup_digest(std::uint32_t address);
  bool put(const Route& route, bool may_replace);
  void spread_out(std::size_t size);
  template <typename Visit>
  void each_own(Visit visit) const;
  const RouteList::Entry* longest_own(std::uint32_t address) const;

  RouteList list_;                       // empty once the routes are spread
  std::unique_ptr<RouteColumn> column_;  // of no prefix that the table has itself
  std::unique_ptr<Spread> spread_;
};

}  // namespace elvis
