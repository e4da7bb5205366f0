// SPDX-License-Identifier: MIT
// Compiles what stands between `${` and `}`.
#pragma once

#include <string_view>
#include <vector>

#include "records.hpp"

namespace elvis::ndl {

/// Where a value stands, and so whether it may depend on the machine.
enum class Scope : std::uint8_t {
  machine,     ///< In a machine or template: it may.
  outside,     ///< Anywhere else: there is no machine.
  structural,  ///< It decides what machines there are.
};

/// Turns expressions into operations; constants are calculated at once.
///
///     expression = sum            sum     = product (('+' | '-') product)*
///     product = unary (('*' | '/' | '%') unary)*
///     unary   = '-'* operand      operand = number | name | '(' sum ')'
///
/// An expression that is one name stands for a text as well as for a number. It is read with a
/// stack of operators (Dijkstra's shunting yard), not by recursion.
class ExpressionCompiler {
 public:
  static constexpr std::size_t max_parentheses = 64;
  static constexpr std::size_t max_operators = 200;  ///< Waiting at a time.

  ExpressionCompiler(const Records& records, Diagnostics& diagnostics)
      : records_{records}, diagnostics_{diagnostics} {}

  /// Compiles the expression whose `${` stands at `at` of `value`, which begins at the offset
  /// `begin`, and appends to `ops`. Moves `at` behind the `}`. False if there was a mistake.
  bool compile(std::string_view value, std::uint32_t begin, std::size_t& at, Scope scope,
               std::string_view key, std::vector<Op>& ops);

 private:
  struct Operator {
    char sign;  ///< `~` is the unary minus.
    std::uint32_t place;
  };

  bool compile_whole_name(std::vector<Op>& ops, bool& is_done);
  bool operand(std::vector<Op>& ops);
  bool after_operand(std::vector<Op>& ops, bool& is_done);
  bool number(std::vector<Op>& ops);
  bool name_in_arithmetic(std::vector<Op>& ops);
  bool push_operator(Operator next, std::vector<Op>& ops);
  bool apply(Operator op, std::vector<Op>& ops);
  bool close_parenthesis(std::vector<Op>& ops);
  bool check_machine_name(std::string_view name, Span place);
  const ParameterRecord* find_parameter(std::string_view name, Span place);
  bool unterminated();
  bool unexpected(std::string_view wanted);
  bool fail(Span place, std::string message);
  void skip_blanks();
  std::string_view word();
  Span span(std::size_t from, std::size_t to) const {
    return {begin_ + static_cast<std::uint32_t>(from), begin_ + static_cast<std::uint32_t>(to)};
  }

  const Records& records_;
  Diagnostics& diagnostics_;
  std::string_view value_;
  std::uint32_t begin_ = 0;
  std::size_t start_ = 0;
  std::size_t at_ = 0;
  Scope scope_ = Scope::machine;
  std::string_view key_;
  bool wants_operand_ = true;
  std::size_t parentheses_ = 0;
  std::vector<Operator> operators_;
};

}  // namespace elvis::ndl
