// SPDX-License-Identifier: MIT
// The Linker's part about parameters.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "elvis/ndl/values.hpp"
#include "linker.hpp"

namespace elvis::ndl {

namespace {

bool is_identifier(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

}  // namespace

void Linker::name_parameters() {
  const auto name_of = [this](std::uint32_t number) {
    return records_.name(records_.parameters[number].name);
  };
  // All names first, so that a use above the declaration can be told from an unknown name.
  for (std::uint32_t i = 0; i < records_.parameters.size(); ++i) {
    ParameterRecord& parameter = records_.parameters[i];
    parameter.name = records_.find(parameter.section, "name");
    if (parameter.name == nothing || !check_parameter_name(i)) continue;
    const std::string_view name = name_of(i);
    if (const auto first = records_.parameter_names.insert(name, i, name_of)) {
      error(parameter.name, fmt::format("a second parameter is called {}", quoted(name)),
            {{records_.value_span(records_.parameters[*first].name), "the first one is here"}});
    }
  }
}

void Linker::link_parameters() {
  for (std::uint32_t i = 0; i < records_.parameters.size(); ++i) link_parameter(i);
}

bool Linker::check_parameter_name(std::uint32_t number) {
  ParameterRecord& parameter = records_.parameters[number];
  if (records_.arguments[parameter.name].state == ValueState::pending) {
    values_.compile(parameter.name, Scope::outside);
  }
  const auto name = text_of(parameter.name);
  if (!name || name->empty()) return false;
  if (name == "index" || name == "name") {
    error(parameter.name, fmt::format("`{}` means the machine's own; choose another name", *name));
    return false;
  }
  if (is_identifier(*name)) return true;
  error(
      parameter.name,
      fmt::format("{} is no name for a parameter; it needs letters, digits and `_`, no digit first",
                  quoted(*name)));
  return false;
}

void Linker::link_parameter(std::uint32_t number) {
  ParameterRecord& parameter = records_.parameters[number];
  const std::uint32_t value = records_.find(parameter.section, "value");
  if (value != nothing && records_.arguments[value].state == ValueState::pending) {
    values_.compile(value, Scope::outside);
  }
  parameter.is_known = true;
  if (parameter.is_set) return;
  if (value == nothing || is_broken(value)) {
    parameter.is_broken = true;
  } else {
    set_value(parameter, records_.text(value));
  }
}

void Linker::set_value(ParameterRecord& parameter, std::string_view text) {
  parameter.text = text;
  parameter.number.reset();
  if (const auto number = read_signed(text)) parameter.number = *number;
}

/// Puts the values from outside in the place of those in the file.
void Linker::apply(std::span<const Setting> settings, FileId root) {
  const auto name_of = [this](std::uint32_t number) {
    return records_.name(records_.parameters[number].name);
  };
  for (const Setting& setting : settings) {
    if (const auto found = records_.parameter_names.find(setting.name, name_of)) {
      ParameterRecord& parameter = records_.parameters[*found];
      parameter.is_set = true;
      set_value(parameter, records_.keep(setting.value));
      continue;
    }
    Closest search{setting.name};
    for (std::uint32_t i = 0; i < records_.parameters.size(); ++i) search.consider(name_of(i));
    diagnostics_.error(records_.sources.whole(root),
                       fmt::format("no parameter is called {}, which `--set` gives a value{}",
                                   quoted(setting.name), search.suggestion()));
  }
}

}  // namespace elvis::ndl
