// SPDX-License-Identifier: MIT
// Joins what was parsed: parameters with their uses, templates with their users, names with names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/ndl/front_end.hpp"
#include "parser.hpp"
#include "records.hpp"
#include "value_compiler.hpp"

namespace elvis::ndl {

/// The most machines of a scenario.
inline constexpr std::uint64_t max_machines = (std::uint64_t{1} << 31) - 1;

/// Completes the records that a Parser made, and checks what needs all of them.
class Linker {
 public:
  Linker(Records& records, ValueCompiler& values, Diagnostics& diagnostics)
      : records_{records}, values_{values}, diagnostics_{diagnostics} {}

  /// `root` is the file that a mistake in `settings` is attributed to.
  void link(const Segments<PendingValue>& pending, std::span<const Setting> settings, FileId root);

 private:
  // Parameters, in linker_parameters.cpp.
  void name_parameters();
  void link_parameters();
  void link_parameter(std::uint32_t number);
  bool check_parameter_name(std::uint32_t number);
  void apply(std::span<const Setting> settings, FileId root);
  void set_value(ParameterRecord& parameter, std::string_view text);

  // Templates, in linker_templates.cpp.
  void link_templates();
  std::uint32_t find_template(std::uint32_t section);
  void link_chain(std::uint32_t number);
  void complete(std::uint32_t number);
  void add_sections(const SectionRecord& section, std::uint32_t number, TemplateContents& contents);
  void use(std::uint32_t number);

  // Sections, networks and machines.
  void check_section(std::uint32_t section);
  void require(std::uint32_t section, std::string_view key, bool may_be_empty = false);
  void check_pool(std::uint32_t section);
  void mark_language_keys(std::uint32_t section);
  void link_network(std::uint32_t number);
  void link_machine(std::uint32_t number);
  void check_machine_sections(const EntityRecord& machine);
  bool adds_protocols(const EntityRecord& machine);
  std::vector<Note> origin_of(std::uint32_t argument, const EntityRecord& machine) const;
  void read_count(EntityRecord& machine);
  void check_machine_name(std::uint32_t number);
  void choose_template(EntityRecord& entity, bool is_machine);
  void enter(NameTable& table, const Segments<EntityRecord>& entities, std::uint32_t number,
             std::string_view noun);
  void error(std::uint32_t argument, std::string text, std::vector<Note> notes = {});
  void error_at(std::uint32_t section, std::string text);

  /// The value's text, or nothing if it is broken or there is no such argument.
  std::optional<std::string_view> text_of(std::uint32_t argument) const;
  bool is_broken(std::uint32_t argument) const {
    return records_.arguments[argument].state == ValueState::broken;
  }

  Records& records_;
  ValueCompiler& values_;
  Diagnostics& diagnostics_;
  bool is_too_many_ = false;
};

}  // namespace elvis::ndl
