// SPDX-License-Identifier: MIT
// What a scenario says, after parameters, includes and templates: its networks and machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/ndl/section.hpp"

namespace elvis::ndl {

struct EntityRecord;

/// How many templates may stand one behind the other.
inline constexpr std::size_t max_template_depth = 32;

/// The sections of one kind that a machine or network has: those of its templates, then its own.
/// Its iterators live as long as the list; the sections they give, as long as the description.
class SectionList {
 public:
  class Iterator {
   public:
    using value_type = Section;
    using difference_type = std::ptrdiff_t;
    Iterator(const SectionList& list, std::size_t part) : list_{&list}, part_{part} { settle(); }
    Section operator*() const;
    Iterator& operator++();
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.part_ == b.part_ && a.index_ == b.index_;
    }

   private:
    void settle();

    const SectionList* list_;
    std::size_t part_;
    std::uint32_t index_ = 0;
  };

  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, part_count_}; }
  bool empty() const { return begin() == end(); }
  std::size_t size() const;

 private:
  friend class Entity;
  struct Part {
    std::uint32_t begin;
    std::uint32_t end;
  };

  const Records* records_ = nullptr;
  std::uint32_t user_ = 0;
  std::size_t part_count_ = 0;
  std::array<Part, max_template_depth + 1> parts_;
};

/// What machines and networks have in common: arguments of their own and of their templates.
class Entity {
 public:
  Entity(const Records& records, const EntityRecord& record, std::uint32_t index)
      : records_{&records}, record_{&record}, index_{index} {}

  /// The place of the section's name.
  Span span() const;

  /// The argument `key`, the nearest one if templates have it as well.
  std::optional<Argument> find(std::string_view key) const;

  /// find() and mark_read().
  std::optional<Argument> read(std::string_view key) const;

  /// Every argument once: its own, then those of the templates that nothing nearer replaces.
  std::vector<Argument> arguments() const;

  /// Whether a part of it could not be read; what seems to be missing may stand there.
  bool is_damaged() const;

 protected:
  SectionList list(SectionKind wrapper) const;

  const Records* records_;
  const EntityRecord* record_;
  std::uint32_t index_;
};

/// A `[Network]` of the top level.
class NetworkDeclaration : public Entity {
 public:
  using Entity::Entity;

  std::string_view id() const;
  Span id_span() const;

  /// The pool: its `[IP]` sections.
  SectionList ips() const;
};

/// A `[Machine]`: one machine, or `count` of them that are alike.
class MachineGroup : public Entity {
 public:
  using Entity::Entity;

  /// The name as it is declared; `machine-K` if it is not.
  std::string name() const;
  Span name_span() const;
  bool is_named() const;

  /// Its place K among all `[Machine]` sections, from 1, in the order of reading.
  std::uint32_t place() const { return index_ + 1; }

  std::uint32_t count() const;

  /// Writes the name of the group's machine `index` to `buffer`: `name`, or `name-index` of many.
  void write_name(std::uint64_t index, std::string& buffer) const;

  /// Whether protocols that are needed and not listed are added.
  bool adds_protocols() const;

  SectionList networks() const;
  SectionList protocols() const;
  SectionList applications() const;
  SectionList routes() const;
};

/// A `[Parameter]` with the value that holds for this run.
struct ParameterValue {
  std::string_view name;
  std::string_view value;
  Span span;            ///< The place of its name.
  bool is_set = false;  ///< Whether the value was given from outside (`--set`).
};

/// The machine or group that a name means.
struct FoundMachine {
  std::size_t group = 0;
  std::uint64_t index = 0;
  bool is_group = false;  ///< The name is that of a group of several: it means none of them.
};

/// The result of the front end. Views into it and into its SourceSet stay valid when it is moved.
class Description {
 public:
  explicit Description(std::unique_ptr<Records> records);
  Description(Description&&) noexcept;
  Description& operator=(Description&&) noexcept;
  ~Description();

  std::size_t network_count() const;
  NetworkDeclaration network(std::size_t place) const;

  /// The number of `[Machine]` sections, not of machines.
  std::size_t group_count() const;
  MachineGroup group(std::size_t place) const;

  /// The sum of all groups' counts; less than 2^31.
  std::uint64_t machine_count() const;

  /// The `[Event]` sections, in the order of reading.
  std::size_t event_count() const;
  Section event(std::size_t place) const;

  std::span<const ParameterValue> parameters() const;

  /// The arguments `key` of the `[Networks]` of the top level, which are marked as read.
  std::vector<Argument> read_of_all_networks(std::string_view key) const;

  std::optional<std::size_t> find_network(std::string_view id) const;
  std::optional<FoundMachine> find_machine(std::string_view name) const;

  /// "; did you mean `x`?" for a network id or machine name that does not exist, or nothing.
  std::string suggest_network(std::string_view id) const;
  std::string suggest_machine(std::string_view name) const;

  /// False if a section was left out because of a mistake, so that what seems to be missing may
  /// only have been misspelt.
  bool is_complete() const;

  /// Calls `visit` for every argument of every section in use that nobody marked as read.
  void for_each_unread(const std::function<void(const Section&, const Argument&)>& visit) const;

  /// Bytes that the description itself takes, without the text.
  std::size_t memory_bytes() const;

 private:
  std::unique_ptr<Records> records_;
};

/// The keys that the language itself gives a meaning in sections of `kind`.
std::span<const std::string_view> language_keys(SectionKind kind);

}  // namespace elvis::ndl
