// SPDX-License-Identifier: MIT
#include "linker.hpp"

#include <fmt/format.h>

#include <array>

#include "elvis/ndl/values.hpp"

namespace elvis::ndl {

void Linker::error(std::uint32_t argument, std::string text, std::vector<Note> notes) {
  diagnostics_.error(records_.value_span(argument), std::move(text), std::move(notes));
}

void Linker::error_at(std::uint32_t section, std::string text) {
  diagnostics_.error(records_.section_span(section), std::move(text));
}

std::optional<std::string_view> Linker::text_of(std::uint32_t argument) const {
  if (argument == nothing || is_broken(argument)) return std::nullopt;
  return records_.text(argument);
}

void Linker::link(const Segments<PendingValue>& pending, std::span<const Setting> settings,
                  FileId root) {
  name_parameters();
  apply(settings, root);
  link_parameters();
  for (std::size_t i = 0; i < pending.size() && diagnostics_.wants_more(); ++i) {
    const PendingValue& value = pending[i];
    if (records_.arguments[value.argument].state == ValueState::pending) {
      values_.compile(value.argument, value.scope);
    }
  }
  for (std::uint32_t i = 0; i < records_.sections.size() && diagnostics_.wants_more(); ++i) {
    check_section(i);
  }
  link_templates();
  for (std::uint32_t i = 0; i < records_.networks.size() && diagnostics_.wants_more(); ++i) {
    link_network(i);
  }
  for (std::uint32_t i = 0; i < records_.groups.size() && diagnostics_.wants_more(); ++i) {
    link_machine(i);
  }
  for (std::uint32_t i = 0; i < records_.groups.size() && diagnostics_.wants_more(); ++i) {
    check_machine_name(i);
  }
  for (const ParameterRecord& parameter : records_.parameters) {
    if (parameter.name == nothing) continue;
    records_.parameter_values.push_back({records_.name(parameter.name), parameter.text,
                                         records_.value_span(parameter.name), parameter.is_set});
  }
}

// ===== Linker: what each section needs by itself =====

void Linker::check_section(std::uint32_t section) {
  mark_language_keys(section);
  switch (records_.sections[section].kind) {
    case SectionKind::network:
      return require(section, "id");
    case SectionKind::ip:
      return check_pool(section);
    case SectionKind::protocol:
    case SectionKind::application:
    case SectionKind::template_:
      return require(section, "name");
    case SectionKind::event:
      return require(section, "at");
    case SectionKind::route:
      require(section, "to");
      return require(section, "via");
    case SectionKind::parameter:
      require(section, "name");
      return require(section, "value", true);
    default:
      return;
  }
}

void Linker::require(std::uint32_t section, std::string_view key, bool may_be_empty) {
  const std::uint32_t argument = records_.find(section, key);
  const SectionRecord& record = records_.sections[section];
  if (argument == nothing) {
    if (record.is_damaged) return;
    error_at(section, fmt::format("`{}` needs {} `{}`", to_string(record.kind),
                                  key == "id" || key == "at" ? "an" : "a", key));
  } else if (const auto text = text_of(argument);
             text && text->empty() && !may_be_empty &&
             records_.arguments[argument].state != ValueState::program) {
    error(argument, fmt::format("the `{}` is empty", key));
  }
}

void Linker::check_pool(std::uint32_t section) {
  for (const std::string_view key : language_keys(SectionKind::ip)) {
    if (records_.find(section, key) != nothing) return;
  }
  if (records_.sections[section].is_damaged) return;
  error_at(section, "`IP` needs `ip='10.0.0.1'`, `range='10.0.0.1-9'` or `subnet='10.0.0.0/24'`");
}

void Linker::mark_language_keys(std::uint32_t section) {
  const auto keys = language_keys(records_.sections[section].kind);
  const std::uint32_t end = records_.argument_end(section);
  for (std::uint32_t i = records_.sections[section].first_argument; i < end; ++i) {
    const std::string_view key = records_.key(i);
    for (const std::string_view known : keys) {
      if (key == known) records_.arguments[i].was_read = true;
    }
  }
}

// ===== Linker: networks and machines =====

void Linker::enter(NameTable& table, const Segments<EntityRecord>& entities, std::uint32_t number,
                   std::string_view noun) {
  const auto name_of = [&](std::uint32_t other) { return records_.name(entities[other].name); };
  const auto name = text_of(entities[number].name);
  if (!name || name->empty()) return;
  if (const auto first = table.insert(*name, number, name_of)) {
    error(entities[number].name, fmt::format("a second {} {}", noun, quoted(*name)),
          {{records_.value_span(entities[*first].name), "the first one is here"}});
  }
}

void Linker::link_network(std::uint32_t number) {
  EntityRecord& network = records_.networks[number];
  network.name = records_.find(network.section, "id");
  enter(records_.network_names, records_.networks, number, "network has the id");
  choose_template(network, false);
}

void Linker::link_machine(std::uint32_t number) {
  EntityRecord& machine = records_.groups[number];
  machine.name = records_.find(machine.section, "name");
  if (const auto name = text_of(machine.name); name && name->empty()) {
    error(machine.name, "the `name` is empty; leave it out for a machine without one");
  }
  enter(records_.group_names, records_.groups, number, "machine is called");
  choose_template(machine, true);
  read_count(machine);
  check_machine_sections(machine);
}

void Linker::read_count(EntityRecord& machine) {
  std::uint32_t argument = records_.find(machine.section, "count");
  if (argument == nothing && machine.base != nothing) {
    argument = records_.templates[machine.base].contents.counts;
  }
  if (argument != nothing) {
    records_.arguments[argument].was_read = true;
    if (is_broken(argument)) return;
    const auto count = read_integer(records_.text(argument), 1, 0xffff'ffffU);
    if (!count) {
      error(argument, "`count` " + count.error(), origin_of(argument, machine));
      return;
    }
    machine.count = static_cast<std::uint32_t>(*count);
  }
  records_.machine_count += machine.count;
  if (records_.machine_count <= max_machines || is_too_many_) return;
  is_too_many_ = true;
  const std::string text =
      fmt::format("with these the scenario has {} machines; at most {} are possible",
                  records_.machine_count, max_machines);
  if (argument == nothing) return error_at(machine.section, text);
  error(argument, text, origin_of(argument, machine));
}

/// Notes for a mistake in an argument that the machine may have from a template.
std::vector<Note> Linker::origin_of(std::uint32_t argument, const EntityRecord& machine) const {
  return records_.origin(records_.section_of(argument), machine.section);
}

bool Linker::adds_protocols(const EntityRecord& machine) {
  std::uint32_t argument = records_.find(machine.section, "auto-protocol");
  if (argument == nothing && machine.base != nothing) {
    argument = records_.templates[machine.base].contents.adds;
  }
  if (argument == nothing) return false;
  records_.arguments[argument].was_read = true;
  // With a mistake in it nobody can say whether protocols are missing.
  if (is_broken(argument)) return true;
  const auto answer = read_bool(records_.text(argument));
  if (answer) return *answer;
  error(argument, "`auto-protocol` " + answer.error(), origin_of(argument, machine));
  return true;
}

void Linker::check_machine_sections(const EntityRecord& machine) {
  constexpr std::array kinds{SectionKind::networks, SectionKind::protocols,
                             SectionKind::applications};
  std::array<bool, 3> has{};
  bool has_protocol = false;
  std::uint32_t protocols = nothing;
  if (machine.base != nothing) {
    const TemplateContents& base = records_.templates[machine.base].contents;
    for (std::size_t i = 0; i < 3; ++i) has[i] = base.has_wrapper[i];
    has_protocol = base.has_protocol;
  }
  const SectionRecord& section = records_.sections[machine.section];
  for (std::uint32_t i = machine.section + 1; i < section.end; i = records_.sections[i].end) {
    const SectionRecord& inside = records_.sections[i];
    for (std::size_t place = 0; place < 3; ++place) has[place] |= inside.kind == kinds[place];
    if (inside.kind != SectionKind::protocols) continue;
    protocols = i;
    has_protocol = has_protocol || inside.end > i + 1;
  }
  const bool adds = adds_protocols(machine);
  if (section.is_damaged) return;
  std::string missing;
  for (std::size_t i = 0; i < 3; ++i) {
    if (has[i] || (adds && i == 1)) continue;
    if (!missing.empty()) missing += i == 2 ? " and " : ", ";
    missing += fmt::format("`{}`", to_string(kinds[i]));
  }
  if (!missing.empty()) {
    const auto name = text_of(machine.name);
    error_at(
        machine.section,
        fmt::format("{} lacks {}", name ? "machine " + quoted(*name) : "this machine", missing));
  }
  if (has[1] && !has_protocol && !adds) {
    error_at(protocols == nothing ? machine.section : protocols,
             "a machine needs at least one protocol, or `auto-protocol='true'`");
  }
}

/// A machine must not have the name that a machine of a counted group, or one without a name, has.
void Linker::check_machine_name(std::uint32_t number) {
  const EntityRecord& machine = records_.groups[number];
  const auto name = text_of(machine.name);
  if (!name) return;
  const auto other = records_.find_derived(*name);
  if (!other || other->group == number) return;
  const EntityRecord& group = records_.groups[other->group];
  const Span place = group.name == nothing ? records_.section_span(group.section)
                                           : records_.value_span(group.name);
  error(machine.name, fmt::format("{} is already the name of another machine", quoted(*name)),
        {{place, group.name == nothing ? "this machine without a name is called so"
                                       : "a machine of this group is called so"}});
}

}  // namespace elvis::ndl
