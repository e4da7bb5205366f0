// SPDX-License-Identifier: MIT
// What the program tells its caller.
#pragma once

namespace elvis::cli {

enum class ExitCode : int {
  success = 0,
  failure = 1,         ///< The run did not succeed; `fmt --check` found something to change.
  wrong_command = 2,   ///< The command line is wrong.
  wrong_scenario = 3,  ///< The scenario is wrong; nothing was run.
  limit = 4,           ///< A limit ended the run.
  output_failed = 5,   ///< An output could not be written.
  internal_error = 70,
  interrupted = 130,  ///< SIGINT
  terminated = 143,   ///< SIGTERM
};

}  // namespace elvis::cli
