// SPDX-License-Identifier: MIT
#include "elvis/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "elvis/builder/build.hpp"
#include "elvis/builder/plan.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/front_end.hpp"
#include "elvis/simulation/plugins.hpp"
#include "run.hpp"

namespace elvis {

namespace {

// `text` as it stands between the quotes of an NDL value.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\'' || character == '\\') {
      out += '\\';
      out += character;
    } else if (character == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += character;
    }
  }
  return out;
}

void write(const SectionSpec& section, std::size_t level, std::string& text) {
  text.append(4 * level, ' ');
  text += '[' + section.kind;
  for (const Argument& argument : section.arguments) {
    fmt::format_to(std::back_inserter(text), " {}='{}'", argument.name, escaped(argument.value));
  }
  text += "]\n";
  for (const SectionSpec& inner : section.sections) write(inner, level + 1, text);
}

template <typename Sections>
void write_all(std::string_view heading, const Sections& sections, std::string& text) {
  if (sections.empty()) return;
  text += heading;
  text += '\n';
  for (const SectionSpec& section : sections) write(section, 1, text);
}

SectionSpec named(std::string_view kind, std::string_view key, std::string_view name,
                  Arguments arguments) {
  SectionSpec section{.kind = std::string{kind}, .arguments = {{key, name}}};
  std::move(arguments.begin(), arguments.end(), std::back_inserter(section.arguments));
  return section;
}

class NoOptions final : public ApplicationOptions {
 public:
  void visit(OptionVisitor&) override {}
};

Task<Result<>> run_program(Application& self, const ApplicationOptions&) {
  return (*static_cast<const Program*>(self.kind().context))(self);
}

}  // namespace

// ===== NetworkSpec, MachineSpec =====

NetworkSpec& NetworkSpec::pool(std::string_view addresses) {
  const bool is_prefix = addresses.find('/') != std::string_view::npos;
  const bool is_range = addresses.find('-') != std::string_view::npos;
  const std::string_view key = is_prefix ? "subnet" : is_range ? "range" : "ip";
  section_.sections.push_back(named("IP", key, addresses, {}));
  return *this;
}

SectionSpec& MachineSpec::part(std::string_view kind) {
  auto& parts = section_.sections;
  const auto found = std::ranges::find(parts, kind, &SectionSpec::kind);
  if (found != parts.end()) return *found;
  return parts.emplace_back(SectionSpec{.kind = std::string{kind}});
}

MachineSpec& MachineSpec::attach(std::string_view network, Arguments arguments) {
  part("Networks").sections.push_back(named("Network", "id", network, std::move(arguments)));
  return *this;
}

MachineSpec& MachineSpec::protocol(std::string_view name, Arguments arguments) {
  part("Protocols").sections.push_back(named("Protocol", "name", name, std::move(arguments)));
  return *this;
}

MachineSpec& MachineSpec::application(std::string_view name, Arguments arguments) {
  part("Applications").sections.push_back(named("Application", "name", name, std::move(arguments)));
  return *this;
}

MachineSpec& MachineSpec::program(std::string_view name, Program program, ProgramTraits traits) {
  simulation_.define(name, std::move(program), std::move(traits));
  return application(name);
}

MachineSpec& MachineSpec::route(std::string_view to, std::string_view via) {
  part("Routes").sections.push_back(named("Route", "to", to, {{"via", via}}));
  return *this;
}

// ===== Simulation: what can be named =====

// A program, and what its kind points to.
struct Simulation::Defined {
  std::string name;
  ProgramTraits traits;
  Program program;
  std::vector<std::string_view> needs = {};
};

Simulation::Simulation(const Catalog& catalog) : catalog_{catalog} {}
Simulation::~Simulation() = default;

void Simulation::add(std::span<const ProtocolKind> protocols,
                     std::span<const ApplicationKind> applications) {
  std::string wrong = catalog_.add("this program", protocols, applications);
  if (!wrong.empty()) troubles_.push_back("the program " + std::move(wrong));
}

void Simulation::load_plugin(const std::string& path) {
  std::string wrong = elvis::load_plugin(path, catalog_);
  if (!wrong.empty()) troubles_.push_back("the plug-in " + std::move(wrong));
}

void Simulation::define(std::string_view name, Program program, ProgramTraits traits) {
  Defined& defined =
      defined_.emplace_back(std::string{name}, std::move(traits), std::move(program));
  defined.needs.assign(defined.traits.needs.begin(), defined.traits.needs.end());
  const ApplicationKind kind{
      .name = defined.name,
      .summary = defined.traits.summary,
      .has_end = defined.traits.has_end,
      .make_options = []() -> std::unique_ptr<ApplicationOptions> {
        return std::make_unique<NoOptions>();
      },
      .run = defined.program ? run_program : nullptr,
      .needs = defined.needs,
      .context = &defined.program,
  };
  add({}, {&kind, 1});
}

// ===== Simulation: what there is =====

NetworkSpec Simulation::network(std::string_view id, Arguments link) {
  return NetworkSpec{networks_.emplace_back(named("Network", "id", id, std::move(link)))};
}

