// SPDX-License-Identifier: MIT
#include "elvis/report/human.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace elvis {

namespace {

struct Unit {
  std::string_view name;
  double size;
};

// `value` in the largest of `units` (smallest first) of which it has at least one, with at most
// `digits` digits behind the point and no idle zeros.
template <std::size_t n>
std::string in_units(double value, const std::array<Unit, n>& units, int digits) {
  std::size_t chosen = 0;
  // What rounds up to one of the next unit is written in that: 1 ms, not 1000 us.
  const double slack = 0.5 * std::pow(10.0, -digits);
  while (chosen + 1 < n && value + slack * units[chosen].size >= units[chosen + 1].size) ++chosen;
  std::string text = fmt::format("{:.{}f}", value / units[chosen].size, chosen == 0 ? 0 : digits);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return fmt::format("{} {}", text, units[chosen].name);
}

}  // namespace

std::string human_duration(Duration duration) {
  static constexpr std::array<Unit, 5> units{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"h", 3.6e12}}};
  return in_units(static_cast<double>(duration.count()), units, 3);
}

std::string human_seconds(double seconds) {
  static constexpr std::array<Unit, 4> units{{{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"h", 3600}}};
  return in_units(seconds, units, 2);
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array<Unit, 7> units{
      {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}, {"EB", 1e18}}};
  return in_units(static_cast<double>(bytes), units, 1);
}

std::string human_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string human_count(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", human_count(count), noun, count == 1 ? "" : "s");
}

std::string human_rate(double per_second) {
  static constexpr std::array<Unit, 4> units{{{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}}};
  std::string text = in_units(per_second, units, 1);
  if (text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace elvis
