// SPDX-License-Identifier: MIT
#include "elvis/sim/calendar.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "elvis/util/assert.hpp"

namespace elvis {

namespace {

// A bucket of this many events is sorted as it is.
constexpr std::size_t small_bucket = 40;
// What a bucket should hold; a division makes no more buckets than stay in the cache.
constexpr std::size_t bucket_size = 12;
constexpr std::size_t max_buckets = 2048;
// How many events are sorted before they are taken, so that those can be looked ahead to.
constexpr std::size_t sorted_ahead = 96;
// How many blocks are read at once: few stay in the cache.
constexpr std::size_t blocks_read = 3;

constexpr auto target_key = [](const Event& event) -> std::uint64_t {
  return reinterpret_cast<std::uintptr_t>(event.target);
};

constexpr auto time_key = [](const Event& event) {
  return static_cast<std::uint64_t>(event.time.time_since_epoch().count());
};

// Functions as objects, so that the loops that use them hold them.
constexpr auto is_earlier = [](const Event& left, const Event& right) { return left < right; };
constexpr auto is_earlier_of_target = [](const Event& left, const Event& right) {
  if (left.target != right.target) return target_key(left) < target_key(right);
  return left < right;
};

bool is_after(const Event& left, const Event& right) {
  return right < left;
}

// Sorts few events, or ones that are nearly in order.
template <typename IsBefore>
void insert_sort(Event* first, Event* last, IsBefore is_before) {
  for (Event* next = first + 1; next < last; ++next) {
    if (!is_before(*next, next[-1])) continue;
    const Event moved = *next;
    Event* hole = next;
    do {
      *hole = hole[-1];
      --hole;
    } while (hole != first && is_before(moved, hole[-1]));
    *hole = moved;
  }
}

}  // namespace

void Calendar::start(Time now, Duration width) {
  ELVIS_ASSERT(empty() && width >= Duration{1});
  width_ = width;
  open_end_ = start_of_time;
  base_ = start_of_time;
  horizon_ = end_of_time;
  advance_to(now);
}

// ===== Calendar: what comes in =====

void Calendar::push_elsewhere(Time time, std::uint64_t order, Entity* target, void* subject) {
  const Event event{time, order, target, subject};
  if (time < open_end_) return push_to_window(event);
  const Duration::rep ahead = (time - base_) / width_;
  Slot& slot = slots_[(head_ + static_cast<std::size_t>(ahead)) % slot_count];
  push_to_slot(slot, event);
  filled_ |= bit_of(slot);
  if (ahead == 0) return;  // part of it may be open
  last_slot_ = &slot;
  last_start_ = base_ + ahead * width_;
  last_width_ = static_cast<std::uint64_t>(width_.count());
}

void Calendar::add_block(Slot& slot) {
  if (spare_blocks_.empty()) {
    spare_blocks_.push_back(new (arena_.allocate(sizeof(Block), alignof(Block))) Block);
  }
  Block* const block = spare_blocks_.back();
  spare_blocks_.pop_back();
  if (slot.block != nullptr) ++slot.full;
  block->next = nullptr;
  block->previous = std::exchange(slot.block, block);
  if (block->previous != nullptr) block->previous->next = block;
  slot.at = block->events;
  slot.end = block->events + block_events;
}

void Calendar::release_blocks(Slot& slot) {
  for (Block* block = slot.block; block != nullptr; block = block->previous) {
    spare_blocks_.push_back(block);
  }
  slot = {};
}

void Calendar::push_to_window(const Event& event) {
  heap_.push_back(event);
  std::push_heap(heap_.begin(), heap_.end(), is_after);
  stop_at_ = at_;
}

// ===== Calendar: from window to window =====

Time Calendar::next_time() const {
  if (filled_ == 0) return end_of_time;
  const auto ahead =
      static_cast<std::size_t>(std::countr_zero(std::rotr(filled_, static_cast<int>(head_))));
  return slots_[(head_ + ahead) % slot_count].first;
}

void Calendar::advance_to(Time next) {
  ELVIS_ASSERT(next >= base_);
  const Duration::rep slots = (next - base_) / width_;
  head_ = (head_ + static_cast<std::size_t>(slots) % slot_count) % slot_count;
  base_ += slots * width_;
  horizon_ = add_saturated(base_, slot_count * width_);
}

void Calendar::open(Time limit, Order order) {
  ELVIS_ASSERT(at_ == events_end_ && heap_.empty() && limit > base_);
  Slot due = std::exchange(slots_[head_], {});
  filled_ &= ~bit_of(slots_[head_]);
  if (last_slot_ == &slots_[head_]) last_width_ = 0;
  const Time slot_end = add_saturated(base_, width_);
  if (limit < slot_end) due = split(due, limit);
  order_ = order;
  open_end_ = std::min(limit, slot_end);

  const std::size_t events = window_events_ = due.size();
  if (order == Order::by_time && due.is_in_order) return start_to_read(due);
  events_.reserve(events + max_ahead);
  if (order == Order::by_time) {
    scatter(due, division_of(due), time_key);
  } else {
    scatter(due, division_of(due), target_key);
  }
  release_blocks(due);
  at_ = stop_at_ = sorted_end_ = events_.get();
  events_end_ = events_.get() + events;
  end_of_look_ahead();
  bucket_ = 0;
}

// Behind the last event there is something to be looked ahead to, too: not that event, which may
// have been taken while another one, scheduled into the window, is still to come.
void Calendar::end_of_look_ahead() {
  if (events_end_ == events_.get()) return;
  const Event& last = events_end_[-1];
  std::fill_n(events_end_, max_ahead, Event{last.time, last.order, last.target, last.target});
}

// By time where the events came in that order, as there is nothing to sort then. Whether they do
// shows only after a window that was taken by time, so one is, now and then; but not one that is
// all one instant, as the start of the run: each of its events schedules more into the window
// itself, which is cheap target by target only.
//
// What does not come in order goes by target, unless one of them seems to have much of the window:
// then to set that target's events apart costs more than it gains. Windows that are larger than the
// caches are the other way round: only such a target is worth to go by time.
Calendar::Order Calendar::best_order() {
  constexpr std::size_t large_window = std::size_t{1} << 20;
  constexpr unsigned trial_interval = 64;
  const Slot& slot = slots_[head_];
  if (slot.block == nullptr) return Order::by_target;
  if (slot.is_in_order && slot.first == slot.newest->time) return Order::by_target;
  const bool is_large = slot.size() >= large_window;
  const bool has_hub = one_target_has_much(slot);
  if (slot.is_in_order || windows_to_trial_ == 0) {
    windows_to_trial_ = trial_interval;
    if (!is_large || has_hub) return Order::by_time;
  }
  --windows_to_trial_;
  return has_hub && !is_large ? Order::by_time : Order::by_target;
}

// Whether a quarter of what came last seems to be for one target.
bool Calendar::one_target_has_much(const Slot& slot) {
  constexpr std::size_t blocks_looked_at = 8;
  constexpr std::size_t stride = 17;  // odd, as senders send and wait in turn
  std::array<std::uint64_t, blocks_looked_at*(block_events / stride + 1)> sample;
  std::size_t size = 0;
  const auto look_at = [&](const Event* first, const Event* last) {
    for (; first < last; first += std::min<std::ptrdiff_t>(stride, last - first)) {
      sample[size++] = target_key(*first);
    }
  };
  look_at(slot.block->events, slot.at);
  const Block* block = slot.block->previous;
  for (std::size_t i = 1; i < blocks_looked_at && block != nullptr; ++i, block = block->previous) {
    look_at(block->events, block->events + block_events);
  }
  std::sort(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size));
  for (std::size_t i = size / 4; i < size; ++i) {
    if (sample[i] == sample[i - size / 4]) return true;
  }
  return false;
}

