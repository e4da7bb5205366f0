// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"
#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis::cli {

namespace {

// A folder stands for the scripts in it and below, by name.
std::vector<std::string> scripts_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    std::filesystem::recursive_directory_iterator entry{path, error};
    for (; !error && entry != std::filesystem::recursive_directory_iterator{};
         entry.increment(error)) {
      if (entry->path().extension() == ".pkt") found.push_back(entry->path().string());
    }
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

ExitCode code_of(packetdrill::Verdict::Kind kind) {
  switch (kind) {
    case packetdrill::Verdict::Kind::passed:
      return ExitCode::success;
    case packetdrill::Verdict::Kind::failed:
      return ExitCode::failure;
    case packetdrill::Verdict::Kind::wrong:
      break;
  }
  return ExitCode::wrong_scenario;
}

}  // namespace

ExitCode execute(const PacketdrillCommand& command, Console& console) {
  const std::vector<std::string> files = scripts_of(command.files);
  if (files.empty()) {
    console.complain("there is no script (*.pkt) in the folder");
    return ExitCode::wrong_scenario;
  }
  packetdrill::RunOptions options = command.options;
  options.has_colour = console.has_colour_err();
  ExitCode worst = ExitCode::success;
  std::size_t passed = 0;
  for (const std::string& file : files) {
    const packetdrill::Verdict verdict = packetdrill::run_file(file, options);
    const ExitCode code = code_of(verdict.kind);
    worst = std::max(worst, code);
    const bool is_right = code == ExitCode::success;
    passed += is_right ? 1 : 0;
    console.err(verdict.report);
    const std::string name = ndl::printable(file);
    if (command.is_verbose) {
      for (const std::string& note : verdict.notes) {
        console.err(fmt::format("{}: note: {}\n", name, note));
      }
    }
    if (!command.is_quiet) {
      const char* const word = is_right                                            ? "ok"
                               : verdict.kind == packetdrill::Verdict::Kind::wrong ? "wrong"
                                                                                   : "failed";
      console.out(fmt::format("{:<7}{}\n", word, name));
    }
  }
  if (!command.is_quiet && files.size() > 1) {
    console.out(fmt::format("{} of {} scripts pass\n", passed, files.size()));
  }
  return console.exit_code(worst);
}

}  // namespace elvis::cli
