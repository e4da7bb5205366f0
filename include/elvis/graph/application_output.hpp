// SPDX-License-Identifier: MIT
// ApplicationOutput: a file that an application writes for its user.
#pragma once

#include <string>
#include <utility>

#include "elvis/util/line_file.hpp"

namespace elvis {

class Application;

/// The world has one for each application whose options name an output_file(); see
/// World::output_of(). Used on its machine's partition, before and after the run by anyone. What
/// could not be written is told by whoever runs the world, when the run is over.
class ApplicationOutput {
 public:
  ApplicationOutput(std::string path, const Application& writer)
      : path_{std::move(path)}, writer_{writer} {}

  const std::string& path() const { return path_; }
  const Application& writer() const { return writer_; }
  LineFile& file() { return file_; }

 private:
  std::string path_;
  const Application& writer_;
  LineFile file_;
};

}  // namespace elvis
