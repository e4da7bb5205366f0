// SPDX-License-Identifier: MIT
// Which sources on a network might be all of its machines, for those who have no time to look.
#pragma once

#include <cstdint>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"

namespace elvis {

/// A source whose host part has no zero may mean all machines of one of the tap's networks; this is
/// the shortest host part there is.
inline std::uint32_t host_mask_of(const Tap& tap) {
  std::uint32_t mask = ~std::uint32_t{0};
  for (const Ipv4Prefix& prefix : tap.machine().world().prefixes_of(tap.network())) {
    if (prefix.length < 31) mask &= ~prefix.mask();
  }
  return mask;
}

}  // namespace elvis
