// SPDX-License-Identifier: MIT
#include "indentation.hpp"

#include <fmt/format.h>

namespace elvis::ndl {

std::size_t Indentation::enter(std::size_t written, Span place, Diagnostics& diagnostics) {
  if (style_ == Style::unknown && written != 0) {
    style_ = written % 4 == 0 ? Style::whole_levels : Style::other;
  }
  // A slip in a file of whole levels means the nearest one; a file that is written with two or
  // three columns a level is taken by its own measure, so that only these lines are reported.
  const std::size_t columns = style_ == Style::whole_levels ? (written + 2) / 4 * 4 : written;
  std::size_t closed = columns + 1;
  while (!open_.empty() && open_.back() >= columns) {
    closed = open_.back();
    open_.pop_back();
  }
  const std::size_t depth = open_.size();
  const std::size_t expected = depth == 0 ? 0 : open_.back() + 4;
  open_.push_back(columns);
  if (written % 4 != 0) {
    diagnostics.error(
        place, fmt::format("indented by {} column{}; a level is one tab or four spaces", written,
                           written == 1 ? "" : "s"));
    return depth;
  }
  // What stands in a section whose own indentation was reported, or beside one, is not reported.
  if (columns <= expected || expected % 4 != 0 || closed == columns) return depth;
  diagnostics.error(
      place, depth == 0
                 ? std::string{"indented, but nothing stands above that it could belong to"}
                 : fmt::format("indented by {} levels more than the section above that it would "
                               "stand in; one is right",
                               (columns - expected) / 4 + 1));
  return depth;
}

}  // namespace elvis::ndl
