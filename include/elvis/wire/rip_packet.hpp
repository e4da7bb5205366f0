// SPDX-License-Identifier: MIT
// RIP version 2 messages (RFC 2453, 4).
//
//    0                   1                   2                   3
//   +---------------+---------------+-------------------------------+
//   |    command    |  version = 2  |             zero              |
//   +---------------+---------------+-------------------------------+
//   |        address family         |           route tag           |  1 to 25
//   +-------------------------------+-------------------------------+  entries
//   |                         IPv4 address                          |
//   |                          subnet mask                          |
//   |                           next hop                            |
//   |                            metric                             |
//   +---------------------------------------------------------------+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

/// One route of a RIP message.
struct RipEntry {
  static constexpr std::uint16_t ipv4_family = 2;
  static constexpr std::uint16_t authentication_family = 0xffff;  ///< RFC 2453, 4.1.
  static constexpr std::uint32_t infinity = 16;

  std::uint16_t family = ipv4_family;
  std::uint16_t tag = 0;
  Ipv4Address address{};
  std::uint32_t mask = 0;  ///< For example 0xffffff00.
  Ipv4Address next_hop{};  ///< Unspecified: the sender itself.
  std::uint32_t metric = infinity;

  /// Whether it is a route that a router may believe: IPv4, a metric of 1 to 16, a mask of leading
  /// ones, no bit of the address outside it, and a destination that is 0.0.0.0/0 or unicast outside
  /// the networks 0 and 127 (RFC 2453, 3.9.2). An entry that is not is skipped, the others count.
  bool is_valid_route() const;
  /// The mask of the address's class (RFC 791, 3.2), which holds where an entry has none; 0 of the
  /// address 0.
  std::uint32_t natural_mask() const;
  /// The length of the mask, 0 to 32; of a valid route.
  int prefix_length() const;

  friend bool operator==(const RipEntry&, const RipEntry&) = default;
};

/// A request or response with up to 25 entries.
class RipPacket {
 public:
  static constexpr std::uint16_t port = 520;
  static constexpr Ipv4Address group{224, 0, 0, 9};  ///< All RIP routers of a link.
  static constexpr std::uint8_t version = 2;
  static constexpr std::uint8_t request = 1;
  static constexpr std::uint8_t response = 2;
  static constexpr std::size_t header_bytes = 4;
  static constexpr std::size_t entry_bytes = 20;
  static constexpr std::size_t max_entries = 25;
  static constexpr std::size_t max_size = header_bytes + max_entries * entry_bytes;

  std::uint8_t command = response;

  /// The request that asks for a router's whole table (RFC 2453, 3.9.1).
  static RipPacket whole_table_request();
  bool is_whole_table_request() const;

  std::span<const RipEntry> entries() const { return {entries_.data(), count_}; }
  std::span<RipEntry> entries() { return {entries_.data(), count_}; }
  bool is_full() const { return count_ == max_entries; }
  /// Adds an entry to a packet that is not full.
  void add(const RipEntry& entry);
  void clear() { count_ = 0; }
  std::size_t packet_size() const { return header_bytes + count_ * entry_bytes; }

  /// Reads a packet that fills `available` bytes. Versions other than 2 are
  /// FormatError::bad_version, more than 25 entries or a part of one FormatError::bad_length. Any
  /// command and any entry is accepted here; the bytes that must be zero are ignored (RFC 2453, 4).
  static boost::system::result<RipPacket, FormatError> parse(const std::uint8_t* bytes,
                                                             std::size_t available);
  /// Writes packet_size() bytes.
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const RipPacket& left, const RipPacket& right);

 private:
  std::uint8_t count_ = 0;
  std::array<RipEntry, max_entries> entries_{};
};

}  // namespace elvis
