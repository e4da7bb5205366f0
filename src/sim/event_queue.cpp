// SPDX-License-Identifier: MIT
#include "elvis/sim/event_queue.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/prefetch.hpp"

namespace elvis {

namespace {

bool after(const Event& left, const Event& right) {
  return right < left;
}

// The end of a range whose last instant is `last`.
Time past(Time last) {
  return add_saturated(last, Duration{1});
}

}  // namespace

// ===== Rung: a time range in buckets =====

Time EventQueue::Rung::bucket_start(std::size_t bucket) const {
  if (bucket >= buckets()) return end;
  return start + Duration{static_cast<Duration::rep>(bucket) << shift};
}

std::size_t EventQueue::Rung::bucket_of(Time time) const {
  const auto bucket = static_cast<std::size_t>((time - start).count()) >> shift;
  return std::min(bucket, buckets() - 1);
}

// ===== EventQueue: where an event waits =====

EventQueue::EventQueue() = default;
EventQueue::~EventQueue() = default;

void EventQueue::add_top_block() {
  if (spare_blocks_.empty()) {
    top_.emplace_back(std::make_unique_for_overwrite<Event[]>(block_events));
  } else {
    top_.push_back(std::move(spare_blocks_.back()));
    spare_blocks_.pop_back();
  }
  top_at_ = top_.back().get();
  top_end_ = top_at_ + block_events;
}

[[gnu::noinline]] void EventQueue::grow_run() {
  const auto taken = run_at_ - run_.data();
  const auto check = run_check_ == nullptr ? long_run : run_check_ - run_.data();
  run_.reserve(std::max(2 * run_.size(), bucket_size));
  run_at_ = run_.data() + taken;
  run_last_ = run_.data() + run_.size();
  run_check_ = run_.data() + check;
}

void EventQueue::push_below_top(Time time, std::uint64_t order, Entity* target, void* subject) {
  const Event event{time, order, target, subject};
  if (time >= sorted_end_) {
    for (const auto& rung : rungs_) {
      if (time < rung->boundary()) continue;
      const std::size_t bucket = rung->bucket_of(time);
      rung->added.push_back({event, rung->heads[bucket]});
      rung->heads[bucket] = static_cast<std::uint32_t>(rung->added.size());
      return;
    }
  }
  const std::size_t in_run = left(run_at_, run_last_);
  if (in_run == 0 || run_.back() < event) {
    if (run_.size() == run_.capacity()) [[unlikely]]
      grow_run();
    run_.emplace_back(time, order, target, subject);
    ++run_last_;
  } else if (in_run == 1 || run_last_[-2] < event) {
    push_heap(std::exchange(run_.back(), event));  // the last one was far ahead of the others
  } else {
    push_heap(event);
  }
}

void EventQueue::push_heap(const Event& event) {
  heap_.push_back(event);
  std::push_heap(heap_.begin(), heap_.end(), after);
}

// What was taken goes, when it is all or much; so each event moves once at most on the average.
void EventQueue::shorten_run() {
  const auto taken = run_at_ - run_.data();
  run_check_ = run_at_ + long_run;
  if (left(run_at_, run_last_) > run_.size() / 2) return;
  run_.erase(run_.begin(), run_.begin() + taken);
  run_at_ = run_.data();
  run_last_ = run_at_ + run_.size();
  run_check_ = run_at_ + long_run;
}

void EventQueue::pop_heap() {
  std::pop_heap(heap_.begin(), heap_.end(), after);
  heap_.pop_back();
}

// ===== EventQueue: whose turn comes next =====

bool EventQueue::refill() {
  sorted_.clear();
  start_sorted();
  if (size_ == 0) return false;
  for (;;) {
    if (rungs_.empty()) {
      if (take_top()) return true;
      continue;
    }
    Rung& rung = *rungs_.back();
    while (rung.next < rung.buckets() && rung.heads[rung.next] == 0 &&
           rung.offsets[rung.next] == rung.offsets[rung.next + 1]) {
      ++rung.next;
    }
    if (rung.next == rung.buckets()) {
      drop_finest_rung();
      continue;
    }
    take_bucket(rung);
    if (!sorted_.empty()) {
      if (!rungs_.empty()) prefetch_bucket(*rungs_.back());
      return true;
    }
  }
}

// Sorts the top in place if it is small or of one instant, else makes it the coarsest rung.
bool EventQueue::take_top() {
  const std::size_t size = top_size();
  ELVIS_ASSERT(size > 0);
  const bool is_one_instant = top_min_ == top_max_;
  std::vector<Event>& events = is_one_instant || size <= small_bucket ? sorted_ : scratch_;
  events.clear();
  events.reserve(size);
  for (std::size_t block = 0; block < top_.size(); ++block) {
    const std::size_t count = std::min(block_events, size - block * block_events);
    events.insert(events.end(), top_[block].get(), top_[block].get() + count);
    // A world that was large once keeps a few blocks, not all of them.
    if (spare_blocks_.size() < 64 || spare_blocks_.size() < top_.size() / 2) {
      spare_blocks_.push_back(std::move(top_[block]));
    }
  }
  top_.clear();
  top_at_ = top_end_ = nullptr;
  const Time start = top_min_;
  const Time end = past(top_max_);
  top_start_ = end;
  top_min_ = end_of_time;
  top_max_ = start_of_time;
  if (&events == &sorted_) {
    sort_into_place(end);
    return true;
  }
  divide(events, start, end);
  return false;
}

void EventQueue::drop_finest_rung() {
  spare_rungs_.push_back(std::move(rungs_.back()));
  rungs_.pop_back();
}

// Moves the next bucket of the finest rung to the sorted part, or divides it into a finer rung. A
// rung that is used up goes first, so that rungs stay nested a few deep.
void EventQueue::take_bucket(Rung& rung) {
  const std::size_t bucket = rung.next++;
  const Time start = rung.bucket_start(bucket);
  const Time end = rung.bucket_start(bucket + 1);
  const auto first = rung.events.begin() + rung.offsets[bucket];
  const auto last = rung.events.begin() + rung.offsets[bucket + 1];
  sorted_.assign(first, last);
  for (std::uint32_t i = rung.heads[bucket]; i != 0; i = rung.added[i - 1].next) {
    sorted_.push_back(rung.added[i - 1].event);
  }
  if (rung.next == rung.buckets()) drop_finest_rung();
  if (sorted_.size() > small_bucket) {
    const auto [low, high] =
        std::minmax_element(sorted_.begin(), sorted_.end(),
                            [](const Event& a, const Event& b) { return a.time < b.time; });
    if (low->time != high->time) {
      std::swap(sorted_, scratch_);
      sorted_.clear();
      divide(scratch_, std::max(start, low->time), end);
      return;
    }
  }
  sort_into_place(end);
}

// Makes a rung of `events`, all of which lie in [start, end), by one counting pass and one
// scattering pass.
void EventQueue::divide(std::vector<Event>& events, Time start, Time end) {
  if (spare_rungs_.empty()) spare_rungs_.push_back(std::make_unique<Rung>());
  std::unique_ptr<Rung> rung = std::move(spare_rungs_.back());
  spare_rungs_.pop_back();

  const std::size_t wanted = std::clamp(events.size() / bucket_size, std::size_t{2}, max_buckets);
  Time latest = start;
  for (const Event& event : events) latest = std::max(latest, event.time);
  const auto width = static_cast<std::uint64_t>((latest - start).count());
  // The width of a bucket is the power of two that makes at most `wanted` buckets of the events.
  rung->shift = 0;
  while ((width >> rung->shift) >= wanted) ++rung->shift;
  const std::size_t buckets = static_cast<std::size_t>(width >> rung->shift) + 1;

  rung->start = start;
  rung->end = end;
  rung->next = 0;
  rung->heads.assign(buckets, 0);
  rung->added.clear();
  rung->offsets.assign(buckets + 1, 0);
  for (const Event& event : events) ++rung->offsets[rung->bucket_of(event.time) + 1];
  for (std::size_t i = 0; i < buckets; ++i) rung->offsets[i + 1] += rung->offsets[i];
  rung->events.resize(events.size());
  for (const Event& event : events) {
    rung->events[rung->offsets[rung->bucket_of(event.time)]++] = event;
  }
  // Scattering moved every offset to its bucket's end, which is the next bucket's start.
  for (std::size_t i = buckets; i > 0; --i) rung->offsets[i] = rung->offsets[i - 1];
  rung->offsets[0] = 0;
  events.clear();
  rungs_.push_back(std::move(rung));
}

// Asks for what the events of the next bucket point to, while those of this one are handled.
void EventQueue::prefetch_bucket(const Rung& rung) const {
  if (rung.next == rung.buckets()) return;
  for (std::uint32_t i = rung.offsets[rung.next]; i < rung.offsets[rung.next + 1]; ++i) {
    const Event& event = rung.events[i];
    prefetch_line(event.target);
    prefetch_line(event.subject);
  }
}

void EventQueue::sort_into_place(Time end) {
  if (!std::is_sorted(sorted_.begin(), sorted_.end())) std::sort(sorted_.begin(), sorted_.end());
  start_sorted();
  sorted_end_ = end;
}

}  // namespace elvis
