// SPDX-License-Identifier: MIT
#include "capture_files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/util/prefetch.hpp"

namespace elvis {

namespace {

// A file's blocks are written when there are this many bytes of them, or this many of all files.
constexpr std::size_t file_bytes = std::size_t{256} << 10;
constexpr std::size_t all_bytes = std::size_t{32} << 20;
// A piece of one of many files, and of one of few.
constexpr std::size_t least_piece_bytes = std::size_t{1} << 10;
constexpr std::size_t most_piece_bytes = std::size_t{64} << 10;
// Pieces for one system call: IOV_MAX of every system that has one.
constexpr std::size_t most_at_once = 1024;

// Files have a few pieces each when all have to be written.
std::size_t piece_bytes_for(std::size_t files) {
  const std::size_t share = all_bytes / 4 / std::max(files, std::size_t{1});
  return std::clamp(std::bit_floor(share), least_piece_bytes, most_piece_bytes);
}

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

// Opens what `path` names below a folder that the user named, but for its last part, without
// following a link to anywhere else: a name in a scenario must not lead out of the folder.
int open_folder_of(const CaptureFile& file, bool makes) {
  Descriptor folder{open_folder(file.folder, makes)};
  std::string_view rest = file.path;
  for (;;) {
    const std::size_t slash = rest.find('/');
    if (folder.get() < 0 || slash == std::string_view::npos) return folder.release();
    const std::string name{rest.substr(0, slash)};
    if (makes && ::mkdirat(folder.get(), name.c_str(), 0777) != 0 && errno != EEXIST) return -1;
    folder.reset(
        ::openat(folder.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    rest.remove_prefix(slash + 1);
  }
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

// Writes all of `parts`; returns 0 or the error, and in `done` how many bytes were written.
int write_pieces(int descriptor, std::vector<::iovec> parts, std::size_t& done) {
  std::size_t first = 0;
  while (first < parts.size()) {
    const ::ssize_t count =
        ::writev(descriptor, parts.data() + first, static_cast<int>(parts.size() - first));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? ENOSPC : errno;
    done += static_cast<std::size_t>(count);
    auto left = static_cast<std::size_t>(count);
    while (first < parts.size() && left >= parts[first].iov_len) left -= parts[first++].iov_len;
    if (left == 0) continue;
    parts[first].iov_base = static_cast<char*>(parts[first].iov_base) + left;
    parts[first].iov_len -= left;
  }
  return 0;
}

void cut(int descriptor, bool is_regular, std::uint64_t size) {
  if (is_regular && ::ftruncate(descriptor, static_cast<::off_t>(size)) != 0) errno = 0;
}

std::string words_for(const CaptureFile& file) {
  return "the capture " + ndl::quoted(file.name());
}

}  // namespace

CaptureFiles::CaptureFiles(const std::vector<CaptureFile>& files, bool may_overwrite,
                           std::vector<std::string> others, const CaptureComplaint& complain)
    : files_{files},
      pieces_{piece_bytes_for(files.size())},
      may_overwrite_{may_overwrite},
      others_{std::move(others)},
      complain_{complain},
      states_(files.size()),
      tails_(files.size()),
      most_open_{most_open_files(files.size())} {}

CaptureFiles::~CaptureFiles() {
  for (const std::size_t index : open_) ::close(states_[index].descriptor);
}

void Descriptor::reset(int value) {
  const int error = errno;
  if (value_ >= 0) ::close(value_);
  errno = error;
  value_ = value;
}

// ===== CaptureFiles: before the run =====

bool CaptureFiles::create() {
  for (const std::string& other : others_) {
    struct stat status{};
    if (other.empty() || ::stat(other.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    taken_.emplace_back(status.st_dev, status.st_ino);
  }
  for (const CaptureFile& file : files_) {
    if (!is_free(file)) return false;
  }
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (!create(i)) return false;
  }
  folder_.reset(-1);
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
  if (!may_overwrite_) {
    complain_(words_for(file) + " (--force overwrites)", EEXIST);
    return false;
  }
  const std::pair identity{status.st_dev, status.st_ino};
  if (std::find(taken_.begin(), taken_.end(), identity) == taken_.end()) return true;
  complain_(words_for(file) + ", which is another file of this run", EEXIST);
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
  // What was not there before is new.
  const bool is_new = !may_overwrite_ && !file.is_pattern_alone;
  if (!is_new && !take_over(index)) return false;
  return write_header(index);
}

// Makes an existing file fit to be written.
bool CaptureFiles::take_over(std::size_t index) {
  const CaptureFile& file = files_[index];
  State& state = states_[index];
  struct stat status{};
  if (::fstat(state.descriptor, &status) != 0) return fail(index, errno);
  state.is_regular = S_ISREG(status.st_mode);
  if (!state.is_regular) return file.is_pattern_alone || fail(index, EEXIST);
  const std::pair identity{status.st_dev, status.st_ino};
  if (std::find(taken_.begin(), taken_.end(), identity) != taken_.end()) {
    complain_(words_for(file) + ", which is another file of this run", EEXIST);
    has_failed_ = true;
    return false;
  }
  // One that was cut to nothing is written to the disk when it is closed, on some file systems, and
  // whoever closes it waits; so only what has something in it is.
  if (status.st_size == 0 || ::ftruncate(state.descriptor, 0) == 0) return true;
  return fail(index, errno);
}

// Most files lie in the same folder as the one before.
int CaptureFiles::open_below(const CaptureFile& file, bool makes, int flags) {
  const std::size_t slash = file.path.rfind('/') + 1;  // 0 if there is none
  const std::string folder = file.folder + '\0' + file.path.substr(0, slash);
  if (folder_.get() < 0 || folder != folder_name_) {
    folder_.reset(open_folder_of(file, makes));
    folder_name_ = folder;
    if (folder_.get() < 0) return -1;
  }
  return ::openat(folder_.get(), file.path.c_str() + slash,
                  flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
}

// ===== CaptureFiles: what is written =====

bool CaptureFiles::write_header(std::size_t index) {
  const CaptureFile& file = files_[index];
  State& state = states_[index];
  std::string header;
  append_capture_header(header, file.format);
  for (const CaptureInterface& interface : file.interfaces) {
    append_capture_interface(header, file.format, interface);
  }
  std::size_t done = 0;
  const int error = write_pieces(state.descriptor, {{header.data(), header.size()}}, done);
  if (error == 0) {
    state.written = header.size();
    return true;
  }
  const std::size_t whole = whole_capture_blocks(header, done, file.format, true);
  cut(state.descriptor, state.is_regular, whole);
  return fail(index, error);
}

std::uint8_t* CaptureFiles::grow(std::uint32_t file, std::size_t size) {
  Tail& tail = tails_[file];
  if (size > static_cast<std::size_t>(tail.end - tail.at)) [[unlikely]] {
    if (!begin_piece(file, size)) return nullptr;
  }
  std::uint8_t* const room = tail.at;
  tail.at += size;
  // When the file's next block comes, this would have left the cache.
  prefetch_line(tail.at, 1);
  prefetch_line(tail.at, 2);
  return room;
}

// Also writes, from time to time.
bool CaptureFiles::begin_piece(std::uint32_t file, std::size_t needed) {
  if (has_failed_) return false;
  State& state = states_[file];
  if (state.waiting_bytes >= file_bytes && !write(file)) return false;
  if (waiting_bytes_ >= all_bytes && !write_in_turn()) return false;
  Tail& tail = tails_[file];
  if (!state.waiting.empty()) {
    CapturePiece& last = *state.waiting.back();
    last.size = static_cast<std::size_t>(tail.at - last.bytes);
  }
  CapturePiece& piece = pieces_.take();
  piece.make_room(needed);
  state.waiting.push_back(&piece);
  state.waiting_bytes += piece.capacity;
  waiting_bytes_ += piece.capacity;
  tail = {piece.bytes, piece.bytes + piece.capacity};
  return true;
}

// Some files at a time, so that the run goes on meanwhile.
bool CaptureFiles::write_in_turn() {
  while (waiting_bytes_ > all_bytes / 16 * 15) {
    next_in_turn_ = (next_in_turn_ + 1) % states_.size();
    if (!states_[next_in_turn_].waiting.empty() && !write(next_in_turn_)) return false;
  }
  return true;
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
  CapturePiece& last = *state.waiting.back();
  last.size = static_cast<std::size_t>(tails_[index].at - last.bytes);
  const std::span<CapturePiece* const> all{state.waiting};
  for (std::size_t at = 0; at < all.size(); at += most_at_once) {
    const auto some = all.subspan(at, std::min(most_at_once, all.size() - at));
    if (!write_some(index, some)) return false;
  }
  forget(index);
  return true;
}

bool CaptureFiles::write_some(std::size_t index, std::span<CapturePiece* const> pieces) {
  State& state = states_[index];
  std::vector<::iovec> parts;
  for (const CapturePiece* const piece : pieces) parts.push_back({piece->bytes, piece->size});
  std::size_t done = 0;
  const int error = write_pieces(state.descriptor, std::move(parts), done);
  if (error == 0) {
    state.written += done;
    return true;
  }
  // A reader wants no half block at the end.
  std::size_t whole = 0;
  for (const CapturePiece* const piece : pieces) {
    if (whole + piece->size > done) {
      whole += whole_capture_blocks(piece->text(), done - whole, files_[index].format, false);
      break;
    }
    whole += piece->size;
  }
  cut(state.descriptor, state.is_regular, state.written + whole);
  return fail(index, error);
}

void CaptureFiles::forget(std::size_t index) {
  State& state = states_[index];
  pieces_.give_back(state.waiting);
  waiting_bytes_ -= state.waiting_bytes;
  state.waiting_bytes = 0;
  state.waiting.clear();
  tails_[index] = {};
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
  forget(index);
  states_[index].has_failed = true;
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
