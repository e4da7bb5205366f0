// SPDX-License-Identifier: MIT
#include "plan_addresses.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>

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
    const auto first = static_cast<std::ptrdiff_t>(runs_.size());
    first_run_.push_back(runs_.size());
    for (std::uint32_t i = 0; i < group.addresses.size(); ++i) {
      const AddressRun& run = group.addresses[i];
      ranges_[run.network].push_back({run.address, run.address + (run.count - 1)});
      runs_.push_back({run.network, run.place, run.place + run.count, i});
    }
    const std::span own{runs_.begin() + first, runs_.end()};
    std::ranges::sort(own, [](const Found& a, const Found& b) {
      return std::tie(a.network, a.place, a.run) < std::tie(b.network, b.place, b.run);
    });
    for (std::size_t i = 1; i < own.size(); ++i) {
      if (own[i].network != own[i - 1].network) continue;
      own[i].furthest = std::max(own[i].furthest, own[i - 1].furthest);
    }
  }
  first_run_.push_back(runs_.size());
  for (auto& ranges : ranges_) join_ranges(ranges);
}

std::optional<std::uint32_t> PlanAddresses::address_of(std::uint32_t group, std::uint32_t place,
                                                       std::uint32_t network) const {
  const std::span own =
      std::span{runs_}.subspan(first_run_[group], first_run_[group + 1] - first_run_[group]);
  const auto behind = std::ranges::partition_point(own, [&](const Found& one) {
    return std::tie(one.network, one.place) <= std::tie(network, place);
  });
  const AddressRun* first = nullptr;  // of those that give the machine an address
  for (auto at = behind; at != own.begin();) {
    const Found& one = *--at;
    if (one.network != network || one.furthest <= place) break;
    const AddressRun& run = plan_.groups[group].addresses[one.run];
    if (place - run.place < run.count && (first == nullptr || &run < first)) first = &run;
  }
  if (first == nullptr) return std::nullopt;
  return first->address + (place - first->place);
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
