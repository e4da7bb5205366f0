// SPDX-License-Identifier: MIT
// Simulation: the simulator as a library. A program describes networks and machines, gives machines
// programs of its own, runs that, and looks at what came of it.
//
//     elvis::Simulation simulation;
//     simulation.network("lan", {{"latency", 5ms}}).pool("10.0.0.0/24");
//     simulation.machine("server").attach("lan").protocol("UDP").application("capture", {{"port",
//     7}}); simulation.machine("client").attach("lan").protocol("UDP").program("greet", greet);
//     const elvis::SimulationResult result = simulation.run({.seed = 7});
//
// What it describes means what it means in NDL, with the same names, arguments, units and checks;
// docs/embedding.md is the guide.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/builder/catalog.hpp"
#include "elvis/graph/application.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/report/report.hpp"

namespace elvis {

/// `name='value'` of a section: a text as NDL has it, `${index}` and the like included, or a value
/// that has a type already.
struct Argument {
  Argument(std::string_view of, std::string_view text) : name{of}, value{text} {}
  Argument(std::string_view of, const char* text) : name{of}, value{text} {}
  Argument(std::string_view of, const std::string& text) : name{of}, value{text} {}
  Argument(std::string_view of, bool answer) : name{of}, value{answer ? "true" : "false"} {}
  Argument(std::string_view of, std::integral auto number)
      : name{of}, value{std::to_string(number)} {}
  Argument(std::string_view of, Duration time)
      : name{of}, value{std::to_string(time.count()) + "ns"} {}
  template <typename Rep, typename Period>
  Argument(std::string_view of, std::chrono::duration<Rep, Period> time)
      : Argument{of, std::chrono::duration_cast<Duration>(time)} {}
  Argument(std::string_view of, BitRate rate)
      : name{of}, value{std::to_string(rate.bits_per_second) + "bps"} {}
  Argument(std::string_view of, Ipv4Address address) : name{of}, value{address.to_string()} {}

  std::string name;
  std::string value;
};

using Arguments = std::vector<Argument>;

/// A section of the description, with those inside it.
struct SectionSpec {
  std::string kind;
  Arguments arguments = {};
  std::vector<SectionSpec> sections = {};
};

/// What a machine runs: a coroutine that ends with an error if it can't do its work. It is called
/// for each machine that has it, on the thread of the machine's partition, perhaps by several at
/// once; so it shares nothing with others that changes. It outlives all coroutines that it made.
using Program = std::function<Task<Result<>>(Application& self)>;

/// What else there is to say of a program.
struct ProgramTraits {
  bool has_end = true;                  ///< Whether a run waits for it.
  std::vector<std::string> needs = {};  ///< Protocols that its machine must have.
  std::string summary = {};
};

class Simulation;

/// A network that is being described.
class NetworkSpec {
 public:
  /// Adds to the network's pool: "10.0.0.1", "10.0.0.1-10.0.0.9" or "10.0.0.0/24".
  NetworkSpec& pool(std::string_view addresses);

 private:
  friend Simulation;
  explicit NetworkSpec(SectionSpec& section) : section_{section} {}

  SectionSpec& section_;
};

/// A machine, or a counted group, that is being described. Protocols that are missing and known to
/// be needed are added, unless its arguments say {"auto-protocol", false}.
class MachineSpec {
 public:
  /// Attaches it to a network; arguments are those of `[Network]` inside a machine.
  MachineSpec& attach(std::string_view network, Arguments arguments = {});
  MachineSpec& protocol(std::string_view name, Arguments arguments = {});
  /// Lets it run an application of the catalog, or one that Simulation::define() named.
  MachineSpec& application(std::string_view name, Arguments arguments = {});
  /// Lets it run `program`, which reports call `name`: define() and application().
  MachineSpec& program(std::string_view name, Program program, ProgramTraits traits = {});
  /// Sends what is for the prefix `to` on to `via`, a machine or an address.
  MachineSpec& route(std::string_view to, std::string_view via);

 private:
  friend Simulation;
  MachineSpec(Simulation& simulation, SectionSpec& section)
      : simulation_{simulation}, section_{section} {}

  SectionSpec& part(std::string_view kind);

