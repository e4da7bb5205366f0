// SPDX-License-Identifier: MIT
#include "elvis/protocols/fragmentation.hpp"

#include <utility>

#include "elvis/util/assert.hpp"

namespace elvis {

Fragmenter::Fragmenter(const Ipv4Header& header, Message payload, std::size_t mtu)
    : header_{header},
      options_{header.options},
      rest_{std::move(payload)},
      mtu_{mtu},
      more_follow_{header.more_fragments} {
  ELVIS_ASSERT(mtu >= least_mtu);
}

Message Fragmenter::next() {
  ELVIS_ASSERT(!is_done_);
  header_.options = options_.bytes();
  const std::size_t room = mtu_ - header_.header_size();
  is_done_ = rest_.size() <= room;
  Message piece = is_done_ ? std::move(rest_) : rest_.cut(room / 8 * 8);
  const std::size_t size = piece.size();
  header_.more_fragments = !is_done_ || more_follow_;
  header_.total_length = static_cast<std::uint16_t>(header_.header_size() + size);
  header_.emit(piece.prepend(header_.header_size()));
  header_.fragment_offset = static_cast<std::uint16_t>(header_.fragment_offset + size / 8);
  options_ = options_.copied();
  return piece;
}

}  // namespace elvis