MachineSpec Simulation::machine(std::string_view name, Arguments arguments) {
  SectionSpec& section =
      machines_.emplace_back(named("Machine", "name", name, std::move(arguments)));
  if (std::ranges::find(section.arguments, "auto-protocol", &Argument::name) ==
      section.arguments.end()) {
    section.arguments.emplace_back("auto-protocol", true);
  }
  MachineSpec machine{*this, section};
  for (const char* const kind : {"Networks", "Protocols", "Applications"}) machine.part(kind);
  return machine;
}

MachineSpec Simulation::machines(std::string_view name, std::uint32_t count, Arguments arguments) {
  arguments.emplace_back("count", count);
  return machine(name, std::move(arguments));
}

void Simulation::event(Duration at, Arguments arguments) {
  SectionSpec section{.kind = "Event", .arguments = {{"at", at}}};
  std::move(arguments.begin(), arguments.end(), std::back_inserter(section.arguments));
  events_.push_back(std::move(section));
}

void Simulation::include(std::string_view path) {
  includes_.push_back(named("Include", "file", path, {}));
}

void Simulation::include_text(std::string name, std::string text) {
  include(name);
  texts_.emplace_back(std::move(name), std::move(text));
}

void Simulation::set(std::string name, std::string value) {
  settings_.emplace_back(std::move(name), std::move(value));
}

std::string Simulation::ndl() const {
  std::string text;
  for (const SectionSpec& include : includes_) write(include, 0, text);
  if (networks_.empty() && has_shortest_paths_)
    text += "[Networks routing='static-shortest-path']\n";
  write_all(has_shortest_paths_ ? "[Networks routing='static-shortest-path']" : "[Networks]",
            networks_, text);
  write_all("[Machines]", machines_, text);
  write_all("[Events]", events_, text);
  return text;
}

// ===== Simulation: from the description to a plan =====

struct Simulation::Reading {
  explicit Reading(ndl::Diagnostics::Mode mode) : diagnostics{mode} {}

  ndl::SourceSet sources;
  ndl::Diagnostics diagnostics;
  std::optional<ndl::Description> description;
  std::optional<Plan> plan;
  std::string messages;
};

std::unique_ptr<Simulation::Reading> Simulation::read(bool is_strict) const {
  using Mode = ndl::Diagnostics::Mode;
  auto reading = std::make_unique<Reading>(is_strict ? Mode::strict : Mode::tolerant);
  for (const std::string& trouble : troubles_) reading->messages += "error: " + trouble + '\n';
  if (!troubles_.empty()) return reading;
  constexpr const char* whole = "simulation";
  reading->sources.offer(whole, ndl());
  for (const auto& [name, text] : texts_) reading->sources.offer(name, text);
  std::vector<ndl::Setting> settings;
  for (const auto& [name, value] : settings_) settings.push_back({name, value});
  reading->description =
      ndl::read_description(reading->sources, whole, settings, reading->diagnostics);
  if (reading->description) {
    reading->plan = make_plan(*reading->description, {.catalog = catalog_.catalog(), .memory = {}},
                              reading->diagnostics);
  }
  if (reading->diagnostics.has_errors()) reading->plan.reset();
  reading->messages += ndl::render(reading->diagnostics, reading->sources);
  return reading;
}

std::string Simulation::check() const {
  const auto reading = read(false);
  return reading->plan ? reading->messages + describe(*reading->plan) : reading->messages;
}

SimulationResult Simulation::run(const RunSettings& settings) const {
  auto reading = read(settings.is_strict);
  SimulationResult result{.has_run = false, .messages = reading->messages, .report = {}};
  if (!reading->plan) return result;
  SimulationRun run{settings};
  run.build(*reading->plan);
  run.facts().file = "simulation";
  for (const ndl::ParameterValue& parameter : reading->description->parameters()) {
    run.facts().parameters.emplace_back(parameter.name, parameter.value);
  }
  reading.reset();  // the world needs nothing of it
  run.execute(result);
  return result;
}

// ===== Names of machines =====

std::optional<Ipv4Address> address_of(const Machine& from, std::string_view name) {
  const World& world = from.world();
  const Machine* found = nullptr;
  for (std::size_t i = 0; i < world.group_count() && found == nullptr; ++i) {
    const MachineGroup& group = world.group(i);
    if (!name.starts_with(group.name)) continue;
    for (std::uint32_t place = 0; place < group.count && found == nullptr; ++place) {
      if (group.name_of(place) == name) found = &world.machine(group.first + place);
    }
  }
  if (found == nullptr || found->taps().empty()) return std::nullopt;
  Ipv4Address address = found->taps().front().address();
  for (const Tap& own : from.taps()) {
    for (const Tap& to : found->taps()) {
      if (&own.network() != &to.network()) continue;
      return to.address().is_unspecified() ? std::nullopt : std::optional{to.address()};
    }
  }
  return address.is_unspecified() ? std::nullopt : std::optional{address};
}

}  // namespace elvis
