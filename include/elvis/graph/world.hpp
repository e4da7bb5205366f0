// SPDX-License-Identifier: MIT
// World: all networks and machines of a simulation, and how they are divided for running.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/graph/application.hpp"
#include "elvis/graph/application_output.hpp"
#include "elvis/graph/machine.hpp"
#include "elvis/graph/network.hpp"
#include "elvis/graph/observer.hpp"
#include "elvis/graph/protocol_kind.hpp"
#include "elvis/sim/engine.hpp"
#include "elvis/util/arena.hpp"
#include "elvis/wire/prefix.hpp"

namespace elvis {

struct PartitionPlan;

struct WorldOptions {
  std::uint64_t seed = 1;
  bool full_digest = false;  ///< Fold payload bytes too.
};

class World {
 public:
  explicit World(const WorldOptions& options = {});
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // ----- build -----

  Network& add_network(std::string name, const LinkProperties& properties);
  /// Says that the addresses of `prefix` belong on `network`: one that no tap has is known to be
  /// nobody's, and the last one means everybody. Before machines are added.
  void add_prefix(const Network& network, Ipv4Prefix prefix);

  /// Starts a group of machines; the group lives as long as the world. The key of its random
  /// streams follows from the name.
  MachineGroup& add_group(std::string name, std::uint32_t count, bool is_counted);

  /// Adds the next machine of the newest group, attached to `networks`, with room for `protocols`
  /// protocols.
  Machine& add_machine(std::span<Network* const> networks, std::size_t protocols);

  /// Makes a protocol inside `machine`: `add_protocol<Udp>(machine, ipv4)`. In the order of layers:
  /// those below first.
  template <typename T, typename... Arguments>
  T& add_protocol(Machine& machine, Arguments&&... arguments) {
    T* const made = new (room_for_protocol(machine, sizeof(T), alignof(T)))
        T(machine, std::forward<Arguments>(arguments)...);
    attach(machine, *made);
    return *made;
  }

  /// Adds an application; `options` outlive the world or are kept by keep().
  Application& add_application(Machine& machine, const ApplicationKind& kind,
                               const ApplicationOptions& options);
  /// Keeps `options`, of an application or a protocol, as long as the world lives.
  template <typename T>
  const T& keep(std::unique_ptr<T> options) {
    const T& kept = *options;
    kept_options_.push_back(std::move(options));
    return kept;
  }

  /// A constant chunk with a copy of `bytes` that lives as long as the world; the same one for the
  /// same bytes, so that who compares them need not look at them.
  Chunk& constant(std::span<const std::uint8_t> bytes);

  /// Gives `address`, which no other tap of the network has, to `tap`; the first one that it gets
  /// becomes its own.
  void claim(Tap& tap, Ipv4Address address);
  /// Lets the networks know the addresses that were claimed up to now; run() does so too.
  void index_addresses();
  bool has_indexed_addresses() const { return has_indexed_addresses_; }

  /// What makes a machine's protocols: kinds and their options, those below first.
  using ProtocolList = std::vector<std::pair<const ProtocolKind*, const Options*>>;
  /// Lets `machine` be switched off and on. Switched off, it forgets everything: applications,
  /// protocols and what they know; switched on, `protocols` are made anew and the applications
  /// start afresh. Without `protocols` those that it has stay as they are.
  void make_switchable(Machine& machine, ProtocolList protocols);
  bool is_switchable(const Machine& machine) const { return switchables_.contains(machine.id()); }
  /// Lets `configure` follow whenever the protocols of a switchable machine were made anew: it
  /// tells them what they were told after they were first made. Called on the machine's partition,
  /// behind others that were given before.
  void configure_again(Machine& machine, std::function<void()> configure);
  /// Switches a switchable machine at `at`, times ascending.
  void switch_at(Machine& machine, Time at, bool on);

  /// Tells `observer` of every frame and drop from now on; it outlives the world's runs.
  void observe(Observer& observer);
  Observer* observer() const { return observer_; }

  // ----- look -----

