// SPDX-License-Identifier: MIT
// PlanAddresses: who has which address in a plan, found by machine and by address.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "elvis/builder/plan.hpp"
#include "elvis/ndl/values.hpp"
#include "elvis/wire/prefix.hpp"

namespace elvis {

/// The prefixes that a network's pool has.
std::vector<Ipv4Prefix> prefixes_of(const PlannedNetwork& network);

class PlanAddresses {
 public:
  /// Refers to `plan`, whose addresses have been given out.
  explicit PlanAddresses(const Plan& plan);

  /// The own address of a machine on `network`, if it is attached to it.
  std::optional<std::uint32_t> address_of(std::uint32_t group, std::uint32_t place,
                                          std::uint32_t network) const;
  /// Whether a machine has `address` on `network`.
  bool has(std::uint32_t network, std::uint32_t address) const;
  /// The addresses of machines on `network`, sorted.
  std::span<const ndl::AddressRange> ranges(std::uint32_t network) const {
    return ranges_[network];
  }
  /// The networks that a machine is attached to, as places in the plan.
  static std::span<const std::uint32_t> networks_of(const PlannedGroup& group, std::uint32_t place);

 private:
  // A run of addresses of a group, to be found by network and place.
  struct Found {
    std::uint32_t network;
    std::uint32_t place;
    std::uint32_t furthest;  // behind the last place of this one and those before it
    std::uint32_t run;       // among the group's
  };

  const Plan& plan_;
  std::vector<std::vector<ndl::AddressRange>> ranges_;  // by network
  std::vector<Found> runs_;                             // by group, network and place
  std::vector<std::size_t> first_run_;                  // of each group, in runs_
};

}  // namespace elvis
