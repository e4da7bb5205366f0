// SPDX-License-Identifier: MIT
// UTF-8 as the front end needs it: one code point at a time, and how wide a terminal draws it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace elvis::ndl {

/// A decoded code point; `bytes` is 0 where the text is not UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::uint32_t bytes = 0;
};

/// The code point that `text`, which is not empty, begins with (RFC 3629: no overlong forms, no
/// surrogates, at most U+10FFFF).
CodePoint decode(std::string_view text);

/// The code points in `text`; a byte that is not UTF-8 counts as one.
std::size_t count_code_points(std::string_view text);

/// Whether `value` is a control character, or one that changes the direction of the text around it.
bool steers_terminal(std::uint32_t value);

/// Columns that a terminal needs for `value`: 0 for combining marks, 2 for wide East Asian
/// characters and emoji, else 1.
std::size_t width_of(std::uint32_t value);

}  // namespace elvis::ndl
