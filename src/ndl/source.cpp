// SPDX-License-Identifier: MIT
#include "elvis/ndl/source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/util/assert.hpp"
#include "text_check.hpp"
#include "utf8.hpp"

namespace elvis::ndl {

namespace {

/// Bytes between two entries of a file's line index.
constexpr std::size_t stride = std::size_t{1} << 16;

/// Bytes read at once.
constexpr std::size_t block_bytes = std::size_t{1} << 20;

/// What a file is, if not a regular one.
const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

std::string why(int error) {
  return std::error_code{error, std::generic_category()}.message();
}

/// How much of `text` there is without a character at its end that may be cut off.
std::size_t whole_characters(std::string_view text) {
  std::size_t size = text.size();
  const auto byte = [&] { return static_cast<std::uint8_t>(text[size - 1]); };
  while (text.size() - size < 3 && size > 0 && (byte() & 0xc0) == 0x80) --size;
  return size > 0 && byte() >= 0xc0 ? size - 1 : text.size();
}

/// Memory that grows by realloc, which moves pages instead of copying them.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  char* bytes() const { return bytes_; }

  /// Changes the size to `size`, which is not 0; without memory for it, keeps what there is.
  bool resize(std::size_t size) {
    char* const changed = static_cast<char*>(std::realloc(bytes_, size));
    if (changed != nullptr) bytes_ = changed;
    return changed != nullptr;
  }

