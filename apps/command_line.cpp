// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <thread>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/values.hpp"
#include "version.hpp"

namespace elvis::cli {

namespace {

constexpr unsigned most_threads = 256;
constexpr unsigned most_partitions = 65'536;

// ===== Options with values: read by the same readers as NDL's =====

// Adds an option whose text `read` turns into what `accept` takes.
template <typename Read, typename Accept>
CLI::Option* add_value(CLI::App& app, const char* name, const char* type, const char* help,
                       Read read, Accept accept) {
  const auto take = [name, read, accept](const std::string& text) {
    const auto value = read(text);
    if (!value) throw CLI::ValidationError(name, value.error());
    accept(*value);
  };
  return app.add_option_function<std::string>(name, take, help)
      ->type_name(type)
      ->trigger_on_parse();
}

auto integer(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) { return ndl::read_integer(text, least, most); };
}

ndl::Reading<Duration> positive_duration(const std::string& text) {
  ndl::Reading<Duration> read = ndl::read_duration(text);
  if (read && *read <= Duration{}) return ndl::Reading<Duration>::failed("must be more than 0");
  return read;
}

ndl::Reading<std::string> file_name(const std::string& text) {
  if (text.empty()) return ndl::Reading<std::string>::failed("needs the name of a file");
  return text;
}

// One of `words`, as its place among them.
template <std::size_t n>
auto word_of(const std::array<std::string_view, n>& words) {
  return [&words](const std::string& text) -> ndl::Reading<std::size_t> {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    return ndl::Reading<std::size_t>::failed(
        fmt::format("must be one of {}, not {}", fmt::join(words, ", "), ndl::quoted(text)));
  };
}

constexpr std::array<std::string_view, 6> log_levels{"trace", "debug", "info",
                                                     "warn",  "error", "off"};
constexpr std::array<std::string_view, 3> progress_modes{"auto", "on", "off"};
constexpr std::array<std::string_view, 1> traces{"tcp"};
constexpr std::array<std::string_view, 2> details{"normal", "full"};
constexpr std::array<std::string_view, 4> layouts{"auto", "linux", "freebsd", "rfc"};
constexpr std::array<std::string_view, 3> lists{"protocols", "applications", "links"};

// ===== The commands and their options =====

void add_plugins(CLI::App& app, std::vector<std::string>& plugins) {
  app.add_option("--plugin", plugins,
                 "Load applications and protocols from this shared library; may be repeated")
      ->type_name("LIBRARY")
      ->allow_extra_args(false);
}

void add_scenario_options(CLI::App& app, ScenarioOptions& options) {
  const auto set = [&options](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw CLI::ValidationError("--set", "needs name=value, not " + ndl::quoted(text));
      }
      options.settings.push_back({text.substr(0, equals), text.substr(equals + 1)});
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--set", set, "Give an NDL parameter its value; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add_plugins(app, options.plugins);
  add_value(app, "--memory-limit", "SIZE", "End when the process holds this much (90 % of the RAM)",
            ndl::read_size, [&options](std::uint64_t bytes) { options.memory_limit = bytes; });
  app.add_flag("--strict", options.is_strict, "Take warnings for errors");
}

void add_limits(CLI::App& app, RunCommand& run) {
  add_value(app, "--until", "T", "Stop at this simulated time, for example 10s", ndl::read_duration,
            [&run](Duration time) { run.until = start_of_time + time; });
  add_value(app, "--max-events", "N", "Stop after this many events", integer(0, ~std::uint64_t{0}),
            [&run](std::uint64_t events) { run.max_events = events; });
  add_value(app, "--wall-limit", "T", "Stop after this much real time", positive_duration,
            [&run](Duration time) { run.wall_limit = time; });
  add_value(app, "--watchdog", "T", "Give up when one event takes this much real time (10s)",
            positive_duration, [&run](Duration time) {
              run.watchdog = std::chrono::ceil<std::chrono::milliseconds>(time);
            });
}

void add_captures(CLI::App& app, RunCommand& run) {
  add_value(app, "--pcap", "PATTERN",
            "Capture packets into files such as out/{machine}-{network}.pcapng", file_name,
            [&run](const std::string& pattern) { run.pcap = pattern; });
  const auto filter = [&run](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::string mistake = run.pcap_filter.add(text);
      if (!mistake.empty()) throw CLI::ValidationError("--pcap-filter", mistake);
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--pcap-filter", filter,
         "What to capture: machine=, network=, protocol=, port=, with commas between; may be "
         "repeated")
      ->type_name("TERMS")
      ->allow_extra_args(false);
  add_value(app, "--pcap-folder", "FOLDER", "Where captures that the scenario names go (.)",
            file_name, [&run](const std::string& folder) { run.pcap_folder = folder; });
  app.add_flag("--force", run.is_forced, "Let captures and traces overwrite files");
}

void add_traces(CLI::App& app, RunCommand& run) {
  CLI::Option* const trace =
      add_value(app, "--trace", "tcp", "Write how the windows of all TCP connections move, as CSV",
                word_of(traces), [&run](std::size_t) { run.traces_tcp = true; });
  add_value(app, "--trace-file", "FILE", "Write the trace there (tcp-trace.csv)", file_name,
            [&run](const std::string& file) { run.trace_file = file; })
      ->needs(trace);
  const auto filter = [&run](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      std::string mistake = run.trace_filter.add(text);
      if (!run.trace_filter.networks.empty() || !run.trace_filter.protocols.empty()) {
        mistake = "filters connections by machine and port only";
      }
      if (!mistake.empty()) throw CLI::ValidationError("--trace-filter", mistake);
    }
  };
  app.add_option_function<std::vector<std::string>>(
         "--trace-filter", filter,
         "Which connections to trace: machine=, port=, with commas between; may be repeated")
      ->type_name("TERMS")
      ->allow_extra_args(false)
      ->needs(trace);
}

