// SPDX-License-Identifier: MIT
// From packets to datagrams and back: a reading of the formats that shares nothing with the stack
// under test but the IPv4, UDP and ICMP headers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "elvis/wire/message.hpp"
#include "packet.hpp"

namespace elvis::packetdrill {

/// A datagram off the wire.
struct Decoded {
  Packet packet;                      ///< Every field is set.
  std::vector<std::uint8_t> payload;  ///< Of TCP and UDP.
  std::string mistake;                ///< What is wrong with it, or empty: "a bad TCP checksum".
};

/// The datagram that `packet`, of which addresses and ports are set, means; its payload is zeros.
Message encode(const Packet& packet);

/// Reads an IPv4 datagram.
Decoded decode(const Message& datagram);

/// The bytes of `options`, padded to a multiple of 4 with zeros.
std::vector<std::uint8_t> encode_options(const std::vector<TcpOption>& options);
/// What the options of a TCP header say; false if a length makes no sense.
bool decode_options(std::span<const std::uint8_t> bytes, std::vector<TcpOption>& options);

}  // namespace elvis::packetdrill
