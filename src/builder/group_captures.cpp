// SPDX-License-Identifier: MIT
// The capture files that machines name.
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "elvis/util/assert.hpp"
#include "group_planner.hpp"

namespace elvis {

namespace {

// A scenario may come from anywhere, so its files stay below the folder that the user chose.
// Returns what is wrong with `path`, or nothing.
std::string_view mistake_in(std::string_view path) {
  if (path.empty()) return "needs the name of a file";
  if (path.front() == '/') return "must be below the folder of captures: no absolute path";
  if (path.find('\0') != std::string_view::npos) return "must not contain a NUL byte";
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") {
      return "must not contain empty parts, `.` or `..`";
    }
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

void plan_capture(const PlanningContext& context, PlannedGroup& group) {
  const auto file = group.declaration.read("pcap");
  if (!file || file->is_broken()) return;
  const std::uint32_t different = file->varies() ? group.count : 1;
  std::string name;
  std::string buffer;
  for (std::uint32_t place = 0; place < different; ++place) {
    group.declaration.write_name(place, name);
    const auto path = file->evaluate({.index = place, .name = name}, buffer, context.diagnostics);
    if (!path) return;
    const std::string_view mistake = mistake_in(*path);
    if (mistake.empty()) continue;
    context.diagnostics.error(file->span(), fmt::format("`pcap` {}", mistake), file->origin());
    return;
  }
  group.capture = file;
}

std::vector<std::pair<std::uint32_t, std::string>> capture_files(const Plan& plan) {
  std::vector<std::pair<std::uint32_t, std::string>> files;
  ndl::Diagnostics diagnostics;  // stays empty: the plan has been checked
  std::string name;
  std::string buffer;
  for (const PlannedGroup& group : plan.groups) {
    if (!group.capture) continue;
    for (std::uint32_t place = 0; place < group.count; ++place) {
      group.declaration.write_name(place, name);
      const auto path =
          group.capture->evaluate({.index = place, .name = name}, buffer, diagnostics);
      ELVIS_ASSERT(path);
      files.emplace_back(group.first + place, *path);
    }
  }
  return files;
}

}  // namespace elvis
