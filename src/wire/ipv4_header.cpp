// SPDX-License-Identifier: MIT
#include "elvis/wire/ipv4_header.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "elvis/util/assert.hpp"

namespace elvis {

void Ipv4Header::emit(std::uint8_t* bytes) const {
  ELVIS_ASSERT(header_size() <= max_size && options.size() % 4 == 0);
  ELVIS_ASSERT(fragment_offset <= offset_mask);
  const std::uint32_t flags = (is_reserved_flag_set ? reserved_flag : 0U) |
                              (dont_fragment ? dont_fragment_flag : 0U) |
                              (more_fragments ? more_fragments_flag : 0U);
  const auto header_words = static_cast<std::uint32_t>(header_size() / 4);
  const std::uint32_t length =
      version_4 << 28 | header_words << 24 | std::uint32_t{type_of_service} << 16 | total_length;
  const std::uint32_t fragment = std::uint32_t{identification} << 16 | flags | fragment_offset;
  const std::uint32_t ttl_protocol = std::uint32_t{time_to_live} << 24 | std::uint32_t{protocol}
                                                                             << 16;
  std::uint64_t sum =
      std::uint64_t{length} + fragment + ttl_protocol + source.value() + destination.value();
  for (std::size_t i = 0; i < options.size(); i += 4) sum += load32(options.data() + i);
  store32(bytes, length);
  store32(bytes + 4, fragment);
  store32(bytes + 8, ttl_protocol | finish_checksum(sum));
  store32(bytes + 12, source.value());
  store32(bytes + 16, destination.value());
  // A parsed header may be written back to where its options lie.
  if (!options.empty()) std::memmove(bytes + min_size, options.data(), options.size());
}

bool operator==(const Ipv4Header& left, const Ipv4Header& right) {
  const auto fields = [](const Ipv4Header& header) {
    return std::tie(header.type_of_service, header.total_length, header.identification,
                    header.is_reserved_flag_set, header.dont_fragment, header.more_fragments,
                    header.fragment_offset, header.time_to_live, header.protocol, header.source,
                    header.destination);
  };
  return fields(left) == fields(right) && std::ranges::equal(left.options, right.options);
}

}  // namespace elvis
