// SPDX-License-Identifier: MIT
// What the bytes of a file must fulfil before anything reads them as NDL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "elvis/ndl/diagnostics.hpp"

namespace elvis::ndl {

/// Whether checked text can be parsed. Text with some bad bytes can: they were reported.
enum class TextVerdict : std::uint8_t { usable, hopeless };

/// Checks the text of one file piece by piece.
class TextCheck {
 public:
  /// `begin` is the offset of the file's first byte, `whole` means the file as a whole.
  TextCheck(std::uint32_t begin, Span whole, Diagnostics& diagnostics)
      : begin_{begin}, whole_{whole}, diagnostics_{diagnostics} {}

  /// Looks at the file's first bytes for encodings that are not UTF-8.
  TextVerdict check_start(std::string_view text);

  /// Checks the lines of `text` between `from` and `to`, where lines begin and end.
  TextVerdict check_lines(std::string_view text, std::size_t from, std::size_t to);

 private:
  TextVerdict check_byte(std::string_view text, std::size_t& at, std::size_t to);
  void report_long_line(std::size_t line, std::size_t file_bytes);
  Span span(std::size_t from, std::size_t to) const;

  std::uint32_t begin_;
  Span whole_;
  Diagnostics& diagnostics_;
  int mistakes_ = 0;
};

/// The byte-order mark of UTF-8.
inline constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

}  // namespace elvis::ndl
