// SPDX-License-Identifier: MIT
#include "medium.hpp"

#include <algorithm>

#include "announced_load.hpp"
#include "elvis/graph/frame.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"

namespace elvis {

// ===== MediumClock: exact, however long it stays busy =====

Time MediumClock::occupy(Time now, std::uint64_t bytes, std::optional<BitRate> rate, bool follows) {
  if (follows ? free_at() < now : free_ < now) {
    free_ = now;
    part_ = 0;
  }
  take_over(rate);
  if (bits_per_second_ != 0) {
    __extension__ using Wide = unsigned __int128;
    constexpr std::uint64_t nanoseconds = 1'000'000'000;
    const Wide work = static_cast<Wide>(bytes) * 8 * nanoseconds + part_;
    free_ = add_saturated(free_, Duration{static_cast<Duration::rep>(work / bits_per_second_)});
    part_ = static_cast<std::uint64_t>(work % bits_per_second_);
  }
  return free_at();
}

Time MediumClock::occupy_until(Time now, std::uint64_t bytes, std::optional<BitRate> rate) {
  const Time ends = occupy(std::min(free_, now), bytes, rate, true);
  if (now < ends) return ends;
  free_ = now;
  part_ = 0;
  return now;
}

// A part of a nanosecond means nothing at another rate.
void MediumClock::take_over(std::optional<BitRate> rate) {
  const std::uint64_t bits_per_second = rate ? rate->bits_per_second : 0;
  if (bits_per_second == bits_per_second_) return;
  free_ = free_at();
  part_ = 0;
  bits_per_second_ = bits_per_second;
}

void MediumClock::set(Exact free, BitRate rate) {
  free_ = start_of_time + Duration{static_cast<Duration::rep>(free / rate.bits_per_second)};
  part_ = static_cast<std::uint64_t>(free % rate.bits_per_second);
  bits_per_second_ = rate.bits_per_second;
}

// ===== Medium =====

Medium::Alarm::Alarm(Medium& owner)
    : Timer{[](Timer& self) {
        Medium& rung = static_cast<Alarm&>(self).medium;
        rung.network().wake(rung);
      }},
      medium{owner} {}

Medium::Medium(Network& network, Tap* tap, Side side, const Rng& luck)
    : alarm{*this},
      network_{network},
      tap_{tap},
      queue_{network.properties().queue},
      luck_{luck},
      side_{side},
      may_fail_{network.may_lose_waiting()} {}

Medium::~Medium() {
  for (Frame* const frame : queue_.clear()) delete frame;
}

// What waits is lost as the network goes down, and nothing begins to wait while it is down; but
// what was under way then still comes to its receiver, and may have to wait there.
std::optional<Time> Medium::fails_within(Time since, Time starts) const {
  const LinkProperties& properties = network_.properties();
  if (side_ != Side::ingress && !properties.at(since).is_up) return since;
  return properties.goes_down_within(since, starts);
}

// Likewise what waits to be sent is gone with its machine.
std::optional<Medium::Loss> Medium::loss_within(const Tap* sender, Time since, Time starts) const {
  std::optional<Loss> loss;
  if (const auto failure = fails_within(since, starts)) loss = Loss{*failure, FrameFate::lost};
  if (side_ == Side::ingress || sender == nullptr) return loss;
  const auto off = network_.switched_off_within(*sender, since, starts);
  if (off && (!loss || *off < loss->at)) loss = Loss{*off, FrameFate::queue_dropped};
  return loss;
}

Time Medium::carry(std::uint64_t bytes, const Passage& passage, bool follows) {
  // What is not sent after all takes no time.
  if (passage.lost) return passage.starts;
  const std::optional<BitRate> rate = network_.properties().at(passage.starts).throughput;
  if (side_ == Side::ingress) return clock_.occupy_until(passage.starts, bytes, rate);
  return clock_.occupy(passage.starts, bytes, rate, follows);
}

// ===== Medium: a queue that decides as frames come =====

std::optional<Passage> Medium::admit(const Tap& sender, std::uint64_t bytes, Time now,
                                     bool bears_mark) {
  Passage passage{now, std::max(now, clock_.free_at()), now};
  const QueueProperties& queue = queue_.properties();
  const bool must_wait = passage.starts > now;
  Time leaves = passage.starts;
  if (may_fail_) [[unlikely]] {
    if (const auto loss = loss_within(&sender, now, passage.starts)) passage.lost = loss->fate;
    // In a queue that several share, those of one sender have others in front of them.
    const auto all_lost = loss_within(only_sender(), now, passage.starts);
    if (all_lost) leaves = all_lost->at;
  }
  // A queue of no use to a frame that need not wait; only RED takes note of it.
  if (queue.is_endless() ||
      (!must_wait && queue.discipline == QueueProperties::Discipline::drop_tail)) {
    passage.ends = carry(bytes, passage, must_wait);
    return passage;
  }
  // On a network that is down the queue is not asked.
  if (passage.lost && leaves == now) return passage;
  forget_left(now);
  const auto admission =
      queue_.offer(nullptr, static_cast<std::uint32_t>(bytes), now, luck_, bears_mark);
  if (!admission) return std::nullopt;
  passage.is_marked = admission.is_marked;
  passage.ends = carry(bytes, passage, must_wait);
  leavings_.push_back(leaves);
  forget_left(now);
  return passage;
}

void Medium::forget_left(Time now) {
  std::vector<Frame*> dropped;
  while (first_leaving_ < leavings_.size() && leavings_[first_leaving_] <= now) {
    queue_.poll(leavings_[first_leaving_++], dropped);
  }
  if (first_leaving_ < 32 || first_leaving_ * 2 < leavings_.size()) return;
  leavings_.erase(leavings_.begin(),
                  leavings_.begin() + static_cast<std::ptrdiff_t>(first_leaving_));
  first_leaving_ = 0;
}

// ===== Medium: packets that are written down elsewhere =====

Medium::Heard Medium::heard_before(ArrivalPlace place) const {
  const auto behind = std::ranges::lower_bound(heard_, place, {}, &Heard::up_to);
  return behind == heard_.begin() ? Heard{} : behind[-1];
}

std::vector<Medium::Heard> Medium::all_heard() const {
  std::vector<Heard> all{Heard{}};
  all.insert(all.end(), heard_.begin(), heard_.end());
  return all;
}

Time Medium::hear(const AnnouncedLoad& load, ArrivalPlace place) {
  const Heard before = heard_.empty() ? Heard{} : heard_.back();
  const BitRate rate = load.rate();
  clock_.set(load.pass(before.free, before.up_to, place, tap_->index()), rate);
  heard(load, place);
  return clock_.free_at();
}

void Medium::heard(const AnnouncedLoad& load, ArrivalPlace place) {
  const Heard now{place, clock_.exact(load.rate())};
  if (!heard_.empty() && heard_.back().up_to == place) {
    heard_.back() = now;
    return;
  }
  heard_.push_back(now);
  // Nothing waits any more that came before the last time at which the medium was free by now.
  const MediumClock::Exact time = MediumClock::exact(place.at, load.rate());
  const auto busy =
      std::ranges::partition_point(heard_, [&](const Heard& one) { return one.free <= time; });
  const auto useless = busy - heard_.begin() - 1;
  if (useless > 0 && static_cast<std::size_t>(useless) * 2 >= heard_.size()) {
    heard_.erase(heard_.begin(), heard_.begin() + useless);
  }
}

Time Medium::through(const AnnouncedLoad& load, ArrivalPlace place) const {
  const Heard before = heard_before(place);
  return MediumClock::rounded_up(load.pass(before.free, before.up_to, place, tap_->index()),
                                 load.rate());
}

void Medium::settle(const AnnouncedLoad& load, ArrivalPlace place) {
  const Heard before = heard_before(place);
  const Heard now{place, load.pass(before.free, before.up_to, place, tap_->index())};
  std::erase_if(heard_, [&](const Heard& one) { return one.up_to < place; });
  heard_.insert(heard_.begin(), now);
}

// ===== Medium: a queue that decides as frames leave =====

// Whoever came after an outage has looked before, so all have come before it or none.
std::optional<Medium::Loss> Medium::loss_of_waiting(Time now) const {
  if (queue_.empty()) return std::nullopt;
  return loss_within(only_sender(), queue_.waits_since(), now);
}

Time Medium::next_look(Time now) const {
  const Time free = clock_.free_at();
  if (!may_fail_) return free;
  const auto loss = loss_within(only_sender(), now, free);
  return loss ? loss->at : free;
}

bool Medium::put(Frame* frame, std::uint64_t bytes, Time now, bool bears_mark) {
  return bool{queue_.offer(frame, static_cast<std::uint32_t>(bytes), now, luck_, bears_mark)};
}

std::optional<FrameQueue::Departure> Medium::next(Time now, std::vector<Frame*>& dropped) {
  if (clock_.free_at() > now) return std::nullopt;
  return queue_.poll(now, dropped);
}

Passage Medium::pass(const Tap& sender, const FrameQueue::Departure& frame, Time now) {
  Passage passage{now - frame.waited, now, now, frame.is_marked};
  if (may_fail_) [[unlikely]] {
    if (const auto loss = loss_within(&sender, passage.since, now)) passage.lost = loss->fate;
  }
  passage.ends = carry(frame.bytes, passage, frame.waited > Duration{});
  return passage;
}

}  // namespace elvis
