// SPDX-License-Identifier: MIT
// TcpPath: TCP segments from a tap to the protocol, all headers read in one go.
#pragma once

#include "elvis/graph/inbound_path.hpp"
#include "elvis/protocols/tcp.hpp"

namespace elvis {

class TcpPath final : public InboundPath {
 public:
  /// For segments to the own address of `tap`.
  TcpPath(Tap& tap, Tcp& tcp)
      : link_destination_{tap.mac().value()}, local_{tap.address()}, tap_{tap}, tcp_{tcp} {}

  bool take(Message&& frame) override;

 private:
  void take_any(const std::uint8_t* bytes, const TcpUsualHeader& header, Message&& frame,
                std::size_t header_bytes);

  std::uint64_t link_destination_;
  Ipv4Address local_;
  Tap& tap_;
  Tcp& tcp_;
};

}  // namespace elvis