// Returns what of `slot` happens before `limit`, and puts the rest back to its place.
Calendar::Slot Calendar::split(Slot& slot, Time limit) {
  Slot due;
  for_each_block(slot, [&](const Event* first, const Event* last) {
    for (; first != last; ++first) {
      push_to_slot(first->time < limit ? due : slots_[head_], *first);
    }
  });
  if (slots_[head_].block != nullptr) filled_ |= bit_of(slots_[head_]);
  release_blocks(slot);
  return due;
}

Calendar::Division Calendar::division(std::uint64_t low, std::uint64_t high, std::size_t events) {
  const std::size_t wanted = std::clamp(events / bucket_size, std::size_t{1}, max_buckets);
  Division parts{low, 0, 1};
  while (((high - low) >> parts.shift) >= wanted) ++parts.shift;
  parts.buckets = static_cast<std::size_t>((high - low) >> parts.shift) + 1;
  return parts;
}

// The first division of a window. The range of the targets is kept from window to window, and
// looked at anew when many of them lie at one of its ends.
Calendar::Division Calendar::division_of(const Slot& slot) {
  if (slot.block == nullptr) return {};
  if (order_ == Order::by_time) {
    const auto low = static_cast<std::uint64_t>(base_.time_since_epoch().count());
    return division(low, low + static_cast<std::uint64_t>(width_.count()) - 1, slot.size());
  }
  if (!is_range_known_) {
    for_each_block(slot, [&](const Event* first, const Event* last) {
      for (; first != last; ++first) {
        lowest_target_ = std::min(lowest_target_, target_key(*first));
        highest_target_ = std::max(highest_target_, target_key(*first));
      }
    });
  }
  return division(lowest_target_, highest_target_, slot.size());
}

