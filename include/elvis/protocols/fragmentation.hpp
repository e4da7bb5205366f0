// SPDX-License-Identifier: MIT
// Fragmenter: a datagram in pieces that fit a link (RFC 791, 3.2).
#pragma once

#include <cstddef>
#include <cstdint>

#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/ipv4_options.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// The least MTU that a link may have (RFC 791, 3.2): room for the longest header and 8 bytes.
inline constexpr std::size_t least_mtu = 68;

/// Gives the fragments of one datagram, front to back. The first has all options, the others those
/// that say so; a datagram that is itself a fragment keeps its place in the whole.
///
///     for (Fragmenter pieces{header, std::move(payload), mtu}; !pieces.is_done();) {
///       tap.send(…, pieces.next());
///     }
class Fragmenter {
 public:
  /// `payload` is what follows the header; `mtu` is at least least_mtu. Whether the datagram may be
  /// fragmented at all (its flag) is for the caller to decide.
  Fragmenter(const Ipv4Header& header, Message payload, std::size_t mtu);

  bool is_done() const { return is_done_; }
  /// The next fragment with its header, checksum included. There is at least one.
  Message next();

 private:
  Ipv4Header header_;  // of the next fragment, but for its length, its flag and its options
  Ipv4Options options_;
  Message rest_;
  std::size_t mtu_;
  bool more_follow_;  // behind the whole of this datagram
  bool is_done_ = false;
};

}  // namespace elvis
