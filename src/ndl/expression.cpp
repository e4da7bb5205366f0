// SPDX-License-Identifier: MIT
#include "expression.hpp"

#include <fmt/format.h>

#include "whole_number.hpp"

namespace elvis::ndl {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Whether the byte is not the first one of its code point.
bool is_continuation(char c) {
  return (static_cast<std::uint8_t>(c) & 0xc0) == 0x80;
}

int binding(char sign) {
  switch (sign) {
    case '+':
    case '-':
      return 1;
    case '*':
    case '/':
    case '%':
      return 2;
    case '~':
      return 3;
    default:
      return 0;  // an open parenthesis holds back whatever stands before it
  }
}

OpCode code_of(char sign) {
  switch (sign) {
    case '+':
      return OpCode::add;
    case '-':
      return OpCode::subtract;
    case '*':
      return OpCode::multiply;
    case '/':
      return OpCode::divide;
    case '%':
      return OpCode::modulo;
    default:
      return OpCode::negate;
  }
}

}  // namespace

bool ExpressionCompiler::fail(Span place, std::string message) {
  diagnostics_.error(place, std::move(message));
  return false;
}

void ExpressionCompiler::skip_blanks() {
  while (at_ < value_.size() &&
         std::string_view{" \t\r\n"}.find(value_[at_]) != std::string_view::npos) {
    ++at_;
  }
}

std::string_view ExpressionCompiler::word() {
  const std::size_t from = at_;
  while (at_ < value_.size() && (is_letter(value_[at_]) || is_digit(value_[at_]))) ++at_;
  return value_.substr(from, at_ - from);
}

bool ExpressionCompiler::unterminated() {
  return fail(span(start_, at_), "`${` has no closing `}`; for a literal `${` write `\\x24{`");
}

bool ExpressionCompiler::unexpected(std::string_view wanted) {
  if (at_ >= value_.size()) return unterminated();
  const std::size_t from = at_;
  if (word().empty()) {
    do {
      ++at_;
    } while (at_ < value_.size() && is_continuation(value_[at_]));
  }
  const Span place = span(from, at_);
  const std::string got = quoted(value_.substr(from, at_ - from));
  at_ = from;
  return fail(place, fmt::format("expected {}, got {}", wanted, got));
}

bool ExpressionCompiler::compile(std::string_view value, std::uint32_t begin, std::size_t& at,
                                 Scope scope, std::string_view key, std::vector<Op>& ops) {
  value_ = value;
  begin_ = begin;
  start_ = at;
  at_ = at + 2;
  scope_ = scope;
  key_ = key;
  wants_operand_ = true;
  parentheses_ = 0;
  operators_.clear();
  bool is_done = false;
  bool is_good = compile_whole_name(ops, is_done);
  while (is_good && !is_done) {
    skip_blanks();
    is_good = wants_operand_ ? operand(ops) : after_operand(ops, is_done);
  }
  // After a mistake the rest of the expression is left alone.
  if (!is_good) at_ = std::min(value.find('}', at_), value.size() - 1) + 1;
  at = at_;
  return is_good;
}

/// `${name}`, which may be a text.
bool ExpressionCompiler::compile_whole_name(std::vector<Op>& ops, bool& is_done) {
  const std::size_t from = at_;
  skip_blanks();
  if (at_ < value_.size() && value_[at_] == '}') {
    return fail(span(start_, at_ + 1), "`${}` is empty; write for example `${index}`");
  }
  const std::size_t start = at_;
  const std::string_view name = word();
  const Span place = span(start, at_);
  skip_blanks();
  if (name.empty() || is_digit(name[0]) || at_ >= value_.size() || value_[at_] != '}') {
    at_ = from;
    return true;
  }
  ++at_;
  is_done = true;
  if (name == "name" || name == "index") {
    if (!check_machine_name(name, place)) return false;
    ops.push_back(make_op(name == "name" ? OpCode::name : OpCode::index, place.begin));
    if (name == "index") ops.push_back(make_op(OpCode::append, place.begin));
    return true;
  }
  const ParameterRecord* const parameter = find_parameter(name, place);
  if (parameter == nullptr) return false;
  ops.push_back(make_text_op(parameter->text, place.begin));
  return true;
}

bool ExpressionCompiler::operand(std::vector<Op>& ops) {
  const char c = at_ < value_.size() ? value_[at_] : '\0';
  if (c == '-' || c == '(') {
    if (c == '(' && ++parentheses_ > max_parentheses) {
      return fail(span(at_, at_ + 1),
                  fmt::format("more than {} parentheses inside each other", max_parentheses));
    }
    if (operators_.size() >= max_operators) {
      return fail(span(at_, at_ + 1), "the expression is nested too deeply");
    }
    operators_.push_back({c == '-' ? '~' : c, begin_ + static_cast<std::uint32_t>(at_)});
    ++at_;
    return true;
  }
  wants_operand_ = false;
  if (is_digit(c)) return number(ops);
  if (is_letter(c)) return name_in_arithmetic(ops);
  return unexpected("a number, a name or `(`");
}

