// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/trace.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

void append_move(std::string& line, const Endpoints& endpoints, const TcpMove& move) {
  constexpr std::array<std::string_view, 5> states{"open", "disorder", "cwr", "recovery", "loss"};
  const bool is_limited = move.threshold != TcpWindow::unlimited;
  fmt::format_to(std::back_inserter(line), "{},{},{},{},{},{},{},{}", endpoints.local.to_string(),
                 endpoints.remote.to_string(), states[static_cast<std::size_t>(move.state)],
                 move.window, is_limited ? fmt::to_string(move.threshold) : std::string{},
                 move.in_flight, move.smoothed_rtt.count() / 1'000, move.timeout.count() / 1'000);
}

void append_time(std::string& line, Time time) {
  const std::int64_t count = time.time_since_epoch().count();
  fmt::format_to(std::back_inserter(line), "{}.{:09}", count / 1'000'000'000,
                 count % 1'000'000'000);
}

}  // namespace elvis
