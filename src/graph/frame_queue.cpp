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

bool FrameQueue::offer(Frame* frame, std::uint32_t bytes, Time now, Rng& luck) {
  using Discipline = QueueProperties::Discipline;
  const bool is_early =
      properties_->discipline == Discipline::red && should_drop_early(bytes, now, luck);
  const bool is_full = frames() >= properties_->most_frames ||
                       bytes > properties_->most_bytes - std::min(bytes_, properties_->most_bytes);
  if (is_early || is_full) return false;
  items_.push_back({frame, bytes, now});
  bytes_ += bytes;
  return true;
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
  std::optional<Item> item;
  if (properties_->discipline != QueueProperties::Discipline::codel) {
    item = pop(now);
  } else {
    // RFC 8289, 5.5.
    item = pop_and_judge(now, may_drop);
    if (codel_.is_dropping) {
      if (!may_drop) codel_.is_dropping = false;
      while (codel_.is_dropping && now >= codel_.next_drop) {
        dropped.push_back(item->frame);
        ++codel_.count;
        item = pop_and_judge(now, may_drop);
        if (!may_drop) {
          codel_.is_dropping = false;
        } else {
          codel_.next_drop = next_drop_after(codel_.next_drop);
        }
      }
    } else if (may_drop) {
      dropped.push_back(item->frame);
      item = pop_and_judge(now, may_drop);
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
  return Departure{.frame = item->frame, .bytes = item->bytes, .waited = now - item->arrived};
}

std::vector<Frame*> FrameQueue::clear() {
  std::vector<Frame*> all;
  for (std::size_t i = head_; i < items_.size(); ++i) all.push_back(items_[i].frame);
  *this = FrameQueue{*properties_};
  return all;
}

// ===== Random early detection: the average, and who pays for it =====

bool FrameQueue::should_drop_early(std::uint32_t bytes, Time now, Rng& luck) {
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
    return false;
  }
  if (red_.average >= red.most) {
    red_.since_drop = 0;
    return true;
  }
  ++red_.since_drop;
  double base = red.max_probability * (red_.average - red.least) / (red.most - red.least);
  if (properties_->counts_bytes()) base = base * bytes / red.frame_bytes;
  const double left = 1 - red_.since_drop * base;
  // Drops lie evenly apart: between 1 and 1 / base frames.
  const bool is_chosen = left <= base || unit_interval(luck()) < base / left;
  if (is_chosen) red_.since_drop = 0;
  return is_chosen;
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
