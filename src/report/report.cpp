// SPDX-License-Identifier: MIT
#include "elvis/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/report/human.hpp"
#include "elvis/util/assert.hpp"

namespace elvis {

namespace {

// An application without an end that was never started serves as well.
ApplicationStatus status_of(const Application& application) {
  const ApplicationStatus status = application.status();
  const bool serves = status == ApplicationStatus::waiting && !application.kind().has_end;
  return serves ? ApplicationStatus::serving : status;
}

// ===== Factories: applications that are done only together =====

class Factories {
 public:
  explicit Factories(const World& world) {
    for (std::size_t i = 0; i < world.machine_count(); ++i) {
      for (const Application* next = world.machine(i).first_application(); next != nullptr;
           next = Machine::next_application(*next)) {
        Members* const members = members_of(next->options());
        if (members == nullptr) continue;
        ++members->count;
        if (status_of(*next) != ApplicationStatus::done) ++members->unsatisfied;
      }
    }
  }

  struct Members {
    std::string_view name;
    std::uint64_t count = 0;
    std::uint64_t unsatisfied = 0;
  };

  // The others that `application` is done with, if any.
  const Members* of(const Application& application) { return members_of(application.options()); }

 private:
  Members* members_of(const ApplicationOptions& options) {
    // The machines of a group share their options.
    if (&options == last_options_) return last_;
    const std::string_view name = options.satisfied_with();
    last_options_ = &options;
    last_ = name.empty() ? nullptr : &all_.try_emplace(name, Members{.name = name}).first->second;
    return last_;
  }

  std::unordered_map<std::string_view, Members> all_;
  const ApplicationOptions* last_options_ = nullptr;
  Members* last_ = nullptr;
};

// ===== Applications: how each of them is doing =====

struct State {
  ApplicationStatus status;
  std::string detail;
};

State state_of(const Application& application, Factories& factories) {
  State state{status_of(application), application.detail()};
  const auto add = [&](const std::string& clause) {
    state.detail = state.detail.empty() ? clause : clause + "; " + state.detail;
  };
  const Factories::Members* const others = factories.of(application);
  if (state.status == ApplicationStatus::done && others != nullptr && others->unsatisfied != 0) {
    state.status = ApplicationStatus::waiting;
    add(fmt::format("waits for {} of the {} in factory `{}`", human_count(others->unsatisfied),
                    human_count(others->count), others->name));
  }
  if (state.status == ApplicationStatus::waiting && application.expected_messages() != 0) {
    std::string clause = fmt::format("has {} of {}", human_count(application.messages()),
                                     human_count(application.expected_messages(), "message"));
    if (application.other_messages() != 0) {
      clause += fmt::format(", and {}", human_count(application.other_messages(), "other"));
    }
    add(clause);
  }
  return state;
}

// Which of two states says more about a group.
int weight(ApplicationStatus status) {
  switch (status) {
    case ApplicationStatus::done:
      return 0;
    case ApplicationStatus::serving:
      return 1;
    case ApplicationStatus::waiting:
      return 2;
    case ApplicationStatus::failed:
      return 3;
  }
  ELVIS_UNREACHABLE();
}

// The entry of one application, or the sum over a group's machines while it goes through them.
class Entry {
 public:
  explicit Entry(const Application& application) : kind_{&application.kind()} {
    report_.application = application.kind().name;
    report_.status = ApplicationStatus::done;
  }

  void add(const Application& application, const State& state, const Machine& machine) {
    ELVIS_ASSERT(&application.kind() == kind_);
    report_.messages += application.messages();
    report_.bytes += application.bytes();
    report_.other_messages += application.other_messages();
    if (application.messages() != 0) {
      report_.first = std::min(report_.first.value_or(end_of_time), application.first_at());
      report_.last = std::max(report_.last.value_or(start_of_time), application.last_at());
    }
    if (weight(state.status) > weight(report_.status)) {
      report_.status = state.status;
      alike_ = 0;
    }
    if (state.status == report_.status && alike_++ == 0) {
      report_.detail = state.detail;
      first_ = &machine;
    }
    ++count_;
  }

  ApplicationReport single(const Machine& machine) && {
    report_.machine = machine.name();
    return std::move(report_);
  }

  ApplicationReport summed(const MachineGroup& group) && {
    report_.machine = group.name;
    report_.machines = count_;
    const bool is_waiting = report_.status == ApplicationStatus::waiting;
    if (is_waiting || report_.status == ApplicationStatus::failed) {
      report_.detail =
          fmt::format("{} of {} {}; the first is `{}`{}{}", human_count(alike_),
                      human_count(count_), is_waiting ? "waiting" : "failed", first_->name(),
                      report_.detail.empty() ? "" : ": ", report_.detail);
    }
    return std::move(report_);
  }

  const ApplicationKind& kind() const { return *kind_; }

 private:
  const ApplicationKind* kind_;
  ApplicationReport report_;
  std::uint64_t count_ = 0;
  std::uint64_t alike_ = 0;  // of the status that the group has
  const Machine* first_ = nullptr;
};

// ===== Collector: goes through the machines once =====

class Collector {
 public:
  Collector(const World& world, Report& report)
      : world_{world},
        report_{report},
        lists_all_{report.facts.has_full_detail ||
                   world.machine_count() <= Report::most_machines_listed},
        factories_{world} {}

  void run() {
    for (std::size_t i = 0; i < world_.machine_count(); ++i) visit(world_.machine(i));
    end_group();
  }

