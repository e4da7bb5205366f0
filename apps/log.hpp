// SPDX-License-Identifier: MIT
// The log of a run, on standard error or in a file; hides spdlog.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace elvis::cli {

class Console;

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

/// Safe to use from several threads.
class Log {
 public:
  /// `file` is empty for standard error.
  Log(LogLevel level, const std::string& file, Console& console);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Whether the file could be opened; the console was told if not.
  bool is_open() const;
  bool wants(LogLevel level) const { return level >= level_; }

  /// Control bytes of `text` are escaped.
  void write(LogLevel level, std::string_view text);

  /// Brings to the file what is still in memory, and tells the console of what could not be
  /// written. After that nothing more is.
  void close();

 private:
  struct Parts;

  LogLevel level_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace elvis::cli
