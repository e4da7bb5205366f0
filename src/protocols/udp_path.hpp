// SPDX-License-Identifier: MIT
// UdpPath: the datagrams of one conversation, or for one listener, from the tap to who takes them.
#pragma once

#include <cstdint>
#include <optional>

#include "elvis/graph/arrival.hpp"
#include "elvis/graph/inbound_path.hpp"
#include "elvis/graph/protocol.hpp"

namespace elvis {

class UdpPath final : public InboundPath {
 public:
  /// For datagrams like the one that `arrival` tells of, which came to one of the machine's own
  /// addresses in a frame for this machine alone. They go to `above`; with `is_from_one`, only
  /// those of the same sender. Without it the machine has this one tap, so that a source which is
  /// its own is known.
  UdpPath(const Arrival& arrival, Protocol& above, bool is_from_one);

  bool take(Message&& frame) override;
  void demux(Frame* frame, Tap& tap) override;

 private:
  [[gnu::noinline]] void demux_bytes(Frame* frame, Tap& tap);
  bool expects(const std::uint8_t* bytes, std::size_t size, bool is_verified) const;

  // Words of the headers as they stand in a frame.
  std::uint64_t link_;
  std::uint64_t addresses_;
  std::uint64_t ports_;
  std::uint32_t host_mask_;
  Ipv4Address own_address_;  // of the tap, a line of which less is touched so
  bool is_from_one_;
  bool is_for_bare_;  // above_ takes bare datagrams
  Tap& tap_;
  Protocol& above_;
};
static_assert(sizeof(UdpPath) <= 64, "one cache line beside the frame's");

}  // namespace elvis
