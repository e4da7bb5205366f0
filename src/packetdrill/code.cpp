// SPDX-License-Identifier: MIT
#include "code.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "code_tokens.hpp"

namespace elvis::packetdrill {

namespace {

bool is_true(const CodeValue& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return *number != 0;
  if (const auto* const decimal = std::get_if<double>(&value)) return *decimal != 0.0;
  return !std::get<std::string>(value).empty();
}

double decimal_of(const CodeValue& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*number);
  }
  const auto* const decimal = std::get_if<double>(&value);
  return decimal == nullptr ? 0.0 : *decimal;
}

bool is_text(const CodeValue& value) {
  return std::holds_alternative<std::string>(value);
}

std::string text_of(const CodeValue& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) {
    return fmt::format("{}", *number);
  }
  if (const auto* const decimal = std::get_if<double>(&value)) return fmt::format("{}", *decimal);
  return std::get<std::string>(value);
}

class Interpreter {
 public:
  Interpreter(std::string_view code, CodeNames& names)
      : code_{code}, tokens_{code_tokens(code)}, names_{names} {}

  std::optional<CodeMistake> run() {
    while (!mistake_ && here().kind != CodeToken::Kind::end) {
      if (here().kind == CodeToken::Kind::newline) {
        ++place_;
      } else {
        statement(true);
      }
    }
    return mistake_;
  }

 private:
  static constexpr int most_depth = 100;

  const CodeToken& here() const { return tokens_[place_]; }
  const CodeToken& next() const { return tokens_[std::min(place_ + 1, tokens_.size() - 1)]; }

  bool take_if(std::string_view text) {
    const CodeToken& token = here();
    if (token.kind != CodeToken::Kind::symbol && token.kind != CodeToken::Kind::name) return false;
    if (token.text != text) return false;
    ++place_;
    return true;
  }

  void fail(const CodeToken& token, std::string text) {
    if (!mistake_) mistake_ = CodeMistake{std::move(text), token.at, token.text.size(), false};
  }

  void skip_line() {
    while (here().kind != CodeToken::Kind::newline && here().kind != CodeToken::Kind::end) ++place_;
  }

  // How far behind the begin of its line a token stands.
  std::size_t column_of(const CodeToken& token) const {
    const std::size_t line = code_.substr(0, token.at).find_last_of('\n');
    return line == std::string_view::npos ? token.at : token.at - line - 1;
  }

  bool skip_newlines_to(std::string_view word, std::size_t column) {
    const std::size_t before = place_;
    while (here().kind == CodeToken::Kind::newline) ++place_;
    if (here().text == word && column_of(here()) == column && take_if(word)) return true;
    place_ = before;
    return false;
  }

  // What depends on a condition: the rest of the line, or the lines that are indented further.
  void block(std::size_t column, bool counts) {
    if (!take_if(":")) return fail(here(), "`:` is missing behind the condition");
    if (here().kind != CodeToken::Kind::newline) {
      while (!mistake_ && here().kind != CodeToken::Kind::end && here().text != "\n") {
        here().kind == CodeToken::Kind::newline ? void(++place_) : statement(counts);
      }
      return;
    }
    while (!mistake_) {
      const std::size_t before = place_;
      while (here().kind == CodeToken::Kind::newline) ++place_;
      if (here().kind == CodeToken::Kind::end || column_of(here()) <= column) {
        place_ = before;
        return;
      }
      statement(counts);
    }
  }

  void condition(const CodeToken& first, bool counts) {
    const std::size_t column = column_of(first);
    bool is_decided = !is_true(expression());
    block(column, counts && !is_decided);
    is_decided = !is_decided;
    while (!mistake_ && skip_newlines_to("elif", column)) {
      const bool holds = is_true(expression()) && !is_decided;
      block(column, counts && holds);
      is_decided = is_decided || holds;
    }
    if (!mistake_ && skip_newlines_to("else", column)) block(column, counts && !is_decided);
  }

