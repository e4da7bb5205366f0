// SPDX-License-Identifier: MIT
#include "report_target.hpp"

#include <unistd.h>

#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/report/json.hpp"
#include "output_file.hpp"

namespace elvis::cli {

ReportTarget::ReportTarget(const std::string& path, Console& console)
    : path_{path},
      console_{console},
      is_standard_output_{path == "-" || (!path.empty() && is_same_file(path, STDOUT_FILENO))} {}

bool ReportTarget::can_be_written() const {
  if (path_.empty() || is_standard_output_) return true;
  OutputFile file{path_};
  if (file.can_be_written()) return true;
  console_.output_failed("the report " + ndl::quoted(path_), file.error());
  return false;
}

void ReportTarget::write(const Report& report) const {
  if (path_.empty()) return;
  if (is_standard_output_) {
    write_json(report, [this](std::string_view text) { return console_.out(text); });
    return;
  }
  OutputFile file{path_};
  const bool is_written =
      file.open() &&
      write_json(report, [&file](std::string_view text) { return file.write(text); }) &&
      file.commit();
  if (!is_written) console_.output_failed("the report " + ndl::quoted(path_), file.error());
}

}  // namespace elvis::cli
