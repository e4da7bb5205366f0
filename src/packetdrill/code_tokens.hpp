// SPDX-License-Identifier: MIT
// The words and signs of a script's code, which is Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace elvis::packetdrill {

struct CodeToken {
  enum class Kind : std::uint8_t { end, newline, number, decimal, name, text, symbol };

  Kind kind = Kind::end;
  std::size_t at = 0;
  std::string_view text;
};

/// Line ends are tokens too, unless brackets are open. The last two are a line end and the end.
std::vector<CodeToken> code_tokens(std::string_view code);

}  // namespace elvis::packetdrill
