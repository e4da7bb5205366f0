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

#include <cstddef>
#include <cstdint>
#include <span>

#include <boost/system/result.hpp>

#include "elvis/wire/address.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
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
  /// 0 to 40 bytes, a multiple of 4; of a parsed header, they stay where they were parsed.
  std::span<const std::uint8_t> options{};

  std::size_t header_size() const { return min_size + options.size(); }
  std::size_t payload_size() const { return total_length - header_size(); }

  /// Reads and verifies a header. `available` is the size of the whole datagram as it arrived,
  /// which may exceed total_length (link padding); less than total_length is
  /// FormatError::truncated. `bytes` holds min(available, max_size) bytes at least. Version and
  /// header length are judged first, then the checksum, and only then the total length.
  static boost::system::result<Ipv4Header, FormatError> parse(const std::uint8_t* bytes,
                                                              std::size_t available);
  /// Writes header_size() bytes with the right checksum.
  void emit(std::uint8_t* bytes) const;

  friend bool operator==(const Ipv4Header& left, const Ipv4Header& right);

 private:
  static constexpr std::uint32_t version_4 = 4;
  static constexpr std::uint32_t reserved_flag = 0x8000;
  static constexpr std::uint32_t dont_fragment_flag = 0x4000;
  static constexpr std::uint32_t more_fragments_flag = 0x2000;
  static constexpr std::uint32_t offset_mask = 0x1fff;
};

// Every datagram passes here: the fixed part is read as five words, which all fields are taken
// from and the checksum is summed of.
inline boost::system::result<Ipv4Header, FormatError> Ipv4Header::parse(const std::uint8_t* bytes,
                                                                        std::size_t available) {
  if (available < min_size) return FormatError::truncated;
  const std::uint32_t length = load32(bytes);  // version, header length, service, total length
  const std::uint32_t fragment = load32(bytes + 4);  // identification, flags, fragment offset
  const std::uint32_t protocol = load32(bytes + 8);  // time to live, protocol, checksum
  const std::uint32_t source = load32(bytes + 12);
  const std::uint32_t destination = load32(bytes + 16);
  if (length >> 28 != version_4) return FormatError::bad_version;
  const std::size_t header_size = std::size_t{4} * (length >> 24 & 0xf);
  if (header_size < min_size) return FormatError::bad_length;
  if (available < header_size) return FormatError::truncated;
  std::uint64_t sum = std::uint64_t{length} + fragment + protocol + source + destination;
  for (std::size_t i = min_size; i < header_size; i += 4) sum += load32(bytes + i);
  // RFC 1071, 1: the sum over data that contains its checksum is all ones.
  if (fold_sum(sum) != 0xffff) return FormatError::bad_checksum;
  const auto total_length = static_cast<std::uint16_t>(length);
  if (total_length < header_size) return FormatError::bad_length;
  if (total_length > available) return FormatError::truncated;
  return Ipv4Header{.type_of_service = static_cast<std::uint8_t>(length >> 16),
                    .total_length = total_length,
                    .identification = static_cast<std::uint16_t>(fragment >> 16),
                    .is_reserved_flag_set = (fragment & reserved_flag) != 0,
                    .dont_fragment = (fragment & dont_fragment_flag) != 0,
                    .more_fragments = (fragment & more_fragments_flag) != 0,
                    .fragment_offset = static_cast<std::uint16_t>(fragment & offset_mask),
                    .time_to_live = static_cast<std::uint8_t>(protocol >> 24),
                    .protocol = static_cast<std::uint8_t>(protocol >> 16),
                    .source = Ipv4Address{source},
                    .destination = Ipv4Address{destination},
                    .options = {bytes + min_size, header_size - min_size}};
}

}  // namespace elvis
