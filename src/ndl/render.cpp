// SPDX-License-Identifier: MIT
// Draws diagnostics as text.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"
#include "utf8.hpp"

namespace elvis::ndl {

namespace {

/// Columns of an excerpt; a longer line is cut to a window around the caret.
constexpr std::size_t excerpt_width = 120;

/// Columns kept in front of the caret when a line is cut there.
constexpr std::size_t excerpt_lead = 50;

/// Terminal colours, or nothing.
struct Palette {
  std::string_view bold, error, warning, note, caret, off;
};

constexpr Palette plain{};
constexpr Palette colours{"\033[1m",    "\033[1;31m", "\033[1;35m",
                          "\033[1;36m", "\033[1;32m", "\033[0m"};

/// How one character of a line is drawn.
struct Cell {
  std::size_t width;
  std::size_t bytes;
  bool is_escaped;
};

Cell cell_at(std::string_view text) {
  const char c = text[0];
  if (c >= ' ' && c < '\x7f') return {1, 1, false};
  if (c == '\t') return {4, 1, false};  // one level of indentation, as NDL counts it
  const CodePoint point = decode(text);
  const std::size_t bytes = std::max(1U, point.bytes);
  if (point.bytes != 0 && !steers_terminal(point.value))
    return {width_of(point.value), bytes, false};
  return {4 * bytes, bytes, true};
}

/// Appends what stands at the beginning of `text` and takes up `cell`.
void draw(std::string_view text, const Cell& cell, std::string& out) {
  if (cell.is_escaped) {
    for (const char byte : text.substr(0, cell.bytes)) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(byte));
    }
  } else if (text[0] == '\t') {
    out.append(cell.width, ' ');
  } else {
    out += text.substr(0, cell.bytes);
  }
}

/// A line as it is drawn, with the caret's column and length in it.
struct Excerpt {
  std::string text;
  std::size_t caret = 0;
  std::size_t length = 0;
};

/// The start of the character at most `bytes` bytes before `at`.
std::size_t step_back(std::string_view line, std::size_t at, std::size_t bytes) {
  std::size_t start = at > bytes ? at - bytes : 0;
  while (start > 0 && (static_cast<std::uint8_t>(line[start]) & 0xc0) == 0x80) --start;
  return start;
}

/// The columns of `line` from byte `from` to `to`, counted no further than `most`.
std::size_t columns_of(std::string_view line, std::size_t from, std::size_t to, std::size_t most) {
  std::size_t columns = 0;
  while (from < to && columns <= most) {
    const Cell cell = cell_at(line.substr(from));
    columns += cell.width;
    from += cell.bytes;
  }
  return columns;
}

Excerpt excerpt_of(std::string_view line, std::size_t begin, std::size_t end) {
  Excerpt excerpt;
  const bool is_long = columns_of(line, 0, line.size(), excerpt_width) > excerpt_width;
  std::size_t at = 0;
  if (is_long && columns_of(line, 0, begin, excerpt_width) > excerpt_lead) {
    // Bytes are at least as many as columns for what is not a tab or an escape: go back that far
    // and forward again until the lead is short enough.
    at = step_back(line, begin, 4 * excerpt_lead);
    std::size_t lead = columns_of(line, at, begin, 16 * excerpt_lead);
    while (lead > excerpt_lead) {
      const Cell cell = cell_at(line.substr(at));
      lead -= cell.width;
      at += cell.bytes;
    }
    excerpt.text = "…";
  }
  std::size_t columns = excerpt.text.empty() ? 0 : 1;
  for (; at < line.size();) {
    const Cell cell = cell_at(line.substr(at));
    if (is_long && columns + cell.width > excerpt_width) {
      excerpt.text += "…";
      break;
    }
    if (at < begin) excerpt.caret = columns + cell.width;
    if (at >= begin && at < end) excerpt.length += cell.width;
    if (at == begin) excerpt.caret = columns;
    draw(line.substr(at), cell, excerpt.text);
    columns += cell.width;
    at += cell.bytes;
  }
  if (begin >= line.size()) excerpt.caret = columns;
  excerpt.length = std::max<std::size_t>(excerpt.length, 1);
  return excerpt;
}

/// Draws into one string.
class Renderer {
 public:
  Renderer(const SourceSet& sources, bool colour)
      : sources_{sources}, palette_{colour ? colours : plain} {}

