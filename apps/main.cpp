// SPDX-License-Identifier: MIT
#include <exception>
#include <new>
#include <variant>

#include "command_line.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "failure.hpp"

namespace elvis::cli {

namespace {

ExitCode execute(const CommandLine& line, Console& console) {
  if (const auto* const text = std::get_if<Text>(&line)) {
    console.out(text->text);
    return console.exit_code(ExitCode::success);
  }
  if (const auto* const mistake = std::get_if<Mistake>(&line)) {
    console.err(mistake->text + "\n");
    return ExitCode::wrong_command;
  }
  return std::visit([&](const auto& command) { return execute(command, console); },
                    std::get<Command>(line));
}

}  // namespace

}  // namespace elvis::cli

int main(int argument_count, char** arguments) {
  using namespace elvis::cli;
  install_failure_handlers();
  try {
    Console console;
    return static_cast<int>(execute(parse(argument_count, arguments), console));
  } catch (const std::bad_alloc&) {
    out_of_memory();
  } catch (const std::exception& error) {
    internal_error(error.what());
  }
}
