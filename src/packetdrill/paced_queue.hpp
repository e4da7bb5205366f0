// SPDX-License-Identifier: MIT
// PacedQueue: the queue of the device under test, from which a connection's data leave no faster
// than at its pacing rate, as Linux' `fq` has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "elvis/util/units.hpp"

namespace elvis::packetdrill {

class PacedQueue {
 public:
  using Ports = std::pair<std::uint16_t, std::uint16_t>;

  /// When a segment of the connection between `ports` leaves that comes `now`, in the order of
  /// coming. `rate` is in bytes of data a second; 0: it does not have to wait.
  Time departure(Ports ports, std::size_t data_bytes, std::uint64_t rate, Time now);

 private:
  // What a connection has on its way to the wire.
  struct Lane {
    Time free_at{};
    std::uint64_t segments = 0;  // with data, so far
    // The segments that were handed over as one.
    Time came_at{};
    Time departs{};
    Time free_before{};
    std::uint64_t bytes = 0;
    std::uint64_t joined = 0;
  };

  std::map<Ports, Lane> lanes_;
};

}  // namespace elvis::packetdrill
