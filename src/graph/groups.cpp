// SPDX-License-Identifier: MIT
#include "groups.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

AddressWatch::AddressWatch(Tap& tap, Ipv4Address address) : tap_{tap}, address_{address} {
  tap.network().watch(*this);
}

AddressWatch::~AddressWatch() {
  tap_.network().unwatch(*this);
}

bool Groups::hears_all(const Tap& tap) {
  return tap.hears_all_arp() || tap.machine().world().is_switchable(tap.machine());
}

Groups::Groups(const Network& network, std::size_t partitions)
    : network_{network}, parts_(partitions) {}

// Not before the first ARP packet for all: most networks see none, and a look at a million machines
// takes time.
void Groups::look_at_taps() {
  if (std::exchange(has_looked_, true)) return;
  for (std::size_t i = 0; i < network_.tap_count(); ++i) {
    Tap& tap = network_.tap(i);
    keys_ += mix(tap.machine().key());
    if (hears_all(tap)) {
      hear_all_.push_back(&tap);
    } else {
      is_selective_ = true;
    }
  }
  if (!is_selective_) hear_all_ = {};
}

Groups::~Groups() = default;

// Nobody but those who run the machines of a partition makes its part.
Groups::Part& Groups::part_of(const Tap& tap) {
  std::unique_ptr<Part>& part = parts_[network_.home_of(tap.index())];
  if (part == nullptr) part = std::make_unique<Part>();
  return *part;
}

// ===== Groups: members =====

void Groups::join(Tap& tap, MacAddress group) {
  if (is_closed_) return;
  const Time now = tap.machine().now();
  std::vector<Member>& members = part_of(tap).members[group.value()];
  // Those who left may still be asked for, about a frame that was sent in this window.
  const Duration window = network_.lookahead();
  std::erase_if(members, [&](const Member& one) { return one.until < now - window; });
  for (Member& one : members) {
    if (one.tap != &tap || one.until != end_of_time) continue;
    ++one.uses;
    return;
  }
  members.push_back({&tap, 1, now, end_of_time});
}

void Groups::leave(Tap& tap, MacAddress group) {
  if (is_closed_) return;
  std::vector<Member>& members = part_of(tap).members[group.value()];
  for (Member& one : members) {
    if (one.tap != &tap || one.until != end_of_time) continue;
    if (--one.uses == 0) one.until = tap.machine().now();
    return;
  }
}

std::vector<Tap*> Groups::members(MacAddress group, Time time) {
  std::vector<Tap*> found;
  for (const std::unique_ptr<Part>& part : parts_) {
    if (part == nullptr) continue;
    const auto of_part = part->members.find(group.value());
    if (of_part == part->members.end()) continue;
    std::erase_if(of_part->second, [&](const Member& one) { return one.until <= time; });
    for (const Member& one : of_part->second) {
      if (one.since <= time) found.push_back(one.tap);
    }
  }
  std::ranges::sort(found, {}, &Tap::index);
  return found;
}

// ===== Groups: ARP packets for all =====

void Groups::watch(AddressWatch& watch) {
  if (is_closed_) return;
  AddressWatch*& first = part_of(watch.tap_).watches[watch.address_.value()];
  watch.next_ = first;
  if (first != nullptr) first->previous_ = &watch;
  first = &watch;
}

void Groups::unwatch(AddressWatch& watch) {
  if (is_closed_) return;
  if (watch.next_ != nullptr) watch.next_->previous_ = watch.previous_;
  if (watch.previous_ != nullptr) {
    watch.previous_->next_ = watch.next_;
    return;
  }
  auto& watches = part_of(watch.tap_).watches;
  if (watch.next_ == nullptr) {
    watches.erase(watch.address_.value());
  } else {
    watches[watch.address_.value()] = watch.next_;
  }
}

std::vector<Tap*> Groups::concerned_by(Ipv4Address sender) const {
  std::vector<Tap*> taps = hear_all_;
  for (const std::unique_ptr<Part>& part : parts_) {
    if (part == nullptr) continue;
    const auto found = part->watches.find(sender.value());
    if (found == part->watches.end()) continue;
    for (const AddressWatch* one = found->second; one != nullptr; one = one->next_)
      taps.push_back(&one->tap_);
  }
  return taps;
}

namespace {

bool is_before(Time time, std::uint64_t order, const AddressNews& news) {
  return time != news.at ? time < news.at : order < news.order;
}

}  // namespace

void Groups::announce(Ipv4Address sender, Announcement announcement, Time settled) {
  while (!arrivals_.empty() && arrivals_.front().first < settled) {
    settle(announced_[arrivals_.front().second], settled);
    std::ranges::pop_heap(arrivals_, std::greater{});
    arrivals_.pop_back();
  }
  arrivals_.emplace_back(announcement.news.at, sender.value());
  std::ranges::push_heap(arrivals_, std::greater{});
  // Later ones arrive later, unless the latency has changed.
  auto& list = announced_[sender.value()].list;
  auto place = list.end();
  while (place != list.begin() &&
         is_before(announcement.news.at, announcement.news.order, std::prev(place)->news)) {
    --place;
  }
  list.insert(place, std::move(announcement));
}

// Nobody will be handed any more what has arrived; who uses the address will still ask what the
// last one said.
void Groups::settle(Sender& sender, Time now) {
  auto& [list, arrived] = sender;
  while (arrived < list.size() && list[arrived].news.at < now) list[arrived++].frame = {};
  if (arrived < 2 || arrived - 1 < list.size() / 2) return;
  list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(arrived - 1));
  arrived = 1;
}

const Groups::Sender* Groups::sender(Ipv4Address address) const {
  const auto found = announced_.find(address.value());
  return found == announced_.end() ? nullptr : &found->second;
}

std::span<const Groups::Announcement> Groups::under_way_from(Ipv4Address address, Time now,
                                                             std::uint64_t order) const {
  const Sender* const from = sender(address);
  if (from == nullptr) return {};
  const auto first = std::ranges::partition_point(
      from->list, [&](const Announcement& one) { return !is_before(now, order, one.news); });
  return {first, from->list.end()};
}

std::span<const Groups::Announcement> Groups::arrived_from(Ipv4Address address, Time now,
                                                           std::uint64_t order) const {
  const Sender* const from = sender(address);
  if (from == nullptr) return {};
  const std::size_t behind = under_way_from(address, now, order).size();
  return std::span{from->list}.first(from->list.size() - behind);
}

// Each receiver's share is its key times a word of the frame and its time, so that the sum over all
// of them is a product. (Nobody but the sender is left out, so there is no more to tell.)
std::uint64_t Groups::fold_for_all_but(const Tap& from, Time arrival, std::uint64_t fold) const {
  const auto at = static_cast<std::uint64_t>(arrival.time_since_epoch().count());
  return (keys_ - mix(from.machine().key())) * (mix(fold ^ mix(at)) | 1);
}

}  // namespace elvis
