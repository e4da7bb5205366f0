// SPDX-License-Identifier: MIT
// LineFile: a text file of which only whole lines are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace elvis {

/// Lines go out a few dozen at a time. When not all can be written, as on a full disk, the file
/// ends with its last whole line, and what comes later is dropped.
class LineFile {
 public:
  LineFile() = default;
  ~LineFile() { finish(); }
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Opens `path` with `flags` of open(2). Returns false, and error() says why, if that fails.
  bool open(const std::string& path, int flags);
  bool is_open() const { return descriptor_ >= 0; }
  /// Whether it is open or was.
  bool has_begun() const { return has_begun_; }
  /// Adds whole lines, each with its end.
  void add(std::string_view lines);
  /// Writes what was added.
  void flush();
  /// Writes what was added, and closes the file if it is open. Returns false if anything failed.
  bool finish();
  /// The first errno that there was; 0 if there was none.
  int error() const { return error_; }

 private:
  void fail(int error);

  std::string waiting_;
  std::uint64_t written_ = 0;  // bytes
  int descriptor_ = -1;
  int error_ = 0;
  bool has_begun_ = false;
  bool is_regular_ = true;
};

}  // namespace elvis
