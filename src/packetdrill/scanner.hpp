// SPDX-License-Identifier: MIT
// Scanner: from the text of a script to its tokens.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "elvis/ndl/diagnostics.hpp"
#include "script.hpp"

namespace elvis::packetdrill {

/// Words that stand for something else: `-D NAME=value`.
using Definitions = std::map<std::string, std::string, std::less<>>;

struct Token {
  enum class Kind : std::uint8_t {
    end,
    number,    ///< `12`, `-1`
    decimal,   ///< `0.25`, `.5`
    hex,       ///< `0x1f`
    word,      ///< `accept`
    text,      ///< `"…"`
    command,   ///< between backquotes
    code,      ///< between `%{` and `}%`
    option,    ///< `--name`
    ellipsis,  ///< `...`
    address,   ///< `192.0.2.1`
    symbol,    ///< any other character, in `text`
  };

  Kind kind = Kind::end;
  Span span;
  std::string text;         ///< Without quotes.
  std::int64_t number = 0;  ///< Of numbers and hex.

  bool is(char symbol) const {
    return kind == Kind::symbol && text.size() == 1 && text[0] == symbol;
  }
  bool is(std::string_view word) const { return kind == Kind::word && text == word; }
};

class Scanner {
 public:
  /// `text` is what stands in its SourceSet from offset `begin` on. All outlive the scanner.
  Scanner(std::string_view text, std::uint32_t begin, const Definitions& definitions,
          ndl::Diagnostics& diagnostics);

  /// The next token; it is not taken yet.
  const Token& peek();
  Token take();
  /// Whether blanks may stand in front of what is taken.
  enum class Blanks : bool { may_lead, end_it };
  /// Takes the characters up to the next blank or one of `enders`, as they stand.
  Token take_raw(std::string_view enders, Blanks blanks = Blanks::may_lead);
  /// Takes the characters up to `ender`, which may be further parentheses away, and `ender` itself.
  Token take_through(char ender);
  /// The character behind the last token that was taken or peeked at.
  char follows() const { return at(position_); }
  /// Where the last token that was taken ended.
  std::uint32_t last_end() const { return begin_ + static_cast<std::uint32_t>(last_end_); }
  /// Whether something was wrong with a token.
  bool has_failed() const { return has_failed_; }

 private:
  bool skip_condition();
  void skip_blanks();
  Token scan();
  Token scan_number();
  Token scan_quoted(char quote, Token::Kind kind);
  Token scan_code();
  Token scan_word(std::size_t start);
  Token made(Token::Kind kind, std::size_t from, std::size_t text_from, std::size_t text_to);
  void fail(std::size_t from, std::size_t to, std::string text);
  Span span_of(std::size_t from, std::size_t to) const;
  char at(std::size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

  std::string_view text_;
  std::uint32_t begin_;
  const Definitions& definitions_;
  ndl::Diagnostics& diagnostics_;
  std::size_t position_ = 0;
  std::size_t last_end_ = 0;
  bool has_peeked_ = false;
  bool has_failed_ = false;
  std::size_t peeked_from_ = 0;
  Token peeked_;
};

}  // namespace elvis::packetdrill
