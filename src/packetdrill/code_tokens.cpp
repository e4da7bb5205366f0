// SPDX-License-Identifier: MIT
#include "code_tokens.hpp"

#include <algorithm>
#include <array>

namespace elvis::packetdrill {

namespace {

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

bool is_code_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::vector<CodeToken> code_tokens(std::string_view code) {
  constexpr std::array<std::string_view, 11> doubles{"==", "!=", "<=", ">=", "<<", ">>",
                                                     "**", "//", "+=", "-=", "<>"};
  std::vector<CodeToken> tokens;
  int depth = 0;
  std::size_t at = 0;
  const auto take = [&](CodeToken::Kind kind, std::size_t size) {
    tokens.push_back({kind, at, code.substr(at, size)});
    at += size;
  };
  while (at < code.size()) {
    const char c = code[at];
    std::size_t end = at + 1;
    if (c == '\n' || c == ';') {
      if (depth > 0 && c == '\n') {
        ++at;
      } else {
        take(CodeToken::Kind::newline, 1);
      }
    } else if (c == '\\' && end < code.size() && code[end] == '\n') {
      at += 2;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++at;
    } else if (c == '#') {
      at = std::min(code.find('\n', at), code.size());
    } else if (is_code_digit(c) || (c == '.' && end < code.size() && is_code_digit(code[end]))) {
      const bool is_hex = c == '0' && end < code.size() && (code[end] | 0x20) == 'x';
      bool is_decimal = c == '.';
      while (end < code.size() && (is_name_letter(code[end]) || code[end] == '.')) {
        const bool is_exponent = !is_hex && (code[end] | 0x20) == 'e';
        is_decimal = is_decimal || is_exponent || code[end] == '.';
        ++end;
        if (is_exponent && end < code.size() && (code[end] == '-' || code[end] == '+')) ++end;
      }
      take(is_decimal ? CodeToken::Kind::decimal : CodeToken::Kind::number, end - at);
    } else if (is_name_letter(c)) {
      while (end < code.size() && is_name_letter(code[end])) ++end;
      take(CodeToken::Kind::name, end - at);
    } else if (c == '"' || c == '\'') {
      while (end < code.size() && code[end] != c && code[end] != '\n') ++end;
      take(CodeToken::Kind::text, std::min(end + 1, code.size()) - at);
    } else {
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
      const bool is_double =
          std::find(doubles.begin(), doubles.end(), code.substr(at, 2)) != doubles.end();
      take(CodeToken::Kind::symbol, is_double ? 2 : 1);
    }
  }
  tokens.push_back({CodeToken::Kind::newline, at, {}});
  tokens.push_back({CodeToken::Kind::end, at, {}});
  return tokens;
}

}  // namespace elvis::packetdrill