  // A statement that does not count is read, but does nothing: the rest of a false `if`.
  void statement(bool counts) {
    if (++depth_ > most_depth) return fail(here(), "this is nested too deeply");
    one_statement(counts);
    --depth_;
  }

  void one_statement(bool counts) {
    const CodeToken first = here();
    if (take_if("assert")) return assertion(first, counts);
    if (first.text == "print" || first.text == "import" || first.text == "from" ||
        first.text == "pass") {
      return skip_line();
    }
    if (take_if("if")) return condition(first, counts);
    constexpr std::array<std::string_view, 6> beyond{"def", "for", "while", "try", "with", "class"};
    if (std::find(beyond.begin(), beyond.end(), first.text) != beyond.end()) {
      return fail(first, fmt::format("of Python there is no `{}` here", first.text));
    }
    const std::string_view sign = next().text;
    if (first.kind == CodeToken::Kind::name && (sign == "=" || sign == "+=" || sign == "-=")) {
      place_ += 2;
      CodeValue value = expression();
      if (mistake_ || !counts) return;
      if (sign != "=") value = arithmetic(first, sign.substr(0, 1), named(first), value);
      names_[std::string{first.text}] = std::move(value);
      return end_of_statement();
    }
    expression();
    end_of_statement();
  }

  void end_of_statement() {
    if (here().kind != CodeToken::Kind::newline) fail(here(), "this is not understood here");
  }

  void assertion(const CodeToken& first, bool counts) {
    const std::size_t from = here().at;
    const CodeValue holds = expression();
    const std::size_t to = here().at;
    std::string text;
    if (!mistake_ && take_if(",")) text = text_of(tuple());
    if (mistake_) return;
    end_of_statement();
    if (mistake_ || is_true(holds) || !counts) return;
    std::string_view claim = code_.substr(from, to - from);
    claim = claim.substr(0, claim.find_last_not_of(" \t\n\r") + 1);
    mistake_ = CodeMistake{fmt::format("the assertion does not hold: {}{}{}", claim,
                                       text.empty() ? "" : "; it says ", text),
                           first.at, from - first.at + claim.size(), true};
    for (const std::string& seen : values_seen(from, to)) mistake_->text += "; " + seen;
  }

