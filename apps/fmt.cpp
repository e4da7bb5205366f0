// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/format.hpp"
#include "elvis/ndl/source.hpp"
#include "output_file.hpp"

namespace elvis::cli {

namespace {

constexpr std::string_view standard_input = "<standard input>";

// All that comes from standard input, or the errno that prevented it.
int read_standard_input(std::string& text) {
  constexpr std::size_t block = 65'536;
  while (text.size() <= ndl::SourceSet::max_bytes) {
    const std::size_t size = text.size();
    text.resize(size + block);
    const ssize_t got = ::read(STDIN_FILENO, text.data() + size, block);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return 0;
    if (got < 0 && errno != EINTR) return errno;
  }
  return 0;
}

class Formatter {
 public:
  Formatter(const FmtCommand& command, Console& console) : command_{command}, console_{console} {}

  ExitCode format(const std::string& file) {
    const bool is_stream = file == "-";
    ndl::SourceSet sources;
    ndl::Diagnostics diagnostics;
    std::string name = file;
    if (is_stream) {
      std::string text;
      if (const int error = read_standard_input(text); error != 0) {
        console_.complain("standard input cannot be read: " + why(error));
        return ExitCode::wrong_scenario;
      }
      name = standard_input;
      sources.offer(name, std::move(text));
    }
    const std::optional<ndl::FileId> id = sources.load(name, diagnostics);
    std::optional<std::string> tidy;
    if (id) tidy = ndl::format_text(sources, *id, diagnostics);
    console_.err(ndl::render(diagnostics, sources, {.colour = console_.has_colour_err()}));
    if (!tidy || diagnostics.has_errors()) return ExitCode::wrong_scenario;

    const bool is_tidy = *tidy == sources.text(*id);
    if (command_.only_checks) {
      if (is_tidy) return ExitCode::success;
      console_.out(ndl::printable(name) + "\n");
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
