// SPDX-License-Identifier: MIT
// Code: the part of Python that scripts use between %{ and }% to look at tcp_info.
//
//   statement   = "assert" expression ["," expression] | name "=" expression | "print" anything
//               | "import" anything | "pass" | "if" expression ":" statement
//   expression  = Python's, over numbers, texts and names: or, and, not, comparisons (chained), |,
//   ^,
//                 &, <<, >>, +, -, *, /, //, %, **, unary, parentheses, abs(), min(), max(), int()
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace elvis::packetdrill {

/// A value of Python's; truth values are whole numbers.
using CodeValue = std::variant<std::int64_t, double, std::string>;
using CodeNames = std::map<std::string, CodeValue, std::less<>>;

/// What ended the code before its end.
struct CodeMistake {
  std::string text;
  std::size_t at = 0;         ///< Where in the code.
  std::size_t length = 1;     ///< Bytes of the code that it is about.
  bool is_assertion = false;  ///< Else the code is not Python, or not this part of it.
};

/// Runs `code`, which may read and set `names`.
std::optional<CodeMistake> run_code(std::string_view code, CodeNames& names);

}  // namespace elvis::packetdrill