void add_run(CLI::App& app, RunCommand& run) {
  run.threads = std::clamp(std::thread::hardware_concurrency(), 1U, most_threads);
  app.add_option("FILE", run.file, "The scenario, an NDL file; - reads standard input")
      ->required()
      ->type_name("");
  add_value(app, "--threads", "N", "Worker threads, 1 to 256 (all cores)", integer(1, most_threads),
            [&run](std::uint64_t threads) { run.threads = static_cast<unsigned>(threads); });
  add_value(app, "--partitions", "N", "Divide the world into this many parts, if possible (chosen)",
            integer(1, most_partitions),
            [&run](std::uint64_t parts) { run.partitions = static_cast<unsigned>(parts); });
  add_value(app, "--seed", "N", "Seed of every random stream (1)", integer(0, ~std::uint64_t{0}),
            [&run](std::uint64_t seed) { run.seed = seed; });
  add_limits(app, run);
  add_scenario_options(app, run.scenario);
  add_value(app, "--report", "FILE", "Write a JSON report; - is standard output", file_name,
            [&run](const std::string& file) { run.report = file; });
  add_value(app, "--report-detail", "normal|full",
            "full: every application has an entry, also of large groups (normal)", word_of(details),
            [&run](std::size_t place) { run.has_full_detail = place == 1; });
  add_value(app, "--digest", "normal|full", "full: the digest covers payload bytes too (normal)",
            word_of(details), [&run](std::size_t place) { run.has_full_digest = place == 1; });
  add_captures(app, run);
  add_traces(app, run);
  add_value(app, "--log", "LEVEL", "off, error, warn, info, debug or trace (warn)",
            word_of(log_levels),
            [&run](std::size_t place) { run.log_level = static_cast<LogLevel>(place); });
  add_value(app, "--log-file", "FILE", "Log there (standard error)", file_name,
            [&run](const std::string& file) { run.log_file = file; });
  add_value(app, "--progress", "auto|on|off", "A live line on standard error (auto: on a terminal)",
            word_of(progress_modes),
            [&run](std::size_t place) { run.progress = static_cast<ProgressMode>(place); });
  app.add_flag("-q,--quiet", run.is_quiet, "No summary");
}

