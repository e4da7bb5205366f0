// SPDX-License-Identifier: MIT
#include "address_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "elvis/ndl/values.hpp"

namespace elvis {

using ndl::AddressRange;
using ndl::quoted;

namespace {

// Addresses of the pool, all that they keep from others, and the value that declares them.
struct Declared {
  AddressRange range;
  AddressRange reserved;
  ndl::Argument argument;
};

ndl::Reading<AddressRange> read_one(std::string_view text) {
  const auto address = ndl::read_address(text);
  if (!address) return ndl::Reading<AddressRange>::failed(address.error());
  return AddressRange{*address, *address};
}

// What the argument `key` of an [IP] line declares.
std::optional<Declared> read_range(const ndl::Section& line, std::string_view key,
                                   ndl::Diagnostics& diagnostics) {
  const auto argument = line.read(key);
  if (!argument || argument->is_broken() || argument->varies()) return std::nullopt;
  const std::string_view text = argument->text();
  const auto range = key == "ip"      ? read_one(text)
                     : key == "range" ? ndl::read_address_range(text)
                                      : ndl::read_subnet(text);
  if (!range) {
    diagnostics.error(argument->span(), fmt::format("{} {}", quoted(key), range.error()),
                      argument->origin());
    return std::nullopt;
  }
  if (is_unusable(*range)) {
    diagnostics.error(argument->span(),
                      fmt::format("no machine may have {}", quoted(argument->text())),
                      argument->origin());
    return std::nullopt;
  }
  return Declared{*range, key == "subnet" ? all_of(*ndl::read_prefix(text)) : *range, *argument};
}

void report_twice(const ndl::NetworkDeclaration& network, std::uint32_t address,
                  const ndl::Argument& first, const ndl::Argument& second,
                  ndl::Diagnostics& diagnostics) {
  std::vector<ndl::Note> notes = second.origin();
  notes.insert(notes.begin(), {first.span(), "it is given here first"});
  diagnostics.error(second.span(),
                    fmt::format("{} is already in the pool of network {}",
                                quoted(ndl::format_address(address)), quoted(network.id())),
                    std::move(notes));
}

// Reports every range that has an address of an earlier one.
void check_overlaps(const ndl::NetworkDeclaration& network, const std::vector<Declared>& pool,
                    ndl::Diagnostics& diagnostics) {
  std::vector<std::size_t> order(pool.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return pool[a].range.first != pool[b].range.first ? pool[a].range.first < pool[b].range.first
                                                      : a < b;
  });
  std::size_t furthest = 0;  // in `order`: whose range reaches furthest
  for (std::size_t i = 1; i < order.size() && diagnostics.wants_more(); ++i) {
    const std::size_t one = order[furthest];
    const std::size_t other = order[i];
    if (pool[other].range.first <= pool[one].range.last) {
      report_twice(network, pool[other].range.first, pool[std::min(one, other)].argument,
                   pool[std::max(one, other)].argument, diagnostics);
    }
    if (pool[other].range.last > pool[one].range.last) furthest = i;
  }
}

}  // namespace

AddressPool read_pool(const ndl::NetworkDeclaration& network, ndl::Diagnostics& diagnostics) {
  std::vector<Declared> declared;
  for (const ndl::Section& line : network.ips()) {
    for (const std::string_view key : {"ip", "range", "subnet"}) {
      if (const auto range = read_range(line, key, diagnostics)) declared.push_back(*range);
    }
  }
  check_overlaps(network, declared, diagnostics);
  AddressPool pool;
  pool.ranges.reserve(declared.size());
  for (const Declared& one : declared) {
    pool.ranges.push_back(one.range);
    pool.reserved.push_back(one.reserved);
  }
  pool.joined = pool.ranges;
  join_ranges(pool.joined);
  return pool;
}

}  // namespace elvis
