// SPDX-License-Identifier: MIT
#include "elvis/simulation/application_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include "elvis/graph/application_output.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

namespace {

using Identity = std::pair<dev_t, ino_t>;

std::string words_for(const std::string& path, std::string_view more) {
  return "the file " + ndl::quoted(path) + " of an application" + std::string{more};
}

}  // namespace

bool ApplicationFiles::check(World& world, bool may_overwrite, std::span<const std::string> others,
                             const CaptureComplaint& complain) {
  const std::vector<std::string> paths = paths_of(world);
  std::set<std::string_view> names{others.begin(), others.end()};
  std::set<Identity> identities;
  for (const std::string& other : others) {
    struct stat status{};
    if (!other.empty() && ::stat(other.c_str(), &status) == 0) {
      identities.emplace(status.st_dev, status.st_ino);
    }
  }
  for (const std::string& path : paths) {
    struct stat status{};
    const bool is_there = ::stat(path.c_str(), &status) == 0;
    if (is_there && !S_ISREG(status.st_mode)) continue;
    const bool is_taken = !names.insert(path).second ||
                          (is_there && !identities.emplace(status.st_dev, status.st_ino).second);
    if (is_taken) {
      complain(words_for(path, ", which is another file of this run"), EEXIST);
      return false;
    }
    if (is_there && !may_overwrite) {
      complain(words_for(path, " (--force overwrites)"), EEXIST);
      return false;
    }
    files_.push_back({path, is_there});
  }
  return true;
}

std::vector<std::string> ApplicationFiles::paths_of(World& world) {
  std::vector<std::string> paths;
  for (const ApplicationOutput& output : world.outputs()) paths.push_back(output.path());
  return paths;
}

void ApplicationFiles::finish(World& world, const CaptureComplaint& complain) {
  for (ApplicationOutput& output : world.outputs()) {
    if (!output.file().finish()) complain(words_for(output.path(), ""), output.file().error());
  }
}

bool ApplicationFiles::create(const CaptureComplaint& complain) {
  for (const File& file : files_) {
    const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | (file.is_there ? 0 : O_CREAT | O_EXCL);
    const int descriptor = ::open(file.path.c_str(), flags, 0666);
    if (descriptor < 0) {
      // What came meanwhile came from this run.
      const bool is_other = errno == EEXIST;
      complain(words_for(file.path, is_other ? ", which is another file of this run" : ""), errno);
      return false;
    }
    ::close(descriptor);
  }
  return true;
}

}  // namespace elvis
