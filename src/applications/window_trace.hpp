// SPDX-License-Identifier: MIT
// WindowTrace: the window of an application's connections over time, as CSV.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "elvis/protocols/tcp.hpp"

namespace elvis {

/// Writes a line after each acknowledgement, loss and timeout: time_s, then move_columns. Whoever
/// traces the machine is told too.
class WindowTrace final : public TcpTracer {
 public:
  WindowTrace() = default;
  /// Begins to write to `path`. Returns false if that cannot be done.
  bool open(const std::string& path);
  bool is_open() const { return file_ != nullptr; }
  /// Ends the file. Returns false if not all of it could be written.
  bool close();

  void tcp_moved(const TcpSession& session, const TcpMove& move) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
  std::string line_;
};

}  // namespace elvis
