// SPDX-License-Identifier: MIT
#include "elvis/builder/build.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "argument_reader.hpp"
#include "elvis/ndl/values.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/route_table.hpp"
#include "elvis/util/assert.hpp"
#include "plan_addresses.hpp"
#include "route_reader.hpp"
#include "shortest_paths.hpp"

namespace elvis {

namespace {

// Options that name machines, which a machine has.
struct Unresolved {
  Options* options;
  const Machine* machine;
};

// Puts addresses where the options name machines.
class TargetResolver final : public TargetVisitor {
 public:
  TargetResolver(const Plan& plan, const World& world) : plan_{plan}, world_{world} {}

  void resolve(Options& options, const Machine& sender) {
    sender_ = &sender;
    options.visit(*this);
  }

  using TargetVisitor::option;
  void option(const OptionInfo&, Target& value) override;

 private:
  const Plan& plan_;
  const World& world_;
  const Machine* sender_ = nullptr;
};

// The target's address on a network that it shares with the sender, else its first one.
void TargetResolver::option(const OptionInfo&, Target& value) {
  if (value.machine.empty()) return;
  const auto found = plan_.description->find_machine(value.machine);
  ELVIS_ASSERT(found && !found->is_group);
  const Machine& target = world_.machine(plan_.groups[found->group].first + found->index);
  for (const Tap& from : sender_->taps()) {
    for (const Tap& to : target.taps()) {
      if (&from.network() == &to.network()) {
        value.address = to.address();
        return;
      }
    }
  }
  if (!target.taps().empty()) {
    value.address = target.taps().front().address();
  } else if (&target == sender_) {
    value.address = Ipv4Address{127, 0, 0, 1};  // on no network a machine still has itself
  }
}

// What one section says to the machines of a group: one object for all for whom it is equal.
class SectionValues {
 public:
  SectionValues(const Plan& plan, const PlannedGroup& group, const ndl::Section& section,
                std::string_view owner, bool varies, ndl::Diagnostics& diagnostics, World& world)
      : world_{world},
        reader_{*plan.description, group.declaration, section, owner, diagnostics, &world},
        varies_{varies} {}

  /// The options of the machine `place`, which is the first of its stretch or not. Those that are
  /// new and name machines go to `unresolved` with `machine`.
  template <typename Kind>
  const auto& of(const Kind& kind, Machine& machine, std::uint32_t place, bool is_first,
                 std::vector<Unresolved>& unresolved) {
    using Made = std::remove_cvref_t<decltype(*kind.make_options())>;
    if (shared_ == nullptr || varies_ || (is_first && reader_.names_machines())) {
      auto made = kind.make_options();
      reader_.read(*made, place);
      if (reader_.names_machines()) unresolved.push_back({made.get(), &machine});
      shared_ = &world_.keep(std::move(made));
    }
    return static_cast<const Made&>(*shared_);
  }

 private:
  World& world_;
  ArgumentReader reader_;
  bool varies_;
  const Options* shared_ = nullptr;
};

class Builder {
 public:
  Builder(const Plan& plan, const WorldOptions& options)
      : plan_{plan}, world_{std::make_unique<World>(options)} {}

  std::unique_ptr<World> build();

 private:
  void add_group(const PlannedGroup& group);
  void add_machines(const PlannedGroup& group, const Stretch& stretch);
  void add_machine(const PlannedGroup& group, std::uint32_t place, bool is_first);
  void claim_addresses(const PlannedGroup& group);
  void declare_prefixes(const PlannedNetwork& planned, const Network& network);
  void lay_routes();
  void lay_routes_again();
  const Options& defaults_of(const ProtocolKind& kind);

