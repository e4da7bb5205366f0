// SPDX-License-Identifier: MIT
#include "elvis/graph/frame_queue.hpp"

#include <algorithm>
#include <cmath>

#include "elvis/util/repeatable_math.hpp"

namespace elvis {

namespace {

/// `base` to the power of a whole number, by squaring: the same bits everywhere.
double power(double base, std::uint64_t exponent) {
  double result = 1;
  for (; exponent != 0 && result != 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

}  // namespace

FrameQueue::Admission FrameQueue::offer(Frame* frame, std::uint32_t bytes, Time now, Rng& luck,
                                        bool bears_mark) {
  using Discipline = QueueProperties::Discipline;
  Admission admission{.is_taken = true, .is_marked = false};
  if (properties_->discipline == Discipline::red) {
    const Early early = judge_early(bytes, now, luck);
    // RFC 3168, 7: beyond the upper threshold everything is dropped, lest marks be ignored.
    admission.is_marked = early == Early::chosen && properties_->marks && bears_mark;
    admission.is_taken = early == Early::none || admission.is_marked;
  } else if (properties_->discipline == Discipline::step && bears_mark) {
    const std::uint64_t queue = properties_->counts_bytes() ? bytes_ : frames();
    admission.is_marked = queue > properties_->step;
  }
  const bool is_full = frames() >= properties_->most_frames ||
                       bytes > properties_->most_bytes - std::min(bytes_, properties_->most_bytes);
  if (!admission.is_taken || is_full) return {.is_taken = false, .is_marked = false};
  items_.push_back({frame, bytes, bears_mark, now});
  bytes_ += bytes;
  return admission;
}

std::optional<FrameQueue::Item> FrameQueue::pop(Time now) {
  if (empty()) return std::nullopt;
  const Item item = items_[head_++];
  bytes_ -= item.bytes;
  if (empty()) {
    items_.clear();
    head_ = 0;
    red_.idle_since = now;
  } else if (head_ >= 32 && head_ > items_.size() / 2) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return item;
}

std::optional<FrameQueue::Departure> FrameQueue::poll(Time now, std::vector<Frame*>& dropped) {
  bool may_drop = false;
  bool is_marked = false;
  std::optional<Item> item;
  if (properties_->discipline != QueueProperties::Discipline::codel) {
    item = pop(now);
  } else {
    // RFC 8289, 5.5.
    item = pop_and_judge(now, may_drop);
    if (codel_.is_dropping) {
      if (!may_drop) codel_.is_dropping = false;
      while (codel_.is_dropping && now >= codel_.next_drop) {
        ++codel_.count;
        if (marks(*item)) {
          is_marked = true;
          codel_.next_drop = next_drop_after(codel_.next_drop);
          break;
        }
        dropped.push_back(item->frame);
        item = pop_and_judge(now, may_drop);
        if (!may_drop) {
          codel_.is_dropping = false;
        } else {
          codel_.next_drop = next_drop_after(codel_.next_drop);
        }
      }
    } else if (may_drop) {
      is_marked = marks(*item);
      if (!is_marked) {
        dropped.push_back(item->frame);
        item = pop_and_judge(now, may_drop);
      }
      codel_.is_dropping = true;
      // Where the last time of dropping was not long ago, its rate is taken up again.
      const std::uint32_t drops = codel_.count - codel_.last_count;
      const bool was_recent = now - codel_.next_drop < 16 * properties_->codel.interval;
      codel_.count = drops > 1 && was_recent ? drops : 1;
      codel_.next_drop = next_drop_after(now);
      codel_.last_count = codel_.count;
    }
  }
  if (!item) return std::nullopt;
  return Departure{.frame = item->frame,
                   .bytes = item->bytes,
                   .waited = now - item->arrived,
                   .is_marked = is_marked};
}

std::vector<Frame*> FrameQueue::clear() {
  std::vector<Frame*> all;
  for (std::size_t i = head_; i < items_.size(); ++i) all.push_back(items_[i].frame);
  *this = FrameQueue{*properties_};
  return all;
}

// ===== Random early detection: the average, and who pays for it =====

FrameQueue::Early FrameQueue::judge_early(std::uint32_t bytes, Time now, Rng& luck) {
  const RedProperties& red = properties_->red;
  if (empty()) {
    // As if empty slots had come one after another meanwhile.
    const auto slots =
        (now - red_.idle_since).count() / std::max<Duration::rep>(1, red.frame_time.count());
    red_.average *= power(1 - red.weight, static_cast<std::uint64_t>(slots));
  } else {
    const auto queue = static_cast<double>(properties_->counts_bytes() ? bytes_ : frames());
    red_.average += red.weight * (queue - red_.average);
  }
  if (red_.average < red.least) {
    red_.since_drop = -1;
    return Early::none;
  }
  if (red_.average >= red.most) {
    red_.since_drop = 0;
    return Early::overflow;
  }
  ++red_.since_drop;
  double base = red.max_probability * (red_.average - red.least) / (red.most - red.least);
  if (properties_->counts_bytes()) base = base * bytes / red.frame_bytes;
  const double left = 1 - red_.since_drop * base;
  // Drops lie evenly apart: between 1 and 1 / base frames.
  const bool is_chosen = left <= base || unit_interval(luck()) < base / left;
  if (is_chosen) red_.since_drop = 0;
  return is_chosen ? Early::chosen : Early::none;
}

// ===== Controlled delay: frames that have waited too long, for too long =====

std::optional<FrameQueue::Item> FrameQueue::pop_and_judge(Time now, bool& may_drop) {
  const CodelProperties& codel = properties_->codel;
  const std::optional<Item> item = pop(now);
  may_drop = false;
  if (!item || now - item->arrived < codel.target || bytes_ <= codel.frame_bytes) {
    codel_.late_since_then.reset();
  } else if (!codel_.late_since_then) {
    codel_.late_since_then = add_saturated(now, codel.interval);
  } else {
    may_drop = now >= *codel_.late_since_then;
  }
  return item;
}

Time FrameQueue::next_drop_after(Time time) const {
  const auto interval = static_cast<double>(properties_->codel.interval.count());
  return add_saturated(time, round_to_duration(interval / std::sqrt(double{1} * codel_.count)));
}

}  // namespace elvis
