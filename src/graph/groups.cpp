// SPDX-License-Identifier: MIT
#include "groups.hpp"

#include <algorithm>
#include <functional>
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
    : network_{network}, parts_(partitions) {
  for (std::size_t i = 0; i < network.tap_count(); ++i) {
    Tap& tap = network.tap(i);
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

// A machine's partition is the only one that runs it, so nobody else makes this part.
Groups::Part& Groups::part_of(const Tap& tap) {
  std::unique_ptr<Part>& part = parts_[tap.machine().partition().index()];
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

void Groups::announce(Ipv4Address sender, Announcement announcement, Time now) {
  while (!arrivals_.empty() && arrivals_.front().first < now) {
    const auto [arrival, address] = arrivals_.front();
    std::ranges::pop_heap(arrivals_, std::greater{});
    arrivals_.pop_back();
    const auto found = announced_.find(address);
    if (found == announced_.end()) continue;
    std::erase_if(found->second, [&](const Announcement& one) { return one.arrival < now; });
    if (found->second.empty()) announced_.erase(found);
  }
  arrivals_.emplace_back(announcement.arrival, sender.value());
  std::ranges::push_heap(arrivals_, std::greater{});
  announced_[sender.value()].push_back(std::move(announcement));
}

std::span<const Groups::Announcement> Groups::announced_from(Ipv4Address address) const {
  const auto found = announced_.find(address.value());
  if (found == announced_.end()) return {};
  return found->second;
}

// Each receiver's share is its key times a word of the frame and its time, so that the sum over all
// of them is a product. (Nobody but the sender is left out, so there is no more to tell.)
std::uint64_t Groups::fold_for_all_but(const Tap& from, Time arrival, std::uint64_t fold) const {
  const auto at = static_cast<std::uint64_t>(arrival.time_since_epoch().count());
  return (keys_ - mix(from.machine().key())) * (mix(fold ^ mix(at)) | 1);
}

}  // namespace elvis
