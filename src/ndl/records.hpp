// SPDX-License-Identifier: MIT
// How a description is kept: flat arrays of small records that point into the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "elvis/ndl/description.hpp"
#include "elvis/ndl/source.hpp"
#include "elvis/util/arena.hpp"
#include "name_table.hpp"
#include "program.hpp"
#include "segments.hpp"

namespace elvis::ndl {

/// No record.
inline constexpr std::uint32_t nothing = 0xffff'ffff;

/// A section; those inside it follow it, up to `end`. Its arguments end where the next section's
/// begin.
struct SectionRecord {
  std::uint32_t name;  ///< The offset of its name, which is as long as the kind's.
  std::uint32_t first_argument;
  std::uint32_t end;
  SectionKind kind;
  bool is_damaged;
};

/// What is known about a value.
enum class ValueState : std::uint8_t {
  plain,    ///< It stands in the text; `value` is its length.
  pending,  ///< The same, but it is not compiled yet.
  cooked,   ///< `value` is the place of a CookedRecord.
  program,  ///< `value` is the place of a ProgramRecord.
  broken,   ///< It had a mistake; `value` is its length.
};

/// A `key='value'`; the value begins two bytes behind the key.
struct ArgumentRecord {
  std::uint32_t key;
  std::uint32_t value;
  std::uint16_t key_length;
  ValueState state;
  mutable bool was_read;
};

/// A value that is not its own bytes in the text.
struct CookedRecord {
  const char* text;
  std::uint32_t length;
  std::uint32_t raw_length;
};

/// A value that depends on the machine.
struct ProgramRecord {
  std::uint32_t first_op;
  std::uint32_t op_count;
  std::uint32_t raw_length;
};

/// A network, a group of machines or a template.
struct EntityRecord {
  std::uint32_t section;
  std::uint32_t base = nothing;  ///< The place of its template.
  std::uint32_t count = 1;
  std::uint32_t name = nothing;  ///< The argument that names it.
};

/// What a template has, from all templates of its chain: those that it is built on, and itself.
struct TemplateContents {
  std::uint32_t depth = 1;          ///< How many they are.
  std::uint32_t wrapper = nothing;  ///< A section that only machines may have,
  std::uint32_t ip = nothing;       ///< and one that only networks may have.
  std::uint32_t varying = nothing;  ///< An argument that needs a machine.
  std::uint32_t counts = nothing;   ///< The nearest `count`,
  std::uint32_t adds = nothing;     ///< and the nearest `auto-protocol`.
  bool has_wrapper[3] = {};         ///< Networks, Protocols, Applications.
  bool has_protocol = false;
  bool is_damaged = false;
};

/// A template.
struct TemplateRecord : EntityRecord {
  bool is_used = false;
  bool is_linked = false;  ///< Its own template is known and acyclic.
  TemplateContents contents{};
};

/// A declared parameter.
struct ParameterRecord {
  std::uint32_t section = nothing;
  std::uint32_t name = nothing;
  std::string_view text{};
  std::optional<std::int64_t> number{};  ///< The text as a number, if it is one.
  bool is_set = false;
  bool is_known = false;   ///< Its value was worked out.
  bool is_broken = false;  ///< Its value had a mistake that was reported.
};

/// All of a description.
struct Records {
  explicit Records(const SourceSet& set) : sources{set} {}

  const SourceSet& sources;
  Segments<SectionRecord> sections;
  Segments<ArgumentRecord> arguments;
  Segments<CookedRecord> cooked;
  Segments<ProgramRecord> programs;
  Segments<Op> ops;
  Arena texts;
  std::size_t text_bytes = 0;
  Segments<EntityRecord> networks;
  Segments<EntityRecord> groups;
  std::vector<TemplateRecord> templates;
  std::vector<ParameterRecord> parameters;
  std::vector<std::uint32_t> events;  ///< Their sections.
  std::vector<ParameterValue> parameter_values;
  NameTable network_names;
  NameTable group_names;
  NameTable parameter_names;
  NameTable template_names;
  std::uint64_t machine_count = 0;
  bool is_complete = true;
  mutable std::uint64_t suggestion_budget = 1'000'000;  ///< Candidates still worth comparing.

  /// A copy of `text` that lives as long as this.
  std::string_view keep(std::string_view text);

  std::uint32_t argument_end(std::uint32_t section) const {
    return section + 1 < sections.size() ? sections[section + 1].first_argument
                                         : static_cast<std::uint32_t>(arguments.size());
  }
  /// Behind the arguments of `section` and of those inside it.
  std::uint32_t arguments_end(std::uint32_t section) const {
    return argument_end(sections[section].end - 1);
  }
  Span section_span(std::uint32_t section) const;
  Span key_span(std::uint32_t argument) const;
  Span value_span(std::uint32_t argument) const;
  std::string_view key(std::uint32_t argument) const { return sources.text(key_span(argument)); }

  /// The value's text; empty if it varies or is broken.
  std::string_view text(std::uint32_t argument) const;

  /// The section that the argument stands in.
  std::uint32_t section_of(std::uint32_t argument) const;

  /// The argument of `section` with that key, or nothing.
  std::uint32_t find(std::uint32_t section, std::string_view key) const;

  /// The nearest argument with that key of `entity` and its templates.
  std::uint32_t find_in_chain(const EntityRecord& entity, std::string_view key) const;

  /// The name of a network, group, template or parameter; empty if it has none.
  std::string_view name(std::uint32_t name_argument) const {
    return name_argument == nothing ? std::string_view{} : text(name_argument);
  }

  /// The machine without a name of its own that is called `full`: `machine-K`, or nothing.
  std::uint32_t unnamed_group(std::string_view full) const;

  /// The machine or group that has the name without its being declared: `machine-K`, `group-0`.
  std::optional<FoundMachine> find_derived(std::string_view full) const;

  /// The template that the section stands in, or nothing.
  std::uint32_t template_of(std::uint32_t section) const;

  /// Notes that lead from `section` in a template to where `user` uses it.
  std::vector<Note> origin(std::uint32_t section, std::uint32_t user) const;
};

}  // namespace elvis::ndl
