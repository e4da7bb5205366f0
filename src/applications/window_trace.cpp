// SPDX-License-Identifier: MIT
#include "window_trace.hpp"

#include <fcntl.h>

namespace elvis {

WindowTrace::WindowTrace(ApplicationOutput& output) : file_{output.file()} {
  // An application that begins again, as its machine was switched on, goes on.
  if (file_.is_open()) return;
  const bool has_begun = file_.has_begun();
  file_.open(output.path(), O_WRONLY | O_CREAT | (has_begun ? O_APPEND : O_TRUNC));
  if (has_begun) return;
  line_ = "time_s,";
  line_ += move_columns;
  line_ += '\n';
  file_.add(line_);
}

void WindowTrace::tcp_moved(const TcpSession& session, const TcpMove& move) {
  line_.clear();
  append_time(line_, session.machine().now());
  line_ += ',';
  append_move(line_, session.endpoints(), move);
  line_ += '\n';
  file_.add(line_);
  if (TcpTracer* const other = session.tcp().tracer()) other->tcp_moved(session, move);
}

}  // namespace elvis
