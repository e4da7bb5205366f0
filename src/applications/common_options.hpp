// SPDX-License-Identifier: MIT
// Arguments that many applications have.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "elvis/graph/options.hpp"

namespace elvis {

inline constexpr std::array<std::string_view, 2> transports{"udp", "tcp"};

inline void visit_ip(OptionVisitor& visitor, OwnAddress& ip) {
  visitor.option({.name = "ip", .summary = "own address, from a pool of the machine's networks"},
                 ip);
}

inline void visit_transport(OptionVisitor& visitor, int& transport) {
  visitor.choice({.name = "transport", .summary = "UDP if the machine has it, else TCP"},
                 transports, transport);
}

/// Where an application is that has these: at all of the machine's addresses if none is given.
inline Endpoint own_end(const OwnAddress& ip, std::uint16_t port) {
  return {ip.address.value_or(Ipv4Address{}), port};
}

}  // namespace elvis
