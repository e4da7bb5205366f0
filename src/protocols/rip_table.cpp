// SPDX-License-Identifier: MIT
#include "elvis/protocols/rip_table.hpp"

#include <algorithm>

namespace elvis {

void RipTable::add_own(Ipv4Prefix prefix, std::uint32_t tap) {
  const std::uint32_t mask = mask_of(prefix.length);
  Known& route = routes_[key_of(Ipv4Address{prefix.address.value() & mask}, mask)];
  if (route.kind == Kind::own) return;  // two taps on one prefix: both networks have it anyway
  route.kind = Kind::own;
  route.prefix_length = prefix.length;
  route.metric = 1;
  route.from.tap = tap;
  ++reachable_;
  note_change(route);
}

void RipTable::set_aside(Ipv4Prefix prefix) {
  const std::uint32_t mask = mask_of(prefix.length);
  Known& route = routes_[key_of(Ipv4Address{prefix.address.value() & mask}, mask)];
  if (route.kind != Kind::own) route.kind = Kind::set_aside;
}

// ===== RipTable: what to believe =====

// RFC 2453, 3.9.2, "Response Messages".
void RipTable::take(const RipEntry& heard, Neighbour neighbour, Ipv4Address via, Time now) {
  const std::uint32_t metric = std::min(heard.metric + 1, RipEntry::infinity);
  const std::uint64_t key = key_of(heard.address, heard.mask);
  auto found = routes_.find(key);
  if (found == routes_.end()) {
    if (metric == RipEntry::infinity) return;
    found = routes_.try_emplace(key).first;
    found->second.prefix_length = static_cast<std::uint8_t>(heard.prefix_length());
  }
  Known& route = found->second;
  if (route.kind != Kind::learnt) return;

  const bool is_from_same = route.from == neighbour;
  const bool is_reachable = metric < RipEntry::infinity;
  // The RFC's heuristic: an equal route from elsewhere is better than one that half went out of
  // date.
  const bool is_fresher =
      metric == route.metric && is_reachable && route.expires - now <= timeout_ / 2;
  const bool is_news = is_from_same ? metric != route.metric || (is_reachable && via != route.via)
                                    : metric < route.metric || is_fresher;
  if (!is_news) {
    if (!is_from_same) return consider_spare(route, metric, neighbour, via, now);
    if (is_reachable) set_expiry(route, add_saturated(now, timeout_));
    return;
  }
  if (is_from_same && metric > route.metric && take_spare(key, route, now)) return;
  if (!is_reachable) return give_up(key, route, now);
  route.from = neighbour;
  route.via = via;
  adopt(key, route, heard, now);
}

void RipTable::adopt(std::uint64_t key, Known& route, const RipEntry& heard, Time now) {
  if (route.metric == RipEntry::infinity) ++reachable_;
  if (route.metric != heard.metric + 1 || route.spare == route.from) {
    route.spare_expires = start_of_time;
  }
  route.metric = heard.metric + 1;
  route.tag = heard.tag;
  set_expiry(route, add_saturated(now, timeout_));
  note_change(route);
  follower_.found(route_of(key, route));
}

// Of several neighbours with a way as short as the one in use the first is kept.
void RipTable::consider_spare(Known& route, std::uint32_t metric, Neighbour neighbour,
                              Ipv4Address via, Time now) {
  const bool has_spare = route.spare_expires > now;
  const bool is_spare = has_spare && route.spare == neighbour;
  if (metric != route.metric || metric == RipEntry::infinity) {
    if (is_spare) route.spare_expires = start_of_time;
    return;
  }
  if (has_spare && !is_spare) return;
  route.spare = neighbour;
  route.spare_via = via;
  route.spare_expires = add_saturated(now, timeout_);
}

// Goes the other way that is as short, if one is known. No metric changes, so nobody is told.
bool RipTable::take_spare(std::uint64_t key, Known& route, Time now) {
  if (route.metric == RipEntry::infinity || route.spare_expires <= now) return false;
  route.from = route.spare;
  route.via = route.spare_via;
  set_expiry(route, route.spare_expires);
  route.spare_expires = start_of_time;
  follower_.found(route_of(key, route));
  return true;
}

void RipTable::lose(std::uint64_t key, Known& route, Time now) {
  if (!take_spare(key, route, now)) give_up(key, route, now);
}

// RFC 2453, 3.8: the route goes now, and neighbours are told so until it is forgotten.
void RipTable::give_up(std::uint64_t key, Known& route, Time now) {
  --reachable_;
  route.metric = RipEntry::infinity;
  route.spare_expires = start_of_time;
  set_expiry(route, add_saturated(now, garbage_time_));
  note_change(route);
  follower_.lost(address_of(key), route.prefix_length);
}

// RFC 2453, 3.10.1, does not wait for what is known at once.
void RipTable::set_link(std::uint32_t tap, bool is_up, Time now) {
  for (auto& [key, route] : routes_) {
    if (!is_up && route.spare.tap == tap) route.spare_expires = start_of_time;
    if (route.from.tap != tap) continue;
    if (route.kind == Kind::learnt) {
      if (!is_up && route.metric < RipEntry::infinity) lose(key, route, now);
      continue;
    }
    const std::uint32_t metric = is_up ? 1 : RipEntry::infinity;
    if (route.kind != Kind::own || route.metric == metric) continue;
    route.metric = metric;
    is_up ? ++reachable_ : --reachable_;
    note_change(route);
  }
}

void RipTable::set_expiry(Known& route, Time at) {
  route.expires = at;
  next_expiry_ = std::min(next_expiry_, at);
}

void RipTable::note_change(Known& route) {
  route.has_changed = true;
  has_changes_ = true;
}

void RipTable::expire(Time now) {
  next_expiry_ = end_of_time;
  for (auto next = routes_.begin(); next != routes_.end();) {
    auto& [key, route] = *next;
    if (route.expires <= now && route.metric == RipEntry::infinity) {
      next = routes_.erase(next);
      continue;
    }
    if (route.expires <= now) lose(key, route, now);
    next_expiry_ = std::min(next_expiry_, route.expires);
    ++next;
  }
}

// ===== RipTable: what to tell =====

void RipTable::forget_changes() {
  if (!has_changes_) return;
  has_changes_ = false;
  for (auto& [key, route] : routes_) route.has_changed = false;
}

std::vector<RipEntry> RipTable::told_at(std::uint32_t tap, SplitHorizon horizon,
                                        bool only_changes) const {
  std::vector<RipEntry> told;
  for (const auto& [key, route] : routes_) {
    if (route.kind == Kind::set_aside || (only_changes && !route.has_changed)) continue;
    const bool is_back = route.from.tap == tap;
    if (is_back && route.kind == Kind::own) continue;
    if (is_back && horizon == SplitHorizon::simple) continue;
    const bool is_poisoned = is_back && horizon == SplitHorizon::poisoned;
    told.push_back({.tag = route.tag,
                    .address = address_of(key),
                    .mask = static_cast<std::uint32_t>(key),
                    .metric = is_poisoned ? RipEntry::infinity : route.metric});
  }
  return told;
}

std::vector<Route> RipTable::learnt() const {
  std::vector<Route> routes;
  for (const auto& [key, route] : routes_) {
    if (route.kind == Kind::learnt && route.metric < RipEntry::infinity) {
      routes.push_back(route_of(key, route));
    }
  }
  return routes;
}

std::uint32_t RipTable::metric_of(Ipv4Address address, std::uint32_t mask) const {
  const auto found = routes_.find(key_of(address, mask));
  return found == routes_.end() ? RipEntry::infinity : found->second.metric;
}

}  // namespace elvis
