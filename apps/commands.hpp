// SPDX-License-Identifier: MIT
// The commands of the program, with their options as plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elvis/ndl/front_end.hpp"
#include "elvis/packetdrill/packetdrill.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/util/units.hpp"
#include "exit_code.hpp"
#include "log.hpp"
#include "progress_line.hpp"

namespace elvis::cli {

class Console;

/// How a scenario is read.
struct ScenarioOptions {
  std::vector<ndl::Setting> settings;
  std::vector<std::string> plugins;
  std::optional<std::uint64_t> memory_limit;  ///< Bytes; 90 % of the machine's memory if not given.
  bool is_strict = false;
};

/// `elvis run`
struct RunCommand {
  std::string file;
  ScenarioOptions scenario;
  unsigned threads = 1;
  std::optional<unsigned> partitions;
  std::uint64_t seed = 1;
  bool has_full_digest = false;
  Time until = end_of_time;
  std::optional<std::uint64_t> max_events;
  std::optional<Duration> wall_limit;
  std::chrono::milliseconds watchdog{10'000};
  std::string report;  ///< Empty: none. "-": standard output.
  bool has_full_detail = false;
  std::string pcap;  ///< The pattern of captures; empty: none.
  CaptureFilter pcap_filter;
  std::string pcap_folder = ".";  ///< Where the files that a scenario names go.
  bool traces_tcp = false;
  std::string trace_file = "tcp-trace.csv";
  CaptureFilter trace_filter;  ///< By machine and port.
  bool is_forced = false;      ///< Captures and traces may overwrite files.
  LogLevel log_level = LogLevel::warn;
  std::string log_file;
  ProgressMode progress = ProgressMode::automatic;
  bool is_quiet = false;
};

/// `elvis check`
struct CheckCommand {
  std::vector<std::string> files;
  ScenarioOptions scenario;
};

/// `elvis fmt`
struct FmtCommand {
  std::vector<std::string> files;  ///< "-": from standard input to standard output.
  bool only_checks = false;
};

/// `elvis list`
struct ListCommand {
  enum class What : std::uint8_t { protocols, applications, links };
  What what = What::protocols;
  std::vector<std::string> plugins;
};

/// `elvis packetdrill`
struct PacketdrillCommand {
  std::vector<std::string> files;  ///< A folder stands for all scripts in it.
  packetdrill::RunOptions options;
  bool is_quiet = false;
  bool is_verbose = false;
};

ExitCode execute(const RunCommand& command, Console& console);
ExitCode execute(const CheckCommand& command, Console& console);
ExitCode execute(const FmtCommand& command, Console& console);
ExitCode execute(const ListCommand& command, Console& console);
ExitCode execute(const PacketdrillCommand& command, Console& console);

}  // namespace elvis::cli
