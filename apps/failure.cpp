// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>
#include <new>
#include <string>
#include <vector>

#include "console.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/report/human.hpp"
#include "elvis/sim/partition.hpp"
#include "elvis/util/assert.hpp"
#include "exit_code.hpp"

namespace elvis::cli {

namespace {

std::atomic<const World*> running_world{nullptr};
std::atomic<bool> is_failing{false};

// Of several threads that fail, the first one speaks. Nothing here is sure to work, so what matters
// most comes first, without a lock or an allocation.
void fail_once() {
  if (is_failing.exchange(true)) {
    for (;;) ::pause();
  }
}

void say(std::string_view text) {
  static_cast<void>(write_all(STDERR_FILENO, text));
}

[[noreturn]] void end(ExitCode code) {
  std::_Exit(static_cast<int>(code));
}

// "at 1.5 ms, in machine `x`" for each partition that is in the middle of an event.
std::string places(const World& world) {
  std::vector<const Partition*> partitions;
  std::string text;
  for (std::size_t i = 0; i < world.machine_count(); ++i) {
    const Partition* const partition = &world.machine(i).partition();
    if (!partitions.empty() && partitions.back() == partition) continue;
    if (std::find(partitions.begin(), partitions.end(), partition) != partitions.end()) continue;
    partitions.push_back(partition);
    const Entity* const current = partition->current();
    if (current == nullptr) continue;
    const bool is_machine = current->id() < world.machine_count();
    fmt::format_to(std::back_inserter(text), "  at {} of simulated time, in {}\n",
                   human_duration(partition->now().time_since_epoch()),
                   is_machine ? "machine " + ndl::quoted(world.machine(current->id()).name())
                              : std::string{current->kind()});
    if (partitions.size() == world.partition_count()) break;
  }
  return text;
}

[[noreturn]] void end_with_internal_error() {
  if (const World* const world = running_world.exchange(nullptr)) say(places(*world));
  say("This is a bug in elvis. Please report it, with the scenario and the command line.\n");
  end(ExitCode::internal_error);
}

void assertion_broke(const char* expression, const char* file, int line) {
  fail_once();
  const char* const short_name = std::strrchr(file, '/');
  say("\nelvis: internal error: `");
  say(expression);
  say("` does not hold (");
  say(short_name != nullptr ? short_name + 1 : file);
  say(":");
  char digits[16];
  say({digits,
       static_cast<std::size_t>(fmt::format_to_n(digits, sizeof digits, "{}", line).out - digits)});
  say(")\n");
  end_with_internal_error();
}

[[noreturn]] void terminated() {
  if (const std::exception_ptr thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      out_of_memory();
    } catch (const std::exception& error) {
      internal_error(error.what());
    } catch (...) {
      internal_error("an exception of an unknown kind");
    }
  }
  internal_error("std::terminate was called");
}

}  // namespace

void install_failure_handlers() {
  std::set_new_handler(out_of_memory);
  std::set_terminate(terminated);
  set_assertion_handler(assertion_broke);
}

void set_running(const World* world) {
  running_world = world;
}

void out_of_memory() {
  fail_once();
  say("\nelvis: the memory is used up; a smaller scenario, or --memory-limit for an earlier end "
      "with "
      "a report, may help\n");
  end(ExitCode::limit);
}

void internal_error(const char* what) {
  fail_once();
  say("\nelvis: internal error: ");
  say(ndl::printable(what));
  say("\n");
  end_with_internal_error();
}

}  // namespace elvis::cli
