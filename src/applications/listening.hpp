// SPDX-License-Identifier: MIT
// Where applications listen that take `ip` and `group`.
#pragma once

#include <cstdint>

#include "elvis/graph/options.hpp"
#include "elvis/sockets/udp_socket.hpp"

namespace elvis {

/// Binds `socket` to the group that it is to hear, on the network of `ip` if that is given; without
/// one to `ip`, or to all addresses.
inline Result<> listen(UdpSocket& socket, const OwnAddress& ip, const GroupAddress& group,
                       std::uint16_t port) {
  const Ipv4Address own = ip.address.value_or(Ipv4Address{});
  if (const Result<> bound = socket.bind({group.address.value_or(own), port}); !bound) return bound;
  return group.address ? socket.join(*group.address, own) : Result<>{};
}

}  // namespace elvis
