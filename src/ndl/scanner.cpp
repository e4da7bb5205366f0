// SPDX-License-Identifier: MIT
#include "scanner.hpp"

#include <fmt/format.h>

#include <array>

#include "text_check.hpp"

namespace elvis::ndl {

namespace {

enum Class : std::uint8_t {
  word_byte = 1,   ///< May stand in a name or key.
  value_stop = 2,  ///< Is more than itself inside a value.
};

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t byte = 0x21; byte < 256; ++byte) table[byte] = word_byte;
  for (const char c : {'=', '\'', '"', '[', ']', '#', ','}) {
    table[static_cast<std::uint8_t>(c)] = 0;
  }
  for (const char c : {'\'', '\\', '$', '\r', '\n'})
    table[static_cast<std::uint8_t>(c)] |= value_stop;
  return table;
}();

bool is(char c, Class wanted) {
  return (classes[static_cast<std::uint8_t>(c)] & wanted) != 0;
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// The start of `value` for a message that shows how to write it.
std::string sample(std::string_view value) {
  constexpr std::size_t most = 30;
  return value.size() <= most ? printable(value) : "…";
}

}  // namespace

Scanner::Scanner(std::string_view text, std::uint32_t begin, Diagnostics& diagnostics)
    : text_{text}, begin_{begin}, diagnostics_{diagnostics} {
  if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
}

void Scanner::error(Span place, std::string message) {
  diagnostics_.error(place, std::move(message));
  is_damaged_ = true;
}

// ===== Lines =====

Item Scanner::next() {
  comment_ = {};
  if (at_end() || !diagnostics_.wants_more()) return Item::end;
  line_ = at_;
  indentation_ = 0;
  for (; is_blank(peek()); ++at_) indentation_ += peek() == '\t' ? 4 : 1;
  start_ = at_;
  if (at_line_end()) {
    skip_line();
    return Item::blank;
  }
  if (peek() == '#') {
    add_comment();
    skip_line();
    return Item::comment;
  }
  if (peek() == '[') return section();
  skip_line();
  std::size_t end = at_;
  while (end > start_ &&
         (is_blank(text_[end - 1]) || text_[end - 1] == '\n' || text_[end - 1] == '\r')) {
    --end;
  }
  error(span(start_, end), "expected a section `[Name key='value' …]` or a comment `# …`");
  lost_sections_ = true;
  return Item::blank;
}

void Scanner::skip_line() {
  const std::size_t feed = text_.find('\n', at_);
  at_ = feed == std::string_view::npos ? text_.size() : feed + 1;
}

void Scanner::skip_blanks_in_line() {
  while (is_blank(peek())) ++at_;
}

bool Scanner::is_first_in_line(std::size_t at) const {
  while (at > 0 && is_blank(text_[at - 1])) --at;
  return at == 0 || text_[at - 1] == '\n';
}

/// Leaves at_ at the end of the line.
void Scanner::add_comment() {
  const std::size_t from = at_;
  while (!at_line_end()) ++at_;
  std::size_t end = at_;
  while (is_blank(text_[end - 1])) --end;
  comment_ = span(from, end);
}

// ===== Sections =====

Item Scanner::section() {
  arguments_.clear();
  comments_.clear();
  is_damaged_ = false;
  ++at_;
  skip_blanks_in_line();
  const std::size_t from = at_;
  scan_word();
  if (peek() == '=') at_ = from;  // an argument where the name is missing
  name_ = span(from, at_);
  last_end_ = at_;
  if (from == at_) error(span(start_, at_), "the section needs a name, for example `[Machines]`");
  while (part() == Progress::on) {
  }
  return Item::section;
}

void Scanner::scan_word() {
  while (!at_end() && is(text_[at_], word_byte)) ++at_;
}

