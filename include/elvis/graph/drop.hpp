// SPDX-License-Identifier: MIT
// Why a machine lets go of a packet: Drop, and how many each reason took.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "elvis/wire/format_error.hpp"

namespace elvis {

/// The fate of a packet that goes no further. Counted, never an error.
enum class Drop : std::uint8_t {
  truncated,             ///< Shorter than its header says.
  bad_version,           ///< A version or hardware type that is not spoken here.
  bad_length,            ///< A length field that contradicts itself.
  bad_checksum,          ///< A checksum that does not match.
  not_for_me,            ///< Addressed to another machine, on the link or in IPv4.
  unknown_ethertype,     ///< No protocol of this machine has the frame's type.
  unknown_protocol,      ///< No protocol of this machine has the datagram's protocol number.
  no_listener,           ///< Nobody listens on the port.
  fragment,              ///< A fragment that says the same again, or contradicts others.
  arp_unresolved,        ///< Nobody answered for the next hop's address.
  queue_full,            ///< A bounded queue of this machine had no room.
  bad_source,            ///< A source address that no packet may have.
  machine_off,           ///< The machine is switched off.
  no_route,              ///< A router knows no way to the destination, or nobody who has it.
  time_exceeded,         ///< Forwarded too often: the time to live came to its end.
  fragmentation_needed,  ///< Too long for the next link, and not to be fragmented.
  bad_option,            ///< An option of the IPv4 header that is wrong or not followed here.
  reassembly_timeout,    ///< A fragment whose datagram did not become whole in time.
  reassembly_full,       ///< A fragment that there was no room to keep.
};

inline constexpr std::size_t drop_reasons = 19;

/// For example "no_listener".
std::string_view name_of(Drop reason);

/// The reason to drop what a parser refuses.
Drop drop_for(FormatError error);

/// Packets dropped, by reason.
struct DropCounters {
  std::array<std::uint64_t, drop_reasons> counts{};

  std::uint64_t& operator[](Drop reason) { return counts[static_cast<std::size_t>(reason)]; }
  std::uint64_t operator[](Drop reason) const { return counts[static_cast<std::size_t>(reason)]; }
  void add(const DropCounters& other);
};

}  // namespace elvis
