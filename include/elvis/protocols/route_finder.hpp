// SPDX-License-Identifier: MIT
// RouteFinder: routes of many machines to the same prefixes, worked out when somebody asks for one.
#pragma once

#include <cstdint>
#include <optional>

#include "elvis/protocols/route_list.hpp"
#include "elvis/protocols/shared_prefixes.hpp"

namespace elvis {

class RouteFinder {
 public:
  RouteFinder() = default;
  virtual ~RouteFinder() = default;
  RouteFinder(const RouteFinder&) = delete;
  RouteFinder& operator=(const RouteFinder&) = delete;

  virtual const SharedPrefixes& prefixes() const = 0;

  /// The next hop of `asker`, one of those that the finder knows, to prefix `number`; nothing if no
  /// way leads there. The same at any time, and on any thread.
  virtual std::optional<NextHop> hop(std::uint32_t asker, std::uint32_t number) const = 0;
};

}  // namespace elvis
