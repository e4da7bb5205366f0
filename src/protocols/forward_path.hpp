// SPDX-License-Identifier: MIT
// Ipv4::ForwardPath: datagrams that a router sends on, from the tap where they come to the one
// where they leave.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "elvis/graph/inbound_path.hpp"
#include "elvis/protocols/ipv4.hpp"

namespace elvis {

/// Sends on what comes to a router's tap for a destination that it has sent on to before. The
/// frame's headers are rewritten where they are: link addresses, time to live and, by the
/// difference, the checksum (RFC 1624).
class Ipv4::ForwardPath final : public InboundPath {
 public:
  ForwardPath(Ipv4& ipv4, Tap& tap);

  bool take(Message&& frame) override;
  void demux(Frame* frame, Tap& tap) override;

 private:
  static std::size_t bit_of(std::uint32_t address) { return address * 0x9e37'79b9U >> 24; }
  bool may_be_odd(std::uint32_t source) const;
  Tap* direct(Message& frame);

  // Of the machine's own addresses, which no datagram comes from, the bits of a hash.
  std::bitset<256> own_;
  std::uint32_t host_mask_;
  Ipv4& ipv4_;
  Tap& tap_;
};

}  // namespace elvis
