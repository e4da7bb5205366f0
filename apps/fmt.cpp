// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/format.hpp"
#include "elvis/ndl/source.hpp"
#include "output_file.hpp"
#include "standard_input.hpp"

namespace elvis::cli {

namespace {

class Formatter {
 public:
  Formatter(const FmtCommand& command, Console& console) : command_{command}, console_{console} {}

  ExitCode format(const std::string& file) {
    const bool is_stream = file == "-";
    ndl::SourceSet sources;
    ndl::Diagnostics diagnostics;
    const std::optional<std::string> name = name_in(sources, file, console_);
    if (!name) return ExitCode::wrong_scenario;
    const std::optional<ndl::FileId> id = sources.load(*name, diagnostics);
    std::optional<std::string> tidy;
    if (id) tidy = ndl::format_text(sources, *id, diagnostics);
    console_.err(ndl::render(diagnostics, sources, {.colour = console_.has_colour_err()}));
    if (!tidy || diagnostics.has_errors()) return ExitCode::wrong_scenario;

    const bool is_tidy = *tidy == sources.text(*id);
    if (command_.only_checks) {
      if (is_tidy) return ExitCode::success;
      console_.out(ndl::printable(*name) + "\n");
      return ExitCode::failure;
    }
    if (is_stream) {
      console_.out(*tidy);
    } else if (!is_tidy) {
      replace(file, *tidy);
    }
    return ExitCode::success;
  }

 private:
  void replace(const std::string& file, const std::string& text) {
    OutputFile target{file};
    if (!(target.open() && target.write(text) && target.commit())) {
      console_.output_failed(ndl::quoted(file), target.error());
    }
  }

  const FmtCommand& command_;
  Console& console_;
};

}  // namespace

ExitCode execute(const FmtCommand& command, Console& console) {
  ExitCode worst = ExitCode::success;
  Formatter formatter{command, console};
  for (const std::string& file : command.files) worst = std::max(worst, formatter.format(file));
  return console.exit_code(worst);
}

}  // namespace elvis::cli
