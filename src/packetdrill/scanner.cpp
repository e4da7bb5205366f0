// SPDX-License-Identifier: MIT
#include "scanner.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace elvis::packetdrill {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

Scanner::Scanner(std::string_view text, std::uint32_t begin, const Definitions& definitions,
                 ndl::Diagnostics& diagnostics)
    : text_{text}, begin_{begin}, definitions_{definitions}, diagnostics_{diagnostics} {}

Span Scanner::span_of(std::size_t from, std::size_t to) const {
  return {begin_ + static_cast<std::uint32_t>(from), begin_ + static_cast<std::uint32_t>(to)};
}

void Scanner::fail(std::size_t from, std::size_t to, std::string text) {
  has_failed_ = true;
  diagnostics_.error(span_of(from, to), std::move(text));
}

const Token& Scanner::peek() {
  if (!has_peeked_) {
    skip_blanks();
    peeked_from_ = position_;
    peeked_ = scan();
    has_peeked_ = true;
  }
  return peeked_;
}

Token Scanner::take() {
  peek();
  has_peeked_ = false;
  last_end_ = position_;
  return std::move(peeked_);
}

Token Scanner::take_raw(std::string_view enders, Blanks blanks) {
  if (has_peeked_) {
    position_ = peeked_from_;
    has_peeked_ = false;
  }
  if (blanks == Blanks::may_lead) skip_blanks();
  const std::size_t from = position_;
  while (position_ < text_.size() && !is_blank(text_[position_]) &&
         enders.find(text_[position_]) == std::string_view::npos) {
    ++position_;
  }
  last_end_ = position_;
  return made(Token::Kind::word, from, from, position_);
}

