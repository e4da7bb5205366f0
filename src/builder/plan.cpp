// SPDX-License-Identifier: MIT
#include "elvis/builder/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "address_book.hpp"
#include "elvis/util/saturated.hpp"
#include "event_planner.hpp"
#include "group_planner.hpp"
#include "link_properties.hpp"
#include "memory_estimate.hpp"
#include "plan_addresses.hpp"
#include "route_reader.hpp"
#include "shortest_paths.hpp"
#include "unread_arguments.hpp"

namespace elvis {

namespace {

using ndl::quoted;

// A MAC address has 24 bits for the tap.
constexpr std::uint64_t max_taps = std::uint64_t{1} << 24;
// Ids of machines have 31 bits; the front end reports descriptions with more.
constexpr std::uint64_t max_machines = (std::uint64_t{1} << 31) - 1;

class Planner {
 public:
  Planner(const ndl::Description& description, const PlanOptions& options,
          ndl::Diagnostics& diagnostics)
      : context_{description, options.catalog, diagnostics},
        options_{options},
        diagnostics_{diagnostics} {}

  std::optional<Plan> plan();

 private:
  void plan_networks();
  void plan_groups();
  bool fits_memory();
  void look_at_machines(AddressBook& book);
  bool count_taps();
  void plan_routing();
  void check_routes();
  void expect_shortest_paths();

