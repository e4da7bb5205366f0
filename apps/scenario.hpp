// SPDX-License-Identifier: MIT
// A scenario on its way from a file to a world: the program's one door to the builder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "elvis/builder/catalog.hpp"
#include "elvis/graph/world.hpp"

namespace elvis::cli {

/// The limit on the process's memory that holds for `options`; 0 if the system tells nothing.
std::uint64_t memory_limit_of(const ScenarioOptions& options);

class Scenario {
 public:
  Scenario();
  ~Scenario();
  Scenario(const Scenario&) = delete;
  Scenario& operator=(const Scenario&) = delete;

  /// Reads and checks `file` by `catalog`, and plans what is to be built. Mistakes and warnings go
  /// to the console; false if there was a mistake.
  bool read(const std::string& file, const ScenarioOptions& options, const Catalog& catalog,
            Console& console);

  /// What would be built, for people.
  std::string description() const;
  std::vector<std::pair<std::string, std::string>> parameters() const;
  /// Of the process at the peak of a run, in bytes.
  std::uint64_t expected_memory() const;

  std::unique_ptr<World> build(const WorldOptions& options) const;

  /// The captures that the scenario asks for: machines by number, and their files.
  std::vector<std::pair<std::uint32_t, std::string>> capture_files() const;

  /// Warns of destinations that no route leads to, for which the world is built. False if that is
  /// an error (`--strict`) and there are some.
  bool check_reachability(Console& console);

  /// Gives back the memory that only reading and building need.
  void forget();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Loads `plugins` into `catalog`; false if one cannot be used, which the console was told.
bool load_plugins(const std::vector<std::string>& plugins, ExtendedCatalog& catalog,
                  Console& console);

/// What `elvis list` prints.
std::string list_of(ListCommand::What what, const Catalog& catalog);

}  // namespace elvis::cli
