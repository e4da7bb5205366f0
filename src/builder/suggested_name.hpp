// SPDX-License-Identifier: MIT
// The name inside a suggestion, to show where it is declared.
#pragma once

#include <string_view>

namespace elvis {

/// The `x` of "; did you mean `x`?", or nothing.
inline std::string_view suggested_name(std::string_view suggestion) {
  const std::size_t begin = suggestion.find('`');
  if (begin == std::string_view::npos) return {};
  return suggestion.substr(begin + 1, suggestion.rfind('`') - begin - 1);
}

}  // namespace elvis
