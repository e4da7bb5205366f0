// SPDX-License-Identifier: MIT
#include "captures.hpp"

#include <utility>

#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/report/capture_merger.hpp"

namespace elvis::cli {

Captures::~Captures() {
  end_writer();
}

ExitCode Captures::prepare(const World& world, const RunCommand& command,
                           std::vector<std::pair<std::uint32_t, std::string>> machine_files) {
  if (command.pcap.empty() && machine_files.empty()) return ExitCode::success;
  std::string mistake;
  plan_ = std::make_unique<CapturePlan>(world,
                                        CaptureRequest{.pattern = command.pcap,
                                                       .filter = command.pcap_filter,
                                                       .folder = command.pcap_folder,
                                                       .machine_files = std::move(machine_files)},
                                        mistake);
  if (!mistake.empty()) {
    console_.complain("captures: " + ndl::printable(mistake));
    return ExitCode::wrong_command;
  }
  files_ = std::make_unique<CaptureFiles>(
      plan_->files(), command.is_forced,
      std::vector<std::string>{command.file, command.report, command.log_file}, console_);
  if (!files_->create()) return ExitCode::output_failed;
  const std::size_t partitions = command.partitions.value_or(command.threads);
  recorder_ = std::make_unique<CaptureRecorder>(*plan_, logs_, partitions);
  writer_ = std::thread{[this] { write_batches(); }};
  return ExitCode::success;
}

// ===== Captures: on the threads of the run =====

StopReason Captures::settled(Time before) {
  if (recorder_->waiting_bytes() >= batch_bytes) hand_over(before);
  const std::lock_guard lock{mutex_};
  return has_failed_ ? StopReason::output_failed : StopReason::none;
}

void Captures::hand_over(Time settled) {
  std::unique_ptr<CaptureBatch> batch;
  {
    // A disk that is slower than the run holds the run up; memory stays bounded.
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return waiting_.size() < most_waiting; });
    if (!spare_.empty()) {
      batch = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (batch == nullptr) batch = std::make_unique<CaptureBatch>();
  batch->settled = settled;
  recorder_->take(*batch);
  {
    const std::lock_guard lock{mutex_};
    waiting_.push_back(std::move(batch));
  }
  changed_.notify_all();
}

void Captures::finish() {
  if (!is_wanted()) return;
  hand_over(end_of_time);
  abandon();
}

void Captures::abandon() {
  if (!is_wanted()) return;
  end_writer();
  files_->close();
}

void Captures::end_writer() {
  if (!writer_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    is_over_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

// ===== Captures: on the writer's thread =====

void Captures::write_batches() {
  CaptureMerger merger{*plan_, *files_};
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return !waiting_.empty() || is_over_; });
    if (waiting_.empty()) break;
    std::unique_ptr<CaptureBatch> batch = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    lock.unlock();
    changed_.notify_all();
    if (!files_->has_failed()) merger.merge(*batch);
    logs_.give_back(batch->logs);
    lock.lock();
    spare_.push_back(std::move(batch));
    has_failed_ = files_->has_failed();
  }
}

}  // namespace elvis::cli