// The flags of the original, some of which have no effect here.
void add_packetdrill_flags(CLI::App& app, packetdrill::RunOptions& options) {
  constexpr std::array<std::array<const char*, 3>, 9> flags{
      {{"tolerance_usecs", "N", "How far times may be off, in microseconds (4000)"},
       {"tolerance_percent", "P", "The same, of the time since the event before (0)"},
       {"ip_version", "ipv4", "Only IPv4 is there"},
       {"local_ip", "ADDRESS", "Of the stack under test (192.168.0.1)"},
       {"remote_ip", "ADDRESS", "Of the script's end (192.0.2.1)"},
       {"bind_port", "PORT", "What `...` means to bind (8080)"},
       {"connect_port", "PORT", "What `...` means to connect (8080)"},
       {"mtu", "BYTES", "Of the link between them (1500)"},
       {"tcp_ts_tick_usecs", "N", "Compare timestamps, which count these microseconds"}}};
  for (const auto& [name, type, help] : flags) {
    const auto take = [name, &options](const std::string& value) {
      options.flags.emplace_back(name, value);
    };
    app.add_option_function<std::string>(std::string{"--"} + name, take, help)->type_name(type);
  }
  for (const char* const name : {"gateway_ip", "netmask_ip", "speed", "init_scripts", "mss",
                                 "code_command", "code_format", "code_sockopt", "non_fatal"}) {
    const auto take = [name, &options](const std::string& value) {
      options.flags.emplace_back(name, value);
    };
    app.add_option_function<std::string>(std::string{"--"} + name, take)->group("");
  }
  app.add_flag_callback(
      "--strict_segments", [&options] { options.flags.emplace_back("strict_segments", ""); },
      "A line of the script is one segment, however large");
}

void add_packetdrill(CLI::App& app, PacketdrillCommand& command) {
  packetdrill::RunOptions& options = command.options;
  app.add_option("FILE", command.files, "Scripts; a folder stands for all *.pkt in it")
      ->required()
      ->type_name("");
  add_value(
      app, "--layout", "auto|linux|freebsd|rfc",
      "Whose defaults and order of TCP options the scripts expect (auto)", word_of(layouts),
      [&options](std::size_t place) { options.layout = static_cast<packetdrill::Layout>(place); });
  add_value(app, "--tolerance", "T", "How far times may be off, for example 4ms",
            ndl::read_duration, [&options](Duration time) {
              options.flags.emplace_back("tolerance_usecs",
                                         fmt::format("{}", time / std::chrono::microseconds{1}));
            });
  add_packetdrill_flags(app, options);
  const auto define = [&options](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0) {
        throw CLI::ValidationError("--define", "needs NAME=value, not " + ndl::quoted(text));
      }
      options.definitions.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  };
  app.add_option_function<std::vector<std::string>>("-D,--define", define,
                                                    "Let a word of the scripts mean something else")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--dry_run", options.only_parses, "Read the scripts, run nothing");
  app.add_flag("-q,--quiet", command.is_quiet, "Only tell what is wrong");
  app.add_flag("-v,--verbose", command.is_verbose, "Tell what of a script has no effect");
}

// Everything that CLI11 needs, for one parse.
struct Parser {
  Parser() {
    app.set_version_flag("--version", fmt::format("elvis {} ({})", version(), build()));
    app.require_subcommand(1);
    app.footer("`elvis COMMAND --help` tells more.");
    add_run(run_app, run);
    check_app.add_option("FILE", check.files, "Scenarios; - reads standard input")
        ->required()
        ->type_name("");
    add_scenario_options(check_app, check.scenario);
    fmt_app.add_option("FILE", fmt.files, "NDL files; - formats standard input to standard output")
        ->required()
        ->type_name("");
    fmt_app.add_flag("--check", fmt.only_checks,
                     "Only name the files that would change; exit code 1");
    const auto choose = [this](const std::string& text) {
      const auto place = word_of(lists)(text);
      if (!place) throw CLI::ValidationError("what to list", place.error());
      list.what = static_cast<ListCommand::What>(*place);
    };
    list_app.add_option_function<std::string>("WHAT", choose, "protocols, applications or links")
        ->required()
        ->type_name("");
    add_plugins(list_app, list.plugins);
    add_packetdrill(packetdrill_app, packetdrill);
    test_app.allow_extras();
    test_app.set_help_flag();
  }

