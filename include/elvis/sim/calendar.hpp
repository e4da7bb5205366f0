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
    if (event.time < open_end_) {
      return push_to_window(event.time, event.order, event.target, event.subject);
    }
    const Duration ahead = event.time - base_;
    std::size_t slot = 0;
    if (ahead >= width_) {
      slot = ahead - width_ < width_ ? 1 : static_cast<std::size_t>(ahead / width_);
    }
    push_to_slot(slots_[(head_ + slot) % slot_count], event);
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
  /// The event that comes `ahead` places after the next one, if that is already known; else null.
  /// For prefetching only.
  const Event* look_ahead(std::size_t ahead) const {
    return at_ + ahead < sorted_end_ ? at_ + ahead : nullptr;
  }

  std::size_t size() const {
    return slot_events_ + heap_.size() + static_cast<std::size_t>(events_end_ - at_);
  }
  bool empty() const { return size() == 0; }
  /// How many events the open window began with.
  std::size_t window_events() const {
    return static_cast<std::size_t>(events_end_ - events_.get());
  }
  /// Calls `visit` with every pending event, in no particular order.
  template <typename Visit>
  void for_each(Visit visit) const;
  void clear();

 private:
  static constexpr std::size_t slot_count = 64;
  static constexpr std::size_t block_events = 127;

  struct Block {
    Block* previous;
    Event events[block_events];
  };
  struct Slot {
    Block* block = nullptr;  // the one being filled, the others behind it
    Event* at = nullptr;
    Event* end = nullptr;
    Time first = end_of_time;
    const Event* newest = nullptr;
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
  [[gnu::always_inline]] void push_to_slot(Slot& slot, const Event& event) {
    if (slot.at == slot.end) [[unlikely]]
      add_block(slot);
    *slot.at = event;
    if (slot.newest != nullptr && event < *slot.newest) slot.is_in_order = false;
    slot.newest = slot.at++;
    if (event.time < slot.first) slot.first = event.time;
    ++slot_events_;
  }
  void push_to_window(Time time, std::uint64_t order, Entity* target, void* subject);
  void add_block(Slot& slot);
  void release_blocks(Slot& slot);
  template <typename Visit>
  static void for_each_block(const Slot& slot, Visit visit);
  Slot split(Slot& slot, Time limit);
  void copy_in_order(const Slot& slot);
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
  std::size_t slot_events_ = 0;
  std::array<Slot, slot_count> slots_;
  Arena arena_;  // of all blocks
  std::vector<Block*> spare_blocks_;

  // The open window, in buckets: sorted up to sorted_end_, taken up to at_.
  Order order_ = Order::by_time;
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
  for (const Slot& slot : slots_) {
    for_each_block(slot, [&](const Event* first, const Event* last) {
      for (; first != last; ++first) visit(*first);
    });
  }
}

}  // namespace elvis
