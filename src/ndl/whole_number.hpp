// SPDX-License-Identifier: MIT
// Digits to a number.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace elvis::ndl {

/// Reads all of `text` as an integer. std::errc{} if it is one that fits, result_out_of_range if it
/// is one that does not, else invalid_argument.
template <typename Number>
std::errc read_whole_number(std::string_view text, Number& number, int base = 10) {
  const char* const first = text.data();
  const char* const last = first + text.size();
  const auto [end, error] = std::from_chars(first, last, number, base);
  if (error == std::errc::invalid_argument || end != last) return std::errc::invalid_argument;
  return error;
}

}  // namespace elvis::ndl
