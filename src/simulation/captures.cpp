// SPDX-License-Identifier: MIT
#include "elvis/simulation/captures.hpp"

#include <utility>

#include "capture_files.hpp"
#include "elvis/report/capture_merger.hpp"

namespace elvis {

Captures::Captures(CaptureComplaint complain) : complain_{std::move(complain)} {}

Captures::~Captures() {
  end_writer();
}

Captures::Preparation Captures::prepare(const World& world, CaptureJob job, std::string& mistake) {
  if (job.request.pattern.empty() && job.request.machine_files.empty()) return Preparation::done;
  plan_ = std::make_unique<CapturePlan>(world, std::move(job.request), mistake);
  if (!mistake.empty()) return Preparation::wrong_request;
  files_ = std::make_unique<CaptureFiles>(plan_->files(), job.may_overwrite,
                                          std::move(job.other_files), complain_);
  if (!files_->create()) return Preparation::failed;
  recorder_ = std::make_unique<CaptureRecorder>(*plan_, logs_, job.partitions);
  writer_ = std::thread{[this] { write_batches(); }};
  return Preparation::done;
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

}  // namespace elvis
