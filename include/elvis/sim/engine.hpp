// SPDX-License-Identifier: MIT
// Engine: runs partitions through simulated time on a thread pool, in conservative windows.
//
// A window is [T, T + lookahead): T the earliest pending event anywhere, lookahead the smallest
// latency between two partitions. Inside it partitions run independently; at its end they exchange
// what they sent each other. A window with little work runs on one thread, for waking the others
// would cost more; so do all of them while sharing is measured not to help. Windows also end on a
// grid of simulated time that depends on the scenario alone, and a run ends at a grid point, so
// that no result shows how the world was divided.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "elvis/sim/partition.hpp"

namespace elvis {

/// How far a run has come; sampled while it goes on.
struct Progress {
  Time time;
  std::uint64_t events;
  std::chrono::duration<double> elapsed;  ///< Wall time since the start of the run.
};

struct EngineOptions {
  unsigned threads = 1;  ///< Worker threads, 1 to 256.
  Duration lookahead =
      Duration::max();  ///< Smallest latency between two partitions; at least 1 ns.
  Duration grid{1};     ///< Runs end at a multiple of this; at least 1 ns.
  /// Every window with enough work is shared, without measuring whether that is quicker, and the
  /// partitions are never united.
  bool shares_always = false;
  /// Lets all entities live in the first partition, or where they lived at first again. With it the
  /// engine unites the partitions while windows hold so few events that going from one to the next
  /// takes longer than is saved. Called while all partitions rest, with nothing handed over.
  std::function<void(bool together)> relocate;
  std::uint64_t entities = 0;               ///< How many relocate() moves.
  Duration united_window{0};                ///< Like Partition::set_window(), for all together.
  Time until = end_of_time;                 ///< The last instant that is simulated.
  std::optional<std::uint64_t> max_events;  ///< Needs a single partition.
  std::optional<std::chrono::nanoseconds> wall_limit;
  std::optional<std::uint64_t> memory_limit;  ///< Resident bytes of the process.
  /// How long one event may take before the run counts as stuck.
  std::chrono::milliseconds watchdog{10'000};
  bool handles_signals = false;  ///< SIGINT and SIGTERM end the run instead of the process.
  /// Told now and then, between events while all partitions rest, that everything before this time
  /// has happened: what observers saw of it is complete. A reason that comes back ends the run.
  std::function<StopReason(Time before)> settled;
  /// Called now and then while the run goes on, on a thread that runs no event.
  std::function<void(const Progress&)> progress;
  /// Called when an event of `who` does not end, not even when the run was asked to: `reason` is
  /// what asked, else `stuck`. The thread in it can't be stopped, so this must end the process.
  /// Without it the process aborts.
  std::function<void(const Entity* who, StopReason reason)> stuck;
};

struct Outcome {
  StopReason reason = StopReason::none;
  const Entity* culprit = nullptr;  ///< Who does not let time pass, of a livelock.
  Time ended_at = start_of_time;    ///< When the last event was handled.
  std::uint64_t events = 0;
  std::uint64_t windows = 0;
  std::uint64_t parallel_windows = 0;
  std::uint64_t unions = 0;  ///< How often the partitions were united.
};

class Engine {
 public:
  explicit Engine(std::size_t partitions);
  ~Engine();

  std::size_t size() const { return partitions_.size(); }
  Partition& partition(std::size_t index) { return *partitions_[index]; }

  /// Runs until everything that has an end has ended, nothing is left, or a limit is reached. Once.
  Outcome run(const EngineOptions& options);

  /// Ends the run soon. From any thread, also before run().
  void request_stop(StopReason reason) { shared_.request(reason); }

  std::uint64_t events() const;

 private:
  Partition::Shared shared_;
  std::vector<std::unique_ptr<Partition>> partitions_;
};

}  // namespace elvis
