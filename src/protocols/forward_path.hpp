// SPDX-License-Identifier: MIT
// Ipv4::ForwardPath: datagrams that a router sends on, from the tap where they come to the one
// where they leave.
#pragma once

#include "elvis/graph/inbound_path.hpp"
#include "elvis/protocols/ipv4.hpp"

namespace elvis {

/// Sends on what comes to a router's tap for a destination that it has sent on to before. The
/// frame's headers are rewritten where they are: link addresses, time to live and, by the
/// difference, the checksum (RFC 1624).
class Ipv4::ForwardPath final : public InboundPath {
 public:
  ForwardPath(Ipv4& ipv4, Tap& tap) : ipv4_{ipv4}, tap_{tap} {}

  bool take(Message&& frame) override;

 private:
  Ipv4& ipv4_;
  Tap& tap_;
};

}  // namespace elvis