// What is sent and slept at constant distances comes in order; then there is nothing to sort, and
// the blocks are read as their turn comes.
void Calendar::start_to_read(Slot& slot) {
  events_.reserve(blocks_read * block_events + 2 * max_ahead);
  at_ = sorted_end_ = events_end_ = events_.get();
  unread_ = std::exchange(slot, {});
  next_to_read_ = unread_.block;
  while (next_to_read_ != nullptr && next_to_read_->previous != nullptr) {
    next_to_read_ = next_to_read_->previous;
  }
  read_more();
}

// Puts the next blocks behind the few events that are left of those before.
void Calendar::read_more() {
  Event* end = std::copy(at_, static_cast<const Event*>(events_end_), events_.get());
  for (std::size_t i = 0; i < blocks_read && next_to_read_ != nullptr; ++i) {
    Block* const block = next_to_read_;
    const bool is_newest = block == unread_.block;
    end = std::copy(block->events, is_newest ? unread_.at : block->events + block_events, end);
    spare_blocks_.push_back(block);
    next_to_read_ = block->next;
    if (is_newest) {
      unread_ = {};
    } else {
      next_to_read_->previous = nullptr;
      --unread_.full;
    }
  }
  at_ = events_.get();
  sorted_end_ = events_end_ = end;
  const bool is_all = next_to_read_ == nullptr;
  if (is_all) end_of_look_ahead();
  stop_at_ = is_all ? end : end - max_ahead;
}

// Puts the events of `slot` into buckets: one pass counts, one moves.
template <typename Key>
void Calendar::scatter(const Slot& slot, const Division& parts, Key key) {
  offsets_.assign(parts.buckets + 1, 0);
  for_each_block(slot, [&](const Event* first, const Event* last) {
    for (; first != last; ++first) ++offsets_[parts.bucket_of(key(*first)) + 1];
  });
  if (order_ == Order::by_target) {
    const std::size_t much = slot.size() / 4 + small_bucket;
    is_range_known_ = offsets_[1] < much && offsets_[parts.buckets] < much;
  }
  for (std::size_t i = 0; i < parts.buckets; ++i) offsets_[i + 1] += offsets_[i];
  Event* const events = events_.get();
  std::uint32_t* const offsets = offsets_.data();
  for_each_block(slot, [&](const Event* first, const Event* last) {
    for (; first != last; ++first) events[offsets[parts.bucket_of(key(*first))]++] = *first;
  });
  // Moving took every offset to its bucket's end, which is where the next one starts.
}

