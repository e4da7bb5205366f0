// SPDX-License-Identifier: MIT
// The text of a scenario: every file that was read, under one numbering of its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/ndl/values.hpp"

namespace elvis::ndl {

class Diagnostics;

/// A stretch of text as two offsets that count over all files of a SourceSet; begin <= end.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  /// Whether this is the span of nothing, as in a message about the command line.
  constexpr bool is_nowhere() const { return end == 0; }
  friend constexpr bool operator==(const Span&, const Span&) = default;
};

/// A place as people write it. Line 0 is the file as a whole; columns count code points from 1.
struct Place {
  std::string_view file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// One line of a file, without its line break.
struct Line {
  std::string_view text;
  std::uint32_t begin = 0;  ///< The offset of its first byte.
};

/// The number of a file in its SourceSet.
enum class FileId : std::uint32_t {};

/// Loads and keeps the files of a scenario. It outlives the Description made from it.
class SourceSet {
 public:
  static constexpr std::size_t max_bytes = std::size_t{1} << 30;       ///< Of all files together.
  static constexpr std::size_t max_line_bytes = std::size_t{1} << 20;  ///< Of one line.
  static constexpr std::size_t max_files = 10'000;  ///< Loaded, each inclusion counted.

  /// Whether names that were not offered are looked for on the disk.
  enum class Disk : bool { closed, open };

  explicit SourceSet(Disk disk = Disk::open);
  ~SourceSet();
  SourceSet(const SourceSet&) = delete;
  SourceSet& operator=(const SourceSet&) = delete;

  /// Makes `text` what load(`name`) finds, instead of a file on the disk.
  void offer(std::string name, std::string text);

  /// Reads the regular file `path`, or says why not: at `included_from` if that is a place, else
  /// with the file's name alone. Never waits for a FIFO or a device.
  std::optional<FileId> load(std::string_view path, Diagnostics& diagnostics,
                             Span included_from = {});

  /// The content of a file of data, offered or on the disk, of at most 64 MiB; or a clause that
  /// says why not, "does not exist". It becomes no part of the scenario's text.
  Reading<std::string> read_data(const std::string& path) const;

  std::string_view text(FileId file) const;
  std::string_view text(Span span) const;

  /// The file's name as the user wrote it, included ones joined to the including file's folder.
  std::string_view name(FileId file) const;

  /// The offset of the file's first byte.
  std::uint32_t begin(FileId file) const;

  /// A span that means the file as a whole.
  Span whole(FileId file) const;

  FileId file_of(std::uint32_t offset) const;

  /// The value that names the file in its `[Include]`; nowhere for a file that was not included.
  Span included_from(FileId file) const;

  /// Whether loading the file reported bytes that are no NDL text, which did not stop it.
  bool has_bad_text(FileId file) const;

  /// Whether both were read from the same file, by whatever name.
  bool is_same(FileId one, FileId other) const;

  Place locate(std::uint32_t offset) const;
  Line line_at(std::uint32_t offset) const;

 private:
  struct File;
  struct Offered;

  std::optional<FileId> load_offered(const Offered& offered, std::string_view path,
                                     Diagnostics& diagnostics, Span included_from);
  std::optional<FileId> load_from_disk(std::string_view path, Diagnostics& diagnostics,
                                       Span included_from);
  File& add(std::string_view name, Span included_from);
  const File& at(FileId file) const;

  Disk disk_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<Offered> offered_;
  std::uint32_t end_ = 1;
};

}  // namespace elvis::ndl
