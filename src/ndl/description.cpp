// SPDX-License-Identifier: MIT
#include "elvis/ndl/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "elvis/ndl/source.hpp"
#include "records.hpp"

namespace elvis::ndl {

// ===== SectionList =====

Section SectionList::Iterator::operator*() const {
  return Section{*list_->records_, list_->parts_[part_].begin + index_, list_->user_};
}

SectionList::Iterator& SectionList::Iterator::operator++() {
  ++index_;
  settle();
  return *this;
}

/// Goes on to the next part that is not used up.
void SectionList::Iterator::settle() {
  while (part_ < list_->part_count_ &&
         list_->parts_[part_].begin + index_ == list_->parts_[part_].end) {
    ++part_;
    index_ = 0;
  }
}

std::size_t SectionList::size() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < part_count_; ++i) count += parts_[i].end - parts_[i].begin;
  return count;
}

// ===== Entity =====

Span Entity::span() const {
  return records_->section_span(record_->section);
}
bool Entity::is_damaged() const {
  return records_->sections[record_->section].is_damaged;
}

std::optional<Argument> Entity::find(std::string_view key) const {
  const std::uint32_t found = records_->find_in_chain(*record_, key);
  if (found == nothing) return std::nullopt;
  return Argument{*records_, found, record_->section};
}

std::optional<Argument> Entity::read(std::string_view key) const {
  // Those that a nearer one replaces are understood as well.
  for (std::uint32_t at = record_->base; at != nothing; at = records_->templates[at].base) {
    const std::uint32_t found = records_->find(records_->templates[at].section, key);
    if (found != nothing) records_->arguments[found].was_read = true;
  }
  const auto found = find(key);
  if (found) found->mark_read();
  return found;
}

std::vector<Argument> Entity::arguments() const {
  std::vector<Argument> result;
  NameTable seen;
  const auto name_of = [&](std::uint32_t place) { return result[place].key(); };
  const auto add_all = [&](std::uint32_t section, bool is_template) {
    for (const Argument argument : Section{*records_, section, record_->section}.arguments()) {
      const std::string_view key = argument.key();
      if (is_template && (key == "name" || key == "template")) continue;
      result.push_back(argument);
      const auto place = static_cast<std::uint32_t>(result.size() - 1);
      if (seen.insert(key, place, name_of)) result.pop_back();
    }
  };
  add_all(record_->section, false);
  for (std::uint32_t at = record_->base; at != nothing; at = records_->templates[at].base) {
    add_all(records_->templates[at].section, true);
  }
  return result;
}

/// The sections inside the wrapper of that kind, or inside the entity itself if it is a network.
SectionList Entity::list(SectionKind wrapper) const {
  SectionList list;
  list.records_ = records_;
  list.user_ = record_->section;
  const auto add = [&](std::uint32_t section) {
    const std::uint32_t end = records_->sections[section].end;
    if (wrapper == SectionKind::network) {
      list.parts_[list.part_count_++] = {section + 1, end};
      return;
    }
    for (std::uint32_t i = section + 1; i < end; i = records_->sections[i].end) {
      if (records_->sections[i].kind != wrapper) continue;
      list.parts_[list.part_count_++] = {i + 1, records_->sections[i].end};
      return;
    }
  };
  add(record_->section);
  for (std::uint32_t at = record_->base; at != nothing; at = records_->templates[at].base) {
    add(records_->templates[at].section);
  }
  std::reverse(list.parts_.begin(),
               list.parts_.begin() + static_cast<std::ptrdiff_t>(list.part_count_));
  return list;
}

// ===== NetworkDeclaration and MachineGroup =====

std::string_view NetworkDeclaration::id() const {
  return records_->name(record_->name);
}
Span NetworkDeclaration::id_span() const {
  return record_->name == nothing ? span() : records_->value_span(record_->name);
}
SectionList NetworkDeclaration::ips() const {
  return list(SectionKind::network);
}

bool MachineGroup::is_named() const {
  return record_->name != nothing;
}
std::uint32_t MachineGroup::count() const {
  return record_->count;
}
SectionList MachineGroup::networks() const {
  return list(SectionKind::networks);
}
SectionList MachineGroup::protocols() const {
  return list(SectionKind::protocols);
}
SectionList MachineGroup::applications() const {
  return list(SectionKind::applications);
}

SectionList MachineGroup::routes() const {
  return list(SectionKind::routes);
}

std::string MachineGroup::name() const {
  return is_named() ? std::string{records_->name(record_->name)}
                    : fmt::format("machine-{}", place());
}

Span MachineGroup::name_span() const {
  return is_named() ? records_->value_span(record_->name) : span();
}

