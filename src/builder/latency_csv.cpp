// SPDX-License-Identifier: MIT
#include "latency_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace elvis {

namespace {

using Samples = std::vector<EmpiricalLatency::Sample>;

/// Without the blanks around it.
std::string_view stripped(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Without the blanks and one pair of double quotes around it.
std::string_view bare(std::string_view text) {
  text = stripped(text);
  const bool is_quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// Whether a line can be a heading: no value begins with a letter, but for those of programs that
/// write what is no number.
bool is_heading(std::string_view cell) {
  if (cell.starts_with('"')) cell.remove_prefix(1);
  std::string small;
  for (const char c : cell.substr(0, 4)) small += static_cast<char>(c | 0x20);
  if (cell.empty() || small == "nan" || small == "inf") return false;
  return (cell[0] < '0' || cell[0] > '9') && cell[0] != '.' && cell[0] != '-' && cell[0] != '+';
}

/// What makes a whole line unreadable; empty if nothing does.
std::string_view fault_of(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return "a NUL byte: this is not a text file";
  if (line.find('\r') != std::string_view::npos) return "a carriage return without a line feed";
  if (line.find(';') != std::string_view::npos) {
    return "a `;`; the weight stands behind a comma, for example `12.5ms,40`";
  }
  return {};
}

std::string complaint(std::size_t line, std::string_view what, std::string_view why) {
  return fmt::format("has in line {} {}{}", line, what, why);
}

}  // namespace

ndl::Reading<std::vector<EmpiricalLatency::Sample>> read_latency_csv(std::string_view text) {
  using Result = ndl::Reading<Samples>;
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return Result::failed("is UTF-16; save it as UTF-8");
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Samples samples;
  std::uint64_t sum = 0;
  bool is_first = true;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = stripped(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (whole.empty() || whole.starts_with('#')) continue;
    if (const std::string_view fault = fault_of(whole); !fault.empty()) {
      return Result::failed(complaint(line, fault, ""));
    }
    const std::size_t comma = std::min(whole.find(','), whole.size());
    const std::string_view cell = bare(whole.substr(0, comma));
    if (std::exchange(is_first, false) && is_heading(cell)) continue;

    const auto latency = ndl::read_duration(cell);
    if (!latency) {
      return Result::failed(complaint(line, "a time that ", latency.error()));
    }
    EmpiricalLatency::Sample sample{.latency = std::max(*latency, Duration{1})};
    if (comma < whole.size()) {
      const auto weight = ndl::read_integer(bare(whole.substr(comma + 1)));
      if (!weight) {
        return Result::failed(complaint(line, "a weight that ", weight.error()));
      }
      sample.weight = *weight;
    }
    if (sum + sample.weight < sum) {
      return Result::failed(
          complaint(line, "the weight with which all add up to 2^64 or more", ""));
    }
    sum += sample.weight;
    samples.push_back(sample);
  }
  if (sum == 0) return Result::failed("has no latency with a weight above 0");
  return samples;
}

}  // namespace elvis
