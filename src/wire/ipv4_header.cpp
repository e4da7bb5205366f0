// SPDX-License-Identifier: MIT
#include "elvis/wire/ipv4_header.hpp"

#include <cstring>

#include "elvis/util/assert.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"

namespace elvis {

namespace {

constexpr std::uint32_t version_4 = 4;
constexpr std::uint32_t reserved_flag = 0x8000;
constexpr std::uint32_t dont_fragment_flag = 0x4000;
constexpr std::uint32_t more_fragments_flag = 0x2000;
constexpr std::uint32_t offset_mask = 0x1fff;

/// The fixed part of a header as five words, which all fields are taken from and put into: the
/// common header is read, summed and written without a loop and without looking back at its bytes.
struct Words {
  std::uint32_t length;    // version, header length, type of service, total length
  std::uint32_t fragment;  // identification, flags, fragment offset
  std::uint32_t protocol;  // time to live, protocol, checksum
  std::uint32_t source;
  std::uint32_t destination;

  std::uint64_t sum() const {
    return std::uint64_t{length} + fragment + protocol + source + destination;
  }
};

}  // namespace

boost::system::result<Ipv4Header, FormatError> Ipv4Header::parse(const std::uint8_t* bytes,
                                                                 std::size_t available) {
  if (available < min_size) return FormatError::truncated;
  const Words words{load32(bytes), load32(bytes + 4), load32(bytes + 8), load32(bytes + 12),
                    load32(bytes + 16)};
  if (words.length >> 28 != version_4) return FormatError::bad_version;
  const std::size_t header_size = std::size_t{4} * (words.length >> 24 & 0xf);
  if (header_size < min_size) return FormatError::bad_length;
  if (available < header_size) return FormatError::truncated;
  std::uint64_t sum = words.sum();
  for (std::size_t i = min_size; i < header_size; i += 4) sum += load32(bytes + i);
  // RFC 1071, 1: the sum over data that contains its checksum is all ones.
  if (fold_sum(sum) != 0xffff) return FormatError::bad_checksum;
  const auto total_length = static_cast<std::uint16_t>(words.length);
  if (total_length < header_size) return FormatError::bad_length;
  if (total_length > available) return FormatError::truncated;

  boost::system::result<Ipv4Header, FormatError> result{boost::system::in_place_value};
  Ipv4Header& header = *result;
  header.type_of_service = static_cast<std::uint8_t>(words.length >> 16);
  header.total_length = total_length;
  header.identification = static_cast<std::uint16_t>(words.fragment >> 16);
  header.is_reserved_flag_set = (words.fragment & reserved_flag) != 0;
  header.dont_fragment = (words.fragment & dont_fragment_flag) != 0;
  header.more_fragments = (words.fragment & more_fragments_flag) != 0;
  header.fragment_offset = words.fragment & offset_mask;
  header.time_to_live = static_cast<std::uint8_t>(words.protocol >> 24);
  header.protocol = static_cast<std::uint8_t>(words.protocol >> 16);
  header.source = Ipv4Address{words.source};
  header.destination = Ipv4Address{words.destination};
  header.options_size = static_cast<std::uint8_t>(header_size - min_size);
  if (header_size != min_size) {
    std::memcpy(header.options.data(), bytes + min_size, header.options_size);
  }
  return result;
}

void Ipv4Header::emit(std::uint8_t* bytes) const {
  ELVIS_ASSERT(options_size <= max_size - min_size && options_size % 4 == 0);
  ELVIS_ASSERT(fragment_offset <= offset_mask);
  const std::uint32_t flags = (is_reserved_flag_set ? reserved_flag : 0U) |
                              (dont_fragment ? dont_fragment_flag : 0U) |
                              (more_fragments ? more_fragments_flag : 0U);
  const auto header_words = static_cast<std::uint32_t>(header_size() / 4);
  const Words words{.length = version_4 << 28 | header_words << 24 |
                              std::uint32_t{type_of_service} << 16 | total_length,
                    .fragment = std::uint32_t{identification} << 16 | flags | fragment_offset,
                    .protocol = std::uint32_t{time_to_live} << 24 | std::uint32_t{protocol} << 16,
                    .source = source.value(),
                    .destination = destination.value()};
  std::uint64_t sum = words.sum();
  for (std::size_t i = 0; i < options_size; i += 4) sum += load32(options.data() + i);
  store32(bytes, words.length);
  store32(bytes + 4, words.fragment);
  store32(bytes + 8, words.protocol | finish_checksum(sum));
  store32(bytes + 12, words.source);
  store32(bytes + 16, words.destination);
  if (options_size != 0) std::memcpy(bytes + min_size, options.data(), options_size);
}

}  // namespace elvis
