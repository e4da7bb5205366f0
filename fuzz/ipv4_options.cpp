// SPDX-License-Identifier: MIT
// Fuzz target: the options of an IPv4 header from any bytes. What has no fault passes fifty hops,
// and what a fragment carries of it has no fault either.
#include "elvis/wire/ipv4_options.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "elvis/util/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using elvis::Ipv4Address;
  using elvis::Ipv4Options;
  const std::size_t area = std::min(size, Ipv4Options::max_size) / 4 * 4;
  Ipv4Options options{std::span{data, area}};
  (void)options.has_source_route();
  (void)options.has_router_alert();
  std::array<Ipv4Address, 9> route;
  ELVIS_ASSERT(options.recorded_route(route) <= route.size());
  std::array<Ipv4Options::Stamp, 9> stamps;
  ELVIS_ASSERT(options.recorded_stamps(stamps) <= stamps.size());
  ELVIS_ASSERT(!options.is_on_its_way() || options.has_source_route());

  Ipv4Options longer = options;
  if (longer.add_router_alert()) ELVIS_ASSERT(longer.bytes().size() <= Ipv4Options::max_size);
  if (const auto fault = options.find_fault()) {
    ELVIS_ASSERT(*fault < area);
    return 0;
  }
  ELVIS_ASSERT(!options.copied().find_fault());
  ELVIS_ASSERT(!options.reflected().find_fault());
  (void)options.asked_address();
  const std::array own{Ipv4Address{10, 0, 0, 1}, Ipv4Address{}};
  for (std::uint32_t hop = 0; hop < 50; ++hop) {
    const auto fault = options.record({.address = own[0], .time = hop, .own = own});
    if (fault) {
      ELVIS_ASSERT(*fault < area);
      break;
    }
    ELVIS_ASSERT(options.bytes().size() == area);
    if (options.find_fault()) break;  // half a slot is left
  }
  return 0;
}
