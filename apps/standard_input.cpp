// SPDX-License-Identifier: MIT
#include "standard_input.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace elvis::cli {

namespace {

// All that comes from standard input, or the errno that prevented it. What is longer than any
// scenario is not read to its end.
int read_standard_input(std::string& text) {
  constexpr std::size_t block = 65'536;
  while (text.size() <= ndl::SourceSet::max_bytes) {
    const std::size_t size = text.size();
    text.resize(size + block);
    const ssize_t got = ::read(STDIN_FILENO, text.data() + size, block);
    const int error = got < 0 ? errno : 0;
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return 0;
    if (error != 0 && error != EINTR) return error;
  }
  return 0;
}

}  // namespace

std::optional<std::string> name_in(ndl::SourceSet& sources, const std::string& file,
                                   Console& console) {
  if (file != "-") return file;
  std::string text;
  if (const int error = read_standard_input(text); error != 0) {
    console.complain("standard input cannot be read: " + why(error));
    return std::nullopt;
  }
  std::string name = "<standard input>";
  sources.offer(name, std::move(text));
  return name;
}

}  // namespace elvis::cli
