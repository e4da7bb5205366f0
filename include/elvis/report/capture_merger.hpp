// SPDX-License-Identifier: MIT
// CaptureMerger: from logs to files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "elvis/report/capture.hpp"

namespace elvis {

/// Where blocks end up.
class CaptureSink {
 public:
  /// Room for the next block of a file, to be filled before more is asked for; null if no more can
  /// be written.
  virtual std::uint8_t* grow(std::uint32_t file, std::size_t size) = 0;

 protected:
  ~CaptureSink() = default;
};

/// Makes the blocks of files from what is in logs. Puts those of files to which several contribute
/// in order: by time, then by entity, then as they come. Those of files of one machine are in
/// order.
class CaptureMerger {
 public:
  /// Both outlive the merger.
  CaptureMerger(const CapturePlan& plan, CaptureSink& sink);

  /// Hands on each block that can have nothing in front of it any more. Keeps a copy of the others.
  void merge(const CaptureBatch& batch);

 private:
  struct Key {
    Time time;
    std::uint32_t entity;
    std::uint32_t size;
    const std::uint8_t* entry;
    std::uint32_t place = 0;  // where it stood before

    bool comes_before(const Key& other) const {
      return time != other.time ? time < other.time : entity < other.entity;
    }
  };
  // A file to which several contribute.
  struct Joint {
    std::vector<Key> waiting;
    std::vector<std::uint8_t> kept;  // the entries that did wait when the last batch was over
  };
  // Where a point's frames go.
  struct Spot {
    std::uint32_t file;
    std::uint32_t interface_id;
    std::uint32_t joint;  // `CapturePlan::none` if the file is of one machine
    CaptureFormat format;
  };

  void take(const CapturePiece& log);
  void write(const CaptureEntry& entry, const std::uint8_t* bytes);
  void settle(Joint& joint, Time settled);
  void sort(std::vector<Key>& keys);
  static void sort_much(std::vector<Key>& keys);
  static void keep(Joint& joint);

  CaptureSink& sink_;
  std::vector<Spot> spots_;  // by point
  std::vector<Joint> joints_;
  std::vector<Key> merged_;
};

}  // namespace elvis
