// SPDX-License-Identifier: MIT
// Captures: the packet captures of a run, written beside it by a thread of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capture_files.hpp"
#include "commands.hpp"
#include "elvis/report/capture.hpp"
#include "elvis/report/capture_pieces.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/sim/partition.hpp"

namespace elvis {
class World;
}

namespace elvis::cli {

class Console;

class Captures {
 public:
  explicit Captures(Console& console) : console_{console} {}
  ~Captures();
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  /// Decides what is captured and makes the files. `machine_files` is what the scenario asks for.
  /// Anything but success: the console was told, and nothing is to be run.
  ExitCode prepare(const World& world, const RunCommand& command,
                   std::vector<std::pair<std::uint32_t, std::string>> machine_files);

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

  Console& console_;
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

}  // namespace elvis::cli
