// SPDX-License-Identifier: MIT
// Works out values: escapes, line breaks, expressions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expression.hpp"

namespace elvis::ndl {

/// Turns pending arguments into cooked ones, programs or, if they have a mistake, broken ones.
class ValueCompiler {
 public:
  /// The longest text that a value with expressions may become.
  static constexpr std::size_t max_bytes = std::size_t{1} << 20;

  /// What all values together may become longer than they are written, for each byte of text.
  static constexpr std::size_t max_growth = 2;

  ValueCompiler(Records& records, Diagnostics& diagnostics)
      : records_{records}, diagnostics_{diagnostics}, expressions_{records, diagnostics} {}

  /// Works out the value of `argument`.
  void compile(std::uint32_t argument, Scope scope);

 private:
  bool compile_parts(std::string_view raw, std::uint32_t begin, Scope scope, std::string_view key);
  void literal(std::string_view raw, std::uint32_t begin);
  bool check_length(std::size_t bytes, Span place);
  void unescape(std::string_view raw);

  Records& records_;
  Diagnostics& diagnostics_;
  ExpressionCompiler expressions_;
  std::vector<Op> ops_;
  std::string scratch_;
  std::size_t growth_ = 0;
};

}  // namespace elvis::ndl
