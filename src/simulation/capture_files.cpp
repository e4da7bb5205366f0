// SPDX-License-Identifier: MIT
#include "capture_files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

namespace {

// A file's blocks are written when there are this many bytes of them, or this many of all files.
constexpr std::size_t file_bytes = std::size_t{256} << 10;
constexpr std::size_t all_bytes = std::size_t{16} << 20;

// Descriptors that a run needs for other things.
constexpr std::size_t descriptors_of_others = 64;
constexpr std::size_t most_descriptors = 4096;

// Asks for as many descriptors as `files` files need, if it may: opening and closing them again and
// again costs more than all that is written.
std::size_t most_open_files(std::size_t files) {
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return descriptors_of_others;
  const ::rlim_t wanted = std::min(files, most_descriptors) + descriptors_of_others;
  if (limit.rlim_cur < wanted && limit.rlim_cur < limit.rlim_max) {
    struct rlimit more = limit;
    more.rlim_cur = std::min(wanted, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &more) == 0) limit = more;
  }
  const auto soft = static_cast<std::size_t>(limit.rlim_cur);
  if (soft < 2 * descriptors_of_others) return std::max(soft / 4, std::size_t{1});
  return std::min(soft - descriptors_of_others, most_descriptors);
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  void reset(int value) {
    const int error = errno;
    if (value_ >= 0) ::close(value_);
    errno = error;
    value_ = value;
  }

 private:
  int value_;
};

