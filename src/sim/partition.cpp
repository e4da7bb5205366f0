// SPDX-License-Identifier: MIT
#include "elvis/sim/partition.hpp"

#include <algorithm>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/prefetch.hpp"

namespace elvis {

void Partition::Shared::request(StopReason reason, const Entity* who) {
  StopReason none = StopReason::none;
  if (stop.compare_exchange_strong(none, reason)) culprit = who;
}

Partition::Partition(Shared& shared, std::size_t index, std::size_t count)
    : shared_{shared}, index_{index}, is_alone_{count == 1}, ends_when_complete_{is_alone_} {
  for (auto& boxes : outboxes_) boxes.resize(count);
  ready_.next_ = ready_.previous_ = &ready_;
}

Partition::~Partition() {
  discard_all();
}

void Partition::enqueue_elsewhere(Time time, std::uint64_t order, Entity* target, void* subject) {
  const Event event{time, order, target, subject};
  if (time < calendar_.horizon()) {
    calendar_.push(event);
  } else {
    queue_.push(event);
  }
}

void Partition::send(std::size_t partition, Time time, std::uint64_t order, Entity* target,
                     void* subject) {
  if (is_alone_) return enqueue({time, order, target, subject});  // took over from the others
  Outbox& box = outboxes_[parity_][partition];
  box.events.emplace_back(time, order, target, subject);
  box.first = std::min(box.first, time);
  first_sent_ = std::min(first_sent_, time);
  if (is_ahead_) end_ = std::min(end_, time);
}

void Partition::hand_over(Entity& target, Entity& origin, void* subject, bool crosses) {
  const Event event{now_, origin.next_order(), &target, subject};
  if (crosses && !is_alone_) {
    outboxes_[parity_][target.partition().index_].handed.push_back(event);
    has_handed_over_ = true;
    if (is_ahead_) end_ = std::min(end_, add_saturated(now_, lookahead_));
  } else {
    late_.push_back(event);
  }
}

Time Partition::grid_end(Time time) const {
  const Duration since_start = time - start_of_time;
  return add_saturated(start_of_time + (since_start - since_start % grid_), grid_);
}

Time Partition::next_time() {
  const Event* const next = queue_.peek();
  return std::min(calendar_.next_time(), next == nullptr ? end_of_time : next->time);
}

// ===== Partition: one event after the other =====

void Partition::run(Time end) {
  end_ = end;
  if (events() == 0 && queue_.size() >= dense_window && may_use_windows()) start_windows();
  while (calendar_.is_in_use() ? run_in_windows() : run_in_order()) {
  }
  if (events() != 0) last_event_at_ = now_;
  current_.store(nullptr, std::memory_order_relaxed);
  next_ = next_time();
}

void Partition::run_ahead(Time end, Duration lookahead, bool ends_when_complete) {
  is_ahead_ = true;
  lookahead_ = lookahead;
  ends_when_complete_ = ends_when_complete;
  run(end);
  is_ahead_ = false;
  ends_when_complete_ = is_alone_;
}

void Partition::run_some(Time end, std::uint64_t count) {
  rest_at_ = events() + count;
  run(end);
  rest_at_ = ~std::uint64_t{0};
}

// Strictly by time. Returns true when windows suit the events better.
bool Partition::run_in_order() {
  std::uint64_t count = events();
  Time checked_at = now_;
  for (;;) {
    const Event* const next = queue_.peek();
    if (!late_.empty() && (next == nullptr || next->time != now_)) {
      handle_late();
      continue;
    }
    if (next == nullptr || next->time >= end_) return false;
    if (count == event_limit_) {
      shared_.request(StopReason::max_events);
      return false;
    }
    const Event event = *next;
    queue_.pop();
    // Two steps: first the target and the subject, then what they point to. (The queue does the
    // first one for the next bucket when it sorts one.)
    if (const Event* const later = queue_.look_ahead(far_ahead)) {
      prefetch_line(later->target);
      prefetch_line(later->subject);
    }
    if (queue_.is_at_start_of_part()) prefetch_first(near_ahead);
    if (const Event* const later = queue_.look_ahead(near_ahead)) {
      later->target->prefetch(later->subject, later->target == event.target);
    }
    ELVIS_ASSERT(event.time >= now_);
    handle(event, ++count);
    if ((count & 1023) != 0) continue;
    if (must_stop() || count >= rest_at_) return false;
    tell_settled(now_);
    if (now_ - checked_at < window_ && late_.empty() && may_use_windows()) {
      start_windows();
      return true;
    }
    checked_at = now_;
  }
}

// Window by window. Returns true when the events have become too few for it.
bool Partition::run_in_windows() {
  for (;;) {
    const Time next = next_time();
    if (next >= end_) return false;
    if (sparse_windows_ == 16) {
      stop_windows();
      return true;
    }
    tell_settled(next);
    calendar_.advance_to(next);
    take_what_fits();
    calendar_.open(std::min(end_, grid_end(next)));
    ++windows_;
    sparse_windows_ = calendar_.window_events() < dense_window / 4 ? sparse_windows_ + 1 : 0;
    if (!run_window() || events() >= rest_at_) return false;
  }
}

// Takes the open window, entity by entity. Returns false if a stop was asked for.
bool Partition::run_window() {
  std::uint64_t count = events();
  Time latest = now_;
  while (const Event* const next = calendar_.take()) {
    const Event& far = calendar_.look_ahead(far_ahead);
    prefetch_line(far.target);
    prefetch_line(far.subject);
    const Event& near = calendar_.look_ahead(near_ahead);
    near.target->prefetch(near.subject, near.target == next->target);
    latest = std::max(latest, next->time);
    handle(*next, ++count);
    if ((count & 1023) == 0 && must_stop()) return false;
  }
  if (!late_.empty()) handle_late();
  now_ = latest;
  return true;
}

[[gnu::always_inline]] inline void Partition::handle(const Event& event, std::uint64_t count) {
  now_ = event.time;
  present_order_ = event.order;
  events_.store(count, std::memory_order_relaxed);
  current_.store(event.target, std::memory_order_relaxed);
  if (!event.is_for_timers()) {
    event.target->handle(event.subject);
  } else {
    if (event.time != self_time_) {
      self_time_ = event.time;
      self_events_ = 0;
    }
    if (++self_events_ > livelock_events) shared_.request(StopReason::livelock, event.target);
    event.target->run_timers(event.time);
  }
  if (ready_.next_ != &ready_) run_ready();
}

bool Partition::must_stop() {
  published_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
  return shared_.stop.load(std::memory_order_relaxed) != StopReason::none;
}

// ===== Partition: from strict order to windows and back =====

void Partition::start_windows() {
  sparse_windows_ = 0;
  calendar_.start(now_, window_);
  take_what_fits();
}

// Moves what has come into the calendar's reach there.
void Partition::take_what_fits() {
  for (const Event* next = queue_.peek(); next != nullptr && next->time < calendar_.horizon();
       next = queue_.peek()) {
    calendar_.push(*next);
    queue_.pop();
  }
}

void Partition::stop_windows() {
  calendar_.for_each([this](const Event& event) { queue_.push(event); });
  calendar_.clear();
  calendar_.stop();
}

// Among several partitions only the engine knows what has happened everywhere. The time that
// this takes is no event's.
void Partition::tell_settled(Time before) {
  if (!is_alone_ || !shared_.settled) return;
  current_.store(nullptr, std::memory_order_relaxed);
  const StopReason reason = shared_.settled(before);
  if (reason != StopReason::none) shared_.request(reason);
}

// The second step for the first events of a part, which nobody looked ahead to.
void Partition::prefetch_first(std::size_t count) const {
  for (std::size_t ahead = 0; ahead < count; ++ahead) {
    if (const Event* const later = queue_.look_ahead(ahead)) {
      later->target->prefetch(later->subject, false);
    }
  }
}

void Partition::run_ready() {
  while (ready_.next_ != &ready_) {
    Waiter& waiter = *ready_.next_;
    waiter.unlink();
    go_on(waiter);
  }
}

void Partition::handle_late() {
  std::vector<Event> late = std::exchange(late_, {});
  handle_in_order(late);
  late.clear();
  if (late_.empty()) late_ = std::move(late);  // keeps the memory
}

void Partition::handle_in_order(std::vector<Event>& events) {
  if (!std::is_sorted(events.begin(), events.end())) std::sort(events.begin(), events.end());
  for (const Event& event : events) {
    now_ = event.time;
    event.target->handle(event.subject);
  }
}

// ===== Partition: between windows =====

void Partition::begin_window(std::vector<Partition*>& all) {
  const unsigned before = parity_;
  parity_ ^= 1;
  first_sent_ = end_of_time;
  has_handed_over_ = false;
  for (Partition* const other : all) {
    Outbox& box = other->outboxes_[before][index_];
    for (const Event& event : box.events) enqueue(event);
    box.events.clear();
    box.first = end_of_time;
  }
}

void Partition::settle(std::vector<Partition*>& all) {
  for (Partition* const other : all) {
    Outbox& box = other->outboxes_[parity_][index_];
    inbox_.insert(inbox_.end(), box.handed.begin(), box.handed.end());
    box.handed.clear();
  }
  if (inbox_.empty()) return;
  const Time now = now_;
  handle_in_order(inbox_);
  inbox_.clear();
  now_ = now;
  next_ = next_time();
}

// ===== Partition: for all of them =====

void Partition::take_over(const std::vector<Partition*>& all, Duration window) {
  if (calendar_.is_in_use()) stop_windows();
  window_ = window;
  is_alone_ = ends_when_complete_ = true;
  for (Partition* const other : all) {
    if (other == this) continue;
    if (other->calendar_.is_in_use()) other->stop_windows();
    for (const Event* next = other->queue_.peek(); next != nullptr; next = other->queue_.peek()) {
      queue_.push(*next);
      other->queue_.pop();
    }
    take_unfinished(*other);
    finished_at_ = std::max(finished_at_, other->finished_at_);
    other->next_ = other->first_sent_ = end_of_time;
    other->published_.store(end_of_time.time_since_epoch().count(), std::memory_order_relaxed);
  }
  prepare();
}

void Partition::give_back(const std::vector<Partition*>& all, Duration window) {
  if (calendar_.is_in_use()) stop_windows();
  window_ = window;
  is_alone_ = ends_when_complete_ = false;
  std::vector<Event> here;
  for (const Event* next = queue_.peek(); next != nullptr; next = queue_.peek()) {
    Partition& home = next->target->partition();
    if (&home == this) {
      here.push_back(*next);
    } else {
      home.queue_.push(*next);
    }
    queue_.pop();
  }
  for (const Event& event : here) queue_.push(event);
  for (Partition* const partition : all) {
    partition->published_.store(now_.time_since_epoch().count(), std::memory_order_relaxed);
    partition->prepare();
  }
}

void Partition::discard_all() {
  std::vector<std::pair<Entity*, void*>> pending;
  for_each_pending([&](Entity& target, void* subject) {
    if (subject != &target) pending.emplace_back(&target, subject);
  });
  for (const auto& [target, subject] : pending) target->discard(subject);
  for (Event const* next = queue_.peek(); next != nullptr; next = queue_.peek()) queue_.pop();
  calendar_.clear();
  late_.clear();
  inbox_.clear();
  for (auto& boxes : outboxes_) boxes.clear();
}

}  // namespace elvis
