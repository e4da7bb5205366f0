// SPDX-License-Identifier: MIT
#include "elvis/ndl/format.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "indentation.hpp"
#include "scanner.hpp"
#include "utf8.hpp"

namespace elvis::ndl {

namespace {

/// Writes one file anew, item by item.
class Formatter {
 public:
  Formatter(const SourceSet& sources, FileId file, Diagnostics& diagnostics)
      : sources_{sources},
        diagnostics_{diagnostics},
        scanner_{sources.text(file), sources.begin(file), diagnostics} {}

  std::string format() {
    for (Item item = scanner_.next(); item != Item::end; item = scanner_.next()) {
      switch (item) {
        case Item::blank:
          has_blank_ = true;
          break;
        case Item::comment:
          comments_.push_back({(scanner_.indentation() + 2) / 4, has_blank_, scanner_.comment()});
          has_blank_ = false;
          break;
        default:
          section();
      }
    }
    write_comments(0);
    return std::move(out_);
  }

 private:
  /// A comment that waits for the section behind it, which tells how deep both may stand.
  struct Comment {
    std::size_t level;
    bool is_after_blank;
    Span text;
  };

  void section() {
    const std::size_t level =
        nesting_.enter(scanner_.indentation(), scanner_.indentation_span(), diagnostics_);
    write_comments(level);
    if (std::exchange(has_blank_, false)) blank_line();
    last_level_ = level;
    write_section(level);
  }

  /// Comments keep their level as far as it lies between those of the sections around them.
  void write_comments(std::size_t next_level) {
    const std::size_t low = std::min(last_level_, next_level);
    const std::size_t high = std::max(last_level_, next_level);
    for (const Comment& comment : comments_) {
      if (comment.is_after_blank) blank_line();
      out_.append(4 * std::clamp(comment.level, low, high), ' ');
      out_ += sources_.text(comment.text);
      out_ += '\n';
    }
    comments_.clear();
  }

  void blank_line() {
    if (!out_.empty()) out_ += '\n';
  }

  void write_section(std::size_t level) {
    column_ = 0;
    continuation_ = 4 * (level + 1);
    put(std::string(4 * level, ' '));
    put("[");
    put(sources_.text(scanner_.name()));
    const auto arguments = scanner_.arguments();
    const auto comments = scanner_.comments();
    auto comment = comments.begin();
    bool must_break = false;
    for (std::size_t i = 0; i <= arguments.size(); ++i) {
      for (; comment != comments.end() && comment->before == i; ++comment) {
        if (comment->is_on_own_line || must_break) {
          break_line();
        } else {
          put("  ");
        }
        put(sources_.text(comment->text));
        must_break = true;
      }
      if (i == arguments.size()) break;
      const bool is_last = i + 1 == arguments.size();
      put_argument(arguments[i], must_break, is_last);
      must_break = false;
    }
    if (must_break) break_line();
    put("]");
    if (!scanner_.comment().is_nowhere()) {
      put("  ");
      put(sources_.text(scanner_.comment()));
    }
    out_ += '\n';
  }

  void put_argument(const ScannedArgument& argument, bool must_break, bool is_last) {
    const std::string_view key = sources_.text(argument.key);
    const std::string value = with_line_feeds(sources_.text(argument.value));
    // Of a value with line breaks only the first line counts for the width.
    const std::size_t first_line = std::min(value.find('\n'), value.size());
    const bool is_whole = first_line == value.size();
    const std::size_t width = count_code_points(key) + 2 +
                              count_code_points(std::string_view{value}.substr(0, first_line)) +
                              (is_whole ? 1U : 0U) + (is_whole && is_last ? 1U : 0U);
    if (must_break || column_ + 1 + width > format_width) {
      break_line();
    } else {
      put(" ");
    }
    put(key);
    put("='");
    put(value);
    put("'");
  }

  static std::string with_line_feeds(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      result += text[i];
    }
    return result;
  }

  void break_line() {
    out_ += '\n';
    column_ = 0;
    put(std::string(continuation_, ' '));
  }

  void put(std::string_view text) {
    out_ += text;
    const std::size_t feed = text.rfind('\n');
    if (feed != std::string_view::npos) column_ = 0;
    column_ += count_code_points(feed == std::string_view::npos ? text : text.substr(feed + 1));
  }

  const SourceSet& sources_;
  Diagnostics& diagnostics_;
  Scanner scanner_;
  Indentation nesting_;
  std::string out_;
  std::vector<Comment> comments_;
  std::size_t last_level_ = 0;
  std::size_t column_ = 0;
  std::size_t continuation_ = 0;
  bool has_blank_ = false;
};

}  // namespace

std::optional<std::string> format_text(const SourceSet& sources, FileId file,
                                       Diagnostics& diagnostics) {
  const std::size_t errors = diagnostics.error_count();
  std::string text = Formatter{sources, file, diagnostics}.format();
  if (sources.has_bad_text(file) || diagnostics.error_count() != errors) return std::nullopt;
  return text;
}

}  // namespace elvis::ndl