  // The names between two places with their values, for people.
  std::vector<std::string> values_seen(std::size_t from, std::size_t to) const {
    std::vector<std::string> lines;
    for (const CodeToken& token : tokens_) {
      if (token.at < from || token.at >= to || token.kind != CodeToken::Kind::name) continue;
      const auto found = names_.find(token.text);
      if (found == names_.end()) continue;
      std::string line = fmt::format("{} is {}", token.text, text_of(found->second));
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
    return lines;
  }

  CodeValue tuple() {
    CodeValue value = expression();
    while (!mistake_ && take_if(",") && here().text != ")") {
      value = text_of(value) + ", " + text_of(expression());
    }
    return value;
  }

  // ===== Expressions, loosest binding first =====

  CodeValue expression() {
    if (++depth_ > most_depth) {
      fail(here(), "this is nested too deeply");
      return {};
    }
    CodeValue value = either();
    if (!mistake_ && take_if("if")) {
      const bool holds = is_true(either());
      if (!take_if("else")) fail(here(), "`else` is missing");
      CodeValue other = expression();
      if (!holds) value = std::move(other);
    }
    --depth_;
    return value;
  }

  CodeValue either() {
    CodeValue value = both();
    while (!mistake_ && take_if("or")) {
      CodeValue other = both();
      if (!is_true(value)) value = std::move(other);
    }
    return value;
  }

  CodeValue both() {
    CodeValue value = negation();
    while (!mistake_ && take_if("and")) {
      CodeValue other = negation();
      if (is_true(value)) value = std::move(other);
    }
    return value;
  }

  CodeValue negation() {
    bool is_negated = false;
    bool is_first = true;
    while (take_if("not")) {
      is_negated = !is_negated;
      is_first = false;
    }
    CodeValue value = comparison();
    if (is_first) return value;
    return std::int64_t{is_true(value) != is_negated};
  }

  CodeValue comparison() {
    constexpr std::array<std::string_view, 7> signs{"==", "!=", "<=", ">=", "<", ">", "<>"};
    CodeValue left = operation(0);
    bool holds = true;
    bool is_comparison = false;
    while (!mistake_) {
      const CodeToken sign = here();
      if (sign.text == "in" || sign.text == "is" || (sign.text == "not" && next().text == "in")) {
        return std::int64_t{holds && belongs(left)};
      }
      if (std::find(signs.begin(), signs.end(), sign.text) == signs.end()) break;
      ++place_;
      is_comparison = true;
      CodeValue right = operation(0);
      holds = holds && compares(sign, left, right);
      left = std::move(right);
    }
    if (!is_comparison) return left;
    return std::int64_t{holds};
  }

  // What stands behind `x in (1, 2)`, `x not in …`, `x is …`, `x is not …`.
  bool belongs(const CodeValue& value) {
    const bool is_in = here().text != "is";
    bool is_negated = take_if("not");
    ++place_;
    if (!is_in) {
      is_negated = take_if("not");
      const bool is_none = here().text == "None";
      const CodeValue other = operation(0);
      return (!is_none && text_of(value) == text_of(other)) != is_negated;
    }
    const char closing = here().text == "[" ? ']' : here().text == "{" ? '}' : ')';
    if (!take_if("(") && !take_if("[") && !take_if("{")) {
      fail(here(), "a list in brackets is due behind `in`");
      return false;
    }
    bool is_found = false;
    while (!mistake_ && !take_if({&closing, 1})) {
      is_found = text_of(expression()) == text_of(value) || is_found;
      if (!take_if(",") && here().text != std::string_view{&closing, 1}) {
        fail(here(), "the list after `in` does not end here");
      }
    }
    return is_found != is_negated;
  }

  bool compares(const CodeToken& sign, const CodeValue& left, const CodeValue& right) {
    int order = 0;
    if (is_text(left) != is_text(right)) {
      if (sign.text != "==" && sign.text != "!=" && sign.text != "<>")
        fail(sign, "a text and a number have no order");
      order = 1;
    } else if (is_text(left)) {
      order = std::get<std::string>(left).compare(std::get<std::string>(right));
    } else if (std::holds_alternative<std::int64_t>(left) &&
               std::holds_alternative<std::int64_t>(right)) {
      const std::int64_t one = std::get<std::int64_t>(left);
      const std::int64_t other = std::get<std::int64_t>(right);
      order = one < other ? -1 : one > other;
    } else {
      const double one = decimal_of(left);
      const double other = decimal_of(right);
      order = one < other ? -1 : one > other;
    }
    if (sign.text == "==") return order == 0;
    if (sign.text == "!=" || sign.text == "<>") return order != 0;
    if (sign.text == "<=") return order <= 0;
    if (sign.text == ">=") return order >= 0;
    return sign.text == "<" ? order < 0 : order > 0;
  }

  // Binary operators of this level and those that bind more tightly.
  CodeValue operation(std::size_t level) {
    static const std::array<std::vector<std::string_view>, 6> levels{
        {{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "//", "/", "%"}}};
    if (level == levels.size()) return unary();
    CodeValue left = operation(level + 1);
    while (!mistake_) {
      const CodeToken sign = here();
      const auto& signs = levels[level];
      if (sign.kind != CodeToken::Kind::symbol ||
          std::find(signs.begin(), signs.end(), sign.text) == signs.end()) {
        break;
      }
      ++place_;
      left = arithmetic(sign, sign.text, left, operation(level + 1));
    }
    return left;
  }

  CodeValue unary() {
    const CodeToken sign = here();
    if (++depth_ > most_depth) {
      fail(sign, "this is nested too deeply");
      return {};
    }
    CodeValue value;
    if (take_if("-")) {
      value = arithmetic(sign, "-", std::int64_t{0}, unary());
    } else if (take_if("+")) {
      value = unary();
    } else if (take_if("~")) {
      value = arithmetic(sign, "^", std::int64_t{-1}, unary());
    } else {
      value = operand();
      if (!mistake_ && take_if("**")) value = arithmetic(sign, "**", value, unary());
    }
    --depth_;
    return value;
  }

  CodeValue operand() {
    const CodeToken token = here();
    if (take_if("(")) {
      CodeValue value = tuple();
      if (!take_if(")")) fail(here(), "`)` is missing");
      return value;
    }
    ++place_;
    switch (token.kind) {
      case CodeToken::Kind::number:
        return whole(token);
      case CodeToken::Kind::decimal: {
        double value = 0;
        const char* const end = token.text.data() + token.text.size();
        const auto read = std::from_chars(token.text.data(), end, value);
        if (read.ptr != end || read.ec != std::errc{}) fail(token, "this is no number");
        return value;
      }
      case CodeToken::Kind::text:
        return formatted(token.text.substr(1, token.text.size() < 2 ? 0 : token.text.size() - 2));
      case CodeToken::Kind::name:
        // f'…', r'…': it is for people only.
        if (token.text.size() == 1 && here().kind == CodeToken::Kind::text) return operand();
        if (here().text == "(") return called(token);
        return named(token);
      default:
        break;
    }
    --place_;
    fail(token, token.text.empty() ? "a value is missing" : "this is not understood here");
    return {};
  }

  // A text, and what `.format(…)` puts behind it.
  CodeValue formatted(std::string_view text) {
    CodeValue value = std::string{text};
    if (here().text != "." || next().text != "format") return value;
    place_ += 2;
    if (!take_if("(")) return value;
    while (!mistake_ && !take_if(")")) {
      value = text_of(value) + " " + text_of(expression());
      if (!take_if(",") && here().text != ")") fail(here(), "`)` is missing");
    }
    return value;
  }

  CodeValue whole(const CodeToken& token) {
    std::string without_gaps{token.text};
    std::erase(without_gaps, '_');
    std::string_view digits = without_gaps;
    int base = 10;
    if (digits.starts_with("0x") || digits.starts_with("0X")) {
      digits.remove_prefix(2);
      base = 16;
    }
    std::int64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size()) {
      fail(token, "this is no number");
    }
    return value;
  }

