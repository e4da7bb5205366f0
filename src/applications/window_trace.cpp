// SPDX-License-Identifier: MIT
#include "window_trace.hpp"

namespace elvis {

bool WindowTrace::open(const std::string& path) {
  file_.reset(std::fopen(path.c_str(), "w"));
  if (file_ == nullptr) return false;
  line_ = "time_s,";
  line_ += move_columns;
  line_ += '\n';
  return std::fwrite(line_.data(), 1, line_.size(), file_.get()) == line_.size();
}

bool WindowTrace::close() {
  std::FILE* const file = file_.release();
  const bool is_whole = std::ferror(file) == 0;
  return std::fclose(file) == 0 && is_whole;
}

void WindowTrace::tcp_moved(const TcpSession& session, const TcpMove& move) {
  if (file_ != nullptr) {
    line_.clear();
    append_time(line_, session.machine().now());
    line_ += ',';
    append_move(line_, session.endpoints(), move);
    line_ += '\n';
    std::fwrite(line_.data(), 1, line_.size(), file_.get());
  }
  if (TcpTracer* const other = session.tcp().tracer()) other->tcp_moved(session, move);
}

}  // namespace elvis
