// SPDX-License-Identifier: MIT
// CaptureRecorder and CaptureMerger: from what an observer is told to the frames of
// files.
//
//   partitions ──► CaptureRecorder: a buffer each ──► CaptureBatch ──► CaptureMerger ──► files
//   (their threads)                    (between events)                 (a writer's thread)
//
// Frames come in the order of each machine; files have them in the order of time, then machine or
// network. So the bytes depend on the scenario and the seed, not on threads and partitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/graph/observer.hpp"
#include "elvis/report/capture_format.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// A frame to be written; its bytes lie elsewhere.
struct CaptureRecord {
  Time time;
  const std::uint8_t* bytes;
  std::string* comment;  ///< Null: none.
  std::uint32_t size;
  std::uint32_t entity;  ///< Who acted: frames of one instant are written in this order.
  std::uint32_t point;
  CaptureDirection direction;
};

/// What one partition recorded.
struct CapturePart {
  using Block = std::unique_ptr<std::uint8_t[]>;

  CapturePart() = default;
  CapturePart(CapturePart&&) noexcept = default;
  CapturePart& operator=(CapturePart&&) noexcept = default;

  std::vector<CaptureRecord> records;
  std::deque<std::string> comments;
  std::vector<Block> blocks;  ///< With the frames' bytes; all as large as usual, or larger.

  bool empty() const { return records.empty(); }
  void clear();
};

/// All that was recorded up to a moment; nothing from before `settled` will follow.
struct CaptureBatch {
  Time settled = start_of_time;
  std::vector<CapturePart> parts;
};

/// Copies what is to be captured. Each partition has a buffer of its own.
class CaptureRecorder final : public Observer {
 public:
  /// For at most `partitions` partitions. `plan` outlives the recorder.
  CaptureRecorder(const CapturePlan& plan, std::size_t partitions);
  ~CaptureRecorder();

  void frame_sent(const Tap& from, const Message& frame, Time now) override;
  void frame_carried(const Tap& from, const Entity& by, const Message& frame, Time now) override;
  void frame_met(const Tap& from, const Entity& by, FrameFate fate, const Message& frame,
                 const Tap* to, Time now) override;
  void frame_delivered(const Tap& to, const Message& frame, Time now) override;
  void dropped(const Machine& machine, Drop reason, const Message& message, Time now) override;

  /// Bytes that wait in the buffers. All partitions are at rest, as for take().
  std::size_t waiting_bytes() const;
  /// Moves all that was recorded into `batch`, whose memory is used again.
  void take(CaptureBatch& batch);

 private:
  struct Buffer;

  Buffer& buffer_of(const Entity& entity);
  CaptureRecord& record(Buffer& buffer, const Entity& by, std::uint32_t point,
                        CaptureDirection direction, const Message& frame, Time now);
  void record_at(const Tap& tap, CaptureDirection direction, const Message& frame, Time now);
  static void comment(Buffer& buffer, std::size_t record, std::string_view text);

  const CapturePlan& plan_;
  bool looks_at_bytes_;
  std::vector<std::unique_ptr<Buffer>> buffers_;
};

/// Puts batches in order, frame by frame.
class CaptureMerger {
 public:
  /// Takes a frame that goes to the end of a file.
  using Write = std::function<void(std::uint32_t file, const CapturedFrame& frame)>;

  explicit CaptureMerger(const CapturePlan& plan) : plan_{plan} {}

  /// Hands each frame of `batch` and of those before that is older than what is settled to `write`,
  /// in order. Keeps the others.
  void merge(const CaptureBatch& batch, const Write& write);
  /// Hands out what is left.
  void finish(const Write& write);

 private:
  struct Key {
    Time time;
    std::uint32_t entity;
    std::uint32_t place;  // where it stood before
    const CaptureRecord* record;
  };
  struct Kept {
    CaptureRecord record;
    std::vector<std::uint8_t> bytes;
    std::string comment;
  };

  void begin();
  void add(const CaptureRecord& record);
  void sort();
  void hand_out(std::size_t count, const Write& write) const;
  void keep_from(std::size_t first);

  const CapturePlan& plan_;
  std::vector<Key> keys_;
  std::vector<std::unique_ptr<Kept>> kept_;  // from batch to batch, in order
};

}  // namespace elvis
