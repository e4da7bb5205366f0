// SPDX-License-Identifier: MIT
// Files that the user named to be written: whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace elvis::cli {

/// A file on its way to its place. A regular file is written beside the target and takes its name
/// in commit(); so what stood there is there still if something goes wrong. Devices, FIFOs and
/// descriptors (`/dev/stderr`) are written as they are. After an error, everything fails.
class OutputFile {
 public:
  explicit OutputFile(std::string path) : path_{std::move(path)} {}
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Whether what the path says could be written, as far as can be known beforehand. Touches
  /// nothing.
  bool can_be_written();

  bool open();
  /// Instead of open(): begins the file itself anew, for what is to be read while it grows.
  bool open_in_place();
  bool write(std::string_view text);
  bool commit();

  /// The errno of what went wrong.
  int error() const { return error_; }
  const std::string& path() const { return path_; }

 private:
  bool find_target();
  bool open_beside();
  bool open_shared();
  bool fail(int error);

  std::string path_;
  std::string target_;     // path_ with symbolic links followed
  std::string temporary_;  // empty if the target is written in place
  int descriptor_ = -1;
  int error_ = 0;
};

/// Whether `path` is what `descriptor` is open for.
bool is_same_file(const std::string& path, int descriptor);
/// Whether both paths lead to one regular file.
bool is_same_file(const std::string& path, const std::string& other);

}  // namespace elvis::cli
