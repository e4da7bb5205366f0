// SPDX-License-Identifier: MIT
#include "plan_addresses.hpp"

#include <algorithm>
#include <iterator>

#include "address_ranges.hpp"

namespace elvis {

std::vector<Ipv4Prefix> prefixes_of(const PlannedNetwork& network) {
  std::vector<Ipv4Prefix> prefixes;
  for (const ndl::Section& line : network.declaration.ips()) {
    const auto subnet = line.find("subnet");
    if (!subnet) continue;
    const ndl::Prefix prefix = *ndl::read_prefix(subnet->text());
    prefixes.push_back({Ipv4Address{prefix.address}, prefix.length});
  }
  return prefixes;
}

PlanAddresses::PlanAddresses(const Plan& plan) : plan_{plan}, ranges_(plan.networks.size()) {
  for (const PlannedGroup& group : plan.groups) {
    for (const AddressRun& run : group.addresses) {
      ranges_[run.network].push_back({run.address, run.address + (run.count - 1)});
    }
  }
  for (auto& ranges : ranges_) join_ranges(ranges);
}

std::optional<std::uint32_t> PlanAddresses::address_of(std::uint32_t group, std::uint32_t place,
                                                       std::uint32_t network) const {
  for (const AddressRun& run : plan_.groups[group].addresses) {
    if (run.network == network && place - run.place < run.count) {
      return run.address + (place - run.place);
    }
  }
  return std::nullopt;
}

bool PlanAddresses::has(std::uint32_t network, std::uint32_t address) const {
  return contains(ranges_[network], address);
}

std::span<const std::uint32_t> PlanAddresses::networks_of(const PlannedGroup& group,
                                                          std::uint32_t place) {
  const auto after = std::partition_point(group.stretches.begin(), group.stretches.end(),
                                          [&](const Stretch& one) { return one.place <= place; });
  if (after == group.stretches.begin()) return {};
  const Stretch& stretch = *std::prev(after);
  return {group.attachments.data() + stretch.first_network, stretch.networks};
}

}  // namespace elvis
