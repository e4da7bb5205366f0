// SPDX-License-Identifier: MIT
// AddressBook: who has which address (DESIGN section 7).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "address_pool.hpp"
#include "elvis/builder/plan.hpp"

namespace elvis {

/// First all claims are made, then everybody who has none on a network is given an address there:
/// the next free one of the network's pool, or an automatic one.
class AddressBook {
 public:
  /// Refers to all of them.
  AddressBook(const std::vector<PlannedNetwork>& networks, const std::vector<AddressPool>& pools,
              std::vector<PlannedGroup>& groups, ndl::Diagnostics& diagnostics);

  /// Writes down that the machine `place` of group `group`, attached to `attachments`, wants
  /// `address`. Reports an address that none of these networks has. Returns whether it was taken.
  bool claim(std::uint32_t group, std::uint32_t place, std::span<const std::uint32_t> attachments,
             std::uint32_t address, const ndl::Argument& argument);

  /// Reports every address that two machines of one network claim.
  void check_claims();

  /// Completes PlannedGroup::addresses of all groups.
  void give();

 private:
  // Consecutive addresses that one argument claims for consecutive machines.
  struct Claim {
    std::uint32_t address;
    std::uint32_t count;
    std::uint32_t group;
    std::uint32_t place;
    ndl::Argument argument;
  };
  // Machines of a group that have an address on a network.
  struct Served {
    std::uint32_t network;
    std::uint32_t place;
    std::uint32_t end;
  };

  void report_twice(std::uint32_t network, const Claim& one, const Claim& other);
  void report_outside(std::uint32_t group, std::uint32_t place,
                      std::span<const std::uint32_t> attachments, std::uint32_t address,
                      const ndl::Argument& argument);
  void give_to(PlannedGroup& group);
  bool give_run(PlannedGroup& group, std::uint32_t network, std::uint32_t place,
                std::uint32_t count);
  std::string machine_name(std::uint32_t group, std::uint32_t place) const;

  const std::vector<PlannedNetwork>& networks_;
  const std::vector<AddressPool>& pools_;
  std::vector<PlannedGroup>& groups_;
  ndl::Diagnostics& diagnostics_;
  std::vector<std::vector<Claim>> claims_;  // by network
  std::vector<FreeAddresses> free_;         // by network
  FreeAddresses automatic_;
};

}  // namespace elvis
