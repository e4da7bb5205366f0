// SPDX-License-Identifier: MIT
// SimulationRun: one run of a Simulation, from its plan to the report.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elvis/builder/plan.hpp"
#include "elvis/simulation.hpp"
#include "elvis/simulation/application_files.hpp"
#include "elvis/simulation/captures.hpp"
#include "elvis/simulation/observer_pair.hpp"
#include "elvis/util/page_supply.hpp"

namespace elvis {

class SimulationRun {
 public:
  explicit SimulationRun(const RunSettings& settings);

  void build(const Plan& plan);
  RunFacts& facts() { return facts_; }
  /// Runs what was built. Writes into `result` what came of it.
  void execute(SimulationResult& result);

 private:
  // As the program tells it; 0 if it does not.
  Duration real_time() const { return settings_.clock ? settings_.clock() : Duration{}; }
  bool prepare_files(std::string& messages);
  bool prepare_captures(std::string& messages);
  void observe();
  World::RunOptions options();

  PageSupply page_supply_;
  const RunSettings& settings_;
  std::string lost_;  // what could not be written
  CaptureComplaint complain_;
  Captures captures_;
  ApplicationFiles application_files_;
  std::optional<ObserverPair> both_;
  Duration began_ = real_time();
  RunFacts facts_;
  std::vector<std::pair<std::uint32_t, std::string>> machine_files_;
  std::unique_ptr<World> world_;
};

}  // namespace elvis
