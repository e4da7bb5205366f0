// SPDX-License-Identifier: MIT
// WindowTrace: the window of an application's connections over time, as CSV.
#pragma once

#include <string>

#include "elvis/graph/application_output.hpp"
#include "elvis/protocols/tcp.hpp"

namespace elvis {

/// Writes a line after each acknowledgement, loss and timeout: time_s, then move_columns. Whoever
/// traces the machine is told too.
class WindowTrace final : public TcpTracer {
 public:
  /// Begins the file, unless that was done.
  explicit WindowTrace(ApplicationOutput& output);

  void tcp_moved(const TcpSession& session, const TcpMove& move) override;

 private:
  LineFile& file_;
  std::string line_;
};

}  // namespace elvis
