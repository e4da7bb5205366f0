// SPDX-License-Identifier: MIT
// Arrival: what is known of a packet on its way up, filled in by each layer.
#pragma once

#include <cstdint>

#include "elvis/wire/address.hpp"

namespace elvis {

class Message;
class Tap;

/// A flat record beside the message; each protocol writes its part and reads those below.
struct Arrival {
  Tap* tap = nullptr;  ///< Where it came in; null for what the machine sent to itself.
  MacAddress link_source{};
  MacAddress link_destination{};
  Ipv4Address source{};
  Ipv4Address destination{};
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;  ///< Of the IPv4 header.
  std::uint8_t time_to_live = 0;
  std::uint8_t type_of_service = 0;
  /// Nobody was woken in this event, and nothing more is done in it once demux() has returned: a
  /// coroutine that waits for the packet may go on inside of it.
  bool ends_event = false;
  /// The IPv4 datagram with its header, if errors about it can be reported; for this event only.
  const Message* datagram = nullptr;

  Endpoint remote() const { return {source, source_port}; }
  Endpoint local() const { return {destination, destination_port}; }
};

}  // namespace elvis