  CodeValue named(const CodeToken& token) {
    if (token.text == "True") return std::int64_t{1};
    if (token.text == "False" || token.text == "None") return std::int64_t{0};
    const auto found = names_.find(token.text);
    if (found != names_.end()) return found->second;
    fail(token, fmt::format("nothing is called `{}` here", token.text));
    return {};
  }

  CodeValue called(const CodeToken& name) {
    ++place_;
    std::vector<CodeValue> arguments;
    while (!mistake_ && !take_if(")")) {
      if (!arguments.empty() && !take_if(",")) fail(here(), "`,` or `)` is missing");
      if (!mistake_) arguments.push_back(expression());
    }
    if (mistake_) return {};
    if (name.text == "str" && arguments.size() == 1) return text_of(arguments[0]);
    const bool is_of_numbers = std::none_of(arguments.begin(), arguments.end(), is_text);
    if (arguments.empty() || !is_of_numbers) {
      fail(name, "this function is not understood");
      return {};
    }
    if (name.text == "abs" && arguments.size() == 1) {
      return decimal_of(arguments[0]) < 0 ? arithmetic(name, "-", std::int64_t{0}, arguments[0])
                                          : arguments[0];
    }
    if ((name.text == "int" || name.text == "round") && arguments.size() == 1) {
      const double value = decimal_of(arguments[0]);
      if (std::holds_alternative<std::int64_t>(arguments[0])) return arguments[0];
      constexpr double most = 9e18;
      if (!(std::abs(value) < most)) {
        fail(name, "this is too large for a whole number");
        return {};
      }
      return static_cast<std::int64_t>(name.text == "int" ? value : std::nearbyint(value));
    }
    if (name.text == "float" && arguments.size() == 1) return decimal_of(arguments[0]);
    if (name.text == "min" || name.text == "max") {
      const auto less = [](const CodeValue& one, const CodeValue& other) {
        return decimal_of(one) < decimal_of(other);
      };
      return name.text == "min" ? *std::min_element(arguments.begin(), arguments.end(), less)
                                : *std::max_element(arguments.begin(), arguments.end(), less);
    }
    fail(name, fmt::format("there is no function `{}` here", name.text));
    return {};
  }