  const Plan& plan_;
  std::unique_ptr<World> world_;
  ndl::Diagnostics diagnostics_;  // stays empty: the plan has been checked
  std::vector<Network*> networks_;
  std::vector<std::pair<const ProtocolKind*, const Options*>> defaults_;
  std::vector<Unresolved> unresolved_;
  std::set<std::uint32_t> switchable_;  // machines
  // Of the present group and stretch.
  std::vector<std::optional<SectionValues>> protocol_values_;
  std::vector<SectionValues> application_values_;
  std::vector<Network*> attached_;
};

std::unique_ptr<World> Builder::build() {
  for (const PlannedNetwork& network : plan_.networks) {
    networks_.push_back(
        &world_->add_network(std::string{network.declaration.id()}, network.properties));
    declare_prefixes(network, *networks_.back());
  }
  for (const PlannedSwitch& one : plan_.switches) switchable_.insert(one.machine);
  for (const PlannedGroup& group : plan_.groups) add_group(group);
  for (const PlannedSwitch& one : plan_.switches) {
    world_->switch_at(world_->machine(one.machine), one.at, one.on);
  }
  // Machines may name others that come later, so this is last.
  TargetResolver resolver{plan_, *world_};
  for (const Unresolved& one : unresolved_) resolver.resolve(*one.options, *one.machine);
  lay_routes();
  lay_routes_again();
  ELVIS_ASSERT(!diagnostics_.has_errors());
  return std::move(world_);
}

void Builder::add_group(const PlannedGroup& group) {
  protocol_values_.clear();
  for (const PlannedProtocol& planned : group.protocols) {
    auto& values = protocol_values_.emplace_back();
    // Most protocols have a name and nothing else to say.
    if (!planned.section || planned.section->arguments().size() < 2) continue;
    values.emplace(plan_, group, *planned.section, planned.kind->name, planned.varies, diagnostics_,
                   *world_);
  }
  application_values_.clear();
  for (const PlannedApplication& planned : group.applications) {
    application_values_.emplace_back(plan_, group, planned.section, planned.kind->name,
                                     planned.varies, diagnostics_, *world_);
  }
  world_->add_group(group.declaration.name(), group.count, group.count > 1);
  for (const Stretch& stretch : group.stretches) add_machines(group, stretch);
  claim_addresses(group);
}

void Builder::add_machines(const PlannedGroup& group, const Stretch& stretch) {
  attached_.clear();
  for (std::uint32_t i = 0; i < stretch.networks; ++i) {
    attached_.push_back(networks_[group.attachments[stretch.first_network + i]]);
  }
  for (std::uint32_t i = 0; i < stretch.count; ++i) {
    add_machine(group, stretch.place + i, i == 0);
  }
}

void Builder::add_machine(const PlannedGroup& group, std::uint32_t place, bool is_first) {
  Machine& machine = world_->add_machine(attached_, group.protocols.size());
  World::ProtocolList made;
  for (std::size_t i = 0; i < group.protocols.size(); ++i) {
    const ProtocolKind& kind = *group.protocols[i].kind;
    auto& values = protocol_values_[i];
    const Options& options =
        values ? values->of(kind, machine, place, is_first, unresolved_) : defaults_of(kind);
    kind.add(*world_, machine, options);
    if (!switchable_.empty()) made.emplace_back(&kind, &options);
  }
  if (switchable_.contains(machine.id())) world_->make_switchable(machine, std::move(made));
  for (std::size_t i = 0; i < group.applications.size(); ++i) {
    const ApplicationKind& kind = *group.applications[i].kind;
    world_->add_application(machine, kind,
                            application_values_[i].of(kind, machine, place, is_first, unresolved_));
  }
}

void Builder::claim_addresses(const PlannedGroup& group) {
  using Place = std::pair<std::uint32_t, std::uint32_t>;  // a network, and the place of a tap on it
  std::vector<Place> places;
  const std::uint32_t* of = nullptr;  // whose places they are
  for (const AddressRun& run : group.addresses) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const auto attached = PlanAddresses::networks_of(group, run.place + i);
      if (attached.data() != of) {
        of = attached.data();
        places.clear();
        for (std::uint32_t tap = 0; tap < attached.size(); ++tap) {
          places.emplace_back(attached[tap], tap);
        }
        std::ranges::sort(places);
      }
      const std::span<Tap> taps = world_->machine(group.first + run.place + i).taps();
      auto place = std::ranges::lower_bound(places, Place{run.network, 0});
      for (; place != places.end() && place->first == run.network; ++place) {
        world_->claim(taps[place->second], Ipv4Address{run.address + i});
      }
    }
  }
}

void Builder::declare_prefixes(const PlannedNetwork& planned, const Network& network) {
  for (const Ipv4Prefix& prefix : prefixes_of(planned)) world_->add_prefix(network, prefix);
}

// What machines say themselves comes first, and is kept.
void Builder::lay_routes() {
  const auto has_routes = [](const PlannedGroup& group) { return group.has_routes; };
  if (std::any_of(plan_.groups.begin(), plan_.groups.end(), has_routes)) {
    const PlanAddresses addresses{plan_};
    for (std::uint32_t i = 0; i < plan_.groups.size(); ++i) {
      const PlannedGroup& group = plan_.groups[i];
      if (!group.has_routes) continue;
      RouteReader reader{plan_, addresses, i, diagnostics_};
      const std::vector<Route>* routes = nullptr;
      for (std::uint32_t place = 0; place < group.count; ++place) {
        if (routes == nullptr || !reader.is_uniform()) routes = &reader.read(place);
        Machine& machine = world_->machine(group.first + place);
        static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4)).add_routes(*routes);
      }
    }
  }
  if (plan_.routing == Routing::static_shortest_path) {
    lay_shortest_paths(plan_, *world_);
  }
}

// A machine that is switched on again has a new IPv4, which gets the same routes.
void Builder::lay_routes_again() {
  for (const std::uint32_t number : switchable_) {
    Machine& machine = world_->machine(number);
    const auto* const ipv4 = static_cast<const Ipv4*>(machine.find(ProtocolId::ipv4));
    if (ipv4 == nullptr || ipv4->routes() == nullptr) continue;
    world_->configure_again(
        machine, [&machine, own = ipv4->routes()->own_routes(), shared = ipv4->routes()->shared()] {
          auto& again = static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4));
          again.add_routes(own);
          if (shared.first != nullptr) again.share_routes(shared.first, shared.second);
        });
  }
}

const Options& Builder::defaults_of(const ProtocolKind& kind) {
  for (const auto& [known, options] : defaults_) {
    if (known == &kind) return *options;
  }
  return *defaults_.emplace_back(&kind, &world_->keep(kind.make_options())).second;
}

}  // namespace

std::unique_ptr<World> build(const Plan& plan, const WorldOptions& options) {
  return Builder{plan, options}.build();
}

}  // namespace elvis