bool ExpressionCompiler::after_operand(std::vector<Op>& ops, bool& is_done) {
  const char c = at_ < value_.size() ? value_[at_] : '\0';
  if (c == ')') return close_parenthesis(ops);
  if (c == '}') {
    while (!operators_.empty()) {
      const Operator op = operators_.back();
      operators_.pop_back();
      if (op.sign == '(') {
        return fail({op.place, op.place + 1}, "`(` has no closing `)`");
      }
      if (!apply(op, ops)) return false;
    }
    ops.push_back(make_op(OpCode::append, begin_ + static_cast<std::uint32_t>(start_)));
    ++at_;
    is_done = true;
    return true;
  }
  if (c == '\0' || binding(c) == 0 || c == '~')
    return unexpected("an operator (`+ - * / %`) or `}`");
  wants_operand_ = true;
  const Operator next{c, begin_ + static_cast<std::uint32_t>(at_)};
  ++at_;
  return push_operator(next, ops);
}

bool ExpressionCompiler::number(std::vector<Op>& ops) {
  const std::size_t from = at_;
  const std::string_view text = word();
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = is_hex ? text.substr(2) : text;
  std::int64_t value = 0;
  const std::errc error = read_whole_number(digits, value, is_hex ? 16 : 10);
  if (error == std::errc::result_out_of_range) {
    return fail(span(from, at_), fmt::format("{} does not fit into 64 bits", quoted(text)));
  }
  if (error != std::errc{}) {
    return fail(span(from, at_), fmt::format("{} is no whole number", quoted(text)));
  }
  ops.push_back(make_op(OpCode::number, begin_ + static_cast<std::uint32_t>(from), value));
  return true;
}

bool ExpressionCompiler::name_in_arithmetic(std::vector<Op>& ops) {
  const std::size_t from = at_;
  const std::string_view name = word();
  const Span place = span(from, at_);
  if (name == "index") {
    ops.push_back(make_op(OpCode::index, place.begin));
    return check_machine_name(name, place);
  }
  if (name == "name") {
    return fail(place, "`name` is a text; arithmetic needs whole numbers");
  }
  const ParameterRecord* const parameter = find_parameter(name, place);
  if (parameter == nullptr) return false;
  if (!parameter->number) {
    return fail(place, fmt::format("{} is a text, {}; arithmetic needs whole numbers", quoted(name),
                                   quoted(parameter->text)));
  }
  ops.push_back(make_op(OpCode::number, place.begin, *parameter->number));
  return true;
}

bool ExpressionCompiler::push_operator(Operator next, std::vector<Op>& ops) {
  while (!operators_.empty() && binding(operators_.back().sign) >= binding(next.sign)) {
    const Operator op = operators_.back();
    operators_.pop_back();
    if (!apply(op, ops)) return false;
  }
  operators_.push_back(next);
  return true;
}

bool ExpressionCompiler::close_parenthesis(std::vector<Op>& ops) {
  while (!operators_.empty()) {
    const Operator op = operators_.back();
    operators_.pop_back();
    if (op.sign == '(') {
      --parentheses_;
      ++at_;
      return true;
    }
    if (!apply(op, ops)) return false;
  }
  return fail(span(at_, at_ + 1), "`)` has no opening `(`");
}

/// Appends the operation, or its result if its operands are known.
bool ExpressionCompiler::apply(Operator op, std::vector<Op>& ops) {
  const OpCode code = code_of(op.sign);
  const std::size_t operands = code == OpCode::negate ? 1 : 2;
  for (std::size_t i = 1; i <= operands; ++i) {
    if (ops[ops.size() - i].op_code() != OpCode::number) {
      ops.push_back(make_op(code, op.place));
      return true;
    }
  }
  const std::int64_t right = ops.back().number;
  const std::int64_t left = ops[ops.size() - operands].number;
  std::int64_t result = 0;
  const Fault fault = calculate(code, left, right, result);
  if (fault != Fault::none) return fail({op.place, op.place + 1}, std::string{to_string(fault)});
  ops.resize(ops.size() - operands, ops.back());
  ops.push_back(make_op(OpCode::number, op.place, result));
  return true;
}

bool ExpressionCompiler::check_machine_name(std::string_view name, Span place) {
  switch (scope_) {
    case Scope::machine:
      break;
    case Scope::outside:
      return fail(place, fmt::format("`{}` is known only inside a `Machine`", name));
    case Scope::structural:
      return fail(place, fmt::format("{} is the same for all machines of a group; it cannot depend "
                                     "on `{}`",
                                     quoted(key_), name));
  }
  return true;
}

const ParameterRecord* ExpressionCompiler::find_parameter(std::string_view name, Span place) {
  const auto name_of = [this](std::uint32_t number) {
    return records_.name(records_.parameters[number].name);
  };
  const auto found = records_.parameter_names.find(name, name_of);
  if (!found) {
    Closest search{name};
    search.consider("index");
    search.consider("name");
    for (const ParameterRecord& parameter : records_.parameters) {
      if (records_.suggestion_budget == 0) break;
      --records_.suggestion_budget;
      search.consider(records_.name(parameter.name));
    }
    fail(place, fmt::format("no parameter is called {}{}", quoted(name), search.suggestion()));
    return nullptr;
  }
  const ParameterRecord& parameter = records_.parameters[*found];
  if (parameter.is_broken) return nullptr;
  if (!parameter.is_known) {
    fail(place,
         fmt::format("parameter {} is declared further down; a parameter's value can only use "
                     "those above it",
                     quoted(name)));
    return nullptr;
  }
  return &parameter;
}

}  // namespace elvis::ndl
