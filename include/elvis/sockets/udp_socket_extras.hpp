// SPDX-License-Identifier: MIT
// UdpSocketExtras: what only some UDP sockets have; part of udp_socket.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "elvis/graph/delivery_error.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// What those have who talk to groups, or ask for errors.
struct UdpSocketExtras {
  struct Membership {
    Ipv4Address group;
    Ipv4Address interface;
    friend bool operator==(const Membership&, const Membership&) = default;
  };
  static constexpr std::size_t most_errors = 64;

  std::vector<Membership> memberships;
  Ipv4Address interface{};  ///< Where what is sent to groups goes.
  std::optional<std::uint8_t> multicast_time_to_live;
  bool receives_errors = false;
  std::vector<DeliveryError> errors;  ///< The oldest first.
};

}  // namespace elvis
