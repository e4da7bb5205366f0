// SPDX-License-Identifier: MIT
// What the machines of a group have in common.
#include <fmt/format.h>

#include <algorithm>
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
  CommonPlanner(const PlanningContext& context, PlannedGroup& group)
      : context_{context}, group_{group}, may_lack_{group.declaration.is_damaged()} {}

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

  const PlanningContext& context_;
  PlannedGroup& group_;
  GroupTraits traits_;
  ValueCosts values_;
  std::uint64_t taps_ = 0;  // of each machine
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
  traits_.memory_bytes = estimate_group(group_, taps_, values_);
  return traits_;
}

// ===== CommonPlanner: networks =====

void CommonPlanner::attach() {
  std::vector<ndl::Section> sections;                     // of each attachment
  std::unordered_map<std::uint32_t, std::size_t> places;  // in `sections`, by network
  for (const ndl::Section& section : group_.declaration.networks()) {
    ++taps_;
    const auto id = section.read("id");
    if (!id || id->is_broken()) {
      traits_.is_astray = true;
      continue;
    }
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
    const ApplicationOptions::StreamLoad streams = options->stream_load();
    values_.stream_bytes = add_saturated(
        values_.stream_bytes, multiply_saturated(streams.connections, streams.bytes_each));
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
    const bool stays = reader.stays() || !kind->has_end;
    if (reader.sends()) ++values_.senders;
    if (stays) ++values_.stayers;
    if (stays && kind->bytes == 0) ++values_.usual_stayers;
    if (stays) values_.stayer_bytes += kind->bytes;
    if (stays && reader.sends()) ++values_.staying_senders;
    if (reader.listens()) ++values_.listeners;
  }
  return reader.varies();
}

}  // namespace

GroupTraits plan_common(const PlanningContext& context, PlannedGroup& group) {
  return CommonPlanner{context, group}.plan();
}

}  // namespace elvis
