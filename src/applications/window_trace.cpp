// SPDX-License-Identifier: MIT
#include "window_trace.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace elvis {

namespace {

std::string_view phase_name(TcpCongestionState phase) {
  constexpr std::array<std::string_view, 5> names{"open", "disorder", "cwr", "recovery", "loss"};
  return names[static_cast<std::size_t>(phase)];
}

}  // namespace

bool WindowTrace::open(const std::string& path) {
  file_.reset(std::fopen(path.c_str(), "w"));
  if (file_ == nullptr) return false;
  std::fputs("time_s,local,remote,state,cwnd_bytes,ssthresh_bytes,in_flight_bytes,srtt_us,rto_us\n",
             file_.get());
  return true;
}

void WindowTrace::tcp_moved(const TcpSession& session) {
  if (file_ == nullptr) return;
  const TcpSender& sender = session.connection().sender();
  const std::int64_t now = session.machine().now().time_since_epoch().count();
  const bool is_limited = sender.window().threshold != TcpWindow::unlimited;
  const std::string line = fmt::format(
      "{}.{:09},{},{},{},{},{},{},{},{}\n", now / 1'000'000'000, now % 1'000'000'000,
      session.endpoints().local.to_string(), session.endpoints().remote.to_string(),
      phase_name(sender.phase()), sender.window().bytes,
      is_limited ? std::to_string(sender.window().threshold) : std::string{}, sender.in_flight(),
      sender.rtt().smoothed().count() / 1'000, sender.timeout().count() / 1'000);
  std::fwrite(line.data(), 1, line.size(), file_.get());
}

}  // namespace elvis
