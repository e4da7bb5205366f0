// SPDX-License-Identifier: MIT
// NetworkCounters: what became of a network's frames.
#pragma once

#include <cstdint>

namespace elvis {

/// Law 8: sent + copied + duplicated = delivered + lost + queue_dropped + unknown_destination + in
/// flight, which includes those that wait in a queue.
struct NetworkCounters {
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_copied = 0;  ///< Made for the receivers of a group beyond the first.
  std::uint64_t frames_delivered = 0;
  std::uint64_t frames_lost = 0;           ///< By luck, or because the network was down.
  std::uint64_t frames_corrupted = 0;      ///< Sent on, but with flipped bits.
  std::uint64_t frames_marked = 0;         ///< By a queue, that congestion was met (RFC 3168).
  std::uint64_t frames_queue_dropped = 0;  ///< Or lost with the machine in whose queue they were.
  std::uint64_t frames_duplicated = 0;     ///< Copies that luck made.
  std::uint64_t frames_unknown_destination = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_delivered = 0;

  void add(const NetworkCounters& other);
};

}  // namespace elvis
