// SPDX-License-Identifier: MIT
#include "route_digest.hpp"

#include <algorithm>

#include "elvis/util/huge_pages.hpp"

namespace elvis {

RouteDigest::RouteDigest()
    : memory_{static_cast<std::uint8_t*>(HugePages::map(record_bytes + room_elsewhere))} {
  static_assert((record_bytes + room_elsewhere) % HugePages::page == 0);
  if (memory_ != nullptr) return;
  own_.resize(record_bytes + room_elsewhere);
  memory_ = own_.data();
}

RouteDigest::~RouteDigest() {
  if (own_.empty()) HugePages::unmap(memory_, record_bytes + room_elsewhere);
}

RouteDigest::Code RouteDigest::code_for(const std::optional<NextHop>& hop) {
  if (!hop) return no_route;
  const std::uint64_t key = std::uint64_t{hop->via.value()} << 32 | hop->tap;
  if (const Code* const known = numbers_.find(key)) return *known;
  if (hops_.size() == unknown) return ask;
  const auto code = static_cast<Code>(hops_.size());
  hops_.push_back(*hop);
  numbers_.insert(key, code);
  return code;
}

void RouteDigest::learn(std::uint32_t part, const Part& codes) {
  if (codes.size_ > sizeof(Record::codes) && used_elsewhere_ + codes.size_ > room_elsewhere) {
    // Parts that were learnt again have left holes. All begins anew.
    forget(0, records);
    used_elsewhere_ = 0;
  }
  Record& record = record_array()[part];
  record.starts = codes.starts_;
  if (codes.size_ <= sizeof record.codes) {
    std::copy_n(codes.codes_, codes.size_, record.codes);
    return;
  }
  std::memcpy(record.codes, &used_elsewhere_, sizeof used_elsewhere_);
  std::copy_n(codes.codes_, codes.size_, memory_ + record_bytes + used_elsewhere_);
  used_elsewhere_ += codes.size_;
}

void RouteDigest::forget(std::size_t first, std::size_t count) {
  for (std::size_t part = first; part < first + count; ++part) record_array()[part].starts = 0;
}

std::size_t RouteDigest::memory_bytes() const {
  return record_bytes + used_elsewhere_ + hops_.capacity() * sizeof(NextHop);
}

}  // namespace elvis
