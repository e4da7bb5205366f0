// SPDX-License-Identifier: MIT
// EventQueue: the pending events of one partition, taken in order.
//
//   time ──►
//   [ sorted + run + heap )[ finest rung … )[ … coarsest rung )[ top, unsorted …
//     being taken      buckets, each sorted when its turn comes
//
// A ladder queue (Tang, Goh and Thng 2005): an event is appended to the unsorted top, moved once
// into a bucket of about 64 events when its time comes near, and sorted with them when its turn
// comes. So it needs no tuning to a scenario's time scale. What is scheduled into the part that is
// being taken is put behind what was scheduled there before, if it comes later, as what is sent
// over a link with one latency does; what stands out, as a timer does, goes to a small binary heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "elvis/sim/event.hpp"

namespace elvis {

class EventQueue {
 public:
  EventQueue();
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  [[gnu::always_inline]] void push(const Event& event) {
    ++size_;
    if (event.time < top_start_) {
      return push_below_top(event.time, event.order, event.target, event.subject);
    }
    if (top_at_ == top_end_) add_top_block();
    *top_at_++ = event;
    if (event.time < top_min_) top_min_ = event.time;
    if (event.time > top_max_) top_max_ = event.time;
  }

  /// The earliest event, or null. Valid until the next call that changes the queue.
  const Event* peek() {
    const Event* earliest = sorted_at_ != sorted_last_ ? sorted_at_ : nullptr;
    source_ = Source::sorted;
    if (run_at_ != run_last_ && (earliest == nullptr || *run_at_ < *earliest)) {
      earliest = run_at_;
      source_ = Source::run;
    }
    if (!heap_.empty() && (earliest == nullptr || heap_.front() < *earliest)) {
      earliest = &heap_.front();
      source_ = Source::heap;
    }
    if (earliest == nullptr && refill()) earliest = sorted_at_;
    return earliest;
  }

  /// Removes what the call of peek() just before returned.
  void pop() {
    --size_;
    if (source_ == Source::sorted) {
      ++sorted_at_;
    } else if (source_ == Source::run) {
      if (++run_at_ == run_last_ || run_at_ == run_check_) shorten_run();
    } else {
      pop_heap();
    }
  }

  /// The event that comes `ahead` places after the next one, if that is already known; else null.
  /// For prefetching only.
  const Event* look_ahead(std::size_t ahead) const {
    if (left(sorted_at_, sorted_last_) > ahead) return sorted_at_ + ahead;
    return left(run_at_, run_last_) > ahead ? run_at_ + ahead : nullptr;
  }

  /// Whether the event popped last was the first of a newly sorted part.
  bool is_at_start_of_part() const {
    return source_ == Source::sorted && sorted_at_ == sorted_.data() + 1;
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Calls `visit` with every pending event, in no particular order.
  template <typename Visit>
  void for_each(Visit visit) const;

 private:
  static constexpr std::size_t bucket_size = 64;       // what a bucket should hold
  static constexpr std::size_t small_bucket = 192;     // sorted without being divided further
  static constexpr std::size_t max_buckets = 1 << 16;  // of one rung
  static constexpr std::size_t block_events = 1024;
  static constexpr std::ptrdiff_t long_run = 4096;  // taken, before the rest is moved to the front
  enum class Source : std::uint8_t { sorted, run, heap };
  using Block = std::unique_ptr<Event[]>;

  struct Added {
    Event event;
    std::uint32_t next;  // index in `added` plus 1; 0 ends the list
  };

  // One division of a time range into buckets of equal width; the last reaches to `end`.
  struct Rung {
    Time start{};
    Time end{};
    unsigned shift = 0;
    std::size_t next = 0;                // the first bucket not yet taken
    std::vector<Event> events;           // grouped by bucket
    std::vector<std::uint32_t> offsets;  // of the buckets in `events`; one more than buckets
    std::vector<std::uint32_t> heads;    // what came later, a list a bucket
    std::vector<Added> added;

    std::size_t buckets() const { return heads.size(); }
    Time boundary() const { return next == 0 ? start : bucket_start(next); }
    Time bucket_start(std::size_t bucket) const;
    std::size_t bucket_of(Time time) const;
  };

  static std::size_t left(const Event* at, const Event* last) {
    return static_cast<std::size_t>(last - at);
  }
  void start_sorted() {
    sorted_at_ = sorted_.data();
    sorted_last_ = sorted_at_ + sorted_.size();
  }
  void grow_run();
  void add_top_block();
  std::size_t top_size() const {
    return top_.size() * block_events - static_cast<std::size_t>(top_end_ - top_at_);
  }
  // (An event's parts, which stay in registers so; as does an event that only what is inlined takes
  // by reference. In memory its copy, by two words at a time, would wait for each word's store.)
  void push_below_top(Time time, std::uint64_t order, Entity* target, void* subject);
  void push_heap(const Event& event);
  void pop_heap();
  void shorten_run();
  bool refill();
  bool take_top();
  void take_bucket(Rung& rung);
  void drop_finest_rung();
  void divide(std::vector<Event>& events, Time start, Time end);
  void sort_into_place(Time end);
  void prefetch_bucket(const Rung& rung) const;

  std::vector<Event> sorted_;  // taken from sorted_at_ on
  const Event* sorted_at_ = nullptr;
  const Event* sorted_last_ = nullptr;
  std::vector<Event> run_;  // in order, taken from run_at_ on
  const Event* run_at_ = nullptr;
  const Event* run_last_ = nullptr;
  const Event* run_check_ = nullptr;  // where much has been taken
  std::vector<Event> heap_;
  Source source_ = Source::sorted;            // of what peek() saw
  Time sorted_end_ = start_of_time;           // earlier events go to the run or to the heap
  std::vector<std::unique_ptr<Rung>> rungs_;  // coarsest first
  std::vector<std::unique_ptr<Rung>> spare_rungs_;
  Time top_start_ = start_of_time;
  std::vector<Block> top_;
  std::vector<Block> spare_blocks_;
  Event* top_at_ = nullptr;  // where the next one goes, in the last block
  Event* top_end_ = nullptr;
  Time top_min_ = end_of_time;
  Time top_max_ = start_of_time;
  std::vector<Event> scratch_;
  std::size_t size_ = 0;
};

template <typename Visit>
void EventQueue::for_each(Visit visit) const {
  for (const Event* event = sorted_at_; event != sorted_last_; ++event) visit(*event);
  for (const Event* event = run_at_; event != run_last_; ++event) visit(*event);
  for (const Event& event : heap_) visit(event);
  for (const auto& rung : rungs_) {
    for (std::size_t bucket = rung->next; bucket < rung->buckets(); ++bucket) {
      for (std::uint32_t i = rung->offsets[bucket]; i < rung->offsets[bucket + 1]; ++i) {
        visit(rung->events[i]);
      }
      for (std::uint32_t i = rung->heads[bucket]; i != 0; i = rung->added[i - 1].next) {
        visit(rung->added[i - 1].event);
      }
    }
  }
  for (std::size_t i = 0; i < top_size(); ++i) visit(top_[i / block_events][i % block_events]);
}

}  // namespace elvis
