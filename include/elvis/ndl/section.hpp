// SPDX-License-Identifier: MIT
// The parts of a description: sections and their arguments, as light views that are copied freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/values.hpp"

namespace elvis::ndl {

struct Records;

/// The sections that NDL knows.
enum class SectionKind : std::uint8_t {
  networks,
  network,
  ip,
  machines,
  machine,
  protocols,
  protocol,
  applications,
  application,
  parameters,
  parameter,
  template_,
  include,
  events,
  event,
  routes,
  route,
};

/// The section's name as it is written between brackets, `Machine`.
std::string_view to_string(SectionKind kind);

/// The machine that a value is evaluated for: what `${index}` and `${name}` stand for.
struct Instance {
  std::uint64_t index = 0;
  std::string_view name;
};

/// One `key='value'`. Valid as long as its Description and SourceSet.
class Argument {
 public:
  Argument(const Records& records, std::uint32_t index, std::uint32_t user)
      : records_{&records}, index_{index}, user_{user} {}

  std::string_view key() const;
  Span key_span() const;

  /// The value's place, without its quotes.
  Span span() const;

  /// The place of `length` bytes of text() from `offset` on; all of the value where that is not
  /// known because it has escapes or expressions.
  Span span_of(std::size_t offset, std::size_t length) const;

  /// Whether the value had a mistake that was reported; then it has no text.
  bool is_broken() const;

  /// Whether the value depends on `${index}` or `${name}`; others are known here and now.
  bool varies() const;

  /// The value with escapes resolved, of an argument that does not vary; empty if it is broken.
  std::string_view text() const;

  /// The value for `instance`: text() itself, or what is written into `buffer`. Nothing if the
  /// value is broken, reported to `diagnostics` unless it was reported before.
  std::optional<std::string_view> evaluate(const Instance& instance, std::string& buffer,
                                           Diagnostics& diagnostics) const;

  /// The content of the file `name`, which is relative to the folder of the file that the argument
  /// stands in; or a clause that says why not, "does not exist".
  Reading<std::string> read_file(std::string_view name) const;

  /// Remembers that somebody understood the argument; the others are worth a warning.
  void mark_read() const;
  bool was_read() const;

  /// Notes for a diagnostic: the template that the argument stands in, and where that is used.
  std::vector<Note> origin() const;

 private:
  const Records* records_;
  std::uint32_t index_;
  std::uint32_t user_;  ///< The section through which a template's argument is seen.
};

/// A run of neighbouring records seen as views of type `View`.
template <typename View>
class ViewRange {
 public:
  class Iterator {
   public:
    using value_type = View;
    using difference_type = std::ptrdiff_t;
    Iterator(const ViewRange& range, std::uint32_t index) : range_{&range}, index_{index} {}
    View operator*() const { return View{*range_->records_, index_, range_->user_}; }
    Iterator& operator++() { return ++index_, *this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const ViewRange* range_;
    std::uint32_t index_;
  };

  ViewRange(const Records& records, std::uint32_t begin, std::uint32_t end, std::uint32_t user)
      : records_{&records}, begin_{begin}, end_{end}, user_{user} {}

  Iterator begin() const { return {*this, begin_}; }
  Iterator end() const { return {*this, end_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  View operator[](std::size_t place) const {
    return View{*records_, begin_ + static_cast<std::uint32_t>(place), user_};
  }

 private:
  const Records* records_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::uint32_t user_;
};

/// One `[Name key='value' …]`: an IP line, a machine's network, a protocol, an application.
class Section {
 public:
  Section(const Records& records, std::uint32_t index, std::uint32_t user)
      : records_{&records}, index_{index}, user_{user} {}

  SectionKind kind() const;

  /// The place of the section's name.
  Span span() const;

  ViewRange<Argument> arguments() const;
  std::optional<Argument> find(std::string_view key) const;

  /// find() and mark_read().
  std::optional<Argument> read(std::string_view key) const;

  /// The `name` of a protocol or application, which is the same for all machines of a group;
  /// empty if it is missing or broken, which has been reported.
  std::string_view name() const;

  /// The place of that name, or of the section if it has none.
  Span name_span() const;

  /// Whether a part of the section could not be read; what seems to be missing may stand there.
  bool is_damaged() const;

  std::vector<Note> origin() const;

 private:
  const Records* records_;
  std::uint32_t index_;
  std::uint32_t user_;
};

}  // namespace elvis::ndl
