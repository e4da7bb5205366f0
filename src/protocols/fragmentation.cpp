// SPDX-License-Identifier: MIT
#include "elvis/protocols/fragmentation.hpp"

#include <algorithm>
#include <utility>

#include "elvis/util/assert.hpp"
#include "elvis/wire/ipv4_options.hpp"

namespace elvis {

namespace {

/// Leaves the options that every fragment but the first carries.
void keep_copied_options(Ipv4Header& header) {
  if (header.options_size == 0) return;
  const Ipv4Options kept =
      Ipv4Options{std::span{header.options.data(), header.options_size}}.copied();
  header.options = {};
  std::ranges::copy(kept.bytes(), header.options.begin());
  header.options_size = static_cast<std::uint8_t>(kept.bytes().size());
}

}  // namespace

Fragmenter::Fragmenter(const Ipv4Header& header, Message payload, std::size_t mtu)
    : header_{header}, rest_{std::move(payload)}, mtu_{mtu}, more_follow_{header.more_fragments} {
  ELVIS_ASSERT(mtu >= least_mtu);
}

Message Fragmenter::next() {
  ELVIS_ASSERT(!is_done_);
  const std::size_t room = mtu_ - header_.header_size();
  is_done_ = rest_.size() <= room;
  Message piece = is_done_ ? std::move(rest_) : rest_.cut(room / 8 * 8);
  const std::size_t size = piece.size();
  header_.more_fragments = !is_done_ || more_follow_;
  header_.total_length = static_cast<std::uint16_t>(header_.header_size() + size);
  header_.emit(piece.prepend(header_.header_size()));
  header_.fragment_offset = static_cast<std::uint16_t>(header_.fragment_offset + size / 8);
  keep_copied_options(header_);
  return piece;
}

}  // namespace elvis
