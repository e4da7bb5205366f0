// SPDX-License-Identifier: MIT
// Checks one group of machines: first what they have in common, then each of them.
#pragma once

#include <cstdint>

#include "address_book.hpp"
#include "elvis/builder/plan.hpp"

namespace elvis {

/// What the planning of all groups works with.
struct PlanningContext {
  const ndl::Description& description;
  const Catalog& catalog;
  ndl::Diagnostics& diagnostics;
};

/// What is found out about a group before its machines are looked at.
struct GroupTraits {
  std::uint64_t memory_bytes = 0;  ///< Expected for all its machines.
  bool networks_vary = false;      ///< Whether its machines are attached to different networks.
  bool is_astray = false;          ///< Whether it names a network that there is not.
};

/// Checks networks, protocols and applications of `group`, and values for its first machine.
GroupTraits plan_common(const PlanningContext& context, std::span<const PlannedNetwork> networks,
                        PlannedGroup& group);

/// Checks the values of each machine of group `index`, and makes the claims for addresses.
void plan_machines(const PlanningContext& context, std::uint32_t index, PlannedGroup& group,
                   const GroupTraits& traits, AddressBook& book);

/// Checks the `pcap` argument of `group`: a file below the folder of captures.
void plan_capture(const PlanningContext& context, PlannedGroup& group);

/// The network that `argument` names as `id`, perhaps only for `machine`; reported if there is
/// none.
std::optional<std::uint32_t> find_network(const PlanningContext& context,
                                          const ndl::Argument& argument, std::string_view id,
                                          std::string_view machine = {});

/// Reports a machine that is attached to network `id` twice. What a template attached already may
/// be said again.
void check_attached_once(const PlanningContext& context, const ndl::Section& first,
                         const ndl::Section& second, std::string_view id);

}  // namespace elvis
