// SPDX-License-Identifier: MIT
// ApplicationFiles: what applications of a world write into files of its user, who must not lose
// any by that.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "elvis/simulation/captures.hpp"

namespace elvis {

class World;

/// The files of one run, before it. Devices and FIFOs are nobody's, and written as they are.
class ApplicationFiles {
 public:
  /// Whether all of them may be written: none is there already, unless it `may_overwrite`, none is
  /// among `others`, files of the same run, and no two applications share one. Touches nothing.
  /// `complain` is told of the first that may not.
  bool check(World& world, bool may_overwrite, std::span<const std::string> others,
             const CaptureComplaint& complain);
  /// Makes those that are not there, when the run's other files were made. False, and `complain` is
  /// told, if one can't be made.
  bool create(const CaptureComplaint& complain);

  /// What they are called.
  static std::vector<std::string> paths_of(World& world);
  /// After the run: writes what applications left, and tells `complain` of each file of which not
  /// all could be written.
  static void finish(World& world, const CaptureComplaint& complain);

 private:
  struct File {
    std::string path;
    bool is_there;
  };

  std::vector<File> files_;
};

}  // namespace elvis
