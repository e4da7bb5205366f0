// SPDX-License-Identifier: MIT
#include "text_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "elvis/ndl/source.hpp"
#include "utf8.hpp"

namespace elvis::ndl {

namespace {

/// After so many bad characters a file is taken for something else than text.
constexpr int most_mistakes = 20;

/// Whether all of the block are printable ASCII, blanks, tabs and line feeds. Written without
/// branches so that the compiler makes vector code of it.
bool is_plain(const char* block, std::size_t bytes) {
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(block[i]);
    const bool control = byte < 0x20 && byte != '\n' && byte != '\t';
    bad = static_cast<std::uint8_t>(bad | static_cast<std::uint8_t>(control) |
                                    static_cast<std::uint8_t>(byte >= 0x7f));
  }
  return bad == 0;
}

}  // namespace

Span TextCheck::span(std::size_t from, std::size_t to) const {
  return {begin_ + static_cast<std::uint32_t>(from), begin_ + static_cast<std::uint32_t>(to)};
}

TextVerdict TextCheck::check_start(std::string_view text) {
  using namespace std::string_view_literals;
  const bool utf32 = text.starts_with("\xff\xfe\0\0"sv) || text.starts_with("\0\0\xfe\xff"sv);
  // Without a mark: every second one of the first bytes is NUL, as in ASCII text stored wide.
  const bool wide = text.size() >= 4 && ((text[0] == 0 && text[2] == 0 && text[1] != 0) ||
                                         (text[1] == 0 && text[3] == 0 && text[0] != 0));
  if (utf32 || wide || text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    diagnostics_.error(whole_,
                       fmt::format("the file is UTF-{}; save it as UTF-8", utf32 ? "32" : "16"));
    return TextVerdict::hopeless;
  }
  return TextVerdict::usable;
}

TextVerdict TextCheck::check_lines(std::string_view text, std::size_t from, std::size_t to) {
  constexpr std::size_t block = 64;
  for (std::size_t at = from; at < to;) {
    const std::size_t bytes = std::min(block, to - at);
    if (is_plain(text.data() + at, bytes)) {
      at += bytes;
      continue;
    }
    for (const std::size_t end = at + bytes; at < end;) {
      if (check_byte(text, at, to) == TextVerdict::hopeless) return TextVerdict::hopeless;
    }
  }
  // The last line feed within reach of a line's start begins the next stretch: no line is longer
  // than allowed exactly if there always is one.
  for (std::size_t line = from; to - line > SourceSet::max_line_bytes;) {
    const char* const reach = text.data() + line;
    const void* const feed = memrchr(reach, '\n', SourceSet::max_line_bytes + 1);
    if (feed == nullptr) {
      report_long_line(line, to);
      return TextVerdict::hopeless;
    }
    line = static_cast<std::size_t>(static_cast<const char*>(feed) - text.data()) + 1;
  }
  return TextVerdict::usable;
}

TextVerdict TextCheck::check_byte(std::string_view text, std::size_t& at, std::size_t to) {
  const std::size_t start = at;
  const CodePoint point = decode(text.substr(at, to - at));
  const bool ends_line = point.value == '\r' && at + 1 < to && text[at + 1] == '\n';
  at += std::max(1U, point.bytes);
  if (point.bytes == 0) {
    // One message for a run of bad bytes.
    while (at < to && static_cast<std::uint8_t>(text[at]) >= 0x80 &&
           decode(text.substr(at, to - at)).bytes == 0) {
      ++at;
    }
    diagnostics_.error(span(start, at),
                       fmt::format("byte 0x{:02x} is not UTF-8; save the file as UTF-8",
                                   static_cast<std::uint8_t>(text[start])));
  } else if (point.value == 0) {
    diagnostics_.error(span(start, at), "a NUL byte: this is not a text file");
    return TextVerdict::hopeless;
  } else if (point.value == '\r' && !ends_line) {
    diagnostics_.error(span(start, at), "a carriage return without a line feed after it");
  } else if ((point.value < 0x20 && point.value != '\n' && point.value != '\t' && !ends_line) ||
             (point.value >= 0x7f && point.value < 0xa0)) {
    const std::string_view lead = point.value < 0x80 ? "" : "\\xc2";  // of two bytes in UTF-8
    diagnostics_.error(span(start, at),
                       fmt::format("the control character U+{:04X} cannot stand in a file; in a "
                                   "value, write `{}\\x{:02x}`",
                                   point.value, lead, point.value));
  } else {
    return TextVerdict::usable;
  }
  return ++mistakes_ < most_mistakes ? TextVerdict::usable : TextVerdict::hopeless;
}

void TextCheck::report_long_line(std::size_t line, std::size_t file_bytes) {
  const std::size_t shown = std::min<std::size_t>(file_bytes, line + 1);
  diagnostics_.error(span(line, shown), "the line is longer than 1 MiB");
}

}  // namespace elvis::ndl
