// SPDX-License-Identifier: MIT
// Reassembly: fragments of IPv4 datagrams on their way to become whole (RFC 791, 3.2), within
// limits.
//
// What belongs together has the same source, destination, protocol and identification (RFC 791).
// The bytes that came are kept as runs without a gap, sorted by where they begin; the datagram is
// whole when one run goes from 0 to the end that the last fragment told. It has no clock: the time
// is given to it.
//
// A fragment that brings nothing new is a duplicate and goes alone. One that overlaps others in
// part, or contradicts them about the end, takes the whole datagram with it, as RFC 5722 has it for
// IPv6: no sender makes such fragments, and RFC 791's "the later wins" is how filters were deceived
// (RFC 1858, 3128).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "elvis/util/units.hpp"
#include "elvis/wire/address.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// What one machine spends on fragments.
struct ReassemblyLimits {
  /// Bytes of all unfinished datagrams, with what it costs to keep them. The oldest gives way.
  std::size_t memory_bytes = std::size_t{4} << 20;
  /// From a datagram's first fragment to arrive; RFC 1122, 3.3.2: 60 s to 120 s.
  Duration timeout = std::chrono::seconds{60};
};

/// What became of a fragment.
enum class FragmentFate {
  kept,         ///< Others are missing.
  complete,     ///< It was the one that was missing.
  duplicate,    ///< All of it was there.
  overlapping,  ///< Its datagram is gone: part of it was there, or the end is contradicted.
  bad_length,   ///< Empty, or not a multiple of 8 bytes though more are to follow (RFC 791, 3.1).
  too_long,     ///< It would end beyond 65,535 bytes (the "ping of death").
  no_memory,    ///< Its datagram alone is more than the limit.
};

/// What Reassembly::add did.
struct FragmentResult {
  FragmentFate fate = FragmentFate::kept;
  /// Earlier fragments of this datagram that went with it, if the fate is overlapping or no_memory.
  std::uint32_t discarded = 0;
  /// Fragments of older datagrams that gave way.
  std::uint32_t evicted = 0;
  /// If complete: the datagram as if it had come in one piece, with the first fragment's header.
  Message datagram{};
};

/// A datagram whose time is over.
struct ExpiredDatagram {
  std::uint32_t fragments = 0;  ///< How many of it there were.
  /// The first fragment's header and 8 bytes of its payload, for the ICMP error; empty if it never
  /// came, when none is sent (RFC 792, time exceeded).
  Message quote{};
};

/// The unfinished datagrams of one machine. Costs nothing while there are none.
class Reassembly {
 public:
  /// `limits` outlive it, and may be shared.
  explicit Reassembly(const ReassemblyLimits& limits);
  Reassembly(const Reassembly&) = delete;
  Reassembly& operator=(const Reassembly&) = delete;
  ~Reassembly();

  /// Takes a fragment: `datagram` is the whole of it, with its header, which `header` is the parsed
  /// form of, and without padding of the link. Expired datagrams are to be taken out first.
  FragmentResult add(const Ipv4Header& header, const Message& datagram, Time now);

  /// Takes out one datagram whose time is over at `now`.
  std::optional<ExpiredDatagram> expire(Time now);
  /// When the next datagram's time is over; the end of time if there is none.
  Time next_expiry() const;

  std::size_t datagrams() const;
  std::uint32_t fragments() const;
  /// What counts against the limit.
  std::size_t memory_bytes() const;

 private:
  struct Key;
  struct Run;
  struct Datagram;
  struct State;

  const ReassemblyLimits* limits_;
  std::unique_ptr<State> state_;  // null while nothing is unfinished
};

}  // namespace elvis
