// SPDX-License-Identifier: MIT
#include "elvis/util/resident_memory.hpp"

#ifdef __linux__
#include <sys/resource.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#endif

namespace elvis {

#ifdef __linux__

namespace {

// The value in bytes of a line such as "MemAvailable:   123 kB" of `path`.
std::uint64_t kilobytes_of(const char* path, const char* name) {
  std::FILE* const file = std::fopen(path, "r");
  if (file == nullptr) return 0;
  std::uint64_t kilobytes = 0;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, name, std::strlen(name)) == 0) {
      std::sscanf(line + std::strlen(name), ": %" SCNu64, &kilobytes);
      break;
    }
  }
  std::fclose(file);
  return kilobytes * 1024;
}

}  // namespace

std::uint64_t resident_memory() {
  return kilobytes_of("/proc/self/status", "VmRSS");
}

// The process's usage counts what it was before it became this program as well, a large parent's
// memory perhaps; the address space's own mark does not.
std::uint64_t peak_resident_memory() {
  const std::uint64_t mark = kilobytes_of("/proc/self/status", "VmHWM");
  if (mark != 0) return mark;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::uint64_t physical_memory() {
  return kilobytes_of("/proc/meminfo", "MemTotal");
}

std::uint64_t available_memory() {
  return kilobytes_of("/proc/meminfo", "MemAvailable");
}

#else

std::uint64_t resident_memory() {
  return 0;
}
std::uint64_t peak_resident_memory() {
  return 0;
}
std::uint64_t physical_memory() {
  return 0;
}
std::uint64_t available_memory() {
  return 0;
}

#endif

}  // namespace elvis
