// SPDX-License-Identifier: MIT
// What the machines of a group have in common.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>

#include "argument_reader.hpp"
#include "elvis/ndl/values.hpp"
#include "group_planner.hpp"
#include "memory_estimate.hpp"
#include "route_reader.hpp"
#include "suggested_name.hpp"

namespace elvis {

using ndl::quoted;

std::optional<std::uint32_t> find_network(const PlanningContext& context,
                                          const ndl::Argument& argument, std::string_view id,
                                          std::string_view machine) {
  const ndl::Description& description = context.description;
  if (const auto found = description.find_network(id)) return static_cast<std::uint32_t>(*found);
  const std::string suggestion = description.suggest_network(id);
  // A network that could not be read may be the one that is meant.
  if (suggestion.empty() && !description.is_complete()) return std::nullopt;
  std::vector<ndl::Note> notes;
  if (const auto near = description.find_network(suggested_name(suggestion))) {
    const ndl::NetworkDeclaration network = description.network(*near);
    notes.push_back({network.id_span(), fmt::format("{} is declared here", quoted(network.id()))});
  } else if (suggestion.empty() && description.network_count() == 1) {
    const ndl::NetworkDeclaration only = description.network(0);
    notes.push_back({only.id_span(), fmt::format("the only network is {}", quoted(only.id()))});
  }
  for (ndl::Note& note : argument.origin()) notes.push_back(std::move(note));
  std::string text = fmt::format("no network has id {}{}", quoted(id), suggestion);
  if (!machine.empty()) text += fmt::format(" (for {})", quoted(machine));
  context.diagnostics.error(argument.span(), std::move(text), std::move(notes));
  return std::nullopt;
}

void check_attached_once(const PlanningContext& context, const ndl::Section& first,
                         const ndl::Section& second, std::string_view id) {
  if (!first.origin().empty()) return;
  const auto place_of = [](const ndl::Section& section) {
    const auto argument = section.find("id");
    return argument ? argument->span() : section.span();
  };
  context.diagnostics.error(place_of(second),
                            fmt::format("the machine is attached to network {} twice", quoted(id)),
                            {{place_of(first), "it is attached here first"}});
}

namespace {

class CommonPlanner {
 public:
  CommonPlanner(const PlanningContext& context, std::span<const PlannedNetwork> networks,
                PlannedGroup& group)
      : context_{context},
        networks_{networks},
        group_{group},
        may_lack_{group.declaration.is_damaged()} {}

  GroupTraits plan();

 private:
  void attach();
  void list_protocols();
  const ProtocolKind* known_protocol(const ndl::Section& section);
  void add_protocol(const ProtocolKind& kind, const ndl::Section& section);
  void list_applications();
  void complete_protocols();
  bool add_missing(std::string_view name);
  void check_numbers();
  void check_needs();
  // The protocol for a transport: UDP where any will do.
  static std::string_view name_of(ArgumentReader::Wants transport) {
    return transport == ArgumentReader::Wants::tcp ? "TCP" : "UDP";
  }
  void lay_routes();
  bool has(std::string_view protocol) const;
  void report_missing(const ndl::Section& section, std::string_view who, std::string_view protocol);
  bool read_first(const ndl::Section& section, std::string_view owner, Options& options,
                  const ApplicationKind* kind = nullptr);

  // What some of the machines have under way by an application, and over which transport.
  struct Sampled {
    SampledLoad load;
    ArgumentReader::Wants transport;
    bool sends;
    bool listens;
    bool waits;
  };
  void look_around(const ndl::Argument& network);
  SampledLoad sample(const ndl::Section& section, const ApplicationKind& kind) const;
  void expect_loads();
  bool goes_over_tcp(ArgumentReader::Wants wanted) const;
  bool stays(const Sampled& one, const ApplicationKind& kind) const;

