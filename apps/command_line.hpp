// SPDX-License-Identifier: MIT
// From the program's arguments to a command; hides CLI11.
#pragma once

#include <string>
#include <variant>

#include "commands.hpp"

namespace elvis::cli {

using Command = std::variant<RunCommand, CheckCommand, FmtCommand, ListCommand, PacketdrillCommand>;

/// What was asked for in place of a command: help, or the version.
struct Text {
  std::string text;
};

/// What is wrong with the command line, in one line.
struct Mistake {
  std::string text;
};

using CommandLine = std::variant<Command, Text, Mistake>;

CommandLine parse(int argument_count, const char* const* arguments);

}  // namespace elvis::cli