  Command command() const {
    if (check_app.parsed()) return check;
    if (fmt_app.parsed()) return fmt;
    if (list_app.parsed()) return list;
    if (packetdrill_app.parsed()) return packetdrill;
    return run;
  }

  CLI::App app{"Elvis, a network simulator", "elvis"};
  CLI::App& run_app = *app.add_subcommand("run", "Run a scenario");
  CLI::App& check_app =
      *app.add_subcommand("check", "Report every mistake of scenarios, say what would be built");
  CLI::App& fmt_app = *app.add_subcommand("fmt", "Bring NDL files into the canonical layout");
  CLI::App& list_app = *app.add_subcommand("list", "Tell what NDL can name");
  CLI::App& packetdrill_app = *app.add_subcommand(
      "packetdrill", "Run scripts of packets and system calls against the stack");
  CLI::App& test_app =
      *app.add_subcommand("test", "Run scenarios as regression tests (comes later)");
  RunCommand run;
  CheckCommand check;
  FmtCommand fmt;
  ListCommand list;
  PacketdrillCommand packetdrill;
};

// ===== Mistakes, in one line =====

// What nobody expected on the command line, with what may have been meant.
std::string words_for_extra(const CLI::App& app, const std::string& extra) {
  if (extra.size() > 1 && extra.starts_with('-')) {
    const std::string name = extra.substr(0, extra.find('='));
    ndl::Closest search{name};
    std::vector<std::string> names;
    for (const CLI::Option* const option : app.get_options()) {
      for (const std::string& known : option->get_lnames()) names.push_back("--" + known);
    }
    for (const std::string& known : names) search.consider(known);
    return fmt::format("there is no option {}{}", ndl::quoted(name), search.suggestion());
  }
  if (app.get_parent() != nullptr) return "unexpected argument " + ndl::quoted(extra);
  ndl::Closest search{extra};
  for (const std::string_view known : {"run", "check", "fmt", "list", "packetdrill", "test"})
    search.consider(known);
  return fmt::format("there is no command {}{}", ndl::quoted(extra), search.suggestion());
}

Mistake mistake_of(const Parser& parser, const CLI::Error& error) {
  const auto chosen = parser.app.get_subcommands();
  const CLI::App& app = chosen.empty() ? parser.app : *chosen.front();
  const std::string command = chosen.empty() ? "elvis" : "elvis " + app.get_name();
  const std::vector<std::string> extras = parser.app.remaining(true);
  std::string text = !extras.empty()  ? words_for_extra(app, extras.front())
                     : chosen.empty() ? "which command? run, check, fmt, list or packetdrill"
                                      : ndl::printable(error.what());
  return {fmt::format("{}: {} (see `{} --help`)", command, text, command)};
}

}  // namespace

CommandLine parse(int argument_count, const char* const* arguments) {
  Parser parser;
  try {
    parser.app.parse(argument_count, arguments);
  } catch (const CLI::CallForHelp&) {
    return Text{parser.app.help()};
  } catch (const CLI::CallForVersion&) {
    return Text{parser.app.version() + "\n"};
  } catch (const CLI::Error& error) {
    if (parser.test_app.parsed()) return Mistake{"elvis test: comes later"};
    return mistake_of(parser, error);
  }
  if (parser.test_app.parsed()) return Mistake{"elvis test: comes later"};
  return parser.command();
}

}  // namespace elvis::cli