// Opens the folder that the user named; with `makes`, those that are missing are made.
int open_folder(const std::string& folder, bool makes) {
  if (makes) {
    for (std::size_t slash = folder.find('/', 1);; slash = folder.find('/', slash + 1)) {
      if (::mkdir(folder.substr(0, slash).c_str(), 0777) != 0 && errno != EEXIST) break;
      if (slash == std::string::npos) break;
    }
  }
  return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// Opens `path` below the folder, without following a link to anywhere else: a name in a scenario
// must not lead out of the folder.
int open_below(const CaptureFile& file, bool makes, int flags) {
  Descriptor folder{open_folder(file.folder, makes)};
  std::string_view rest = file.path;
  while (folder.get() >= 0) {
    const std::size_t slash = rest.find('/');
    const std::string name{rest.substr(0, slash)};
    if (slash == std::string_view::npos) {
      return ::openat(folder.get(), name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                      0666);
    }
    if (makes && ::mkdirat(folder.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return -1;
    folder.reset(
        ::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    rest.remove_prefix(slash + 1);
  }
  return -1;
}

// Empties a file that has something in it. (One that was cut to nothing is written to the disk when
// it is closed, on some file systems, and whoever closes it waits.)
bool empty_out(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) == 0 && status.st_size == 0) return true;
  return ::ftruncate(descriptor, 0) == 0;
}

bool is_regular(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

// Opens what the user named in full, as it is: perhaps a device or a FIFO.
int open_alone(const CaptureFile& file, int flags) {
  struct stat status{};
  if (::stat(file.path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) flags = O_WRONLY;
  if ((flags & O_CREAT) != 0) {
    const std::size_t slash = file.path.rfind('/');
    if (slash != std::string::npos && slash > 0) {
      Descriptor{open_folder(file.path.substr(0, slash), true)};
    }
  }
  return ::open(file.path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0666);
}

// Whether `path` is what `descriptor` is open for.
bool is_same_file(const std::string& path, int descriptor) {
  struct stat one{};
  struct stat other{};
  return ::stat(path.c_str(), &one) == 0 && ::fstat(descriptor, &other) == 0 &&
         one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::string words_for(const CaptureFile& file) {
  return "the capture " + ndl::quoted(file.name());
}

}  // namespace

CaptureFiles::CaptureFiles(const std::vector<CaptureFile>& files, bool may_overwrite,
                           std::vector<std::string> others, const CaptureComplaint& complain)
    : files_{files},
      may_overwrite_{may_overwrite},
      others_{std::move(others)},
      complain_{complain},
      states_(files.size()),
      most_open_{most_open_files(files.size())} {}

CaptureFiles::~CaptureFiles() {
  for (const std::size_t index : open_) ::close(states_[index].descriptor);
}

// ===== CaptureFiles: before the run =====

bool CaptureFiles::create() {
  for (const CaptureFile& file : files_) {
    if (!may_overwrite_ && !is_free(file)) return false;
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!create(i)) return false;
  }
  return true;
}

bool CaptureFiles::is_free(const CaptureFile& file) {
  struct stat status{};
  bool is_there = false;
  if (file.is_pattern_alone) {
    is_there = ::stat(file.path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
  } else {
    is_there = ::lstat(file.name().c_str(), &status) == 0;
  }
  if (!is_there) return true;
  complain_(words_for(file) + " (--force overwrites)", EEXIST);
  return false;
}

bool CaptureFiles::create(std::size_t index) {
  const CaptureFile& file = files_[index];
  State& state = states_[index];
  make_room();
  const int flags = O_WRONLY | O_CREAT | (may_overwrite_ ? 0 : O_EXCL);
  state.descriptor =
      file.is_pattern_alone ? open_alone(file, flags) : open_below(file, true, flags);
  if (state.descriptor < 0) return fail(index, errno);
  open_.push_back(index);
  state.is_regular = is_regular(state.descriptor);
  if (!state.is_regular && !file.is_pattern_alone) return fail(index, EEXIST);
  if (is_other(state.descriptor, file)) return false;
  if (state.is_regular && !empty_out(state.descriptor)) return fail(index, errno);
  append_capture_header(state.waiting, file.format);
  for (const CaptureInterface& interface : file.interfaces) {
    append_capture_interface(state.waiting, file.format, interface);
  }
  waiting_bytes_ += state.waiting.size();
  return write(index);
}

bool CaptureFiles::is_other(int descriptor, const CaptureFile& file) {
  for (const std::string& other : others_) {
    if (other.empty() || !is_same_file(other, descriptor) || !is_regular(descriptor)) continue;
    complain_(words_for(file) + ", which is another file of this run", EEXIST);
    has_failed_ = true;
    return true;
  }
  return false;
}

// ===== CaptureFiles: what is written =====

bool CaptureFiles::add(std::uint32_t file, const CapturedFrame& frame) {
  State& state = states_[file];
  if (has_failed_) return false;
  const std::size_t before = state.waiting.size();
  append_captured_frame(state.waiting, files_[file].format, frame);
  waiting_bytes_ += state.waiting.size() - before;
  if (state.waiting.size() >= file_bytes) return write(file);
  return waiting_bytes_ < all_bytes || write_all_waiting();
}

bool CaptureFiles::write_all_waiting() {
  bool is_written = true;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].waiting.empty() && !states_[i].has_failed) is_written &= write(i);
  }
  return is_written;
}

bool CaptureFiles::write(std::size_t index) {
  State& state = states_[index];
  if (state.descriptor < 0 && !reopen(index)) return fail(index, errno);
  const std::string_view blocks = state.waiting;
  const bool has_header = state.written == 0;
  std::size_t done = 0;
  while (done < blocks.size()) {
    const ::ssize_t count = ::write(state.descriptor, blocks.data() + done, blocks.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      const int error = count == 0 ? ENOSPC : errno;
      // A reader wants no half block at the end.
      const std::size_t whole =
          whole_capture_blocks(blocks, done, files_[index].format, has_header);
      const auto end = static_cast<::off_t>(state.written + whole);
      if (state.is_regular && ::ftruncate(state.descriptor, end) != 0) errno = 0;
      return fail(index, error);
    }
    done += static_cast<std::size_t>(count);
  }
  state.written += blocks.size();
  waiting_bytes_ -= blocks.size();
  state.waiting.clear();
  if (files_.size() > most_open_) state.waiting.shrink_to_fit();
  return true;
}

bool CaptureFiles::reopen(std::size_t index) {
  make_room();
  const CaptureFile& file = files_[index];
  const int flags = O_WRONLY | O_APPEND;
  State& state = states_[index];
  state.descriptor =
      file.is_pattern_alone ? open_alone(file, flags) : open_below(file, false, flags);
  if (state.descriptor < 0) return false;
  open_.push_back(index);
  return true;
}

// Closes the half of the files that was opened first, if there is no room for another one.
void CaptureFiles::make_room() {
  if (open_.size() < most_open_) return;
  const std::size_t half = (open_.size() + 1) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    ::close(std::exchange(states_[open_[i]].descriptor, -1));
  }
  open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(half));
}

bool CaptureFiles::fail(std::size_t index, int error) {
  State& state = states_[index];
  waiting_bytes_ -= state.waiting.size();
  state.waiting.clear();
  state.has_failed = true;
  if (!has_failed_) complain_(words_for(files_[index]), error);
  has_failed_ = true;
  return false;
}

bool CaptureFiles::close() {
  write_all_waiting();
  for (const std::size_t index : open_) {
    State& state = states_[index];
    // Some file systems tell only now that there was no room.
    if (::close(std::exchange(state.descriptor, -1)) != 0 && errno != EINTR && !state.has_failed) {
      fail(index, errno);
    }
  }
  open_.clear();
  return !has_failed_;
}

}  // namespace elvis
