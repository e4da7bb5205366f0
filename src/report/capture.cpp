// SPDX-License-Identifier: MIT
#include "elvis/report/capture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/tap.hpp"

namespace elvis {

namespace {

constexpr std::size_t block_bytes = std::size_t{256} << 10;
// Comments on one frame beyond these are left out: a broadcast may be lost a million times.
constexpr std::size_t longest_comment = 400;
// Bytes that a comment names.
constexpr std::size_t most_differences = 8;
constexpr std::size_t no_record = ~std::size_t{0};

std::string_view words_for(FrameFate fate) {
  switch (fate) {
    case FrameFate::lost:
      return "lost";
    case FrameFate::corrupted:
      return "corrupted";
    case FrameFate::queue_dropped:
      return "dropped by a full queue";
    case FrameFate::duplicated:
      return "duplicated";
    case FrameFate::unknown_destination:
      return "for nobody on this network";
  }
  return {};
}

// ", byte 17" or ", bytes 3 17"
std::string differences(const CaptureRecord& record, const Message& frame) {
  const std::vector<std::uint8_t> bytes = frame.to_bytes();
  std::string places;
  std::size_t found = 0;
  for (std::size_t i = 0; i < bytes.size() && i < record.size; ++i) {
    if (bytes[i] == record.bytes[i]) continue;
    if (++found > most_differences) return fmt::format(", bytes{} and more", places);
    places += fmt::format(" {}", i);
  }
  return fmt::format(", byte{}{}", found == 1 ? "" : "s", places);
}

}  // namespace

void CapturePart::clear() {
  records.clear();
  comments.clear();
}

// ===== CaptureRecorder: on the way of every frame =====

struct alignas(64) CaptureRecorder::Buffer {
  CapturePart part;
  std::size_t blocks_used = 0;
  std::uint8_t* at = nullptr;  // in the block that is being filled
  std::size_t left = 0;
  std::size_t bytes = 0;
  // The record that the network or the machine may still say something about.
  std::size_t carried = no_record;
  std::size_t received = no_record;
  const Machine* receiver = nullptr;

  std::uint8_t* room_for(std::size_t size) {
    if (size > left) add_block(size);
    std::uint8_t* const room = at;
    at += size;
    left -= size;
    bytes += size;
    return room;
  }
  // Blocks of the usual size are used again; for a larger frame one is made, and let go.
  void add_block(std::size_t size) {
    if (size > block_bytes || blocks_used == part.blocks.size()) {
      left = std::max(size, block_bytes);
      part.blocks.insert(part.blocks.begin() + static_cast<std::ptrdiff_t>(blocks_used),
                         std::make_unique_for_overwrite<std::uint8_t[]>(left));
    } else {
      left = block_bytes;
    }
    at = part.blocks[blocks_used++].get();
  }
};

CaptureRecorder::CaptureRecorder(const CapturePlan& plan, std::size_t partitions)
    : plan_{plan}, looks_at_bytes_{plan.filter().looks_at_bytes()} {
  for (std::size_t i = 0; i < partitions; ++i) buffers_.push_back(std::make_unique<Buffer>());
}

CaptureRecorder::~CaptureRecorder() = default;

CaptureRecorder::Buffer& CaptureRecorder::buffer_of(const Entity& entity) {
  return *buffers_[entity.partition().index()];
}

CaptureRecord& CaptureRecorder::record(Buffer& buffer, const Entity& by, std::uint32_t point,
                                       CaptureDirection direction, const Message& frame, Time now) {
  const std::size_t size = frame.size();
  std::uint8_t* const bytes = buffer.room_for(size);
  frame.copy_to({bytes, size});
  buffer.part.records.push_back(
      {now, bytes, nullptr, static_cast<std::uint32_t>(size), by.id(), point, direction});
  return buffer.part.records.back();
}

void CaptureRecorder::record_at(const Tap& tap, CaptureDirection direction, const Message& frame,
                                Time now) {
  const auto [first, second] = plan_.points_of(tap);
  if (first == CapturePlan::none && second == CapturePlan::none) return;
  if (looks_at_bytes_ && !plan_.filter().passes(frame)) return;
  Buffer& buffer = buffer_of(tap.machine());
  const std::size_t begin = buffer.part.records.size();
  for (const std::uint32_t point : {first, second}) {
    if (point != CapturePlan::none) record(buffer, tap.machine(), point, direction, frame, now);
  }
  if (direction != CaptureDirection::inbound) return;
  buffer.received = begin;
  buffer.receiver = &tap.machine();
}

void CaptureRecorder::frame_sent(const Tap& from, const Message& frame, Time now) {
  if (plan_.captures_machines()) record_at(from, CaptureDirection::outbound, frame, now);
}

void CaptureRecorder::frame_delivered(const Tap& to, const Message& frame, Time now) {
  if (!plan_.captures_machines()) return;
  buffer_of(to.machine()).received = no_record;
  record_at(to, CaptureDirection::inbound, frame, now);
}

void CaptureRecorder::frame_carried(const Tap& from, const Entity& by, const Message& frame,
                                    Time now) {
  if (!plan_.captures_networks()) return;
  Buffer& buffer = buffer_of(by);
  buffer.carried = no_record;
  const std::uint32_t point = plan_.point_of(from, frame);
  if (point == CapturePlan::none || (looks_at_bytes_ && !plan_.filter().passes(frame))) return;
  buffer.carried = buffer.part.records.size();
  record(buffer, by, point, CaptureDirection::unknown, frame, now);
}

void CaptureRecorder::comment(Buffer& buffer, std::size_t record, std::string_view text) {
  CaptureRecord& about = buffer.part.records[record];
  if (about.comment == nullptr) {
    about.comment = &buffer.part.comments.emplace_back(text);
    return;
  }
  if (about.comment->size() > longest_comment) return;
  const bool is_last = about.comment->size() + text.size() > longest_comment;
  *about.comment += "\n";
  *about.comment += is_last ? "and more" : text;
  if (is_last) about.comment->resize(longest_comment + 1, ' ');
}

void CaptureRecorder::frame_met(const Tap& from, const Entity& by, FrameFate fate,
                                const Message& frame, const Tap* to, Time now) {
  if (!plan_.captures_networks()) return;
  Buffer& buffer = buffer_of(by);
  if (fate == FrameFate::queue_dropped) frame_carried(from, by, frame, now);
  if (buffer.carried == no_record) return;
  std::string text{words_for(fate)};
  if (to != nullptr) text += " on the way to " + to->machine().name();
  if (fate == FrameFate::corrupted) {
    text += differences(buffer.part.records[buffer.carried], frame);
  }
  comment(buffer, buffer.carried, text);
}

// What a machine drops while it handles a frame that came is that frame, or the end of it. Other
// packets, which wait for an address for example, have not been on a network.
void CaptureRecorder::dropped(const Machine& machine, Drop reason, const Message& message, Time) {
  if (!plan_.captures_machines()) return;
  Buffer& buffer = buffer_of(machine);
  if (buffer.received == no_record || buffer.receiver != &machine) return;
  const CaptureRecord received = buffer.part.records[buffer.received];
  if (received.time != machine.now() || received.size < message.size()) return;
  const std::vector<std::uint8_t> bytes = message.to_bytes();
  const std::uint8_t* const end = received.bytes + received.size;
  if (!std::equal(bytes.begin(), bytes.end(), end - message.size())) return;
  const std::string text = fmt::format("dropped: {}", name_of(reason));
  for (std::size_t i = buffer.received; i < buffer.part.records.size(); ++i) {
    if (buffer.part.records[i].direction != CaptureDirection::inbound) break;
    comment(buffer, i, text);
  }
}

std::size_t CaptureRecorder::waiting_bytes() const {
  std::size_t sum = 0;
  for (const auto& buffer : buffers_) {
    sum += buffer->bytes + buffer->part.records.size() * sizeof(CaptureRecord);
  }
  return sum;
}

void CaptureRecorder::take(CaptureBatch& batch) {
  batch.parts.resize(buffers_.size());
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    Buffer& buffer = *buffers_[i];
    batch.parts[i].clear();
    if (buffer.part.empty()) continue;
    std::swap(buffer.part, batch.parts[i]);
    buffer.blocks_used = buffer.left = buffer.bytes = 0;
    buffer.carried = buffer.received = no_record;
  }
}