void MachineGroup::write_name(std::uint64_t index, std::string& buffer) const {
  buffer.clear();
  if (is_named()) {
    buffer += records_->name(record_->name);
  } else {
    fmt::format_to(std::back_inserter(buffer), "machine-{}", place());
  }
  if (count() > 1) fmt::format_to(std::back_inserter(buffer), "-{}", index);
}

bool MachineGroup::adds_protocols() const {
  const std::uint32_t found = records_->find_in_chain(*record_, "auto-protocol");
  if (found == nothing) return false;
  const std::string_view text = records_->text(found);
  return !text.empty() && (text[0] == 't' || text[0] == 'T');
}

// ===== Description =====

Description::Description(std::unique_ptr<Records> records) : records_{std::move(records)} {}
Description::Description(Description&&) noexcept = default;
Description& Description::operator=(Description&&) noexcept = default;
Description::~Description() = default;

std::size_t Description::network_count() const {
  return records_->networks.size();
}
NetworkDeclaration Description::network(std::size_t place) const {
  return {*records_, records_->networks[place], static_cast<std::uint32_t>(place)};
}
std::size_t Description::group_count() const {
  return records_->groups.size();
}
MachineGroup Description::group(std::size_t place) const {
  return {*records_, records_->groups[place], static_cast<std::uint32_t>(place)};
}
std::size_t Description::event_count() const {
  return records_->events.size();
}
Section Description::event(std::size_t place) const {
  return {*records_, records_->events[place], nothing};
}
std::uint64_t Description::machine_count() const {
  return records_->machine_count;
}
bool Description::is_complete() const {
  return records_->is_complete;
}
std::span<const ParameterValue> Description::parameters() const {
  return records_->parameter_values;
}

std::vector<Argument> Description::read_of_all_networks(std::string_view key) const {
  std::vector<Argument> found;
  for (std::uint32_t i = 0; i < records_->sections.size(); i = records_->sections[i].end) {
    if (records_->sections[i].kind != SectionKind::networks) continue;
    if (const auto argument = Section{*records_, i, nothing}.read(key)) found.push_back(*argument);
  }
  return found;
}

std::optional<std::size_t> Description::find_network(std::string_view id) const {
  const auto name_of = [this](std::uint32_t place) {
    return records_->name(records_->networks[place].name);
  };
  return records_->network_names.find(id, name_of);
}

std::optional<FoundMachine> Description::find_machine(std::string_view name) const {
  const auto name_of = [this](std::uint32_t place) {
    return records_->name(records_->groups[place].name);
  };
  if (const auto found = records_->group_names.find(name, name_of)) {
    return FoundMachine{*found, 0, records_->groups[*found].count > 1};
  }
  return records_->find_derived(name);
}

namespace {

std::string suggest(const Records& records, const Segments<EntityRecord>& entities,
                    std::string_view name) {
  Closest search{name};
  for (std::size_t i = 0; i < entities.size() && records.suggestion_budget != 0; ++i) {
    --records.suggestion_budget;
    search.consider(records.name(entities[i].name));
  }
  return search.suggestion();
}

}  // namespace

std::string Description::suggest_network(std::string_view id) const {
  return suggest(*records_, records_->networks, id);
}

std::string Description::suggest_machine(std::string_view name) const {
  return suggest(*records_, records_->groups, name);
}

void Description::for_each_unread(
    const std::function<void(const Section&, const Argument&)>& visit) const {
  for (std::uint32_t i = 0; i < records_->sections.size(); ++i) {
    if (records_->sections[i].kind == SectionKind::template_) {
      const std::uint32_t number = records_->template_of(i);
      if (!records_->templates[number].is_used) {
        i = records_->sections[i].end - 1;
        continue;
      }
    }
    const Section section{*records_, i, nothing};
    for (const Argument argument : section.arguments()) {
      if (!argument.was_read() && !argument.is_broken()) visit(section, argument);
    }
  }
}

std::size_t Description::memory_bytes() const {
  const Records& all = *records_;
  return all.sections.memory_bytes() + all.arguments.memory_bytes() + all.cooked.memory_bytes() +
         all.programs.memory_bytes() + all.ops.memory_bytes() + all.text_bytes +
         all.networks.memory_bytes() + all.groups.memory_bytes() +
         all.network_names.memory_bytes() + all.group_names.memory_bytes() +
         all.templates.capacity() * sizeof(TemplateRecord) +
         all.parameters.capacity() * sizeof(ParameterRecord) +
         all.events.capacity() * sizeof(std::uint32_t);
}

}  // namespace elvis::ndl
