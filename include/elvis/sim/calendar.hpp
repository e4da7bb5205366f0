// SPDX-License-Identifier: MIT
// Calendar: the pending events of a busy partition by window, one window taken at a time.
//
//   time ──►
//   [ open window )[ slot )[ slot ) … [ slot )        what is later waits elsewhere
//     in its order   unsorted
//
// A window is at most as long as the smallest latency in the partition, so nothing that happens in
// it reaches another entity before it is over. So the open window may be taken entity by entity,
// each one's events by time: every entity sees the same events in the same order as by time alone,
// and its memory comes to the cache once a window.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "elvis/sim/event.hpp"
#include "elvis/util/arena.hpp"
#include "elvis/util/huge_pages.hpp"

namespace elvis {

class Calendar {
 public:
  /// The order in which the events of a window are taken.
  enum class Order : std::uint8_t { by_time, by_target };

  /// Starts to take events, from `now` on, in windows of `width`, at least 1 ns. It must be empty.
  void start(Time now, Duration width);
  /// Takes no more events. It must be empty.
  void stop() { horizon_ = start_of_time; }
  bool is_in_use() const { return horizon_ != start_of_time; }

  /// Events before this time belong here, later ones do not fit yet.
  Time horizon() const { return horizon_; }
  /// Adds an event that is earlier than the horizon. Those of the open window are of the entity
  /// whose event was taken last.
  [[gnu::always_inline]] void push(const Event& event) {
    if (!push_beside_last(event)) [[unlikely]]
      push_elsewhere(event.time, event.order, event.target, event.subject);
  }
  /// The same if it goes where others went, and there is room; false if not, whenever it comes.
  [[gnu::always_inline]] bool push_beside_last(const Event& event) {
    const auto into = static_cast<std::uint64_t>((event.time - last_start_).count());
    Slot& slot = *last_slot_;
    if (into >= last_width_ || slot.at == slot.end) [[unlikely]]
      return false;
    add(slot, event);
    return true;
  }

  /// When the next event happens, if no window is open; end_of_time if there is none.
  Time next_time() const;
  /// Goes on to the window in which `next` lies, the time of the next event here or elsewhere.
  void advance_to(Time next);
  /// Opens the window that was advanced to, or what of it comes before `limit`.
  void open(Time limit) { open(limit, best_order()); }
  void open(Time limit, Order order);
  /// Takes the next event of the open window: valid until the next call. Null: the window is over.
  const Event* take() {
    if (at_ != stop_at_) return at_++;
    return take_slowly();
  }
  /// How far look_ahead() may look.
  static constexpr std::size_t max_ahead = 32;
  /// The event that probably comes `ahead` places after the next one, or another of this window.
  /// For prefetching only, after take() has given an event.
  const Event& look_ahead(std::size_t ahead) const { return at_[ahead]; }

  std::size_t size() const {
    std::size_t size = heap_.size() + static_cast<std::size_t>(events_end_ - at_) + unread_.size();
    for (const Slot& slot : slots_) size += slot.size();
    return size;
  }
  bool empty() const { return size() == 0; }
  /// How many events the open window began with.
  std::size_t window_events() const { return window_events_; }
  /// Calls `visit` with every pending event, in no particular order.
  template <typename Visit>
  void for_each(Visit visit) const;
  void clear();

 private:
  static constexpr std::size_t slot_count = 64;
  static constexpr std::size_t block_events = 127;

  struct Block {
    Block* previous;
    Block* next;
    Event events[block_events];
  };
  static constexpr Event before_all{start_of_time, 0, nullptr, nullptr};
  struct Slot {
    Block* block = nullptr;  // the one being filled, the others behind it
    Event* at = nullptr;
    Event* end = nullptr;
    Time first = end_of_time;
    const Event* newest = &before_all;
    bool is_in_order = true;  // whether each event is later than the one added before it
    std::size_t full = 0;     // blocks behind the one being filled

    std::size_t size() const {
      return block == nullptr ? 0
                              : full * block_events + static_cast<std::size_t>(at - block->events);
    }
  };

  // Divides the keys from `low` on into buckets of a power of two each; the first and the last one
  // hold what lies outside.
  struct Division {
    std::uint64_t low = 0;
    unsigned shift = 0;
    std::size_t buckets = 1;
    std::size_t bucket_of(std::uint64_t key) const {
      if (key < low) return 0;
      const std::uint64_t bucket = (key - low) >> shift;
      return bucket < buckets ? bucket : buckets - 1;
    }
  };

