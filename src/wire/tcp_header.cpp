// SPDX-License-Identifier: MIT
#include "elvis/wire/tcp_header.hpp"

#include <algorithm>

namespace elvis {

void TcpHeader::emit(std::uint8_t* bytes) const {
  store16(bytes, source_port);
  store16(bytes + 2, destination_port);
  store32(bytes + 4, sequence);
  store32(bytes + 8, acknowledgement);
  const auto words = static_cast<std::uint16_t>(header_size() / 4);
  store16(bytes + 12, static_cast<std::uint16_t>(words << 12 | (flags & 0xfff)));
  store16(bytes + 14, window);
  store16(bytes + 16, checksum);
  store16(bytes + 18, urgent);
  std::copy(options.begin(), options.end(), bytes + min_size);
}

bool operator==(const TcpHeader& left, const TcpHeader& right) {
  return left.source_port == right.source_port && left.destination_port == right.destination_port &&
         left.sequence == right.sequence && left.acknowledgement == right.acknowledgement &&
         left.flags == right.flags && left.window == right.window &&
         left.checksum == right.checksum && left.urgent == right.urgent &&
         std::equal(left.options.begin(), left.options.end(), right.options.begin(),
                    right.options.end());
}

}  // namespace elvis