  void draw(const Diagnostic& diagnostic) {
    const bool is_error = diagnostic.severity == Severity::error;
    head(diagnostic.span, is_error ? palette_.error : palette_.warning,
         is_error ? "error" : "warning", diagnostic.text);
    excerpt(diagnostic.span);
    for (const Note& note : diagnostic.notes) head(note.span, palette_.note, "note", note.text);
    if (diagnostic.span.is_nowhere()) return;
    for (Span from = sources_.included_from(sources_.file_of(diagnostic.span.begin));
         !from.is_nowhere(); from = sources_.included_from(sources_.file_of(from.begin))) {
      head(from, palette_.note, "note", "included from here");
    }
  }

  void line(const std::string& text) { out_ += text + "\n"; }
  std::string take() { return std::move(out_); }

 private:
  void head(Span span, std::string_view colour, std::string_view severity, std::string_view text) {
    std::string place;
    if (!span.is_nowhere()) {
      const Place at = sources_.locate(span.begin);
      place = at.line == 0 ? fmt::format("{}: ", printable(at.file))
                           : fmt::format("{}:{}:{}: ", printable(at.file), at.line, at.column);
    }
    fmt::format_to(std::back_inserter(out_), "{}{}{}{}{}:{} {}\n", palette_.bold, place,
                   palette_.off, colour, severity, palette_.off, text);
  }

  void excerpt(Span span) {
    if (span.is_nowhere()) return;
    const Place at = sources_.locate(span.begin);
    if (at.line == 0) return;
    const Line text = sources_.line_at(span.begin);
    const std::size_t begin = span.begin < text.begin ? 0 : span.begin - text.begin;
    const std::size_t end = span.end < text.begin ? 0 : span.end - text.begin;
    const Excerpt drawn = excerpt_of(text.text, begin, std::min(end, text.text.size()));
    const std::string number = fmt::format("{:>5}", at.line);
    fmt::format_to(std::back_inserter(out_), "{} | {}\n{:{}} | {:{}}{}^{:~<{}}{}\n", number,
                   drawn.text, "", number.size(), "", drawn.caret, palette_.caret, "",
                   drawn.length - 1, palette_.off);
  }

  const SourceSet& sources_;
  const Palette& palette_;
  std::string out_;
};

/// "1 error", "3 warnings", with `more` in between if wanted.
std::string counted(std::size_t count, std::string_view noun, std::string_view more = "") {
  return fmt::format("{} {}{}{}", count, more, noun, count == 1 ? "" : "s");
}

/// The counts that are not zero, joined.
std::string summary(std::size_t errors, std::size_t warnings, std::string_view more = "") {
  std::string text = errors != 0 ? counted(errors, "error", more) : "";
  if (warnings != 0) text += (text.empty() ? "" : ", ") + counted(warnings, "warning", more);
  return text;
}

}  // namespace

std::string render(Diagnostics& diagnostics, const SourceSet& sources, RenderOptions options) {
  const std::span<const Diagnostic> all = diagnostics.by_place();
  if (all.empty()) return {};
  const std::size_t errors = diagnostics.error_count();
  const std::size_t warnings = diagnostics.warning_count();
  // Errors first if there is not room for everything: a warning must not hide one.
  std::size_t errors_left = std::min(errors, options.most);
  std::size_t warnings_left = std::min(warnings, options.most - errors_left);
  Renderer renderer{sources, options.colour};
  std::size_t errors_drawn = 0;
  std::size_t warnings_drawn = 0;
  for (const Diagnostic& diagnostic : all) {
    const bool is_error = diagnostic.severity == Severity::error;
    std::size_t& left = is_error ? errors_left : warnings_left;
    if (left == 0) continue;
    --left;
    ++(is_error ? errors_drawn : warnings_drawn);
    renderer.draw(diagnostic);
  }
  const bool is_endless = !diagnostics.wants_more();
  const std::string hidden = summary(errors - errors_drawn, warnings - warnings_drawn, "more ");
  if (!hidden.empty())
    renderer.line(fmt::format("and {}{}", is_endless ? "at least " : "", hidden));
  renderer.line((is_endless ? "at least " : "") + summary(errors, warnings));
  return renderer.take();
}

}  // namespace elvis::ndl
