// SPDX-License-Identifier: MIT
// Takes NDL text apart into sections, comments and blank lines, and reports what is no NDL.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"

namespace elvis::ndl {

/// A `key='value'` as it stands in the text.
struct ScannedArgument {
  Span key;
  Span value;              ///< Without the quotes.
  bool is_broken = false;  ///< It has a mistake that was reported.
  bool is_plain = true;    ///< The value means its own bytes: no escape, no CRLF, no expression.
  bool has_escape = false;
  bool has_expression = false;
};

/// A `#` comment inside the brackets of a section.
struct ScannedComment {
  std::size_t before = 0;  ///< How many arguments stand before it.
  bool is_on_own_line = false;
  Span text;
};

/// What a line begins with.
enum class Item : std::uint8_t { section, comment, blank, end };

/// Reads one item after the other; the getters tell about the one that next() found last.
class Scanner {
 public:
  /// Scans `text`, whose first byte has the offset `begin`.
  Scanner(std::string_view text, std::uint32_t begin, Diagnostics& diagnostics);

  Item next();

  /// The columns in front of the item, a tab counting four.
  std::size_t indentation() const { return indentation_; }
  Span indentation_span() const { return span(line_, start_); }

  /// The name of a section; empty if it has none, which was reported.
  Span name() const { return name_; }
  std::span<const ScannedArgument> arguments() const { return arguments_; }
  std::span<const ScannedComment> comments() const { return comments_; }

  /// The comment itself, or the one behind a section's bracket; nowhere if there is none.
  Span comment() const { return comment_; }

  /// Whether a part of the section was skipped because of a mistake.
  bool is_damaged() const { return is_damaged_; }

  /// Whether text was skipped that may have been a section, since this was asked last.
  bool take_lost_sections() { return std::exchange(lost_sections_, false); }

 private:
  enum class Progress : std::uint8_t { on, done };

  Item section();
  Progress part();
  Progress argument();
  Progress quoted_value(Span key);
  void wrongly_quoted_value(Span key);
  bool scan_value(ScannedArgument& argument);
  void check_escapes(ScannedArgument& argument);
  void close_line();
  void add_comment();
  void scan_word();
  void skip_blanks_in_line();
  void skip_line();
  void skip_section();
  void broken_argument(Span key, Span place, std::string message);
  std::string_view skip_value();
  void error(Span place, std::string message);

  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool at_end() const { return at_ >= text_.size(); }
  bool at_line_end() const {
    return at_end() || text_[at_] == '\n' ||
           (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
  }
  bool is_first_in_line(std::size_t at) const;
  Span span(std::size_t from, std::size_t to) const {
    return {begin_ + static_cast<std::uint32_t>(from), begin_ + static_cast<std::uint32_t>(to)};
  }
  std::string_view text(Span span) const {
    return text_.substr(span.begin - begin_, span.end - span.begin);
  }

  std::string_view text_;
  std::uint32_t begin_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;     ///< The next byte.
  std::size_t line_ = 0;   ///< Where the item's line begins.
  std::size_t start_ = 0;  ///< Where the item begins.
  std::size_t indentation_ = 0;
  std::size_t last_end_ = 0;  ///< Where the last part of the section ends.
  Span name_;
  Span comment_;
  std::vector<ScannedArgument> arguments_;
  std::vector<ScannedComment> comments_;
  bool is_damaged_ = false;
  bool lost_sections_ = false;
};

}  // namespace elvis::ndl
