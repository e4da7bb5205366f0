// SPDX-License-Identifier: MIT
#include "run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "elvis/builder/build.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/report/json.hpp"
#include "elvis/report/summary.hpp"
#include "elvis/stamp.hpp"
#include "elvis/util/resident_memory.hpp"

namespace elvis {

namespace {

constexpr unsigned most_threads = 256;

using Seconds = std::chrono::duration<double>;

}  // namespace

SimulationRun::SimulationRun(const RunSettings& settings)
    : settings_{settings},
      complain_{[this](const std::string& what, int error) {
        lost_ += fmt::format("error: {} could not be written: {}\n", what,
                             std::generic_category().message(error));
      }},
      captures_{complain_} {}

void SimulationRun::build(const Plan& plan) {
  world_ = elvis::build(plan, {.seed = settings_.seed, .full_digest = settings_.has_full_digest});
  machine_files_ = capture_files(plan);
  facts_.build_seconds = Seconds{real_time() - began_}.count();
}

bool SimulationRun::prepare_files(std::string& messages) {
  const bool overwrites = settings_.overwrites_captures;
  return application_files_.check(*world_, overwrites, {&settings_.pcap, 1}, complain_) &&
         prepare_captures(messages) && application_files_.create(complain_);
}

bool SimulationRun::prepare_captures(std::string& messages) {
  CaptureJob job{.request = {.pattern = settings_.pcap,
                             .filter = settings_.pcap_filter,
                             .folder = settings_.pcap_folder,
                             .machine_files = std::move(machine_files_)},
                 .may_overwrite = settings_.overwrites_captures,
                 .other_files = ApplicationFiles::paths_of(*world_),
                 .partitions = settings_.partitions.value_or(settings_.threads)};
  std::string mistake;
  const auto prepared = captures_.prepare(*world_, std::move(job), mistake);
  if (!mistake.empty()) {
    messages += fmt::format("error: captures: {}\n", ndl::printable(mistake));
  }
  return prepared == Captures::Preparation::done;
}

void SimulationRun::observe() {
  if (settings_.observer != nullptr && captures_.is_wanted()) {
    world_->observe(both_.emplace(*settings_.observer, captures_.observer()));
  } else if (settings_.observer != nullptr) {
    world_->observe(*settings_.observer);
  } else if (captures_.is_wanted()) {
    world_->observe(captures_.observer());
  }
}

World::RunOptions SimulationRun::options() {
  World::RunOptions options;
  options.partitions = settings_.partitions;
  EngineOptions& engine = options.engine;
  engine.threads = std::clamp(settings_.threads, 1U, most_threads);
  if (settings_.until) engine.until = start_of_time + *settings_.until;
  engine.max_events = settings_.max_events;
  engine.wall_limit = settings_.wall_limit;
  engine.memory_limit = settings_.memory_limit;
  engine.watchdog = settings_.watchdog;
  engine.handles_signals = settings_.handles_signals;
  engine.progress = settings_.progress;
  if (captures_.is_wanted()) {
    engine.settled = [this](Time before) { return captures_.settled(before); };
  }
  return options;
}

void SimulationRun::execute(SimulationResult& result) {
  const bool is_prepared = prepare_files(result.messages);
  result.messages += std::exchange(lost_, {});
  if (!is_prepared) return;
  observe();
  if (settings_.before_run) settings_.before_run(*world_);
  const Duration began = real_time();
  const Outcome outcome = world_->run(options());
  captures_.finish();
  ApplicationFiles::finish(*world_, complain_);
  result.messages += lost_;
  facts_.run_seconds = Seconds{real_time() - began}.count();
  facts_.version = version;
  facts_.build = "library";
  facts_.threads = settings_.threads;
  facts_.peak_memory = peak_resident_memory();
  facts_.has_full_detail = settings_.has_full_detail;
  result.report = collect(*world_, outcome, std::move(facts_));
  result.has_run = true;
  if (settings_.after_run) settings_.after_run(*world_);
}

// ===== SimulationResult =====

std::string SimulationResult::json() const {
  return to_json(report);
}

std::string SimulationResult::summary() const {
  return elvis::summary(report, {false, ndl::printable});
}

}  // namespace elvis
