// SPDX-License-Identifier: MIT
// Report: what came of a run, as plain values; collected once from the world, then written out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/application.hpp"
#include "elvis/graph/drop.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/sim/engine.hpp"

namespace elvis {

class World;

/// How a run counts.
enum class RunStatus : std::uint8_t {
  succeeded,    ///< Every application with an end has reached it, and none failed.
  unsatisfied,  ///< An application still waits.
  failed,       ///< An application failed.
  limit,        ///< A limit other than that of simulated time ended the run.
  interrupted,  ///< A signal ended the run.
};

std::string_view name_of(RunStatus status);
std::string_view name_of(StopReason reason);
std::string_view name_of(ApplicationStatus status);

/// What the world does not know about its run.
struct RunFacts {
  std::string version = {};  ///< Of the program.
  std::string build = {};    ///< "release", "debug"
  std::string file = {};     ///< The scenario, as the user named it.
  std::vector<std::pair<std::string, std::string>> parameters = {};  ///< With the values that held.
  unsigned threads = 1;
  double build_seconds = 0;
  double run_seconds = 0;
  std::uint64_t peak_memory = 0;  ///< Bytes.
  bool has_full_detail = false;   ///< One entry for each application, however many there are.
  bool is_partial = false;        ///< The run was given up in the middle of an event.
};

struct NetworkReport {
  std::string id;
  std::size_t taps = 0;
  NetworkCounters counters;
  std::uint64_t in_flight = 0;  ///< Frames still under way at the end.
};

/// One application, or that of all machines of a counted group.
struct ApplicationReport {
  std::string machine = {};                    ///< Or the group's name.
  std::optional<std::uint64_t> machines = {};  ///< How many, if it stands for a group.
  std::string application = {};
  ApplicationStatus status = ApplicationStatus::waiting;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t other_messages = 0;  ///< Not the ones that it is for.
  std::optional<Time> first = {};    ///< Of the first message, if there was one.
  std::optional<Time> last = {};
  std::string detail = {};  ///< For people: what it waits for, or how it failed.
};

/// One application that kept the run from succeeding.
struct Trouble {
  std::string machine;
  std::string application;
  std::string detail;
};

/// A machine that did not let time pass, with the applications that may be to blame.
struct Culprit {
  std::string machine;
  std::vector<std::string> applications;
};

struct Report {
  /// How many troubles of a kind are kept by name.
  static constexpr std::size_t most_troubles = 20;
  /// Up to this many machines, every application has an entry of its own.
  static constexpr std::size_t most_machines_listed = 1'000;

  RunFacts facts;
  RunStatus status = RunStatus::succeeded;
  StopReason reason = StopReason::none;
  std::optional<Culprit> culprit;  ///< Of a livelock, or of a run that was stuck.
  std::uint64_t seed = 0;
  std::size_t partitions = 1;
  Time ended_at = start_of_time;
  std::uint64_t events = 0;
  std::uint64_t digest = 0;
  std::size_t machine_count = 0;
  NetworkCounters totals;
  std::uint64_t in_flight = 0;
  DropCounters drops;
  std::vector<NetworkReport> networks;
  std::vector<ApplicationReport> applications;

  std::uint64_t done_count = 0;     ///< Applications that have reached their end.
  std::uint64_t serving_count = 0;  ///< Applications that have none.
  std::uint64_t waiting_count = 0;
  std::uint64_t failed_count = 0;
  std::vector<Trouble> waiting;  ///< The first ones.
  std::vector<Trouble> failed;
};

/// Reads off `world` what came of its run.
Report collect(const World& world, const Outcome& outcome, RunFacts facts);

}  // namespace elvis
