// SPDX-License-Identifier: MIT
#include "route_digest.hpp"

#include <algorithm>

#include "elvis/util/huge_pages.hpp"

namespace elvis {

RouteDigest::RouteDigest() : codes_{static_cast<Code*>(HugePages::map(bytes))}, hops_(1) {
  static_assert(bytes % HugePages::page == 0 && bytes == part_size << part_bits);
  static_assert(unknown == 0, "as is memory that is fresh");
  if (codes_ != nullptr) return;
  own_.resize(bytes);
  codes_ = own_.data();
}

RouteDigest::~RouteDigest() {
  if (own_.empty()) HugePages::unmap(codes_, bytes);
}

RouteDigest::Code RouteDigest::code_for(const std::optional<NextHop>& hop) {
  if (!hop) return no_route;
  const std::uint64_t key = std::uint64_t{hop->via.value()} << 32 | hop->tap;
  if (const Code* const known = numbers_.find(key)) return *known;
  if (hops_.size() == ask) return ask;
  const auto code = static_cast<Code>(hops_.size());
  hops_.push_back(*hop);
  numbers_.insert(key, code);
  return code;
}

void RouteDigest::forget(std::size_t first, std::size_t count) {
  std::fill_n(codes_ + first * part_size, count * part_size, unknown);
}

std::size_t RouteDigest::memory_bytes() const {
  return bytes + hops_.capacity() * sizeof(NextHop);
}

}  // namespace elvis
