// SPDX-License-Identifier: MIT
// What happens when memory runs out or the program finds itself wrong.
#pragma once

namespace elvis {
class World;
}

namespace elvis::cli {

/// From now on, memory that runs out ends the process with ExitCode::limit, and a broken assertion
/// or an exception that nobody catches with ExitCode::internal_error, each with its message.
void install_failure_handlers();

/// The world that an internal error is told with; null if none runs.
void set_running(const World* world);

[[noreturn]] void out_of_memory();
[[noreturn]] void internal_error(const char* what);

}  // namespace elvis::cli
