// SPDX-License-Identifier: MIT
// DeliveryError: what the network told about a packet that this machine sent.
#pragma once

#include <cstdint>

#include "elvis/util/result.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

struct DeliveryError {
  Errc code;             ///< What a caller is told.
  bool is_final;         ///< Whether to try again is in vain (RFC 1122, 4.2.3.9: a hard error).
  Endpoints endpoints;   ///< Of the packet, as its sender sees them; of an echo, the identifier.
  Ipv4Address reporter;  ///< Who told it.
  std::uint8_t icmp_type;
  std::uint8_t icmp_code;
  std::uint16_t sequence = 0;         ///< Of an echo.
  std::uint32_t stream_sequence = 0;  ///< Of a TCP segment.
  std::uint16_t datagram_size = 0;    ///< Of what was sent: its total length in bytes.
};

}  // namespace elvis
