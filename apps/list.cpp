// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include "console.hpp"
#include "scenario.hpp"

namespace elvis::cli {

ExitCode execute(const ListCommand& command, Console& console) {
  console.out(list_of(command.what));
  return console.exit_code(ExitCode::success);
}

}  // namespace elvis::cli
