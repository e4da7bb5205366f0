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
  /// Puts a block at the end of a file.
  virtual void add(std::uint32_t file, const std::uint8_t* block, std::size_t size) = 0;

 protected:
  ~CaptureSink() = default;
};

/// Puts the blocks of files to which several contribute in order: by time, then by entity, then as
/// they come. Those of files of one machine are in order.
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
    const std::uint8_t* block;
    std::uint32_t place = 0;  // where it stood before

    bool comes_before(const Key& other) const {
      return time != other.time ? time < other.time : entity < other.entity;
    }
  };
  // A file to which several contribute.
  struct Joint {
    std::uint32_t file = 0;
    std::vector<Key> waiting;
    std::vector<std::uint8_t> kept;  // the blocks that did wait when the last batch was over
  };

  void take(const CapturePiece& log);
  void settle(Joint& joint, Time settled);
  void sort(std::vector<Key>& keys);
  static void sort_much(std::vector<Key>& keys);
  static void keep(Joint& joint);

  CaptureSink& sink_;
  std::vector<std::uint32_t> joint_of_;  // by file; `CapturePlan::none` if it is of one machine
  std::vector<Joint> joints_;
  std::vector<Key> merged_;
};

}  // namespace elvis
