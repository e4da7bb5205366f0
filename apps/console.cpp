// SPDX-License-Identifier: MIT
#include "console.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace elvis::cli {

namespace {

constexpr std::string_view erase_line = "\r\033[K";

// A descriptor that is closed would be given to the next file that is opened, and that file would
// get what was meant for a standard stream. The other direction makes each use an error instead.
void occupy(int descriptor, int flags) {
  if (::fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) return;
  const int opened = ::open("/dev/null", flags);
  if (opened == descriptor || opened < 0) return;
  ::dup2(opened, descriptor);
  ::close(opened);
}

bool wants_colour(int descriptor) {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         terminal != nullptr && std::string_view{terminal} != "dumb";
}

// As much of `line` as fits into the terminal's width. The text is ASCII.
std::string_view fitted(std::string_view line) {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return line.substr(0, is_known ? size.ws_col - 1U : 79U);
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

std::string why(int error) {
  if (error == EBADF) return "it is closed";
  return error == EPIPE ? "its reader has gone"
                        : std::error_code{error, std::generic_category()}.message();
}

Console::Console() {
  occupy(STDIN_FILENO, O_WRONLY);
  occupy(STDOUT_FILENO, O_RDONLY);
  occupy(STDERR_FILENO, O_RDONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file as large as it may be is an error of write()
  has_colour_out_ = wants_colour(STDOUT_FILENO);
  has_colour_err_ = wants_colour(STDERR_FILENO);
  is_err_terminal_ = ::isatty(STDERR_FILENO) == 1;
}

bool Console::out(std::string_view text) {
  std::unique_lock lock{mutex_};
  if (out_failed_) return false;
  erase_live();
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return true;
  out_failed_ = true;
  lock.unlock();
  output_failed("standard output", error);
  return false;
}

void Console::err(std::string_view text) {
  if (text.empty()) return;
  const std::lock_guard lock{mutex_};
  erase_live();
  write_err(text);
}

void Console::complain(std::string_view message) {
  err("elvis: " + std::string{message} + "\n");
}

void Console::output_failed(std::string_view what, int error) {
  complain(std::string{what} + " cannot be written: " + why(error));
  const std::lock_guard lock{mutex_};
  something_lost_ = true;
}

void Console::show_live(std::string_view line) {
  const std::lock_guard lock{mutex_};
  write_err(std::string{erase_line} + std::string{fitted(line)});
  is_live_ = true;
}

void Console::clear_live() {
  const std::lock_guard lock{mutex_};
  erase_live();
}

ExitCode Console::exit_code(ExitCode code) const {
  const std::lock_guard lock{mutex_};
  return something_lost_ ? ExitCode::output_failed : code;
}

void Console::erase_live() {
  if (!is_live_) return;
  write_err(erase_line);
  is_live_ = false;
}

void Console::write_err(std::string_view text) {
  // Nobody is left to be told but the caller, by the exit code.
  if (write_all(STDERR_FILENO, text) != 0) something_lost_ = true;
}

}  // namespace elvis::cli