  CodeValue arithmetic(const CodeToken& token, std::string_view sign, const CodeValue& left,
                       const CodeValue& right) {
    if (mistake_) return {};
    if (is_text(left) || is_text(right)) {
      if (sign == "+" || sign == "%") return text_of(left) + " " + text_of(right);
      fail(token, "texts cannot be computed with");
      return {};
    }
    const bool is_whole =
        std::holds_alternative<std::int64_t>(left) && std::holds_alternative<std::int64_t>(right);
    if ((sign == "/" || sign == "//" || sign == "%") && decimal_of(right) == 0.0) {
      fail(token, "this divides by 0");
      return {};
    }
    if (!is_whole || sign == "/" || sign == "**") return decimals(token, sign, left, right);
    return wholes(sign, std::get<std::int64_t>(left), std::get<std::int64_t>(right));
  }

  CodeValue decimals(const CodeToken& token, std::string_view sign, const CodeValue& left,
                     const CodeValue& right) {
    const double one = decimal_of(left);
    const double other = decimal_of(right);
    if (sign == "+") return one + other;
    if (sign == "-") return one - other;
    if (sign == "*") return one * other;
    if (sign == "/") return one / other;
    if (sign == "//") return std::floor(one / other);
    if (sign == "%") return one - other * std::floor(one / other);
    if (sign == "**") {
      const double power = std::pow(one, other);
      constexpr double exact = 9'007'199'254'740'992.0;
      if (std::holds_alternative<std::int64_t>(left) &&
          std::holds_alternative<std::int64_t>(right) && other >= 0 && std::abs(power) < exact) {
        return static_cast<std::int64_t>(power);
      }
      return power;
    }
    fail(token, "this needs whole numbers");
    return {};
  }

  // Whole numbers wrap around at 64 bits, which no script comes near.
  static CodeValue wholes(std::string_view sign, std::int64_t left, std::int64_t right) {
    const auto one = static_cast<std::uint64_t>(left);
    const auto other = static_cast<std::uint64_t>(right);
    if (sign == "+") return static_cast<std::int64_t>(one + other);
    if (sign == "-") return static_cast<std::int64_t>(one - other);
    if (sign == "*") return static_cast<std::int64_t>(one * other);
    if (sign == "&") return left & right;
    if (sign == "|") return left | right;
    if (sign == "^") return left ^ right;
    if (sign == "<<") return other < 64 ? static_cast<std::int64_t>(one << other) : std::int64_t{0};
    if (sign == ">>") return left >> std::min<std::uint64_t>(other, 63);
    if (right == -1) return sign == "%" ? std::int64_t{0} : static_cast<std::int64_t>(0 - one);
    const bool rounds_down = left % right != 0 && (left < 0) != (right < 0);
    if (sign == "%") return left % right + (rounds_down ? right : 0);
    return left / right - (rounds_down ? 1 : 0);
  }

  std::string_view code_;
  std::vector<CodeToken> tokens_;
  CodeNames& names_;
  std::size_t place_ = 0;
  int depth_ = 0;
  std::optional<CodeMistake> mistake_;
};

}  // namespace

std::optional<CodeMistake> run_code(std::string_view code, CodeNames& names) {
  return Interpreter{code, names}.run();
}

}  // namespace elvis::packetdrill
