// SPDX-License-Identifier: MIT
#include "route_column.hpp"

#include <algorithm>

#include "elvis/util/assert.hpp"

namespace elvis {

RouteColumn::RouteColumn(std::shared_ptr<const SharedPrefixes> prefixes,
                         std::span<const NextHop> hops, std::span<const std::uint32_t> numbers)
    : prefixes_{std::move(prefixes)}, hops_{hops.begin(), hops.end()} {
  ELVIS_ASSERT(numbers.size() == prefixes_->size());
  while (width_ < 4 && hops.size() >> (8 * width_) != 0) ++width_;
  ELVIS_ASSERT(std::ranges::all_of(numbers, [&](auto number) { return number <= hops.size(); }));
  size_ = numbers.size() - static_cast<std::size_t>(std::ranges::count(numbers, 0U));
  numbers_.resize(numbers.size() * width_);
  if (width_ == 1) {
    std::ranges::transform(numbers, numbers_.begin(),
                           [](auto number) { return static_cast<std::uint8_t>(number); });
    return;
  }
  std::uint8_t* at = numbers_.data();
  for (const std::uint32_t number : numbers) {
    for (std::size_t i = 0; i < width_; ++i) *at++ = static_cast<std::uint8_t>(number >> 8 * i);
  }
}

const NextHop* RouteColumn::longest(std::uint32_t address, int than) const {
  std::uint32_t number = prefixes_->longest(address);
  for (; number != SharedPrefixes::none; number = prefixes_->around(number)) {
    if (than >= 0 && static_cast<int>((*prefixes_)[number].length) <= than) return nullptr;
    if (const NextHop* const hop = hop_to(number)) return hop;
  }
  return nullptr;
}

bool RouteColumn::erase(std::uint32_t address, unsigned length) {
  const std::uint32_t number = prefixes_->find(address, length);
  if (number == SharedPrefixes::none || hop_to(number) == nullptr) return false;
  std::fill_n(numbers_.begin() + static_cast<std::ptrdiff_t>(number * width_), width_,
              std::uint8_t{0});
  --size_;
  return true;
}

void RouteColumn::list(std::vector<Route>& routes) const {
  for (std::uint32_t i = 0; i < prefixes_->size(); ++i) {
    const NextHop* const hop = hop_to(i);
    if (hop == nullptr) continue;
    const auto [address, length] = (*prefixes_)[i];
    routes.push_back({Ipv4Address{address}, static_cast<std::uint8_t>(length), *hop, 0});
  }
}

}  // namespace elvis
