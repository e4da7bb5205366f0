// SPDX-License-Identifier: MIT
#include "elvis/util/line_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace elvis {

namespace {

constexpr std::size_t piece_bytes = std::size_t{4} << 10;  // little is lost when a process dies

}  // namespace

bool LineFile::open(const std::string& path, int flags) {
  descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0666);
  if (descriptor_ < 0) {
    fail(errno);
    return false;
  }
  has_begun_ = true;
  struct stat status{};
  is_regular_ = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  return true;
}

void LineFile::add(std::string_view lines) {
  if (error_ != 0) return;
  waiting_ += lines;
  if (waiting_.size() >= piece_bytes) flush();
}

void LineFile::flush() {
  std::size_t done = 0;
  while (done < waiting_.size() && error_ == 0) {
    const ::ssize_t count = ::write(descriptor_, waiting_.data() + done, waiting_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      continue;
    }
    fail(count == 0 ? ENOSPC : errno);
    // No half line at the end.
    const std::size_t end = done == 0 ? std::string::npos : waiting_.rfind('\n', done - 1);
    const std::uint64_t whole = written_ + (end == std::string::npos ? 0 : end + 1);
    if (is_regular_ && ::ftruncate(descriptor_, static_cast<::off_t>(whole)) != 0) errno = 0;
  }
  written_ += done;
  waiting_.clear();
}

bool LineFile::finish() {
  if (descriptor_ >= 0) {
    flush();
    // Some file systems tell only now that there was no room.
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
  }
  return error_ == 0;
}

void LineFile::fail(int error) {
  if (error_ == 0) error_ = error;
}

}  // namespace elvis
