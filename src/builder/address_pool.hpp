// SPDX-License-Identifier: MIT
// AddressPool: the addresses that the [IP] lines of a network declare.
#pragma once

#include <cstdint>
#include <vector>

#include "address_ranges.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"

namespace elvis {

struct AddressPool {
  std::vector<ndl::AddressRange> ranges;  ///< As declared.
  std::vector<ndl::AddressRange> joined;
  /// With the network and broadcast addresses of subnets, which nobody is to have; unsorted.
  std::vector<ndl::AddressRange> reserved;

  bool empty() const { return ranges.empty(); }
  bool contains(std::uint32_t address) const { return elvis::contains(joined, address); }
};

/// Reads the pool of `network`; what is wrong or given twice is reported.
AddressPool read_pool(const ndl::NetworkDeclaration& network, ndl::Diagnostics& diagnostics);

}  // namespace elvis