 private:
  char* bytes_ = nullptr;
};

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_{number} {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

struct SourceSet::File {
  std::string name;
  Span included_from;
  bool has_bad_text = false;
  std::uint32_t begin = 0;
  std::string_view text;
  Buffer memory;                             ///< What `text` views, if it came from the disk.
  std::uint64_t device = 0;                  ///< With `inode`, which file on the disk it is;
  std::uint64_t inode = 0;                   ///< for offered texts device 0 and their number.
  mutable std::vector<std::uint32_t> feeds;  ///< Line feeds before each stride; made when needed.

  Span whole() const { return {begin - 1, begin - 1}; }
  bool read(int descriptor, Diagnostics& diagnostics, std::size_t room);
};

struct SourceSet::Offered {
  std::string name;
  std::unique_ptr<const std::string> text;  ///< At an address that stays.
};

// ===== SourceSet::File: reading =====

/// Reads in blocks and checks as it goes, so that a hopeless file costs no more than its good
/// beginning.
bool SourceSet::File::read(int descriptor, Diagnostics& diagnostics, std::size_t room) {
  TextCheck check{begin, whole(), diagnostics};
  std::size_t size = 0;
  std::size_t checked = 0;
  std::size_t capacity = 0;
  struct stat status{};
  const bool has_size = ::fstat(descriptor, &status) == 0 && status.st_size > 0;
  const std::size_t expected = has_size ? static_cast<std::size_t>(status.st_size) : 0;
  for (bool at_end = false; !at_end;) {
    if (capacity == size) {
      capacity = size + std::max(size, block_bytes);
      // One byte more than is expected shows the end without growing again.
      if (expected >= size) capacity = std::min(capacity, expected + 1);
      if (!memory.resize(capacity)) {
        diagnostics.error(whole(), "the file does not fit into the memory");
        return false;
      }
    }
    const ssize_t got =
        ::read(descriptor, memory.bytes() + size, std::min(capacity - size, block_bytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      diagnostics.error(whole(), fmt::format("the file cannot be read: {}", why(errno)));
      return false;
    }
    at_end = got == 0;
    size += static_cast<std::size_t>(got);
    text = {memory.bytes(), size};
    if (size > room) {
      diagnostics.error(whole(), "the files of the scenario are longer than 1 GiB");
      return false;
    }
    if (checked == 0 && check.check_start(text) == TextVerdict::hopeless) return false;
    const std::size_t feed = text.substr(checked).rfind('\n');
    const std::size_t lines = at_end                           ? size
                              : feed == std::string_view::npos ? checked
                                                               : checked + feed + 1;
    if (check.check_lines(text, checked, lines) == TextVerdict::hopeless) return false;
    checked = lines;
    if (size - checked > max_line_bytes) {
      check.check_lines(text, checked, whole_characters(text));
      return false;
    }
  }
  // What was allocated ahead goes back.
  if (memory.resize(size + 1)) text = {memory.bytes(), size};
  return true;
}

// ===== SourceSet: the files and their numbering =====

SourceSet::SourceSet(Disk disk) : disk_{disk} {}
SourceSet::~SourceSet() = default;

void SourceSet::offer(std::string name, std::string text) {
  offered_.push_back({std::move(name), std::make_unique<const std::string>(std::move(text))});
}

SourceSet::File& SourceSet::add(std::string_view name, Span included_from) {
  files_.push_back(std::make_unique<File>());
  File& file = *files_.back();
  file.name = name;
  file.included_from = included_from;
  // One offset before the text means the file as a whole, one behind it its end.
  file.begin = end_ + 1;
  end_ = file.begin + 1;
  return file;
}

std::optional<FileId> SourceSet::load(std::string_view path, Diagnostics& diagnostics,
                                      Span included_from) {
  if (files_.size() >= max_files) {
    diagnostics.error(included_from, fmt::format("more than {} files are included", max_files));
    return std::nullopt;
  }
  const auto offered = std::find_if(offered_.begin(), offered_.end(),
                                    [path](const Offered& text) { return text.name == path; });
  const std::size_t errors = diagnostics.error_count();
  const auto file = offered != offered_.end()
                        ? load_offered(*offered, path, diagnostics, included_from)
                        : load_from_disk(path, diagnostics, included_from);
  if (file) files_.back()->has_bad_text = diagnostics.error_count() != errors;
  return file;
}

std::optional<FileId> SourceSet::load_offered(const Offered& offered, std::string_view path,
                                              Diagnostics& diagnostics, Span included_from) {
  const std::uint32_t used = end_;
  File& file = add(path, included_from);
  file.inode = static_cast<std::uint64_t>(&offered - offered_.data());
  if (offered.text->size() > max_bytes - std::min<std::size_t>(used, max_bytes)) {
    diagnostics.error(file.whole(), "the files of the scenario are longer than 1 GiB");
    return std::nullopt;
  }
  file.text = *offered.text;
  end_ += static_cast<std::uint32_t>(file.text.size());
  TextCheck check{file.begin, file.whole(), diagnostics};
  if (check.check_start(file.text) == TextVerdict::hopeless ||
      check.check_lines(file.text, 0, file.text.size()) == TextVerdict::hopeless) {
    return std::nullopt;
  }
  return static_cast<FileId>(files_.size() - 1);
}

std::optional<FileId> SourceSet::load_from_disk(std::string_view path, Diagnostics& diagnostics,
                                                Span included_from) {
  const auto refuse = [&](const std::string& reason) -> std::optional<FileId> {
    if (included_from.is_nowhere()) {
      diagnostics.error(add(path, included_from).whole(), "the file " + reason);
    } else {
      diagnostics.error(included_from, "the file " + quoted(path) + " " + reason);
    }
    return std::nullopt;
  };
  if (disk_ == Disk::closed) return refuse("does not exist");
  const std::string name{path};
  if (name.find('\0') != std::string::npos) return refuse("cannot have a NUL byte in its name");
  // Asked before it is opened: opening a device may already do something, and a socket cannot be.
  struct stat status{};
  if (::stat(name.c_str(), &status) != 0) return refuse("cannot be opened: " + why(errno));
  if (!S_ISREG(status.st_mode))
    return refuse(fmt::format("is {}, not text", kind_of(status.st_mode)));
  const Descriptor opened{::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (opened.number() < 0) return refuse("cannot be opened: " + why(errno));
  // And again, in case another file took its place.
  if (::fstat(opened.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return refuse("is not a regular file");
  }
  const std::size_t room = max_bytes - std::min<std::size_t>(end_, max_bytes);
  if (status.st_size > 0 && static_cast<std::uint64_t>(status.st_size) > room) {
    return refuse("is too long: the files of a scenario are at most 1 GiB together");
  }
  File& file = add(path, included_from);
  file.device = static_cast<std::uint64_t>(status.st_dev) + 1;
  file.inode = static_cast<std::uint64_t>(status.st_ino);
  const bool is_good = file.read(opened.number(), diagnostics, room);
  end_ += static_cast<std::uint32_t>(file.text.size());
  if (!is_good) return std::nullopt;
  return static_cast<FileId>(files_.size() - 1);
}

Reading<std::string> SourceSet::read_data(const std::string& path) const {
  using Result = Reading<std::string>;
  constexpr std::size_t most = std::size_t{64} << 20;
  for (const Offered& offered : offered_) {
    if (offered.name == path) return std::string{*offered.text};
  }
  if (disk_ == Disk::closed) return Result::failed("does not exist");
  if (path.find('\0') != std::string::npos) {
    return Result::failed("cannot have a NUL byte in its name");
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return Result::failed("cannot be opened: " + why(errno));
  if (!S_ISREG(status.st_mode)) {
    return Result::failed(fmt::format("is {}, not text", kind_of(status.st_mode)));
  }
  const Descriptor opened{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (opened.number() < 0) return Result::failed("cannot be opened: " + why(errno));
  std::string content;
  for (std::size_t size = 0;;) {
    content.resize(size + (std::size_t{64} << 10));
    const ssize_t got = ::read(opened.number(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Result::failed("cannot be read: " + why(errno));
    size += static_cast<std::size_t>(got);
    content.resize(size);
    if (got == 0) return content;
    if (size > most) return Result::failed("is longer than 64 MiB");
  }
}

const SourceSet::File& SourceSet::at(FileId file) const {
  ELVIS_ASSERT(static_cast<std::size_t>(file) < files_.size());
  return *files_[static_cast<std::size_t>(file)];
}

std::string_view SourceSet::text(FileId file) const {
  return at(file).text;
}

std::string_view SourceSet::text(Span span) const {
  const File& file = at(file_of(span.begin));
  return file.text.substr(span.begin - file.begin, span.end - span.begin);
}

std::string_view SourceSet::name(FileId file) const {
  return at(file).name;
}
std::uint32_t SourceSet::begin(FileId file) const {
  return at(file).begin;
}
Span SourceSet::whole(FileId file) const {
  return at(file).whole();
}
bool SourceSet::has_bad_text(FileId file) const {
  return at(file).has_bad_text;
}
Span SourceSet::included_from(FileId file) const {
  return at(file).included_from;
}

bool SourceSet::is_same(FileId one, FileId other) const {
  return at(one).device == at(other).device && at(one).inode == at(other).inode;
}

FileId SourceSet::file_of(std::uint32_t offset) const {
  const auto after = std::upper_bound(
      files_.begin(), files_.end(), offset,
      [](std::uint32_t value, const auto& file) { return value < file->begin - 1; });
  ELVIS_ASSERT(after != files_.begin());
  return static_cast<FileId>(after - files_.begin() - 1);
}

// ===== SourceSet: lines and columns =====

Line SourceSet::line_at(std::uint32_t offset) const {
  const File& file = at(file_of(offset));
  if (offset < file.begin) return {};
  const std::size_t here = std::min<std::size_t>(offset - file.begin, file.text.size());
  const std::size_t before = here == 0 ? std::string_view::npos : file.text.rfind('\n', here - 1);
  std::size_t start = before == std::string_view::npos ? 0 : before + 1;
  std::size_t end = std::min(file.text.find('\n', here), file.text.size());
  if (start == 0 && file.text.starts_with(byte_order_mark)) start = byte_order_mark.size();
  if (end > start && file.text[end - 1] == '\r' && end < file.text.size()) --end;
  return {file.text.substr(start, end - start), file.begin + static_cast<std::uint32_t>(start)};
}

Place SourceSet::locate(std::uint32_t offset) const {
  const File& file = at(file_of(offset));
  if (offset < file.begin) return {file.name, 0, 0};
  const std::size_t here = std::min<std::size_t>(offset - file.begin, file.text.size());
  if (file.feeds.empty()) {
    std::uint32_t count = 0;
    for (std::size_t start = 0; start <= file.text.size(); start += stride) {
      file.feeds.push_back(count);
      const std::string_view piece = file.text.substr(start, stride);
      count += static_cast<std::uint32_t>(std::count(piece.begin(), piece.end(), '\n'));
    }
  }
  const std::size_t start = here / stride * stride;
  const std::string_view piece = file.text.substr(start, here - start);
  const auto feeds = static_cast<std::uint32_t>(std::count(piece.begin(), piece.end(), '\n'));
  const Line line = line_at(offset);
  const std::size_t column = offset < line.begin ? 0 : offset - line.begin;
  return {file.name, file.feeds[start / stride] + feeds + 1,
          static_cast<std::uint32_t>(count_code_points(line.text.substr(0, column))) + 1};
}

}  // namespace elvis::ndl
