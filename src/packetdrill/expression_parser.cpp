// SPDX-License-Identifier: MIT
// The part of the parser that reads the arguments and results of system calls.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "parser.hpp"

namespace elvis::packetdrill {

const Expression* Expression::part(std::string_view name) const {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [name](const Expression& one) { return one.field == name; });
  return found == parts.end() ? nullptr : &*found;
}

// Expressions with commas between, up to `ender`, which is taken.
bool Parser::parse_expressions(std::vector<Expression>& list, char ender) {
  if (take_if(ender)) return true;
  for (;;) {
    Expression expression;
    if (!parse_expression(expression)) return false;
    list.push_back(std::move(expression));
    if (take_if(ender)) return true;
    const Token comma = scanner_.take();
    if (!comma.is(',')) {
      return fail(comma.span,
                  fmt::format("expected `,` or `{}`, got {}", ender, ndl::quoted(comma.text)));
    }
  }
}

bool Parser::parse_expression(Expression& expression) {
  if (++depth_ > most_depth) {
    return fail(scanner_.peek().span, "these expressions are nested too deeply");
  }
  const bool is_right = parse_operand(expression);
  if (is_right && scanner_.peek().is('|')) {
    Expression either;
    either.kind = Expression::Kind::either;
    either.span = expression.span;
    either.parts.push_back(std::move(expression));
    while (take_if('|')) {
      Expression part;
      if (!parse_operand(part)) return false;
      either.parts.push_back(std::move(part));
    }
    either.span.end = scanner_.last_end();
    expression = std::move(either);
  }
  --depth_;
  return is_right;
}

bool Parser::parse_operand(Expression& expression) {
  Token token = scanner_.take();
  expression.span = token.span;
  switch (token.kind) {
    case Token::Kind::ellipsis:
      expression.kind = Expression::Kind::ellipsis;
      return true;
    case Token::Kind::number:
    case Token::Kind::hex:
      expression.kind = Expression::Kind::number;
      expression.number = token.number;
      return true;
    case Token::Kind::text:
      expression.kind = Expression::Kind::text;
      expression.word = std::move(token.text);
      while (scanner_.peek().kind == Token::Kind::text) expression.word += scanner_.take().text;
      if (scanner_.peek().kind == Token::Kind::ellipsis) scanner_.take();
      return true;
    case Token::Kind::word:
      expression.kind = Expression::Kind::word;
      expression.word = std::move(token.text);
      if (take_if('(')) {
        expression.kind = Expression::Kind::call;
        if (!parse_expressions(expression.parts, ')')) return false;
      }
      if (take_if('=')) {
        // `name=value`, also as `msg_iov(1)=[…]`: the value counts, under its name.
        std::string field = std::move(expression.word);
        expression = {};
        if (!parse_expression(expression)) return false;
        expression.field = std::move(field);
      }
      return true;
    default:
      break;
  }
  if (token.is('[')) {
    expression.kind = Expression::Kind::list;
    if (!parse_expressions(expression.parts, ']')) return false;
  } else if (token.is('{')) {
    expression.kind = Expression::Kind::record;
    if (!parse_expressions(expression.parts, '}')) return false;
  } else {
    return fail(token.span, fmt::format("expected a value, got {}", token.kind == Token::Kind::end
                                                                        ? "the end of the script"
                                                                        : ndl::quoted(token.text)));
  }
  expression.span.end = scanner_.last_end();
  return true;
}

}  // namespace elvis::packetdrill
