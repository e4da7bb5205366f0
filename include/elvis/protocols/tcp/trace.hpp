// SPDX-License-Identifier: MIT
// TcpTracer: is told how the windows of connections move; and how that is written as CSV.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "elvis/protocols/tcp/tcp_info.hpp"
#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

class TcpSession;

/// What a sender does at one moment.
struct TcpMove {
  TcpCongestionState state{};
  std::uint64_t window = 0;     ///< cwnd, bytes.
  std::uint64_t threshold = 0;  ///< ssthresh, bytes; TcpWindow::unlimited until something was lost.
  std::uint64_t in_flight = 0;  ///< Bytes.
  Duration smoothed_rtt{};
  Duration timeout{};

  friend bool operator==(const TcpMove&, const TcpMove&) = default;
};

class TcpTracer {
 public:
  /// After each acknowledgement, loss and timeout that changed something at `session`.
  virtual void tcp_moved(const TcpSession& session, const TcpMove& move) = 0;

 protected:
  ~TcpTracer() = default;
};

/// The names of what append_move() writes.
inline constexpr std::string_view move_columns =
    "local,remote,state,cwnd_bytes,ssthresh_bytes,in_flight_bytes,srtt_us,rto_us";
/// Appends the columns of `move`, without an end of line; an unlimited threshold is left empty.
void append_move(std::string& line, const Endpoints& endpoints, const TcpMove& move);
/// Appends seconds with nine places.
void append_time(std::string& line, Time time);

}  // namespace elvis