/// The next part inside the brackets, or what ends the section.
Scanner::Progress Scanner::part() {
  const char c = peek();
  if (at_end()) {
    error(span(start_, start_ + 1), "the section is not closed; `]` is missing");
    return Progress::done;
  }
  if (is_blank(c) || c == '\n' || c == '\r') {
    ++at_;
  } else if (c == ']') {
    ++at_;
    close_line();
    return Progress::done;
  } else if (c == '#') {
    const bool is_on_own_line = is_first_in_line(at_);
    add_comment();
    comments_.push_back({arguments_.size(), is_on_own_line, comment_});
    comment_ = {};
  } else if (c == '[') {
    error(span(last_end_, last_end_), "`]` is missing here");
    if (is_first_in_line(at_)) {
      at_ = text_.rfind('\n', at_) + 1;
    } else {
      lost_sections_ = true;
      skip_line();
    }
    return Progress::done;
  } else if (c == ',') {
    error(span(at_, at_ + 1), "arguments are separated by blanks, not by commas");
    ++at_;
  } else if (is(c, word_byte)) {
    if (last_end_ == at_ && !arguments_.empty()) {
      error(span(at_, at_ + 1),
            "a blank is missing before the next argument; for a quote inside a value write `\\'`");
      skip_section();
      return Progress::done;
    }
    return argument();
  } else {
    error(span(at_, at_ + 1),
          c == '=' ? "there is no key before `=`" : "a value needs a key; write `key='value'`");
    skip_section();
    return Progress::done;
  }
  return Progress::on;
}

/// What may follow the closing bracket: a comment.
void Scanner::close_line() {
  skip_blanks_in_line();
  if (!at_line_end()) {
    if (peek() == '#') {
      add_comment();
    } else {
      const bool is_section = peek() == '[';
      const std::size_t from = at_;
      while (!at_line_end() && !is_blank(peek())) ++at_;
      diagnostics_.error(span(from, at_), is_section ? "a second section begins a line of its own"
                                                     : "unexpected text after the section");
      lost_sections_ = lost_sections_ || is_section;
    }
  }
  skip_line();
}

/// Goes on behind the section after a mistake that makes the rest of it unreadable: behind a line
/// that ends with `]`, or before one that begins with `[`.
void Scanner::skip_section() {
  is_damaged_ = true;
  while (true) {
    skip_line();
    std::size_t end = at_;
    while (end > 0 &&
           (is_blank(text_[end - 1]) || text_[end - 1] == '\n' || text_[end - 1] == '\r')) {
      --end;
    }
    if (at_end() || (end > 0 && text_[end - 1] == ']')) return;
    const std::size_t line = at_;
    skip_blanks_in_line();
    const bool is_section = peek() == '[';
    at_ = line;
    if (is_section) return;
  }
}

// ===== Arguments =====

Scanner::Progress Scanner::argument() {
  const std::size_t from = at_;
  scan_word();
  const Span key = span(from, at_);
  if (peek() == '=' && peek(1) == '\'') {
    at_ += 2;
    return quoted_value(key);
  }
  wrongly_quoted_value(key);
  return Progress::on;
}

Scanner::Progress Scanner::quoted_value(Span key) {
  const std::size_t from = at_;
  ScannedArgument argument;
  argument.key = key;
  const bool is_closed = scan_value(argument);
  const std::size_t end = is_closed ? at_ - 1 : text_.size();
  const bool is_separated = at_line_end() || is_blank(peek()) || peek() == ']' || peek() == ',';
  // A value that runs over the line and then stops in the middle of something has most likely
  // swallowed the opening quote of a later one.
  if (!is_closed || !is_separated) {
    const std::size_t line_end = std::min(text_.find('\n', from), text_.size());
    if (!is_closed || end > line_end) {
      error(span(from - 1, line_end),
            fmt::format("the value of {} has no closing quote", quoted(text(key))));
      arguments_.push_back({key, span(from, line_end), true});
      at_ = line_end;
      skip_section();
      return Progress::done;
    }
  }
  argument.value = span(from, end);
  if (argument.has_escape) check_escapes(argument);
  arguments_.push_back(argument);
  last_end_ = at_;
  return Progress::on;
}

/// Goes behind the closing quote. False if there is none; then at_ is at the end of the text.
bool Scanner::scan_value(ScannedArgument& argument) {
  while (true) {
    while (!at_end() && !is(text_[at_], value_stop)) ++at_;
    if (at_end()) return false;
    switch (text_[at_]) {
      case '\'':
        ++at_;
        return true;
      case '\\':
        argument.is_plain = false;
        argument.has_escape = true;
        at_ += at_ + 1 < text_.size() ? 2 : 1;
        break;
      case '$':
        ++at_;
        if (peek() == '{') {
          argument.is_plain = false;
          argument.has_expression = true;
        }
        break;
      case '\r':
        argument.is_plain = false;
        ++at_;
        break;
      default:
        ++at_;
    }
  }
}