  Simulation& simulation_;
  SectionSpec& section_;
};

/// How a simulation is run.
struct RunSettings {
  std::uint64_t seed = 1;
  unsigned threads = 1;                     ///< Never changes a result.
  std::optional<unsigned> partitions = {};  ///< Chosen if not given; never changes a result.
  std::optional<Duration> until = {};       ///< Simulated time.
  std::optional<std::uint64_t> max_events = {};
  std::optional<Duration> wall_limit = {};         ///< Real time.
  std::optional<std::uint64_t> memory_limit = {};  ///< Of the process, in bytes.
  std::chrono::milliseconds watchdog{10'000};      ///< How long one event may take.
  bool handles_signals = false;  ///< SIGINT and SIGTERM end the run instead of the process.
  bool is_strict = false;        ///< Warnings are errors.
  bool has_full_digest = false;  ///< The digest covers payload bytes too.
  bool has_full_detail = false;  ///< Every application has an entry in the report.

  std::string pcap = {};  ///< Captures, such as "out/{machine}.pcapng"; empty: none.
  CaptureFilter pcap_filter = {};
  std::string pcap_folder = ".";     ///< Where captures that the description names go.
  bool overwrites_captures = false;  ///< And what applications write, such as traces.
  Observer* observer = nullptr;      ///< Told of every frame; it outlives the run.

  /// Real time since whenever, of a clock that never goes back: for the report, which says by it
  /// how long building and running took. Without one it says 0.
  std::function<Duration()> clock = {};
  /// Called when the world is built, before it runs: whatever this header has no word for.
  std::function<void(World&)> before_run = {};
  /// Called after the run, while machines and applications are still as it left them.
  std::function<void(const World&)> after_run = {};
  /// Called now and then while it runs, on a thread that runs no event.
  std::function<void(const Progress&)> progress = {};
};

/// What came of a run.
struct SimulationResult {
  bool has_run = false;  ///< Whether the description was right and its captures could be made.
  std::string messages;  ///< Mistakes and warnings for people, with their places; empty: none.
  Report report;         ///< Of a run.

  bool has_succeeded() const { return has_run && report.status == RunStatus::succeeded; }
  std::uint64_t digest() const { return report.digest; }
  /// The report as JSON, schema elvis.report/1.
  std::string json() const;
  /// What `elvis run` prints.
  std::string summary() const;
};

/// A description that can be run, again and again.
class Simulation {
 public:
  /// A simulation that may name what is in `catalog`.
  explicit Simulation(const Catalog& catalog = Catalog::standard());
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // ----- what can be named: mistakes show when it is run -----

  /// Adds kinds of the program's own; what they point to outlives the simulation.
  void add(std::span<const ProtocolKind> protocols, std::span<const ApplicationKind> applications);
  /// Adds what a plug-in brings. The program must export its symbols and have all of the library in
  /// it (CMake: elvis_add_host of the package).
  void load_plugin(const std::string& path);
  /// Makes `program` an application of this name.
  void define(std::string_view name, Program program, ProgramTraits traits = {});

  // ----- what there is -----

  NetworkSpec network(std::string_view id, Arguments link = {});
  MachineSpec machine(std::string_view name, Arguments arguments = {});
  /// `count` machines alike, called name-0 and so on.
  MachineSpec machines(std::string_view name, std::uint32_t count, Arguments arguments = {});
  /// Changes a network or a machine while the simulation runs: the arguments of `[Event]`.
  void event(Duration at, Arguments arguments);
  /// Gives every machine the routes that it does not have, by least latency.
  void route_by_shortest_paths() { has_shortest_paths_ = true; }
  /// Adds what an NDL file, or a text of that name, says.
  void include(std::string_view path);
  void include_text(std::string name, std::string text);
  /// Gives a parameter of the NDL its value.
  void set(std::string name, std::string value);

  // ----- what comes of it -----

  /// All that was described so far, as NDL. (Programs have a name there, and need this simulation.)
  std::string ndl() const;
  /// What `elvis check` prints, or the mistakes.
  std::string check() const;
  SimulationResult run(const RunSettings& settings = {}) const;

 private:
  friend MachineSpec;
  struct Reading;
  struct Defined;

  void add_section(std::string_view kind, SectionSpec section);
  std::unique_ptr<Reading> read(bool is_strict) const;

  ExtendedCatalog catalog_;
  std::deque<Defined> defined_;
  std::deque<SectionSpec> networks_;
  std::deque<SectionSpec> machines_;
  std::vector<SectionSpec> events_;
  std::vector<SectionSpec> includes_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<std::pair<std::string, std::string>> settings_;
  std::vector<std::string> troubles_;
  bool has_shortest_paths_ = false;
};

/// The address by which `from` reaches the machine `name`: on a network that both are on, else its
/// first one. Nothing if there is no such machine, or it has none.
std::optional<Ipv4Address> address_of(const Machine& from, std::string_view name);

}  // namespace elvis
