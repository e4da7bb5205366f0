// SPDX-License-Identifier: MIT
#include "route_column.hpp"

#include <algorithm>

namespace elvis {

RouteColumn::RouteColumn(std::shared_ptr<const RouteFinder> finder, std::uint32_t asker,
                         std::span<const RouteList::Entry> except)
    : finder_{std::move(finder)}, asker_{asker} {
  hidden_.reserve(except.size());
  for (const RouteList::Entry& entry : except) {
    const std::uint32_t number = finder_->prefixes().find(entry.address, entry.length);
    if (number != SharedPrefixes::none) hidden_.push_back(number);
  }
  std::ranges::sort(hidden_);
}

std::optional<NextHop> RouteColumn::hop_to(std::uint32_t number) const {
  if (std::ranges::binary_search(hidden_, number)) return std::nullopt;
  return finder_->hop(asker_, number);
}

std::optional<NextHop> RouteColumn::find(std::uint32_t address, unsigned length) const {
  const std::uint32_t number = finder_->prefixes().find(address, length);
  if (number == SharedPrefixes::none) return std::nullopt;
  return hop_to(number);
}

std::optional<NextHop> RouteColumn::longest(std::uint32_t address, int than) const {
  const SharedPrefixes& prefixes = finder_->prefixes();
  std::uint32_t number = prefixes.longest(address);
  for (; number != SharedPrefixes::none; number = prefixes.around(number)) {
    if (than >= 0 && static_cast<int>(prefixes[number].length) <= than) return std::nullopt;
    if (const auto hop = hop_to(number)) return hop;
  }
  return std::nullopt;
}

void RouteColumn::hide(std::uint32_t address, unsigned length) {
  const std::uint32_t number = finder_->prefixes().find(address, length);
  if (number == SharedPrefixes::none) return;
  const auto place = std::ranges::lower_bound(hidden_, number);
  if (place == hidden_.end() || *place != number) hidden_.insert(place, number);
}

void RouteColumn::list(std::vector<Route>& routes) const {
  const SharedPrefixes& prefixes = finder_->prefixes();
  for (std::uint32_t i = 0; i < prefixes.size(); ++i) {
    const auto hop = hop_to(i);
    if (!hop) continue;
    const auto [address, length] = prefixes[i];
    routes.push_back({Ipv4Address{address}, static_cast<std::uint8_t>(length), *hop, 0});
  }
}

}  // namespace elvis
