// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "console.hpp"
#include "scenario.hpp"

namespace elvis::cli {

ExitCode execute(const ListCommand& command, Console& console) {
  ExtendedCatalog catalog;
  if (!load_plugins(command.plugins, catalog, console)) return ExitCode::wrong_command;
  console.out(list_of(command.what, catalog.catalog()));
  return console.exit_code(ExitCode::success);
}

}  // namespace elvis::cli
