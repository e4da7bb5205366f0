// SPDX-License-Identifier: MIT
// WindowTrace: the window of connections over time, as CSV.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "elvis/protocols/tcp.hpp"

namespace elvis {

/// Writes a line after each acknowledgement, loss and timeout:
///
///     time_s,local,remote,state,cwnd_bytes,ssthresh_bytes,in_flight_bytes,srtt_us,rto_us
class WindowTrace final : public TcpTracer {
 public:
  WindowTrace() = default;
  /// Begins to write to `path`. Returns false if that cannot be done.
  bool open(const std::string& path);
  bool is_open() const { return file_ != nullptr; }

  void tcp_moved(const TcpSession& session) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace elvis