  PlanningContext context_;
  const PlanOptions& options_;
  ndl::Diagnostics& diagnostics_;
  Plan plan_;
  std::vector<AddressPool> pools_;   // by network
  std::vector<GroupTraits> traits_;  // by group
};

std::optional<Plan> Planner::plan() {
  plan_.description = &context_.description;
  plan_networks();
  plan_routing();
  plan_groups();
  plan_events(context_.description, plan_, diagnostics_);
  AddressBook book{plan_.networks, pools_, plan_.groups, diagnostics_};
  // What does not fit is not looked at machine by machine: that might take as long as building it.
  if (fits_memory() && count_taps() && plan_.machines <= max_machines) {
    look_at_machines(book);
    if (count_taps() && !diagnostics_.has_errors()) {
      book.give();
      check_routes();
      expect_shortest_paths();
    }
  }
  if (diagnostics_.wants_more()) {
    warn_of_unread(context_.description, options_.catalog, diagnostics_);
  }
  if (diagnostics_.has_errors()) return std::nullopt;
  return std::move(plan_);
}

void Planner::plan_networks() {
  const std::size_t count = context_.description.network_count();
  plan_.networks.reserve(count);
  pools_.reserve(count);
  for (std::size_t i = 0; i < count && diagnostics_.wants_more(); ++i) {
    const ndl::NetworkDeclaration declaration = context_.description.network(i);
    pools_.push_back(read_pool(declaration, diagnostics_));
    plan_.networks.push_back({.declaration = declaration,
                              .properties = read_link_properties(declaration, diagnostics_),
                              .has_pool = !pools_.back().empty()});
  }
}

void Planner::plan_groups() {
  plan_.memory_bytes = estimate_common(plan_);
  const std::size_t count = context_.description.group_count();
  plan_.groups.reserve(count);
  traits_.reserve(count);
  for (std::size_t i = 0; i < count && diagnostics_.wants_more(); ++i) {
    PlannedGroup& group = plan_.groups.emplace_back(context_.description.group(i));
    group.count = group.declaration.count();
    group.first = static_cast<std::uint32_t>(plan_.machines);
    plan_.machines += group.count;
    plan_capture(context_, group);
    const GroupTraits& traits = traits_.emplace_back(plan_common(context_, plan_.networks, group));
    plan_.applications += std::uint64_t{group.count} * group.applications.size();
    plan_.memory_bytes = add_saturated(plan_.memory_bytes, traits.memory_bytes);
  }
}

bool Planner::fits_memory() {
  if (!options_.memory || plan_.memory_bytes <= options_.memory->bytes) return true;
  const auto most = std::max_element(
      traits_.begin(), traits_.end(),
      [](const GroupTraits& a, const GroupTraits& b) { return a.memory_bytes < b.memory_bytes; });
  ndl::Span span{};
  std::vector<ndl::Note> notes;
  if (most != traits_.end()) {
    const ndl::MachineGroup group =
        plan_.groups[static_cast<std::size_t>(most - traits_.begin())].declaration;
    const auto count = group.read("count");
    span = count ? count->span() : group.name_span();
    if (count) notes = count->origin();
  }
  diagnostics_.error(
      span,
      fmt::format("the scenario needs about {}, {} {}", format_bytes(plan_.memory_bytes),
                  format_bytes(options_.memory->bytes), options_.memory->is),
      std::move(notes));
  return false;
}

void Planner::look_at_machines(AddressBook& book) {
  for (std::uint32_t i = 0; i < plan_.groups.size() && diagnostics_.wants_more(); ++i) {
    plan_machines(context_, i, plan_.groups[i], traits_[i], book);
  }
  if (diagnostics_.wants_more()) book.check_claims();
}

// Counts those that are known by now; returns whether every network can have as many.
bool Planner::count_taps() {
  plan_.taps = 0;
  for (PlannedNetwork& network : plan_.networks) network.taps = 0;
  for (const PlannedGroup& group : plan_.groups) {
    for (const Stretch& stretch : group.stretches) {
      plan_.taps += std::uint64_t{stretch.count} * stretch.networks;
      for (std::uint32_t i = 0; i < stretch.networks; ++i) {
        plan_.networks[group.attachments[stretch.first_network + i]].taps += stretch.count;
      }
    }
  }
  bool fits = true;
  for (const PlannedNetwork& network : plan_.networks) {
    if (network.taps <= max_taps) continue;
    fits = false;
    diagnostics_.error(
        network.declaration.id_span(),
        fmt::format("{} machines are attached to network {}; at most {} are possible", network.taps,
                    quoted(network.declaration.id()), max_taps));
  }
  return fits;
}

// Routes that are worked out before the run may take more than all the rest.
void Planner::expect_shortest_paths() {
  if (plan_.routing != Routing::static_shortest_path || diagnostics_.has_errors()) return;
  plan_.memory_bytes = add_saturated(plan_.memory_bytes, expected_shortest_paths_bytes(plan_));
  (void)fits_memory();
}

// `routing` of the top level's [Networks], of which there may be several.
void Planner::plan_routing() {
  for (const ndl::Argument& argument : context_.description.read_of_all_networks("routing")) {
    if (argument.is_broken()) continue;
    if (argument.text() == "static-shortest-path") {
      plan_.routing = Routing::static_shortest_path;
    } else if (argument.text() != "none") {
      diagnostics_.error(argument.span(),
                         fmt::format("`routing` must be `none` or `static-shortest-path`, got {}",
                                     quoted(argument.text())));
    }
  }
}

void Planner::check_routes() {
  const auto has_routes = [](const PlannedGroup& group) { return group.has_routes; };
  if (std::none_of(plan_.groups.begin(), plan_.groups.end(), has_routes)) return;
  const PlanAddresses addresses{plan_};
  for (std::uint32_t i = 0; i < plan_.groups.size() && diagnostics_.wants_more(); ++i) {
    if (!plan_.groups[i].has_routes) continue;
    RouteReader reader{plan_, addresses, i, diagnostics_};
    reader.read(0);
    for (std::uint32_t place = 1; place < plan_.groups[i].count && !reader.is_uniform(); ++place) {
      reader.read(place);
    }
  }
}

}  // namespace

std::optional<Plan> make_plan(const ndl::Description& description, const PlanOptions& options,
                              ndl::Diagnostics& diagnostics) {
  return Planner{description, options, diagnostics}.plan();
}

}  // namespace elvis
