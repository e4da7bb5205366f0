// SPDX-License-Identifier: MIT
// CaptureRecorder: writes down what an observer is told, for capture files.
//
//   partitions ──► CaptureRecorder: a log each ──► CaptureBatch ──► CaptureMerger ──► files
//   (their threads)                (between events)          (a writer's thread)
//
// A log has the frames one behind the other whatever file they are for: what is near in time is
// near in memory, and a run has no more to do than to copy them. The writer sorts what is in them
// by file, makes the blocks and writes them. A file of one machine has the machine's order; one to
// which several contribute has that of time, then of machine or network. So the bytes depend on the
// scenario and the seed, not on threads and partitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/observer.hpp"
#include "elvis/report/capture_format.hpp"
#include "elvis/report/capture_pieces.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/util/units.hpp"

namespace elvis {

/// What stands in a log in front of a frame's bytes, which its comment follows.
struct CaptureEntry {
  Time time;
  std::uint32_t entity;  ///< Who acted: frames of one instant are written in this order.
  std::uint32_t point;   ///< Of the plan.
  std::uint32_t frame_size;
  std::uint16_t comment_size;
  CaptureDirection direction;

  std::size_t size() const { return sizeof *this + frame_size + comment_size; }
};

/// All that was recorded up to a moment; nothing from before `settled` will follow.
struct CaptureBatch {
  Time settled = start_of_time;
  std::vector<CapturePiece*> logs;  ///< Those of one partition in order.
};

/// Each partition's machines write to a log of its own, also while they live elsewhere.
class CaptureRecorder final : public Observer {
 public:
  /// For at most `partitions` partitions. `plan` and `pieces` outlive the recorder.
  CaptureRecorder(const CapturePlan& plan, CapturePieces& pieces, std::size_t partitions);
  ~CaptureRecorder();

  void frame_sent(const Tap& from, const Message& frame, Time now) override;
  void frame_carried(const Tap& from, const Entity& by, const Message& frame, Time now) override;
  void frame_met(const Tap& from, const Entity& by, FrameFate fate, const Message& frame,
                 const Tap* to, Time now) override;
  void frame_delivered(const Tap& to, const Message& frame, Time now) override;
  void dropped(const Machine& machine, Drop reason, const Message& message, Time now) override;

  /// Bytes in the logs. All partitions are at rest, as for take().
  std::size_t waiting_bytes() const;
  /// Moves all that was recorded into `batch`.
  void take(CaptureBatch& batch);

 private:
  struct Log;
  struct Where;

  Log& log_of(const Tap& tap);
  Log& log_of(const Tap& from, const Entity& by);
  Where record(Log& log, const Entity& by, std::uint32_t point, CaptureDirection direction,
               const Message& frame, Time now);
  bool passes(const Message& frame) const;
  void comment(Log& log, const Where& where, std::string_view text);

  const CapturePlan& plan_;
  CapturePieces& pieces_;
  bool looks_at_bytes_;
  bool captures_networks_;
  // By network, then tap; none if no machine is captured.
  std::vector<const std::pair<std::uint32_t, std::uint32_t>*> points_;
  std::vector<std::unique_ptr<Log>> logs_;
};

}  // namespace elvis
