// SPDX-License-Identifier: MIT
#include "elvis/report/capture_merger.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace elvis {

CaptureMerger::CaptureMerger(const CapturePlan& plan, CaptureSink& sink) : sink_{sink} {
  std::vector<std::uint32_t> joint_of;  // by file
  for (const CaptureFile& file : plan.files()) {
    const bool is_joint = !file.machine;
    joint_of.push_back(is_joint ? static_cast<std::uint32_t>(joints_.size()) : CapturePlan::none);
    if (is_joint) joints_.emplace_back();
  }
  for (std::uint32_t i = 0; i < plan.point_count(); ++i) {
    const auto [file, interface_id] = plan.point(i);
    spots_.push_back({file, interface_id, joint_of[file], plan.files()[file].format});
  }
}

void CaptureMerger::merge(const CaptureBatch& batch) {
  for (const CapturePiece* const log : batch.logs) take(*log);
  for (Joint& joint : joints_) {
    if (!joint.waiting.empty()) settle(joint, batch.settled);
  }
}

void CaptureMerger::take(const CapturePiece& log) {
  const std::uint8_t* const end = log.bytes + log.size;
  for (const std::uint8_t* at = log.bytes; at != end;) {
    CaptureEntry entry;
    std::memcpy(&entry, at, sizeof entry);
    const std::uint32_t joint = spots_[entry.point].joint;
    if (joint == CapturePlan::none) {
      write(entry, at + sizeof entry);
    } else {
      const auto size = static_cast<std::uint32_t>(entry.size());
      joints_[joint].waiting.push_back({entry.time, entry.entity, size, at});
    }
    at += entry.size();
  }
}

void CaptureMerger::write(const CaptureEntry& entry, const std::uint8_t* bytes) {
  const Spot& spot = spots_[entry.point];
  const char* const comment = reinterpret_cast<const char*>(bytes) + entry.frame_size;
  const CapturedFrame frame{.time = entry.time,
                            .interface_id = spot.interface_id,
                            .direction = entry.direction,
                            .bytes = {bytes, entry.frame_size},
                            .comment = {comment, entry.comment_size}};
  std::uint8_t* const room = sink_.grow(spot.file, captured_frame_size(spot.format, frame));
  if (room != nullptr) write_captured_frame(room, spot.format, frame);
}

void CaptureMerger::settle(Joint& joint, Time settled) {
  std::vector<Key>& keys = joint.waiting;
  sort(keys);
  const auto unsettled = std::partition_point(keys.begin(), keys.end(), [&](const Key& key) {
    return key.time < settled || settled == end_of_time;
  });
  for (auto key = keys.begin(); key != unsettled; ++key) {
    CaptureEntry entry;
    std::memcpy(&entry, key->entry, sizeof entry);
    write(entry, key->entry + sizeof entry);
  }
  keys.erase(keys.begin(), unsettled);
  keep(joint);
}

// One partition may have all in the order of time: then only instants are to be put in order.
void CaptureMerger::sort_much(std::vector<Key>& keys) {
  const auto comes_first = [](const Key& left, const Key& right) {
    if (left.comes_before(right)) return true;
    return !right.comes_before(left) && left.place < right.place;
  };
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i].place = static_cast<std::uint32_t>(i);
  const auto is_earlier = [](const Key& left, const Key& right) { return left.time < right.time; };
  if (!std::is_sorted(keys.begin(), keys.end(), is_earlier)) {
    return std::sort(keys.begin(), keys.end(), comes_first);
  }
  for (auto first = keys.begin(); first != keys.end();) {
    const auto last = std::find_if(first + 1, keys.end(),
                                   [&](const Key& key) { return key.time != first->time; });
    if (!std::is_sorted(first, last, comes_first)) std::sort(first, last, comes_first);
    first = last;
  }
}

// Each machine and network keeps to one log, so its frames come in their order. What a log has is
// in the order of time, or nearly so: rows that are in order are merged.
void CaptureMerger::sort(std::vector<Key>& keys) {
  const auto comes_first = [](const Key& left, const Key& right) {
    return left.comes_before(right);
  };
  constexpr std::size_t few = 16;
  std::vector<std::size_t> ends;
  for (auto at = keys.begin(); at != keys.end() && ends.size() <= few;) {
    at = std::is_sorted_until(at, keys.end(), comes_first);
    ends.push_back(static_cast<std::size_t>(at - keys.begin()));
  }
  if (ends.size() > few) return sort_much(keys);
  while (ends.size() > 1) {
    merged_.clear();
    std::vector<std::size_t> next;
    const auto place = [&](std::size_t end) {
      return keys.begin() + static_cast<std::ptrdiff_t>(end);
    };
    for (std::size_t i = 0; i < ends.size(); i += 2) {
      const auto first = place(i == 0 ? 0 : ends[i - 1]);
      const auto middle = place(ends[i]);
      const auto last = i + 1 < ends.size() ? place(ends[i + 1]) : middle;
      std::merge(first, middle, middle, last, std::back_inserter(merged_), comes_first);
      next.push_back(merged_.size());
    }
    std::swap(keys, merged_);
    ends = std::move(next);
  }
}

// The logs' memory goes back.
void CaptureMerger::keep(Joint& joint) {
  std::size_t size = 0;
  for (const Key& key : joint.waiting) size += key.size;
  std::vector<std::uint8_t> kept(size);
  std::uint8_t* at = kept.data();
  for (Key& key : joint.waiting) {
    key.entry = static_cast<const std::uint8_t*>(std::memcpy(at, key.entry, key.size));
    at += key.size;
  }
  joint.kept = std::move(kept);
}

}  // namespace elvis