  const PlanningContext& context_;
  std::span<const PlannedNetwork> networks_;
  PlannedGroup& group_;
  GroupTraits traits_;
  ValueCosts values_;
  Surroundings around_;
  std::vector<Sampled> sampled_;
  struct Wanting {
    ndl::Section section;
    ArgumentReader::Wants transport;
  };
  std::vector<Wanting> wanting_;  // applications that need a transport
  bool may_lack_;                 // whether what is missing may only have been misspelt
};

GroupTraits CommonPlanner::plan() {
  attach();
  list_protocols();
  list_applications();
  if (group_.declaration.adds_protocols()) complete_protocols();
  const auto adds = group_.declaration.find("auto-protocol");
  if (adds && (adds->is_broken() || !ndl::read_bool(adds->text()))) may_lack_ = true;
  const ProtocolKind* const first = context_.catalog.protocols.data();
  std::sort(group_.protocols.begin(), group_.protocols.end(),
            [&](const PlannedProtocol& a, const PlannedProtocol& b) {
              return a.kind - first < b.kind - first;
            });
  check_numbers();
  if (!may_lack_) check_needs();
  lay_routes();
  expect_loads();
  traits_.memory_bytes = estimate_group(group_, around_, values_);
  return traits_;
}

// ===== CommonPlanner: networks =====

void CommonPlanner::attach() {
  std::vector<ndl::Section> sections;                     // of each attachment
  std::unordered_map<std::uint32_t, std::size_t> places;  // in `sections`, by network
  for (const ndl::Section& section : group_.declaration.networks()) {
    ++around_.taps;
    const auto id = section.read("id");
    if (!id || id->is_broken()) {
      traits_.is_astray = true;
      continue;
    }
    look_around(*id);
    if (id->varies()) {
      traits_.networks_vary = true;
      continue;
    }
    const auto network = find_network(context_, *id, id->text());
    if (!network) {
      traits_.is_astray = true;
      continue;
    }
    const auto [before, is_new] = places.try_emplace(*network, sections.size());
    if (is_new) {
      group_.attachments.push_back(*network);
      sections.push_back(section);
    } else {
      check_attached_once(context_, sections[before->second], section, id->text());
    }
  }
  if (traits_.networks_vary) {
    group_.attachments.clear();
  } else {
    group_.stretches.push_back(
        {0, group_.count, 0, static_cast<std::uint32_t>(group_.attachments.size())});
  }
}

// The network of the group's first machine stands for those of all others.
void CommonPlanner::look_around(const ndl::Argument& network) {
  ndl::Diagnostics unheard;
  std::string name;
  std::string buffer;
  group_.declaration.write_name(0, name);
  const auto id = network.varies() ? network.evaluate({.index = 0, .name = name}, buffer, unheard)
                                   : std::optional<std::string_view>{network.text()};
  const auto found = id ? context_.description.find_network(*id) : std::nullopt;
  if (!found || *found >= networks_.size()) return;
  const LinkProperties& properties = networks_[*found].properties;
  constexpr int draws = 64;
  Rng luck{*found};
  Duration drawn{};
  for (int i = 0; i < draws; ++i) drawn += properties.latency.draw(luck) / draws;
  around_.latency = std::max(around_.latency, drawn);
  around_.mtu = std::min<std::uint64_t>(around_.mtu, properties.mtu);
  if (!properties.is_limited()) return;
  if (properties.medium == MediumKind::switched) ++around_.switched;
  if (properties.medium == MediumKind::shared) around_.is_shared = true;
  constexpr double full_frame = 1'514;
  const QueueProperties& queue = properties.queue;
  double room = Surroundings::unlimited;
  if (queue.counts_bytes()) {
    room = static_cast<double>(queue.most_bytes);
  } else if (queue.most_frames != QueueProperties::unlimited) {
    room = static_cast<double>(queue.most_frames) * full_frame;
  }
  if (properties.throughput) {
    constexpr double nanoseconds = 1e9;
    room += 2 * static_cast<double>(drawn.count()) / nanoseconds *
            static_cast<double>(properties.throughput->bits_per_second) / 8;
  }
  around_.room = std::min(around_.room, room);
}

// ===== CommonPlanner: protocols =====

const ProtocolKind* CommonPlanner::known_protocol(const ndl::Section& section) {
  const std::string_view name = section.name();
  if (name.empty()) return nullptr;
  if (const ProtocolKind* const kind = context_.catalog.find_protocol(name)) return kind;
  if (context_.catalog.is_planned(name)) {
    context_.diagnostics.error(section.name_span(),
                               fmt::format("protocol {} is not yet available", quoted(name)),
                               section.origin());
    return nullptr;
  }
  ndl::Closest search{name};
  for (const ProtocolKind& kind : context_.catalog.protocols) search.consider(kind.name);
  for (const std::string_view planned : context_.catalog.planned_protocols) {
    search.consider(planned);
  }
  context_.diagnostics.error(
      section.name_span(), fmt::format("unknown protocol {}{}", quoted(name), search.suggestion()),
      section.origin());
  return nullptr;
}

void CommonPlanner::list_protocols() {
  for (const ndl::Section& section : group_.declaration.protocols()) {
    const ProtocolKind* const kind = known_protocol(section);
    if (kind == nullptr) {
      may_lack_ = true;
    } else {
      add_protocol(*kind, section);
    }
  }
}

void CommonPlanner::add_protocol(const ProtocolKind& kind, const ndl::Section& section) {
  const std::unique_ptr<Options> options = kind.make_options();
  const bool varies = read_first(section, kind.name, *options);
  const auto before =
      std::find_if(group_.protocols.begin(), group_.protocols.end(),
                   [&](const PlannedProtocol& planned) { return planned.kind == &kind; });
  if (before == group_.protocols.end()) {
    group_.protocols.push_back({&kind, section, varies});
    return;
  }
  // A machine's own section replaces that of its template.
  if (before->section->origin().empty()) {
    context_.diagnostics.error(section.name_span(),
                               fmt::format("{} is listed twice", quoted(kind.name)),
                               {{before->section->name_span(), "it is listed here first"}});
  }
  *before = {&kind, section, varies};
}

bool CommonPlanner::has(std::string_view protocol) const {
  const ProtocolKind* const kind = context_.catalog.find_protocol(protocol);
  return std::any_of(group_.protocols.begin(), group_.protocols.end(),
                     [&](const PlannedProtocol& planned) { return planned.kind == kind; });
}

bool CommonPlanner::add_missing(std::string_view name) {
  const ProtocolKind* const kind = context_.catalog.find_protocol(name);
  if (kind == nullptr || has(name)) return false;
  group_.protocols.push_back({kind, std::nullopt, false});
  return true;
}

// `auto-protocol`: what every machine on a network needs, and what its applications ask for.
void CommonPlanner::complete_protocols() {
  add_missing("IPv4");
  add_missing("ARP");
  for (const Wanting& wanting : wanting_) {
    const bool has_any = has("UDP") || has("TCP");
    if (wanting.transport == ArgumentReader::Wants::any && has_any) continue;
    add_missing(name_of(wanting.transport));
  }
  for (const PlannedApplication& planned : group_.applications) {
    for (const std::string_view needed : planned.kind->needs) add_missing(needed);
  }
  for (std::size_t i = 0; i < group_.protocols.size(); ++i) {
    for (const std::string_view needed : group_.protocols[i].kind->needs) add_missing(needed);
  }
}

// Two protocols of a catalog may be alternatives: the layer below knows them by one number.
void CommonPlanner::check_numbers() {
  for (const PlannedProtocol& one : group_.protocols) {
    for (const PlannedProtocol& other : group_.protocols) {
      if (&one == &other) break;
      if (one.kind->id != other.kind->id) continue;
      const auto& section = one.section ? one.section : other.section;
      context_.diagnostics.error(
          section ? section->name_span() : group_.declaration.name_span(),
          fmt::format("{} and {} have the same number: a machine has one of them",
                      quoted(other.kind->name), quoted(one.kind->name)));
    }
  }
}

void CommonPlanner::check_needs() {
  for (const PlannedProtocol& planned : group_.protocols) {
    for (const std::string_view needed : planned.kind->needs) {
      if (!has(needed)) report_missing(*planned.section, planned.kind->name, needed);
    }
  }
  for (const PlannedApplication& planned : group_.applications) {
    for (const std::string_view needed : planned.kind->needs) {
      if (!has(needed)) report_missing(planned.section, planned.kind->name, needed);
    }
  }
  for (const Wanting& wanting : wanting_) {
    const bool is_served = wanting.transport == ArgumentReader::Wants::any
                               ? has("UDP") || has("TCP")
                               : has(name_of(wanting.transport));
    if (!is_served) {
      report_missing(wanting.section, wanting.section.name(), name_of(wanting.transport));
    }
  }
}

// Routes are read when all addresses are known.
void CommonPlanner::lay_routes() {
  group_.has_routes = describes_routes(group_.declaration);
  if (!group_.has_routes || may_lack_ || has("IPv4")) return;
  context_.diagnostics.error(group_.declaration.name_span(),
                             "a machine with routes needs the protocol `IPv4`");
}

void CommonPlanner::report_missing(const ndl::Section& section, std::string_view who,
                                   std::string_view protocol) {
  context_.diagnostics.error(
      section.name_span(),
      fmt::format("{} needs the protocol {}, which the machine does not have", quoted(who),
                  quoted(protocol)),
      section.origin());
}

// ===== CommonPlanner: applications =====

void CommonPlanner::list_applications() {
  for (const ndl::Section& section : group_.declaration.applications()) {
    const std::string_view name = section.name();
    if (name.empty()) continue;
    const ApplicationKind* const kind = context_.catalog.find_application(name);
    if (kind == nullptr) {
      ndl::Closest search{name};
      for (const ApplicationKind& known : context_.catalog.applications) {
        search.consider(known.name);
      }
      context_.diagnostics.error(
          section.name_span(),
          fmt::format("unknown application {}{}", quoted(name), search.suggestion()),
          section.origin());
      continue;
    }
    const std::unique_ptr<ApplicationOptions> options = kind->make_options();
    const bool varies = read_first(section, kind->name, *options, kind);
    group_.applications.push_back({kind, section, varies});
  }
}

// Reads the arguments for the first machine; returns whether they differ for the others.
bool CommonPlanner::read_first(const ndl::Section& section, std::string_view owner,
                               Options& options, const ApplicationKind* kind) {
  ArgumentReader reader{context_.description, group_.declaration, section, owner,
                        context_.diagnostics};
  reader.read(options, 0);
  if (reader.wants_transport() != ArgumentReader::Wants::nothing) {
    wanting_.push_back({section, reader.wants_transport()});
  }
  (reader.varies() ? values_.own_bytes : values_.shared_bytes) += reader.bytes();
  if (reader.varies()) ++values_.own_objects;
  if (kind != nullptr) {
    sampled_.push_back({sample(section, *kind), reader.wants_transport(), reader.sends(),
                        reader.listens(), reader.stays()});
  }
  return reader.varies();
}

// ===== CommonPlanner: what is under way =====

// Of the first machine, and of others if they differ. What is wrong there is found when all are
// read.
SampledLoad CommonPlanner::sample(const ndl::Section& section, const ApplicationKind& kind) const {
  constexpr std::uint64_t most = 17;
  // A part of the whole that is like no other, so that places are neither all even nor all in a
  // row.
  constexpr double golden = 0.6180339887498949;
  ndl::Diagnostics unheard;
  ArgumentReader reader{context_.description, group_.declaration, section, kind.name, unheard};
  SampledLoad sampled;
  std::vector<ApplicationOptions::Load>& loads = sampled.loads;
  const std::uint64_t count = group_.count;
  for (std::uint64_t i = 0; i < std::min(count, most); ++i) {
    const double part = static_cast<double>(i) * golden;
    const auto place =
        static_cast<std::uint64_t>((part - std::floor(part)) * static_cast<double>(count));
    const std::unique_ptr<ApplicationOptions> options = kind.make_options();
    reader.read(*options, i + 1 == most ? count - 1 : std::min(place, count - 1));
    loads.push_back(options->load());
    loads.back().size = std::max<std::uint64_t>(loads.back().size, reader.payload_bytes());
    if (!reader.varies()) break;
  }
  sampled.machines = count;
  sampled.goes_to_one = !reader.varies_target();
  return sampled;
}

// UDP where any will do, if the machine has it.
bool CommonPlanner::goes_over_tcp(ArgumentReader::Wants wanted) const {
  return wanted == ArgumentReader::Wants::tcp ||
         (wanted == ArgumentReader::Wants::any && !has("UDP") && has("TCP"));
}

void CommonPlanner::expect_loads() {
  around_.asks = has("ARP");
  for (const PlannedProtocol& planned : group_.protocols) {
    const auto forwards = planned.section ? planned.section->find("forwarding") : std::nullopt;
    around_.forwards |= forwards && forwards->text() != "false";
  }
  std::vector<SampledLoad> loads;
  for (std::size_t i = 0; i < sampled_.size(); ++i) {
    Sampled& one = sampled_[i];
    const ApplicationKind& kind = *group_.applications[i].kind;
    one.load.over_tcp = goes_over_tcp(one.transport) ||
                        std::find(kind.needs.begin(), kind.needs.end(), "TCP") != kind.needs.end();
    if (one.sends) ++values_.senders;
    if (one.listens) ++values_.listeners;
    if (one.listens && one.load.over_tcp) ++values_.acceptors;
    if (stays(one, kind)) {
      ++values_.stayers;
      if (kind.bytes == 0) ++values_.usual_stayers;
      values_.stayer_bytes += kind.bytes;
      // Who answers sends again and again as well.
      if (one.sends && (one.listens || one.load.loads.front().messages != 1)) ++values_.repeaters;
    }
    loads.push_back(std::move(one.load));
  }
  values_.load_bytes = estimate_loads(loads, around_);
}

// Whether an application lets time pass while there are many that do.
bool CommonPlanner::stays(const Sampled& one, const ApplicationKind& kind) const {
  if (kind.bytes != 0 || !kind.has_end || one.listens) return true;
  // Who begins within the latency does so in the first window, in which each machine has its turn.
  const Duration soon = around_.latency;
  if (std::any_of(one.load.loads.begin(), one.load.loads.end(), [&](const auto& load) {
        return load.start > Duration{} && load.start >= soon;
      })) {
    return true;
  }
  const ApplicationOptions::Load& load = one.load.loads.front();
  const bool only_sends = load.messages != 0 && !one.load.over_tcp;
  return only_sends ? load.messages > 1 && load.interval > Duration{} : one.waits;
}

}  // namespace

GroupTraits plan_common(const PlanningContext& context, std::span<const PlannedNetwork> networks,
                        PlannedGroup& group) {
  return CommonPlanner{context, networks, group}.plan();
}

}  // namespace elvis
