// SPDX-License-Identifier: MIT
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "scenario.hpp"

namespace elvis::cli {

ExitCode execute(const CheckCommand& command, Console& console) {
  ExtendedCatalog catalog;
  if (!load_plugins(command.scenario.plugins, catalog, console)) return ExitCode::wrong_command;
  ExitCode code = ExitCode::success;
  for (const std::string& file : command.files) {
    Scenario scenario;
    if (!scenario.read(file, command.scenario, catalog.catalog(), console)) {
      code = ExitCode::wrong_scenario;
      continue;
    }
    if (!scenario.check_reachability(console)) {
      code = ExitCode::wrong_scenario;
      continue;
    }
    if (!console.out(ndl::printable(file) + ": " + scenario.description())) break;
  }
  return console.exit_code(code);
}

}  // namespace elvis::cli