  std::uint64_t seed() const { return options_.seed; }
  bool has_full_digest() const { return options_.full_digest; }
  std::size_t machine_count() const { return machines_.size(); }
  Machine& machine(std::size_t index) const { return *machines_[index]; }
  std::size_t network_count() const { return networks_.size(); }
  Network& network(std::size_t index) { return networks_[index]; }
  const Network& network(std::size_t index) const { return networks_[index]; }
  /// The prefixes of a network.
  std::span<const Ipv4Prefix> prefixes_of(const Network& network) const {
    if (network.index() >= prefixes_.size()) return {};
    return prefixes_[network.index()];
  }
  /// The files that applications write, one for each that does.
  std::deque<ApplicationOutput>& outputs() { return outputs_; }
  /// What `application` writes; null if its options name no file.
  ApplicationOutput* output_of(const Application& application);
  std::size_t group_count() const { return groups_.size(); }
  const MachineGroup& group(std::size_t index) const { return groups_[index]; }

  // ----- run -----

  struct RunOptions {
    EngineOptions engine;  ///< lookahead and grid are set by the world.
    /// Partitions to divide the machines into, if possible; chosen from threads and latencies if
    /// not given. Never changes a result.
    std::optional<unsigned> partitions;
    StopReason stop_at_once = StopReason::none;  ///< A stop that was asked for before the start.
  };
  /// Runs the world to its end. Once.
  Outcome run(RunOptions options);
  std::size_t partition_count() const { return engine_ ? engine_->size() : 1; }

  /// Order-free combination of all machines' and networks' folds.
  std::uint64_t digest() const;
  NetworkCounters totals() const;
  DropCounters drops() const;
  /// Frames under way on `network` now.
  std::uint64_t in_flight(const Network& network) const { return in_flight_[network.index()]; }
  /// Law 8 for every network; call after run().
  bool conserves_frames() const;

  /// Ends every coroutine, frees everything pending. Also done by the destructor.
  void tear_down();

 private:
  friend class Machine;
  friend class Network;

  // What is known of a machine that is switched off and on while the world runs.
  struct Switchable {
    struct Switch {
      Time at;
      bool on;
    };
    ProtocolList protocols;
    std::vector<Switch> switches;
    std::function<void()> configure;
    std::unique_ptr<Arena> arena;  // of protocols that were made anew
  };

  std::optional<Time> switched_off_within(const Machine& machine, Time after, Time until) const;
  void remove_protocols(Machine& machine);
  void add_protocols_again(Machine& machine);
  void* room_for_protocol(const Machine& machine, std::size_t bytes, std::size_t alignment) {
    return (engine_ == nullptr ? arena_ : arena_of(machine)).allocate(bytes, alignment);
  }
  Arena& arena_of(const Machine& machine);
  void schedule_switches();
  void attach(Machine& machine, Protocol& protocol);
  void place(const PartitionPlan& plan, bool together);
  void start_applications(bool has_event_limit);
  static const Network* network_of(const Entity& entity);
  void count_in_flight();
  void settle_announcements(Outcome& outcome, const EngineOptions& options);

  WorldOptions options_;
  Arena arena_;
  std::deque<Network> networks_;
  std::vector<std::vector<Ipv4Prefix>> prefixes_;  // by network, of those that have some
  std::deque<MachineGroup> groups_;
  std::vector<Machine*> machines_;
  std::vector<std::unique_ptr<Options>> kept_options_;
  std::deque<ApplicationOutput> outputs_;
  struct ConstantBytes {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const { return hash_of(bytes); }
    std::size_t operator()(const Chunk* chunk) const { return hash_of(text_of(*chunk)); }
    bool operator()(const Chunk* left, const Chunk* right) const { return left == right; }
    bool operator()(std::string_view left, const Chunk* right) const {
      return left == text_of(*right);
    }
    bool operator()(const Chunk* left, std::string_view right) const {
      return text_of(*left) == right;
    }
    static std::string_view text_of(const Chunk& chunk) {
      return {reinterpret_cast<const char*>(chunk.bytes()), chunk.capacity()};
    }
  };
  boost::unordered_flat_set<Chunk*, ConstantBytes, ConstantBytes> constants_;  // destroyed only
  std::vector<std::uint64_t> in_flight_;                                       // by network
  std::map<std::uint32_t, Switchable> switchables_;                            // by machine
  Observer* observer_ = nullptr;
  std::unique_ptr<Engine> engine_;
  bool has_indexed_addresses_ = false;
};

}  // namespace elvis