  Order best_order();
  static bool one_target_has_much(const Slot& slot);
  static Division division(std::uint64_t low, std::uint64_t high, std::size_t events);
  Division division_of(const Slot& slot);
  // To a slot that has room.
  [[gnu::always_inline]] static void add(Slot& slot, const Event& event) {
    Event* const at = slot.at;
    *at = event;
    slot.is_in_order &= !(event < *slot.newest);
    slot.newest = at;
    slot.at = at + 1;
    slot.first = std::min(slot.first, event.time);
  }
  void push_to_slot(Slot& slot, const Event& event) {
    if (slot.at == slot.end) [[unlikely]]
      add_block(slot);
    add(slot, event);
  }
  std::uint64_t bit_of(const Slot& slot) const {
    return std::uint64_t{1} << (&slot - slots_.data());
  }
  void push_elsewhere(Time time, std::uint64_t order, Entity* target, void* subject);
  void push_to_window(const Event& event);
  void add_block(Slot& slot);
  void release_blocks(Slot& slot);
  template <typename Visit>
  static void for_each_block(const Slot& slot, Visit visit);
  Slot split(Slot& slot, Time limit);
  void start_to_read(Slot& slot);
  void read_more();
  void end_of_look_ahead();
  template <typename Key>
  void scatter(const Slot& slot, const Division& parts, Key key);
  const Event* take_slowly();
  void sort_more();
  void sort(Event* first, Event* last);
  template <typename IsBefore>
  void sort_by(Event* first, Event* last, IsBefore is_before);
  void divide(Event* first, Event* last);
  template <typename Key>
  void divide_by(Event* first, Event* last, std::uint64_t low, std::uint64_t high, Key key);

  // The slots: [base_, base_ + width_) is slot head_, the next one follows it.
  Time horizon_ = start_of_time;
  Time open_end_ = start_of_time;  // of the open window
  Time base_ = start_of_time;
  Duration width_{1};
  std::size_t head_ = 0;
  std::uint64_t filled_ = 0;  // a bit for each slot that has events
  std::array<Slot, slot_count> slots_;
  // Where one went lately, behind the open window: the next one goes there, too, as a rule.
  Slot* last_slot_ = slots_.data();
  Time last_start_ = start_of_time;
  std::uint64_t last_width_ = 0;  // 0: nowhere
  Arena arena_;                   // of all blocks
  std::vector<Block*> spare_blocks_;

  // The open window, in buckets: sorted up to sorted_end_, taken up to at_. Where there is nothing
  // to sort, only a piece of it; what comes behind that is in unread_.
  Order order_ = Order::by_time;
  Slot unread_;
  Block* next_to_read_ = nullptr;  // in unread_
  std::size_t window_events_ = 0;
  unsigned windows_to_trial_ = 0;
  const Event* at_ = nullptr;
  const Event* stop_at_ = nullptr;  // where take() must look closer
  Event* sorted_end_ = nullptr;
  Event* events_end_ = nullptr;
  std::size_t bucket_ = 0;  // the next one to sort
  std::vector<std::uint32_t> offsets_;
  LargeArray<Event> events_;
  LargeArray<Event> scratch_;
  std::vector<Event> heap_;  // what was scheduled into the open window
  Event taken_;              // from the heap
  bool is_range_known_ = false;
  std::uint64_t lowest_target_ = ~std::uint64_t{0};
  std::uint64_t highest_target_ = 0;
};

template <typename Visit>
void Calendar::for_each_block(const Slot& slot, Visit visit) {
  if (slot.block == nullptr) return;
  visit(static_cast<const Event*>(slot.block->events), static_cast<const Event*>(slot.at));
  for (const Block* block = slot.block->previous; block != nullptr; block = block->previous) {
    visit(block->events, block->events + block_events);
  }
}

template <typename Visit>
void Calendar::for_each(Visit visit) const {
  for (const Event* event = at_; event != events_end_; ++event) visit(*event);
  for (const Event& event : heap_) visit(event);
  const auto visit_all = [&](const Event* first, const Event* last) {
    for (; first != last; ++first) visit(*first);
  };
  for_each_block(unread_, visit_all);
  for (const Slot& slot : slots_) for_each_block(slot, visit_all);
}

}  // namespace elvis