/// Reports what follows a backslash and is no escape.
void Scanner::check_escapes(ScannedArgument& argument) {
  const std::string_view value = text(argument.value);
  for (std::size_t at = 0; (at = value.find('\\', at)) != std::string_view::npos;) {
    const char c = at + 1 < value.size() ? value[at + 1] : '\0';
    const bool is_byte =
        c == 'x' && at + 3 < value.size() && is_hex(value[at + 2]) && is_hex(value[at + 3]);
    if (is_byte || c == '\'' || c == '\\' || c == 'n' || c == 't') {
      at += 2;
      continue;
    }
    std::size_t end = at + 1;
    if (c != '\n' && c != '\r') ++end;
    while (end < value.size() && (static_cast<std::uint8_t>(value[end]) & 0xc0) == 0x80) ++end;
    argument.is_broken = true;
    // Not error(): the rest of the section is as good as before.
    diagnostics_.error(
        {argument.value.begin + static_cast<std::uint32_t>(at),
         argument.value.begin + static_cast<std::uint32_t>(end)},
        c == 'x'
            ? "`\\x` needs two hexadecimal digits, for example `\\x0a`"
            : fmt::format("{} is no escape (there are `\\'`, `\\\\`, `\\n`, `\\t` and `\\xNN`); "
                          "for a backslash write `\\\\`",
                          quoted(value.substr(at, end - at))));
    at = end;
  }
}

/// Notes down an argument that ends here and has no usable value.
void Scanner::broken_argument(Span key, Span place, std::string message) {
  diagnostics_.error(place, std::move(message));
  arguments_.push_back({key, span(at_, at_), true});
  last_end_ = at_;
}

/// An argument that is not `key='value'`: says how to write it and goes on behind it.
void Scanner::wrongly_quoted_value(Span key) {
  const std::string name = sample(text(key));
  const std::size_t after_key = at_;
  if (peek() == '\'' || peek() == '"') {
    skip_value();
    return broken_argument(key, key,
                           fmt::format("`=` is missing behind `{0}`; write `{0}='…'`", name));
  }
  skip_blanks_in_line();
  if (peek() != '=') {
    at_ = after_key;
    return broken_argument(key, key, fmt::format("`{0}` has no value; write `{0}='…'`", name));
  }
  const std::size_t equals = at_++;
  while (is_blank(peek()) || peek() == '\n' || peek() == '\r') ++at_;
  const std::size_t from = at_;
  const bool is_quoted = peek() == '\'';
  const bool is_far = from != equals + 1;
  const std::string_view value = skip_value();
  if (is_quoted) {
    return broken_argument(
        key, span(after_key, from),
        fmt::format("no blank may stand around `=`; write `{}='{}'`", name, sample(value)));
  }
  if (value.empty() || (is_far && value.find('=') != std::string_view::npos)) {
    at_ = equals + 1;
    return broken_argument(key, span(key.begin - begin_, at_),
                           fmt::format("`{0}` has no value; write `{0}='…'`", name));
  }
  broken_argument(
      key, span(from, at_),
      fmt::format("values stand in single quotes; write `{}='{}'`", name, sample(value)));
}

/// Goes behind a value in any quotes, or in none, that ends in this line; returns what is in them.
std::string_view Scanner::skip_value() {
  const std::size_t from = at_;
  const char quote = peek();
  if (quote == '\'' || quote == '"') {
    for (++at_; !at_line_end() && peek() != quote; ++at_) {
      if (peek() == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    }
    if (peek() == quote && !at_line_end()) {
      ++at_;
      return text_.substr(from + 1, at_ - from - 2);
    }
    at_ = from + 1;
  }
  const std::size_t start = at_;
  while (!at_line_end() && !is_blank(peek()) && peek() != ']' && peek() != '#') ++at_;
  return text_.substr(start, at_ - start);
}

}  // namespace elvis::ndl