// ===== CaptureMerger: the order of the file =====

void CaptureMerger::begin() {
  keys_.clear();
  for (const auto& kept : kept_) add(kept->record);
}

void CaptureMerger::add(const CaptureRecord& record) {
  keys_.push_back({record.time, record.entity, static_cast<std::uint32_t>(keys_.size()), &record});
}

// Each machine and network belongs to one partition, so its records come in their order.
void CaptureMerger::sort() {
  const auto is_earlier = [](const Key& left, const Key& right) { return left.time < right.time; };
  const auto comes_first = [](const Key& left, const Key& right) {
    if (left.time != right.time) return left.time < right.time;
    if (left.entity != right.entity) return left.entity < right.entity;
    return left.place < right.place;
  };
  if (std::is_sorted(keys_.begin(), keys_.end(), comes_first)) return;
  if (!std::is_sorted(keys_.begin(), keys_.end(), is_earlier)) {
    std::sort(keys_.begin(), keys_.end(), comes_first);
    return;
  }
  // By time already, as one partition has it: only instants are to be put in order.
  for (auto first = keys_.begin(); first != keys_.end();) {
    const auto last = std::find_if(first + 1, keys_.end(),
                                   [&](const Key& key) { return key.time != first->time; });
    if (!std::is_sorted(first, last, comes_first)) std::sort(first, last, comes_first);
    first = last;
  }
}

void CaptureMerger::merge(const CaptureBatch& batch, const Write& write) {
  begin();
  for (const CapturePart& part : batch.parts) {
    for (const CaptureRecord& record : part.records) add(record);
  }
  sort();
  const auto unsettled = std::partition_point(
      keys_.begin(), keys_.end(), [&](const Key& key) { return key.time < batch.settled; });
  const auto count = static_cast<std::size_t>(unsettled - keys_.begin());
  hand_out(count, write);
  keep_from(count);
}

void CaptureMerger::finish(const Write& write) {
  begin();
  sort();
  hand_out(keys_.size(), write);
  kept_.clear();
}

void CaptureMerger::hand_out(std::size_t count, const Write& write) const {
  for (std::size_t i = 0; i < count; ++i) {
    const CaptureRecord& record = *keys_[i].record;
    const CapturePlan::Point& point = plan_.point(record.point);
    write(point.file,
          {record.time,
           point.interface_id,
           record.direction,
           {record.bytes, record.size},
           record.comment == nullptr ? std::string_view{} : std::string_view{*record.comment}});
  }
}

// The batch's memory goes back, so what stays needs its own.
void CaptureMerger::keep_from(std::size_t first) {
  std::vector<std::unique_ptr<Kept>> kept;
  for (std::size_t i = first; i < keys_.size(); ++i) {
    Kept& one = *kept.emplace_back(std::make_unique<Kept>());
    one.record = *keys_[i].record;
    one.bytes.assign(one.record.bytes, one.record.bytes + one.record.size);
    one.record.bytes = one.bytes.data();
    if (one.record.comment == nullptr) continue;
    one.comment = *one.record.comment;
    one.record.comment = &one.comment;
  }
  kept_ = std::move(kept);
}

}  // namespace elvis
