// SPDX-License-Identifier: MIT
#include "elvis/graph/world.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <ranges>
#include <string>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/util/fold.hpp"
#include "partitioner.hpp"

namespace elvis {

namespace {

// What an event touches of a machine begins with a line of its own.
constexpr std::size_t cache_line = 64;

}  // namespace

World::World(const WorldOptions& options) : options_{options} {}

World::~World() {
  tear_down();
  for (Machine* const machine : machines_) machine->~Machine();
  // Options may refer to constants, so these go last.
  kept_options_.clear();
  for (Chunk* const chunk : constants_) Chunk::destroy_constant(chunk);
}

// ===== World: building =====

Network& World::add_network(std::string name, const LinkProperties& properties) {
  return networks_.emplace_back(*this, static_cast<std::uint32_t>(networks_.size()),
                                std::move(name), properties);
}

MachineGroup& World::add_group(std::string name, std::uint32_t count, bool is_counted) {
  MachineGroup& group = groups_.emplace_back(*this);
  group.key = hash_of(name);
  group.name = std::move(name);
  group.count = count;
  group.is_counted = is_counted;
  group.first = static_cast<std::uint32_t>(machines_.size());
  return group;
}

Machine& World::add_machine(std::span<Network* const> networks, std::size_t protocols) {
  ELVIS_ASSERT(!groups_.empty());
  const auto id = static_cast<std::uint32_t>(machines_.size());
  // The machine, room for pointers to its protocols, its taps, of which the first is placed so that
  // what frames need of it begins a cache line.
  std::size_t taps_at = sizeof(Machine) + protocols * sizeof(Protocol*);
  taps_at += (2 * cache_line - Tap::seldom_needed_bytes - taps_at % cache_line) % cache_line;
  void* const row = arena_.allocate(taps_at + networks.size() * sizeof(Tap), cache_line);
  auto* const machine = new (row) Machine{id, groups_.back()};
  static_assert(alignof(Tap) == alignof(Protocol*) && sizeof(Machine) % alignof(Tap) == 0);
  machine->taps_ = reinterpret_cast<Tap*>(static_cast<std::byte*>(row) + taps_at);
  for (Network* const network : networks) {
    const auto index = static_cast<std::uint32_t>(network->taps_.size());
    const Tap* const tap =
        new (machine->taps_ + machine->tap_count_++) Tap{*machine, *network, index};
    const auto offset =
        reinterpret_cast<const std::byte*>(tap) - static_cast<const std::byte*>(row);
    network->taps_.push_back({machine, static_cast<std::uint32_t>(offset)});
  }
  machines_.push_back(machine);
  return *machine;
}

void World::attach(Machine& machine, Protocol& protocol) {
  machine.protocols_begin()[machine.protocol_count_++] = &protocol;
}

Application& World::add_application(Machine& machine, const ApplicationKind& kind,
                                    const ApplicationOptions& options) {
  auto* const application = new (arena_.allocate(sizeof(Application), alignof(Application)))
      Application{machine, kind, options};
  Application** last = &machine.applications_;
  while (*last != nullptr) last = &(*last)->next_;
  *last = application;
  if (const std::string_view file = options.output_file(); !file.empty()) {
    outputs_.emplace_back(std::string{file}, *application);
  }
  return *application;
}

ApplicationOutput* World::output_of(const Application& application) {
  const auto found = std::find_if(
      outputs_.begin(), outputs_.end(),
      [&](const ApplicationOutput& output) { return &output.writer() == &application; });
  return found == outputs_.end() ? nullptr : &*found;
}

Chunk& World::constant(std::span<const std::uint8_t> bytes) {
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  const auto known = constants_.find(text);
  if (known != constants_.end()) return **known;
  return **constants_.insert(Chunk::make_constant(bytes)).first;
}

void World::add_prefix(const Network& network, Ipv4Prefix prefix) {
  if (prefixes_.size() <= network.index()) prefixes_.resize(network.index() + 1);
  prefixes_[network.index()].push_back(prefix);
}

void World::index_addresses() {
  for (Network& network : networks_) network.index_addresses();
  has_indexed_addresses_ = true;
}

void World::observe(Observer& observer) {
  observer_ = &observer;
  for (Network& network : networks_) network.be_observed();
}

void World::claim(Tap& tap, Ipv4Address address) {
  if (tap.address_.is_unspecified()) tap.address_ = address;
  tap.network_.claims_.emplace_back(address, tap.index_);
}

// ===== World: running =====

Outcome World::run(RunOptions options) {
  ELVIS_ASSERT(engine_ == nullptr);
  // A limit on events counts in the order of all events, which only one partition has.
  const bool is_serial = options.engine.max_events.has_value();
  const std::size_t wanted = is_serial ? 1 : options.partitions.value_or(options.engine.threads);
  index_addresses();
  const PartitionPlan plan = plan_partitions(*this, wanted, options.partitions.has_value());
  engine_ = std::make_unique<Engine>(plan.partitions);
  place(plan, false);
  for (std::size_t i = 0; i < plan.partitions; ++i) {
    engine_->partition(i).set_window(plan.windows[i]);
  }
  Duration grid{1};
  for (Network& network : networks_) {
    network.prepare(plan.partitions);
    network.crosses_partitions_ =
        std::ranges::any_of(network.taps_, [&](const Network::Attachment& tap) {
          return tap.partition != network.partition().index();
        });
    grid = std::max(grid, network.lookahead());
  }
  start_applications(is_serial);
  options.engine.lookahead = plan.lookahead;
  options.engine.united_window = plan.united_window();
  options.engine.entities = machines_.size() + networks_.size();
  options.engine.relocate = [&](bool together) { place(plan, together); };
  options.engine.grid = std::min<Duration>(grid, std::chrono::milliseconds{10});
  if (options.stop_at_once != StopReason::none) engine_->request_stop(options.stop_at_once);
  Outcome outcome = engine_->run(options.engine);
  count_in_flight();
  settle_announcements(outcome, options.engine);
  return outcome;
}

// Where machines and networks live: by `plan`, or together. A network lives with its first tap.
void World::place(const PartitionPlan& plan, bool together) {
  const auto home_of = [&](const Machine& machine) -> Partition& {
    return engine_->partition(together ? 0 : plan.partition_of[machine.id()]);
  };
  for (Machine* const machine : machines_) machine->move_to(home_of(*machine));
  for (Network& network : networks_) {
    network.move_to(network.taps_.empty() ? engine_->partition(0)
                                          : home_of(*network.taps_.front().machine));
  }
}

void World::start_applications(bool has_event_limit) {
  const auto starts = [](const Machine* machine) {
    return machine->applications_ != nullptr || machine->starts_protocols_;
  };
  if (!has_event_limit) {
    std::vector<std::size_t> events(engine_->size());
    for (const Machine* const machine : machines_) {
      if (starts(machine)) ++events[machine->partition().index()];
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      engine_->partition(i).expect_events(events[i]);
    }
  }
  schedule_switches();
  for (Machine* const machine : machines_) {
    if (!starts(machine)) continue;
    for (const Application* next = machine->applications_; next != nullptr; next = next->next_) {
      if (next->kind().has_end) machine->partition().expect_completion();
    }
    machine->partition().schedule(*machine, *machine, start_of_time, Machine::start());
  }
}

// The network that `entity` is, or null. Networks come after all machines.
const Network* World::network_of(const Entity& entity) {
  return entity.id() < Network::first_id ? nullptr : static_cast<const Network*>(&entity);
}

void World::count_in_flight() {
  in_flight_.assign(networks_.size(), 0);
  for (std::size_t i = 0; i < engine_->size(); ++i) {
    engine_->partition(i).for_each_pending([&](const Entity& target, void* subject) {
      if (subject == &target || subject == Machine::start()) return;
      const Frame& frame = *static_cast<const Frame*>(subject);
      if (const Network* const network = network_of(target)) {
        in_flight_[network->index()] += network->in_flight_in(frame);
      } else if (frame.tap != nullptr) {
        ++in_flight_[frame.tap->network().index()];
      } else if (const Tap* const ingress = static_cast<const Machine&>(target).ingress_of(frame)) {
        ++in_flight_[ingress->network().index()];
      }
    });
  }
  for (const Network& network : networks_) in_flight_[network.index()] += network.waiting();
}

// What taps were not handed happened as well, up to the time at which the run would have ended.
void World::settle_announcements(Outcome& outcome, const EngineOptions& options) {
  Time until = options.until;
  if (outcome.reason == StopReason::completed) {
    const Duration since_start = outcome.ended_at - start_of_time;
    const Duration whole = since_start - since_start % options.grid + options.grid;
    until = std::min(until, start_of_time + whole - Duration{1});
  } else if (outcome.reason != StopReason::idle && outcome.reason != StopReason::until) {
    until = outcome.ended_at;
  }
  for (Network& network : networks_) {
    in_flight_[network.index()] += network.settle_load(outcome, until);
  }
}

void World::tear_down() {
  for (Machine* const machine : machines_) machine->destroy_tasks();
  for (Network& network : networks_) network.discard_media();
  engine_.reset();
}

// ===== World: machines that are switched off and on =====

void World::make_switchable(Machine& machine, ProtocolList protocols) {
  switchables_[machine.id()].protocols = std::move(protocols);
}

void World::configure_again(Machine& machine, std::function<void()> configure) {
  std::function<void()>& kept = switchables_[machine.id()].configure;
  if (kept == nullptr) {
    kept = std::move(configure);
  } else {
    kept = [first = std::move(kept), second = std::move(configure)] {
      first();
      second();
    };
  }
}

void World::switch_at(Machine& machine, Time at, bool on) {
  std::vector<Switchable::Switch>& switches = switchables_[machine.id()].switches;
  ELVIS_ASSERT(switches.empty() || switches.back().at <= at);
  switches.push_back({at, on});
}

// Before machines start: one that is off from the beginning does nothing.
void World::schedule_switches() {
  for (const auto& [id, switchable] : switchables_) {
    Machine& machine = *machines_[id];
    const std::vector<Switchable::Switch>& switches = switchable.switches;
    auto next = std::ranges::upper_bound(switches, start_of_time, {}, &Switchable::Switch::at);
    if (next != switches.begin() && !std::prev(next)->on) --next;
    for (const Switchable::Switch& one : std::ranges::subrange(next, switches.end())) {
      auto* const frame =
          new Frame{Message{}, nullptr, 0, one.on ? Frame::switches_on : Frame::switches_off};
      machine.partition().schedule(machine, machine, one.at, frame);
    }
  }
}

// The first time after `after` and up to `until` at which `machine` is switched off.
std::optional<Time> World::switched_off_within(const Machine& machine, Time after,
                                               Time until) const {
  const auto found = switchables_.find(machine.id());
  if (found == switchables_.end()) return std::nullopt;
  for (const Switchable::Switch& one : found->second.switches) {
    if (one.at > until) break;
    if (!one.on && one.at > after) return one.at;
  }
  return std::nullopt;
}

// Each of these machines has an arena of its own, for its partition alone may use it now.
Arena& World::arena_of(const Machine& machine) {
  return *switchables_.find(machine.id())->second.arena;
}

void World::remove_protocols(Machine& machine) {
  if (switchables_.find(machine.id())->second.protocols.empty()) return;
  while (machine.protocol_count_ != 0)
    machine.protocols_begin()[--machine.protocol_count_]->~Protocol();
}

void World::add_protocols_again(Machine& machine) {
  Switchable& switchable = switchables_.find(machine.id())->second;
  if (switchable.protocols.empty()) return;
  switchable.arena = std::make_unique<Arena>();
  for (const auto& [kind, options] : switchable.protocols) kind->add(*this, machine, *options);
  if (switchable.configure) switchable.configure();
}

// ===== World: results =====

std::uint64_t World::digest() const {
  std::uint64_t sum = 0;
  for (const Machine* const machine : machines_)
    sum += mix(machine->digest_fold() ^ machine->key());
  for (const Network& network : networks_)
    sum += mix(network.digest_fold() ^ hash_of(network.name()) ^ 1);
  return sum;
}

NetworkCounters World::totals() const {
  NetworkCounters sum;
  for (const Network& network : networks_) sum.add(network.counters());
  return sum;
}

DropCounters World::drops() const {
  DropCounters sum;
  for (const Machine* const machine : machines_) sum.add(machine->drops());
  return sum;
}

bool World::conserves_frames() const {
  return std::all_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    const NetworkCounters counters = network.counters();
    return counters.frames_sent + counters.frames_copied + counters.frames_duplicated ==
           counters.frames_delivered + counters.frames_lost + counters.frames_queue_dropped +
               counters.frames_unknown_destination + in_flight(network);
  });
}

}  // namespace elvis
