// SPDX-License-Identifier: MIT
#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <utility>

#include "console.hpp"

namespace elvis::cli {

namespace {

// `path` without symbolic links; empty if it leads nowhere.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real{::realpath(path.c_str(), nullptr), std::free};
  return real == nullptr ? std::string{} : std::string{real.get()};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_in_folder(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

bool OutputFile::fail(int error) {
  if (error_ == 0) error_ = error;
  return false;
}

// Follows links to the file that would be replaced. Where there is nothing to replace, or nothing
// that could be, the target is what the user wrote.
bool OutputFile::find_target() {
  if (path_.empty()) return fail(ENOENT);
  target_ = resolved(path_);
  if (target_.empty()) {
    struct stat link{};
    // A link that leads nowhere is written through, which makes the file that it names.
    if (::lstat(path_.c_str(), &link) == 0) return true;
    target_ = path_;
  }
  return true;
}

bool OutputFile::can_be_written() {
  if (!find_target()) return false;
  struct stat status{};
  if (target_.empty()) return true;
  if (::stat(target_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return fail(EISDIR);
    if (::access(target_.c_str(), W_OK) != 0) return fail(errno);
    if (!S_ISREG(status.st_mode)) return true;
  } else if (name_in_folder(target_).empty()) {
    return fail(EISDIR);
  }
  const std::string folder = folder_of(target_);
  if (::stat(folder.c_str(), &status) != 0) return fail(errno);
  if (!S_ISDIR(status.st_mode)) return fail(ENOTDIR);
  return ::access(folder.c_str(), W_OK | X_OK) == 0 || fail(errno);
}

bool OutputFile::open() {
  if (error_ != 0 || !find_target()) return false;
  if (open_shared()) return true;
  struct stat status{};
  const bool is_there = ::stat(path_.c_str(), &status) == 0;
  // The files in /proc stand for descriptors, which a new file would not reach.
  const bool is_descriptor = path_.starts_with("/dev/fd/") || path_.starts_with("/proc/");
  const bool is_replaced =
      !target_.empty() && !is_descriptor && (is_there ? S_ISREG(status.st_mode) : errno == ENOENT);
  return is_replaced ? open_beside() : open_in_place();
}

// A file that is a standard stream as well is written through that stream, behind what it wrote and
// in front of what it will; else one would overwrite the other.
bool OutputFile::open_shared() {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_same_file(path_, stream)) continue;
    descriptor_ = ::fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return descriptor_ >= 0;
  }
  return false;
}

bool OutputFile::open_in_place() {
  if (open_shared()) return true;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
  return descriptor_ >= 0 || fail(errno);
}

bool OutputFile::open_beside() {
  struct stat status{};
  const bool is_there = ::stat(target_.c_str(), &status) == 0;
  // Replacing needs no permission for the file itself; but who took it away meant something.
  if (is_there && ::access(target_.c_str(), W_OK) != 0) return fail(errno);
  std::string name = folder_of(target_) + "/." + name_in_folder(target_).substr(0, 200) + ".XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) return fail(errno);
  temporary_ = std::move(name);
  if (is_there && (status.st_uid != ::geteuid() || status.st_gid != ::getegid())) {
    // Allowed to few; to others the file becomes theirs, as it does with an editor.
    if (::fchown(descriptor_, status.st_uid, status.st_gid) != 0) errno = 0;
  }
  if (::fchmod(descriptor_, is_there ? status.st_mode & 07777 : mode_of_new_files()) != 0) {
    return fail(errno);
  }
  return true;
}

bool OutputFile::write(std::string_view text) {
  if (error_ != 0) return false;
  const int error = write_all(descriptor_, text);
  return error == 0 || fail(error);
}

bool OutputFile::commit() {
  if (error_ != 0) return false;
  // Some file systems tell only now that there was no room.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) return fail(errno);
  if (temporary_.empty()) return true;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return fail(errno);
  temporary_.clear();
  return true;
}

bool is_same_file(const std::string& path, int descriptor) {
  struct stat one{};
  struct stat other{};
  return ::stat(path.c_str(), &one) == 0 && ::fstat(descriptor, &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

bool is_same_file(const std::string& path, const std::string& other) {
  struct stat one{};
  struct stat two{};
  return ::stat(path.c_str(), &one) == 0 && ::stat(other.c_str(), &two) == 0 &&
         S_ISREG(one.st_mode) && one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

}  // namespace elvis::cli
