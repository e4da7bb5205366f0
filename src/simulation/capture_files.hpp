// SPDX-License-Identifier: MIT
// CaptureFiles: the capture files of a run on their way to the disk.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "elvis/report/capture_format.hpp"
#include "elvis/report/capture_merger.hpp"
#include "elvis/report/capture_pieces.hpp"
#include "elvis/report/capture_plan.hpp"
#include "elvis/simulation/captures.hpp"

namespace elvis {

/// Closes what it has open.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_{value} {}
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  /// Takes another one; leaves `errno` alone.
  void reset(int value);

 private:
  int value_;
};

/// Writes whole blocks only, in place, so that a file can be read up to where it is. Used by one
/// thread at a time.
class CaptureFiles final : public CaptureSink {
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
  std::uint8_t* grow(std::uint32_t file, std::size_t size) override;
  bool has_failed() const { return has_failed_; }
  /// Writes what is still in memory, and closes all.
  bool close();

 private:
  // Where a file's next block goes: in the last of the pieces that wait.
  struct Tail {
    std::uint8_t* at = nullptr;
    std::uint8_t* end = nullptr;
  };
  struct State {
    std::vector<CapturePiece*> waiting;
    std::size_t waiting_bytes = 0;  // the memory of these
    std::uint64_t written = 0;      // bytes
    int descriptor = -1;
    bool is_regular = true;
    bool has_failed = false;
  };

  bool is_free(const CaptureFile& file);
  bool create(std::size_t index);
  bool take_over(std::size_t index);
  int open_below(const CaptureFile& file, bool makes, int flags);
  bool write_header(std::size_t index);
  bool begin_piece(std::uint32_t file, std::size_t needed);
  bool write(std::size_t index);
  bool write_some(std::size_t index, std::span<CapturePiece* const> pieces);
  bool write_in_turn();
  bool write_all_waiting();
  void forget(std::size_t index);
  bool reopen(std::size_t index);
  void make_room();
  bool fail(std::size_t index, int error);

  const std::vector<CaptureFile>& files_;
  CapturePieces pieces_;
  bool may_overwrite_;
  std::vector<std::string> others_;
  const CaptureComplaint& complain_;
  std::vector<State> states_;
  std::vector<Tail> tails_;
  std::vector<std::size_t> open_;  // those with a descriptor, by when they got it
  std::size_t most_open_;
  std::vector<std::pair<::dev_t, ::ino_t>> taken_;  // others_, those that are there
  Descriptor folder_{-1};                           // in which a file was opened last
  std::string folder_name_;
  std::size_t waiting_bytes_ = 0;
  std::size_t next_in_turn_ = 0;
  bool has_failed_ = false;
};

}  // namespace elvis