Token Scanner::take_through(char ender) {
  if (has_peeked_) {
    position_ = peeked_from_;
    has_peeked_ = false;
  }
  const std::size_t from = position_;
  int depth = 0;
  while (position_ < text_.size() && text_[position_] != '\n') {
    const char c = text_[position_];
    if (c == ender && depth == 0) {
      Token token = made(Token::Kind::text, from, from, position_);
      last_end_ = ++position_;
      return token;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    ++position_;
  }
  fail(from, position_, std::string{"this line lacks a `"} + ender + "`");
  last_end_ = position_;
  return made(Token::Kind::text, from, from, position_);
}

// `#ifdef NAME … #endif`, as scripts for several systems have it: what is not for FreeBSD, nor for
// a name that was defined, is passed over. A block does not contain another one.
bool Scanner::skip_condition() {
  constexpr std::string_view begin = "#ifdef ";
  constexpr std::string_view end = "#endif";
  const std::string_view rest = text_.substr(position_);
  if (!rest.starts_with(begin)) return false;
  const std::size_t line_end = std::min(rest.find('\n'), rest.size());
  std::string_view name = rest.substr(begin.size(), line_end - begin.size());
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  position_ += line_end;
  if (name == "FreeBSD" || definitions_.contains(std::string{name})) return true;
  position_ = std::min(text_.find(end, position_), text_.size());
  return true;
}

void Scanner::skip_blanks() {
  for (;;) {
    while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
    if (skip_condition()) continue;
    if (at(position_) == '#' || (at(position_) == '/' && at(position_ + 1) == '/')) {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (at(position_) == '/' && at(position_ + 1) == '*') {
      const std::size_t end = text_.find("*/", position_ + 2);
      if (end == std::string_view::npos) {
        fail(position_, position_ + 2, "this comment has no end: `*/` is missing");
        position_ = text_.size();
      } else {
        position_ = end + 2;
      }
    } else {
      return;
    }
  }
}

Token Scanner::made(Token::Kind kind, std::size_t from, std::size_t text_from,
                    std::size_t text_to) {
  Token token;
  token.kind = kind;
  token.span = span_of(from, position_);
  token.text = text_.substr(text_from, text_to - text_from);
  return token;
}

Token Scanner::scan() {
  const std::size_t from = position_;
  if (position_ >= text_.size()) return made(Token::Kind::end, from, from, from);
  const char c = text_[position_];
  if (text_.substr(position_).starts_with("...")) {
    position_ += 3;
    return made(Token::Kind::ellipsis, from, from, position_);
  }
  const char next = at(position_ + 1);
  if (is_digit(c) || (c == '.' && is_digit(next)) ||
      (c == '-' && (is_digit(next) || (next == '.' && is_digit(at(position_ + 2)))))) {
    return scan_number();
  }
  if (is_letter(c)) return scan_word(from);
  if (c == '"') return scan_quoted('"', Token::Kind::text);
  if (c == '`') return scan_quoted('`', Token::Kind::command);
  if (c == '%' && next == '{') return scan_code();
  if (c == '-' && next == '-' && is_letter(at(position_ + 2))) {
    position_ += 2;
    while (is_letter(at(position_)) || is_digit(at(position_)) || at(position_) == '-') ++position_;
    return made(Token::Kind::option, from, from + 2, position_);
  }
  ++position_;
  return made(Token::Kind::symbol, from, from, position_);
}

Token Scanner::scan_number() {
  const std::size_t from = position_;
  if (at(position_) == '-') ++position_;
  if (at(position_) == '0' && (at(position_ + 1) == 'x' || at(position_ + 1) == 'X') &&
      is_hex_digit(at(position_ + 2))) {
    position_ += 2;
    const std::size_t digits = position_;
    while (is_hex_digit(at(position_))) ++position_;
    Token token = made(Token::Kind::hex, from, from, position_);
    std::uint64_t value = 0;
    const auto read = std::from_chars(text_.data() + digits, text_.data() + position_, value, 16);
    if (read.ec != std::errc{}) fail(from, position_, "this number is too large");
    token.number = static_cast<std::int64_t>(text_[from] == '-' ? 0 - value : value);
    return token;
  }
  int points = 0;
  while (is_digit(at(position_)) || (at(position_) == '.' && is_digit(at(position_ + 1)))) {
    if (at(position_) == '.') ++points;
    ++position_;
  }
  // A word may begin with digits: the cookie of a fast open.
  if (points == 0 && text_[from] != '-' && is_letter(at(position_))) return scan_word(from);
  if (points == 3) return made(Token::Kind::address, from, from, position_);
  if (points > 1) fail(from, position_, "this is neither a number nor an address");
  Token token =
      made(points == 0 ? Token::Kind::number : Token::Kind::decimal, from, from, position_);
  if (points == 0) {
    const auto read = std::from_chars(text_.data() + from, text_.data() + position_, token.number);
    if (read.ec != std::errc{}) fail(from, position_, "this number is too large");
  }
  return token;
}

Token Scanner::scan_word(std::size_t start) {
  while (is_letter(at(position_)) || is_digit(at(position_))) ++position_;
  Token token = made(Token::Kind::word, start, start, position_);
  const auto definition = definitions_.find(token.text);
  if (definition == definitions_.end()) return token;
  const std::string& value = definition->second;
  token.text = value;
  if (value.size() > 1 && value.front() == value.back() &&
      (value.front() == '"' || value.front() == '`')) {
    token.kind = value.front() == '"' ? Token::Kind::text : Token::Kind::command;
    token.text = value.substr(1, value.size() - 2);
    return token;
  }
  const auto read = std::from_chars(value.data(), value.data() + value.size(), token.number);
  if (read.ec == std::errc{} && read.ptr == value.data() + value.size()) {
    token.kind = Token::Kind::number;
  }
  return token;
}

Token Scanner::scan_quoted(char quote, Token::Kind kind) {
  const std::size_t from = position_++;
  while (position_ < text_.size() && text_[position_] != quote) {
    position_ += text_[position_] == '\\' && position_ + 1 < text_.size() ? 2 : 1;
  }
  if (position_ >= text_.size()) {
    fail(from, from + 1, std::string{"the closing `"} + quote + "` is missing");
    position_ = text_.size();
    return made(kind, from, from + 1, position_);
  }
  ++position_;
  return made(kind, from, from + 1, position_ - 1);
}

Token Scanner::scan_code() {
  const std::size_t from = position_;
  const std::size_t end = text_.find("}%", position_ + 2);
  if (end == std::string_view::npos) {
    fail(from, from + 2, "this code has no end: `}%` is missing");
    position_ = text_.size();
    return made(Token::Kind::code, from, from + 2, position_);
  }
  position_ = end + 2;
  return made(Token::Kind::code, from, from + 2, end);
}

}  // namespace elvis::packetdrill