// ===== Calendar: the open window =====

const Event* Calendar::take_slowly() {
  sort_more();
  const bool is_over = at_ == events_end_;
  if (heap_.empty()) {
    if (is_over) return nullptr;
    return at_++;
  }
  const Event& first = heap_.front();
  // What was scheduled into the window is for the present target, so it comes before the next one.
  const bool is_other = order_ == Order::by_target && !is_over && at_->target != first.target;
  if (is_over || is_other || first < *at_) {
    stop_at_ = at_;
    taken_ = first;
    std::pop_heap(heap_.begin(), heap_.end(), is_after);
    heap_.pop_back();
    return &taken_;
  }
  stop_at_ = at_ + 1;
  return at_++;
}

// Sorts some more buckets, if there are any, and says how far take() may go without asking.
void Calendar::sort_more() {
  if (next_to_read_ != nullptr) {
    if (at_ + max_ahead >= events_end_) return read_more();
    stop_at_ = events_end_ - max_ahead;
    return;
  }
  Event* const events = events_.get();
  while (sorted_end_ != events_end_ && sorted_end_ < at_ + sorted_ahead) {
    Event* const end = events + offsets_[bucket_++];
    sort(sorted_end_, end);
    sorted_end_ = end;
  }
  stop_at_ = sorted_end_ == events_end_ ? sorted_end_ : sorted_end_ - max_ahead;
}

void Calendar::sort(Event* first, Event* last) {
  if (order_ == Order::by_time) return sort_by(first, last, is_earlier);
  sort_by(first, last, is_earlier_of_target);
}

template <typename IsBefore>
void Calendar::sort_by(Event* first, Event* last, IsBefore is_before) {
  if (last - first <= static_cast<std::ptrdiff_t>(small_bucket)) {
    insert_sort(first, last, is_before);
  } else if (!std::is_sorted(first, last, is_before)) {
    divide(first, last);
  }
}

// Sorts many events by dividing them further: by target, then by time.
void Calendar::divide(Event* first, Event* last) {
  std::uint64_t low = ~std::uint64_t{0};
  std::uint64_t high = 0;
  const auto measure = [&](auto key) {
    low = ~std::uint64_t{0};
    high = 0;
    for (const Event* event = first; event != last; ++event) {
      low = std::min(low, key(*event));
      high = std::max(high, key(*event));
    }
  };
  if (order_ == Order::by_target) {
    measure(target_key);
    if (low != high) return divide_by(first, last, low, high, target_key);
  }
  measure(time_key);
  if (low != high) return divide_by(first, last, low, high, time_key);
  std::sort(first, last);
}

template <typename Key>
void Calendar::divide_by(Event* first, Event* last, std::uint64_t low, std::uint64_t high,
                         Key key) {
  const auto events = static_cast<std::size_t>(last - first);
  const Division parts = division(low, high, events);
  std::uint32_t offsets[max_buckets + 1];  // cleared as far as they are used
  std::fill_n(offsets, parts.buckets + 1, 0U);
  for (const Event* event = first; event != last; ++event) {
    ++offsets[parts.bucket_of(key(*event)) + 1];
  }
  for (std::size_t i = 0; i < parts.buckets; ++i) offsets[i + 1] += offsets[i];
  scratch_.reserve(events);
  Event* const scratch = scratch_.get();
  for (const Event* event = first; event != last; ++event) {
    scratch[offsets[parts.bucket_of(key(*event))]++] = *event;
  }
  std::copy(scratch, scratch + events, first);
  for (std::size_t i = 0, begin = 0; i < parts.buckets; ++i) {
    const std::size_t end = offsets[i];
    sort(first + begin, first + end);
    begin = end;
  }
}

void Calendar::clear() {
  for (Slot& slot : slots_) release_blocks(slot);
  filled_ = 0;
  last_width_ = 0;
  release_blocks(unread_);
  next_to_read_ = nullptr;
  heap_.clear();
  at_ = stop_at_ = sorted_end_ = events_end_ = events_.get();
}

}  // namespace elvis
