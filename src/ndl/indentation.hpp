// SPDX-License-Identifier: MIT
// Who stands in whom, by indentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"

namespace elvis::ndl {

/// Follows the indentation of a file's sections and reports what is no whole level or one too many.
class Indentation {
 public:
  /// Takes the next section, indented by `written` columns (the text `place`), and returns in how
  /// many of the sections before it it stands.
  std::size_t enter(std::size_t written, Span place, Diagnostics& diagnostics);

 private:
  /// What levels the file was written with, as its first indented section shows.
  enum class Style : std::uint8_t { unknown, whole_levels, other };

  std::vector<std::size_t> open_;  ///< The columns of the sections that may get more inside.
  Style style_ = Style::unknown;
};

}  // namespace elvis::ndl
