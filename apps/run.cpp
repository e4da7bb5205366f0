// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/report/human.hpp"
#include "elvis/report/report.hpp"
#include "elvis/report/summary.hpp"
#include "elvis/simulation/application_files.hpp"
#include "elvis/simulation/captures.hpp"
#include "elvis/simulation/observer_pair.hpp"
#include "elvis/util/page_supply.hpp"
#include "elvis/util/resident_memory.hpp"
#include "failure.hpp"
#include "output_file.hpp"
#include "report_target.hpp"
#include "scenario.hpp"
#include "signals.hpp"
#include "tcp_trace.hpp"
#include "trace.hpp"
#include "version.hpp"

namespace elvis::cli {

namespace {

using WallClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

double seconds_since(WallClock::time_point began) {
  return Seconds{WallClock::now() - began}.count();
}

class Run {
 public:
  Run(const RunCommand& command, Console& console)
      : command_{command},
        console_{console},
        log_{command.log_level, command.log_file, console},
        target_{command.report, console},
        memory_limit_{memory_limit_of(command.scenario)},
        complain_{
            [&console](const std::string& what, int error) { console.output_failed(what, error); }},
        captures_{complain_},
        tcp_trace_{console} {}

  ExitCode execute();

 private:
  template <typename... Arguments>
  void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (!log_.wants(LogLevel::debug)) return;
    log_.write(LogLevel::debug, fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  World::RunOptions run_options();
  Outcome simulate();
  ExitCode prepare_files(std::vector<std::pair<std::uint32_t, std::string>> machine_files);
  ExitCode prepare_captures(std::vector<std::pair<std::uint32_t, std::string>> machine_files);
  void observe();
  Outcome no_run();
  [[noreturn]] void give_up(const Entity* who, StopReason reason);
  ExitCode finish(const Outcome& outcome);
  void explain(const Report& report);

  PageSupply page_supply_;
  const RunCommand& command_;
  Console& console_;
  Signals signals_;
  Log log_;
  ReportTarget target_;
  std::uint64_t memory_limit_;
  WallClock::time_point began_ = WallClock::now();
  WallClock::time_point run_began_ = began_;
  RunFacts facts_;
  Trace trace_{log_};
  ExtendedCatalog catalog_;
  CaptureComplaint complain_;
  Captures captures_;
  ApplicationFiles application_files_;
  TcpTrace tcp_trace_;
  std::optional<ObserverPair> both_;
  std::unique_ptr<World> world_;
  std::uint64_t events_so_far_ = 0;
};

// ===== Run: its course =====

ExitCode Run::execute() {
  if (!log_.is_open()) return ExitCode::output_failed;
  if (!load_plugins(command_.scenario.plugins, catalog_, console_)) return ExitCode::wrong_command;
  Scenario scenario;
  if (!scenario.read(command_.file, command_.scenario, catalog_.catalog(), console_)) {
    return ExitCode::wrong_scenario;
  }
  debug("read and checked {} in {}; it may take {}", command_.file,
        human_seconds(seconds_since(began_)), human_size(scenario.expected_memory()));
  if (!target_.can_be_written()) return ExitCode::output_failed;

  signals_.enter(Signals::Phase::building);
  facts_.parameters = scenario.parameters();
  world_ = scenario.build({.seed = command_.seed, .full_digest = command_.has_full_digest});
  auto capture_files = scenario.capture_files();
  scenario.forget();
  facts_.build_seconds = seconds_since(began_);
  debug("built {} in {}, using {}", human_count(world_->machine_count(), "machine"),
        human_seconds(facts_.build_seconds), human_size(resident_memory()));

  signals_.enter(Signals::Phase::working);
  const ExitCode prepared = prepare_files(std::move(capture_files));
  if (prepared != ExitCode::success) return prepared;
  const ExitCode code = finish(signals_.stop() == StopReason::none ? simulate() : no_run());
  // A signal that came after the run changes nothing in the report, but wanted the program to end.
  const bool was_late = signals_.stop() != StopReason::none && code != ExitCode::output_failed;
  return was_late ? exit_code_of(signals_.stop()) : code;
}

Outcome Run::simulate() {
  observe();
  ProgressLine line{command_.progress, command_.until, console_};
  World::RunOptions options = run_options();
  options.engine.progress = [&](const Progress& progress) {
    signals_.hand_over();
    events_so_far_ = progress.events;
    line.show(progress);
  };
  run_began_ = WallClock::now();
  set_running(world_.get());
  const Outcome outcome = world_->run(std::move(options));
  set_running(nullptr);
  captures_.finish();
  tcp_trace_.finish();
  ApplicationFiles::finish(*world_, complain_);
  facts_.run_seconds = seconds_since(run_began_);
  signals_.enter(Signals::Phase::working);  // the engine is done with them
  debug("ran {} in {} windows, {} of them parallel, on {}: {}",
        human_count(outcome.events, "event"), human_count(outcome.windows),
        human_count(outcome.parallel_windows), human_count(world_->partition_count(), "partition"),
        name_of(outcome.reason));
  return outcome;
}

// All that the run writes while it runs. What applications write is made last, as it is not yet
// clear before that nothing else stands in the way.
ExitCode Run::prepare_files(std::vector<std::pair<std::uint32_t, std::string>> machine_files) {
  const std::vector<std::string> others{command_.file, command_.report, command_.log_file,
                                        command_.pcap,
                                        command_.traces_tcp ? command_.trace_file : ""};
  if (!application_files_.check(*world_, command_.is_forced, others, complain_)) {
    return ExitCode::output_failed;
  }
  const ExitCode captured = prepare_captures(std::move(machine_files));
  if (captured != ExitCode::success) return captured;
  const ExitCode traced = tcp_trace_.prepare(*world_, command_);
  if (traced != ExitCode::success) return traced;
  return application_files_.create(complain_) ? ExitCode::success : ExitCode::output_failed;
}

ExitCode Run::prepare_captures(std::vector<std::pair<std::uint32_t, std::string>> machine_files) {
  CaptureJob job{.request = {.pattern = command_.pcap,
                             .filter = command_.pcap_filter,
                             .folder = command_.pcap_folder,
                             .machine_files = std::move(machine_files)},
                 .may_overwrite = command_.is_forced,
                 .other_files = {command_.file, command_.report, command_.log_file},
                 .partitions = command_.partitions.value_or(command_.threads)};
  const std::vector<std::string> files = ApplicationFiles::paths_of(*world_);
  job.other_files.insert(job.other_files.end(), files.begin(), files.end());
  if (job.request.pattern.empty() && job.request.machine_files.empty() &&
      !command_.pcap_filter.is_empty()) {
    console_.complain("--pcap-filter has nothing to filter: captures come with --pcap");
    return ExitCode::wrong_command;
  }
  std::string mistake;
  switch (captures_.prepare(*world_, std::move(job), mistake)) {
    case Captures::Preparation::done:
      return ExitCode::success;
    case Captures::Preparation::wrong_request:
      console_.complain("captures: " + ndl::printable(mistake));
      return ExitCode::wrong_command;
    case Captures::Preparation::failed:
      return ExitCode::output_failed;
  }
  ELVIS_UNREACHABLE();
}

void Run::observe() {
  const bool is_traced = log_.wants(LogLevel::trace);
  if (is_traced && captures_.is_wanted()) {
    world_->observe(both_.emplace(trace_, captures_.observer()));
  } else if (is_traced) {
    world_->observe(trace_);
  } else if (captures_.is_wanted()) {
    world_->observe(captures_.observer());
  }
}

// A signal came first.
Outcome Run::no_run() {
  facts_.is_partial = true;
  return {.reason = signals_.stop()};
}

World::RunOptions Run::run_options() {
  World::RunOptions options;
  options.partitions = command_.partitions;
  EngineOptions& engine = options.engine;
  engine.threads = command_.threads;
  engine.until = command_.until;
  engine.max_events = command_.max_events;
  if (command_.wall_limit) {
    const Duration used = std::chrono::duration_cast<Duration>(WallClock::now() - began_);
    engine.wall_limit = std::max(Duration{}, *command_.wall_limit - used);
  }
  if (memory_limit_ != 0) engine.memory_limit = memory_limit_;
  // A reader of the log who takes a rest must not make an event look stuck.
  engine.watchdog = log_.wants(LogLevel::trace) ? std::chrono::hours{24 * 365} : command_.watchdog;
  engine.handles_signals = true;
  if (captures_.is_wanted() || tcp_trace_.is_wanted()) {
    engine.settled = [this](Time before) {
      const StopReason traced =
          tcp_trace_.is_wanted() ? tcp_trace_.settled(before) : StopReason::none;
      return captures_.is_wanted() && traced == StopReason::none ? captures_.settled(before)
                                                                 : traced;
    };
  }
  engine.stuck = [this](const Entity* who, StopReason reason) { give_up(who, reason); };
  return options;
}

// The thread in the event that does not end can't be stopped, so the process ends here, with what
// is known.
void Run::give_up(const Entity* who, StopReason reason) {
  facts_.is_partial = true;
  facts_.run_seconds = seconds_since(run_began_);
  const Time now = who != nullptr ? who->now() : start_of_time;
  const Outcome outcome{
      .reason = reason, .culprit = who, .ended_at = now, .events = events_so_far_};
  captures_.abandon();
  std::_Exit(static_cast<int>(finish(outcome)));
}

// ===== Run: what came of it =====

ExitCode Run::finish(const Outcome& outcome) {
  facts_.version = version();
  facts_.build = elvis::cli::build();
  facts_.file = command_.file;
  facts_.threads = command_.threads;
  facts_.peak_memory = peak_resident_memory();
  facts_.has_full_detail = command_.has_full_detail;
  const Report report = collect(*world_, outcome, std::move(facts_));
  target_.write(report);
  if (!command_.is_quiet && !target_.is_standard_output()) {
    console_.out(summary(report, {console_.has_colour_out(), ndl::printable}));
  }
  explain(report);
  log_.close();

  switch (report.status) {
    case RunStatus::succeeded:
      return console_.exit_code(ExitCode::success);
    case RunStatus::unsatisfied:
    case RunStatus::failed:
      return console_.exit_code(ExitCode::failure);
    case RunStatus::limit:
      return console_.exit_code(ExitCode::limit);
    case RunStatus::interrupted:
      return console_.exit_code(exit_code_of(report.reason));
  }
  ELVIS_UNREACHABLE();
}

// A limit is told in any case: the run did not come to an end of its own.
void Run::explain(const Report& report) {
  const SummaryStyle style{console_.has_colour_err(), ndl::printable};
  const std::string who = report.culprit ? description_of(*report.culprit, style) : "a network";
  const std::string when = human_duration(report.ended_at - start_of_time);
  switch (report.reason) {
    case StopReason::max_events:
      return console_.complain(fmt::format("ended by --max-events {}", *command_.max_events));
    case StopReason::wall_limit:
      return console_.complain("ended by --wall-limit");
    case StopReason::memory_limit:
      return console_.complain(fmt::format("ended by the memory limit of {} (--memory-limit)",
                                           human_size(memory_limit_)));
    case StopReason::livelock:
      return console_.complain(
          fmt::format("ended at {} of simulated time, which does not pass: {}", when, who));
    case StopReason::stuck:
      return console_.complain(fmt::format(
          "ended at {} of simulated time, in an event that does not end: {}", when, who));
    default:
      return;
  }
}

// Whether an output would destroy the scenario before it is read, or another output.
bool outputs_collide(const RunCommand& command, Console& console) {
  const std::string& report = command.report;
  const std::string& log = command.log_file;
  const std::string& capture = command.pcap;
  if (!capture.empty() && (capture == report || capture == log || capture == command.file)) {
    console.complain(ndl::quoted(capture) + " can't be both a capture and another file of the run");
    return true;
  }
  for (const std::string& output : {report, log}) {
    if (output.empty() || !is_same_file(output, command.file)) continue;
    console.complain(ndl::quoted(output) + " is the scenario itself, which would be overwritten");
    return true;
  }
  if (log == "-") {
    console.complain("--log-file needs a file: standard output is not for the log");
    return true;
  }
  const bool is_new = log == report && ::access(log.c_str(), F_OK) != 0;
  if (log.empty() || (!is_new && !is_same_file(log, report))) return false;
  console.complain(ndl::quoted(log) + " can't be both the report and the log");
  return true;
}

}  // namespace

ExitCode execute(const RunCommand& command, Console& console) {
  if (outputs_collide(command, console)) return ExitCode::wrong_command;
  return Run{command, console}.execute();
}

}  // namespace elvis::cli
