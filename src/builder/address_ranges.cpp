// SPDX-License-Identifier: MIT
#include "address_ranges.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace elvis {

namespace {

using ndl::AddressRange;

// RFC 1122, 3.2.1.3; groups, and behind them what is reserved (RFC 1112, 4), which no router sends
// on (RFC 1812, 5.3.7).
constexpr std::array<AddressRange, 3> unusable{
    {{0x0000'0000, 0x00ff'ffff}, {0x7f00'0000, 0x7fff'ffff}, {0xe000'0000, 0xffff'ffff}}};

// The first of `joined` that does not end before `address`.
auto first_from(std::span<const AddressRange> joined, std::uint64_t address) {
  return std::partition_point(joined.begin(), joined.end(),
                              [&](const AddressRange& range) { return range.last < address; });
}

}  // namespace

void join_ranges(std::vector<AddressRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const AddressRange& a, const AddressRange& b) { return a.first < b.first; });
  std::size_t joined = 0;
  for (const AddressRange& range : ranges) {
    if (joined != 0 && range.first <= std::uint64_t{ranges[joined - 1].last} + 1) {
      ranges[joined - 1].last = std::max(ranges[joined - 1].last, range.last);
    } else {
      ranges[joined++] = range;
    }
  }
  ranges.resize(joined);
}

bool contains(std::span<const AddressRange> joined, std::uint32_t address) {
  const auto found = first_from(joined, address);
  return found != joined.end() && found->first <= address;
}

std::span<const AddressRange> unusable_addresses() {
  return unusable;
}

bool is_unusable(AddressRange range) {
  return std::any_of(unusable.begin(), unusable.end(), [&](const AddressRange& bad) {
    return bad.first <= range.first && range.last <= bad.last;
  });
}

FreeAddresses::FreeAddresses(std::vector<AddressRange> ranges, std::vector<AddressRange> taken)
    : ranges_{std::move(ranges)}, taken_{std::move(taken)} {
  taken_.insert(taken_.end(), unusable.begin(), unusable.end());
  join_ranges(taken_);
  if (!ranges_.empty()) next_ = ranges_.front().first;
}

std::optional<AddressRange> FreeAddresses::take(std::uint64_t most) {
  while (range_ < ranges_.size()) {
    const AddressRange& range = ranges_[range_];
    const std::span<const AddressRange> taken = taken_;
    const auto obstacle = first_from(taken, next_);
    if (obstacle != taken.end() && obstacle->first <= next_) {
      next_ = std::uint64_t{obstacle->last} + 1;
    }
    if (next_ > range.last) {
      if (++range_ < ranges_.size()) next_ = ranges_[range_].first;
      continue;
    }
    if (obstacle != taken.end() && obstacle->last < next_) continue;  // another one may follow
    std::uint64_t last = std::min<std::uint64_t>(range.last, next_ + most - 1);
    if (obstacle != taken.end() && obstacle->first > next_) {
      last = std::min<std::uint64_t>(last, obstacle->first - 1);
    }
    const AddressRange given{static_cast<std::uint32_t>(next_), static_cast<std::uint32_t>(last)};
    next_ = last + 1;
    return given;
  }
  return std::nullopt;
}

}  // namespace elvis