 private:
  void visit(const Machine& machine) {
    if (&machine.group() != group_) end_group();
    group_ = &machine.group();
    std::size_t place = 0;
    for (const Application* next = machine.first_application(); next != nullptr;
         next = Machine::next_application(*next), ++place) {
      const State state = state_of(*next, factories_);
      count(*next, state, machine);
      if (lists_all_ || !group_->is_counted) {
        Entry entry{*next};
        entry.add(*next, state, machine);
        report_.applications.push_back(std::move(entry).single(machine));
      } else {
        if (place == sums_.size()) sums_.emplace_back(*next);
        sums_[place].add(*next, state, machine);
      }
    }
  }

  void end_group() {
    for (Entry& sum : sums_) report_.applications.push_back(std::move(sum).summed(*group_));
    sums_.clear();
  }

  void count(const Application& application, const State& state, const Machine& machine) {
    switch (state.status) {
      case ApplicationStatus::done:
        ++report_.done_count;
        return;
      case ApplicationStatus::serving:
        ++report_.serving_count;
        return;
      case ApplicationStatus::waiting:
        ++report_.waiting_count;
        return keep(report_.waiting, application, state, machine);
      case ApplicationStatus::failed:
        ++report_.failed_count;
        return keep(report_.failed, application, state, machine);
    }
  }

  static void keep(std::vector<Trouble>& troubles, const Application& application,
                   const State& state, const Machine& machine) {
    if (troubles.size() == Report::most_troubles) return;
    troubles.push_back({machine.name(), std::string{application.kind().name}, state.detail});
  }

  const World& world_;
  Report& report_;
  bool lists_all_;
  Factories factories_;
  const MachineGroup* group_ = nullptr;
  std::vector<Entry> sums_;  // by the application's place in the machines of group_
};

RunStatus status_of(const Report& report) {
  switch (report.reason) {
    case StopReason::max_events:
    case StopReason::wall_limit:
    case StopReason::memory_limit:
    case StopReason::livelock:
    case StopReason::stuck:
    case StopReason::output_failed:
      return RunStatus::limit;
    case StopReason::interrupted:
    case StopReason::terminated:
      return RunStatus::interrupted;
    case StopReason::none:
    case StopReason::completed:
    case StopReason::idle:
    case StopReason::until:
      break;
  }
  if (report.failed_count != 0) return RunStatus::failed;
  return report.waiting_count != 0 ? RunStatus::unsatisfied : RunStatus::succeeded;
}

std::optional<Culprit> culprit_of(const World& world, const Entity* entity) {
  // Networks' ids lie beyond those of all machines.
  if (entity == nullptr || entity->id() >= world.machine_count()) return std::nullopt;
  const Machine& machine = world.machine(entity->id());
  Culprit culprit{machine.name(), {}};
  for (const Application* next = machine.first_application(); next != nullptr;
       next = Machine::next_application(*next)) {
    culprit.applications.emplace_back(next->kind().name);
  }
  return culprit;
}

// What law 8 leaves over. Of a run that was given up, this is all that can be known.
std::uint64_t unaccounted(const NetworkCounters& counters) {
  const std::uint64_t made =
      counters.frames_sent + counters.frames_copied + counters.frames_duplicated;
  const std::uint64_t gone = counters.frames_delivered + counters.frames_lost +
                             counters.frames_queue_dropped + counters.frames_unknown_destination;
  return made > gone ? made - gone : 0;
}

}  // namespace

std::string_view name_of(RunStatus status) {
  switch (status) {
    case RunStatus::succeeded:
      return "succeeded";
    case RunStatus::unsatisfied:
      return "unsatisfied";
    case RunStatus::failed:
      return "failed";
    case RunStatus::limit:
      return "limit";
    case RunStatus::interrupted:
      return "interrupted";
  }
  ELVIS_UNREACHABLE();
}

std::string_view name_of(StopReason reason) {
  switch (reason) {
    case StopReason::none:
      return "none";
    case StopReason::completed:
      return "completed";
    case StopReason::idle:
      return "idle";
    case StopReason::until:
      return "until";
    case StopReason::max_events:
      return "max_events";
    case StopReason::wall_limit:
      return "wall_limit";
    case StopReason::memory_limit:
      return "memory_limit";
    case StopReason::livelock:
      return "livelock";
    case StopReason::stuck:
      return "stuck";
    case StopReason::interrupted:
      return "interrupted";
    case StopReason::terminated:
      return "terminated";
    case StopReason::output_failed:
      return "output_failed";
  }
  ELVIS_UNREACHABLE();
}

std::string_view name_of(ApplicationStatus status) {
  switch (status) {
    case ApplicationStatus::waiting:
      return "waiting";
    case ApplicationStatus::serving:
      return "serving";
    case ApplicationStatus::done:
      return "done";
    case ApplicationStatus::failed:
      return "failed";
  }
  ELVIS_UNREACHABLE();
}

Report collect(const World& world, const Outcome& outcome, RunFacts facts) {
  Report report;
  report.facts = std::move(facts);
  report.reason = outcome.reason;
  report.culprit = culprit_of(world, outcome.culprit);
  report.seed = world.seed();
  report.partitions = world.partition_count();
  report.ended_at = outcome.ended_at;
  report.events = outcome.events;
  report.digest = world.digest();
  report.machine_count = world.machine_count();
  report.drops = world.drops();
  for (std::size_t i = 0; i < world.network_count(); ++i) {
    const Network& network = world.network(i);
    const NetworkCounters counters = network.counters();
    const std::uint64_t in_flight =
        report.facts.is_partial ? unaccounted(counters) : world.in_flight(network);
    report.networks.push_back({network.name(), network.tap_count(), counters, in_flight});
    report.totals.add(counters);
    report.in_flight += in_flight;
  }
  Collector{world, report}.run();
  report.status = status_of(report);
  return report;
}

}  // namespace elvis
