// SPDX-License-Identifier: MIT
#include "scenario.hpp"

#include <algorithm>

#include "console.hpp"
#include "elvis/builder/build.hpp"
#include "elvis/builder/plan.hpp"
#include "elvis/builder/reachability.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/front_end.hpp"
#include "elvis/ndl/source.hpp"
#include "elvis/simulation/plugins.hpp"
#include "elvis/util/assert.hpp"
#include "elvis/util/resident_memory.hpp"
#include "standard_input.hpp"

namespace elvis::cli {

namespace {

// What a scenario may take beyond what the process holds: the smaller of what the limit leaves and
// what the machine has free.
std::optional<MemoryLimit> memory_for(const ScenarioOptions& options) {
  const std::uint64_t limit = memory_limit_of(options);
  const std::uint64_t held = resident_memory();
  const std::uint64_t left = limit > held ? limit - held : 0;
  const std::uint64_t free = available_memory();
  if (limit == 0) return std::nullopt;
  if (options.memory_limit && (left < free || free == 0)) return MemoryLimit{left, "allowed"};
  return MemoryLimit{free != 0 ? std::min(free, left) : left, "free"};
}

}  // namespace

std::uint64_t memory_limit_of(const ScenarioOptions& options) {
  return options.memory_limit.value_or(physical_memory() / 10 * 9);
}

struct Scenario::Parts {
  explicit Parts(ndl::Diagnostics::Mode mode) : diagnostics{mode} {}

  ndl::SourceSet sources;
  ndl::Diagnostics diagnostics;
  std::optional<ndl::Description> description;
  std::optional<Plan> plan;
  std::uint64_t held_bytes = 0;  // by the process before the plan
};

Scenario::Scenario() = default;
Scenario::~Scenario() = default;

bool Scenario::read(const std::string& file, const ScenarioOptions& options, const Catalog& catalog,
                    Console& console) {
  using Mode = ndl::Diagnostics::Mode;
  parts_ = std::make_unique<Parts>(options.is_strict ? Mode::strict : Mode::tolerant);
  Parts& parts = *parts_;
  const std::optional<std::string> name = name_in(parts.sources, file, console);
  if (!name) return false;
  parts.description =
      ndl::read_description(parts.sources, *name, options.settings, parts.diagnostics);
  if (parts.description) {
    parts.held_bytes = resident_memory();
    const PlanOptions plan{.catalog = catalog, .memory = memory_for(options)};
    parts.plan = make_plan(*parts.description, plan, parts.diagnostics);
  }
  console.err(ndl::render(parts.diagnostics, parts.sources, {.colour = console.has_colour_err()}));
  ELVIS_ASSERT(parts.plan || parts.diagnostics.has_errors());
  return parts.plan.has_value() && !parts.diagnostics.has_errors();
}

std::string Scenario::description() const {
  constexpr std::size_t most_addresses = 20;
  return describe(*parts_->plan, most_addresses, parts_->held_bytes);
}

std::vector<std::pair<std::string, std::string>> Scenario::parameters() const {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const ndl::ParameterValue& parameter : parts_->description->parameters()) {
    parameters.emplace_back(parameter.name, parameter.value);
  }
  return parameters;
}

std::uint64_t Scenario::expected_memory() const {
  return parts_->held_bytes + parts_->plan->memory_bytes;
}

std::unique_ptr<World> Scenario::build(const WorldOptions& options) const {
  return elvis::build(*parts_->plan, options);
}

std::vector<std::pair<std::uint32_t, std::string>> Scenario::capture_files() const {
  return elvis::capture_files(*parts_->plan);
}

bool Scenario::check_reachability(Console& console) {
  Parts& parts = *parts_;
  // On a single network who is named is there; it is addresses that nobody may have.
  const std::uint64_t most_machines = parts.plan->networks.size() < 2 ? 100'000 : 1'000'000;
  if (parts.plan->machines > most_machines) return true;
  ndl::Diagnostics warnings{parts.diagnostics.mode()};
  const std::unique_ptr<World> world = build({});
  warn_of_unreachable(*parts.plan, *world, warnings);
  console.err(ndl::render(warnings, parts.sources, {.colour = console.has_colour_err()}));
  return !warnings.has_errors();
}

void Scenario::forget() {
  parts_.reset();
}

bool load_plugins(const std::vector<std::string>& plugins, ExtendedCatalog& catalog,
                  Console& console) {
  for (const std::string& plugin : plugins) {
    const std::string wrong = load_plugin(plugin, catalog);
    if (wrong.empty()) continue;
    console.complain("the plug-in " + wrong);
    return false;
  }
  return true;
}

std::string list_of(ListCommand::What what, const Catalog& catalog) {
  switch (what) {
    case ListCommand::What::protocols:
      return list_protocols(catalog);
    case ListCommand::What::applications:
      return list_applications(catalog);
    case ListCommand::What::links:
      return list_links();
  }
  ELVIS_UNREACHABLE();
}

}  // namespace elvis::cli
