// SPDX-License-Identifier: MIT
// Captures: the packet captures of a run, written beside it by a thread of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "elvis/report/capture.hpp"
#include "elvis/report/capture_pieces.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/sim/partition.hpp"

namespace elvis {

class CaptureFiles;
class World;

/// Told of a file that cannot be made or written: what it is, for people, and the errno.
using CaptureComplaint = std::function<void(const std::string& what, int error)>;

/// What is to be captured, and how its files come to be.
struct CaptureJob {
  CaptureRequest request;
  bool may_overwrite = false;
  std::vector<std::string> other_files = {};  ///< Of the run, which no capture may be.
  std::size_t partitions = 1;                 ///< The most that the world will be divided into.
};

class Captures {
 public:
  explicit Captures(CaptureComplaint complain);
  ~Captures();
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  enum class Preparation : std::uint8_t {
    done,
    wrong_request,  ///< `mistake` says why.
    failed,         ///< A file cannot be made; whoever is to hear of it was told.
  };
  /// Decides what is captured and makes the files, if anything is wanted.
  Preparation prepare(const World& world, CaptureJob job, std::string& mistake);

  /// Whether anything is to be captured.
  bool is_wanted() const { return recorder_ != nullptr; }
  Observer& observer() { return *recorder_; }
  /// Everything before `before` has happened: what was recorded of it may be written. Returns why
  /// the run must end, if it must. All partitions are at rest.
  StopReason settled(Time before);

  /// Writes what is left, after the run.
  void finish();
  /// Writes what was settled, of a run that can't be stopped.
  void abandon();

 private:
  // The writer gets work when this much was recorded, and may be this many batches behind.
  static constexpr std::size_t log_bytes = std::size_t{128} << 10;
  static constexpr std::size_t batch_bytes = std::size_t{512} << 10;
  static constexpr std::size_t most_waiting = 8;

  void hand_over(Time settled);
  void write_batches();
  void end_writer();

  CaptureComplaint complain_;
  std::unique_ptr<CapturePlan> plan_;
  CapturePieces logs_{log_bytes};
  std::unique_ptr<CaptureFiles> files_;
  std::unique_ptr<CaptureRecorder> recorder_;
  std::thread writer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Below, what both threads use.
  std::vector<std::unique_ptr<CaptureBatch>> waiting_;  // the first is next
  std::vector<std::unique_ptr<CaptureBatch>> spare_;
  bool is_over_ = false;
  bool has_failed_ = false;
};

}  // namespace elvis
