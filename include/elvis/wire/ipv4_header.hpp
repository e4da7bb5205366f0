// SPDX-License-Identifier: MIT
// The IPv4 header (RFC 791, 3.1).
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+-------------------------------+
//   |version|  IHL  |      TOS      |         total length          |
//   +-------+-------+---------------+-----+-------------------------+
//   |         identification        |flags|     fragment offset     |
//   +---------------+---------------+-----+-------------------------+
//   |      TTL      |   protocol    |        header checksum        |
//   +---------------+---------------+-------------------------------+
//   |                        source address                         |
//   +---------------------------------------------------------------+
//   |                      destination address                      |
//   +---------------------------------------------------------------+
//   |                  options, padded to 4 bytes                   |
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/format_error.hpp"

namespace elvis {

/// Protocol numbers of the IPv4 header (IANA).
enum class IpProtocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17 };

struct Ipv4Header {
  static constexpr std::size_t min_size = 20;
  static constexpr std::size_t max_size = 60;

  std::uint8_t type_of_service = 0;
  std::uint16_t total_length = min_size;  ///< Header and payload, in bytes.
  std::uint16_t identification = 0;
  bool is_reserved_flag_set = false;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  ///< In units of 8 bytes, 0 to 8191.
  std::uint8_t time_to_live = 64;
  std::uint8_t protocol = 0;
  Ipv4Address source{};
  Ipv4Address destination{};
  std::uint8_t options_size = 0;           ///< 0 to 40 bytes, a multiple of 4.
  std::array<std::uint8_t, 40> options{};  ///< The first options_size bytes count, the rest is 0.

  std::size_t header_size() const { return min_size + options_size; }
  std::size_t payload_size() const { return total_length - header_size(); }

  /// Reads and verifies a header. `available` is the size of the whole datagram as it arrived,
  /// which may exceed total_length (link padding); less than total_length is
  /// FormatError::truncated. `bytes` holds min(available, max_size) bytes at least. Version and
  /// header length are judged first, then the checksum, and only then the total length.
  static boost::system::result<Ipv4Header, FormatError> parse(const std::uint8_t* bytes,
                                                              std::size_t available);
  /// Writes header_size() bytes with the right checksum.
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

}  // namespace elvis
