// SPDX-License-Identifier: MIT
#include "records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "whole_number.hpp"

namespace elvis::ndl {

std::string_view Records::keep(std::string_view text) {
  if (text.empty()) return {};
  char* const place = static_cast<char*>(texts.allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  text_bytes += text.size();
  return {place, text.size()};
}

Span Records::section_span(std::uint32_t section) const {
  const SectionRecord& record = sections[section];
  return {record.name, record.name + static_cast<std::uint32_t>(to_string(record.kind).size())};
}

Span Records::key_span(std::uint32_t argument) const {
  const ArgumentRecord& record = arguments[argument];
  return {record.key, record.key + record.key_length};
}

Span Records::value_span(std::uint32_t argument) const {
  const ArgumentRecord& record = arguments[argument];
  std::uint32_t length = record.value;
  if (record.state == ValueState::cooked) length = cooked[record.value].raw_length;
  if (record.state == ValueState::program) length = programs[record.value].raw_length;
  const std::uint32_t begin = record.key + record.key_length + 2;
  return {begin, begin + length};
}

std::string_view Records::text(std::uint32_t argument) const {
  const ArgumentRecord& record = arguments[argument];
  switch (record.state) {
    case ValueState::plain:
      return sources.text(value_span(argument));
    case ValueState::cooked:
      return {cooked[record.value].text, cooked[record.value].length};
    default:
      return {};
  }
}

std::uint32_t Records::section_of(std::uint32_t argument) const {
  // The last section whose arguments begin at or before this one has it: those behind it that
  // begin at the same place would have none before it.
  std::size_t low = 0;
  std::size_t high = sections.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (sections[middle].first_argument <= argument ? low : high) = middle;
  }
  return static_cast<std::uint32_t>(low);
}

std::uint32_t Records::find(std::uint32_t section, std::string_view key) const {
  const std::uint32_t end = argument_end(section);
  for (std::uint32_t i = sections[section].first_argument; i < end; ++i) {
    if (arguments[i].key_length == key.size() && this->key(i) == key) return i;
  }
  return nothing;
}

std::uint32_t Records::find_in_chain(const EntityRecord& entity, std::string_view key) const {
  if (const std::uint32_t own = find(entity.section, key); own != nothing) return own;
  if (key == "name" || key == "template") return nothing;  // a template's are its own
  for (std::uint32_t at = entity.base; at != nothing; at = templates[at].base) {
    if (const std::uint32_t found = find(templates[at].section, key); found != nothing)
      return found;
  }
  return nothing;
}

std::uint32_t Records::template_of(std::uint32_t section) const {
  const auto after = std::upper_bound(
      templates.begin(), templates.end(), section,
      [](std::uint32_t value, const TemplateRecord& entry) { return value < entry.section; });
  if (after == templates.begin()) return nothing;
  const auto number = static_cast<std::uint32_t>(after - templates.begin() - 1);
  return section < sections[templates[number].section].end ? number : nothing;
}

std::vector<Note> Records::origin(std::uint32_t section, std::uint32_t user) const {
  const std::uint32_t inner = template_of(section);
  if (inner == nothing || user == nothing) return {};
  // From the user through the templates to the one that has the section: nearest note last.
  std::vector<Note> notes;
  std::uint32_t from = user;
  std::uint32_t at = inner;
  const auto name_of = [this](std::uint32_t number) { return name(templates[number].name); };
  for (std::size_t depth = 0; depth <= max_template_depth; ++depth) {
    const std::uint32_t argument = find(from, "template");
    if (argument == nothing) break;
    const auto found = template_names.find(text(argument), name_of);
    if (!found) break;
    at = *found;
    notes.push_back(
        {value_span(argument), fmt::format("in template {}, used here", quoted(name_of(at)))});
    if (at == inner) break;
    from = templates[at].section;
  }
  std::reverse(notes.begin(), notes.end());
  return notes;
}

namespace {

/// `stem-number` taken apart.
struct Numbered {
  std::string_view stem;
  std::uint64_t number = 0;
};

/// A name that ends with a dash and a number without leading zeros.
std::optional<Numbered> numbered(std::string_view full) {
  const std::size_t dash = full.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = full.substr(dash + 1);
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  Numbered result{full.substr(0, dash)};
  if (read_whole_number(digits, result.number) != std::errc{}) return std::nullopt;
  return result;
}

}  // namespace

std::uint32_t Records::unnamed_group(std::string_view full) const {
  const auto parts = numbered(full);
  if (!parts || parts->stem != "machine" || parts->number == 0 || parts->number > groups.size()) {
    return nothing;
  }
  const auto group = static_cast<std::uint32_t>(parts->number - 1);
  return groups[group].name == nothing ? group : nothing;
}

std::optional<FoundMachine> Records::find_derived(std::string_view full) const {
  if (const std::uint32_t group = unnamed_group(full); group != nothing) {
    return FoundMachine{group, 0, groups[group].count > 1};
  }
  const auto parts = numbered(full);
  if (!parts) return std::nullopt;
  const auto name_of = [this](std::uint32_t group) { return name(groups[group].name); };
  const std::uint32_t group =
      group_names.find(parts->stem, name_of).value_or(unnamed_group(parts->stem));
  if (group == nothing || groups[group].count == 1 || parts->number >= groups[group].count) {
    return std::nullopt;
  }
  return FoundMachine{group, parts->number, false};
}

}  // namespace elvis::ndl
