// SPDX-License-Identifier: MIT
// CaptureFiles: the capture files of a run on their way to the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "elvis/report/capture_format.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/simulation/captures.hpp"

namespace elvis {

/// Writes whole blocks only, in place, so that a file can be read up to where it is. Used by one
/// thread at a time.
class CaptureFiles {
 public:
  /// `files` outlives this. `others` are files of the run that no capture may be.
  CaptureFiles(const std::vector<CaptureFile>& files, bool may_overwrite,
               std::vector<std::string> others, const CaptureComplaint& complain);
  ~CaptureFiles();
  CaptureFiles(const CaptureFiles&) = delete;
  CaptureFiles& operator=(const CaptureFiles&) = delete;

  /// Makes all files, with their headers, and the folders that they need. Touches nothing if one of
  /// them exists already and may not be overwritten.
  bool create();
  /// Puts a frame behind the others of `file`. False: what was written is all that can be.
  bool add(std::uint32_t file, const CapturedFrame& frame);
  /// Writes what is still in memory, and closes all.
  bool close();

 private:
  struct State {
    std::string waiting;        // whole blocks
    std::uint64_t written = 0;  // bytes
    int descriptor = -1;
    bool is_regular = true;
    bool has_failed = false;
  };

  bool is_free(const CaptureFile& file);
  bool create(std::size_t index);
  bool is_other(int descriptor, const CaptureFile& file);
  bool write(std::size_t index);
  bool write_all_waiting();
  bool reopen(std::size_t index);
  void make_room();
  bool fail(std::size_t index, int error);

  const std::vector<CaptureFile>& files_;
  bool may_overwrite_;
  std::vector<std::string> others_;
  const CaptureComplaint& complain_;
  std::vector<State> states_;
  std::vector<std::size_t> open_;  // those with a descriptor, by when they got it
  std::size_t most_open_;
  std::size_t waiting_bytes_ = 0;
  bool has_failed_ = false;
};

}  // namespace elvis
