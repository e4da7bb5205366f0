// SPDX-License-Identifier: MIT
// Where the JSON report goes.
#pragma once

#include <string>

#include "elvis/report/report.hpp"

namespace elvis::cli {

class Console;

class ReportTarget {
 public:
  /// `path` is empty for none, "-" for standard output, by that or any other of its names.
  ReportTarget(const std::string& path, Console& console);

  /// Whether standard output is the report's alone.
  bool is_standard_output() const { return is_standard_output_; }
  /// Whether a report could be written there, as far as can be known beforehand; the console is
  /// told if not.
  bool can_be_written() const;
  /// Writes `report`, or tells the console why not.
  void write(const Report& report) const;

 private:
  const std::string& path_;
  Console& console_;
  bool is_standard_output_;
};

}  // namespace elvis::cli
