// SPDX-License-Identifier: MIT
#include "address_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "elvis/ndl/values.hpp"

namespace elvis {

using ndl::AddressRange;
using ndl::quoted;

namespace {

// What a machine is given that nobody gave an address.
constexpr AddressRange automatic_addresses{0x0a00'0001, 0x0aff'fffe};

// Adds `run` to `runs`, to the last one if it carries that on.
void append(std::vector<AddressRun>& runs, const AddressRun& run) {
  if (!runs.empty()) {
    AddressRun& last = runs.back();
    if (last.network == run.network && last.source == run.source &&
        last.place + last.count == run.place && last.address + last.count == run.address) {
      last.count += run.count;
      return;
    }
  }
  runs.push_back(run);
}

}  // namespace

AddressBook::AddressBook(const std::vector<PlannedNetwork>& networks,
                         const std::vector<AddressPool>& pools, std::vector<PlannedGroup>& groups,
                         ndl::Diagnostics& diagnostics)
    : networks_{networks},
      pools_{pools},
      groups_{groups},
      diagnostics_{diagnostics},
      claims_(networks.size()) {}

std::string AddressBook::machine_name(std::uint32_t group, std::uint32_t place) const {
  std::string name;
  groups_[group].declaration.write_name(place, name);
  return name;
}

// ===== AddressBook: claims =====

bool AddressBook::claim(std::uint32_t group, std::uint32_t place,
                        std::span<const std::uint32_t> attachments, std::uint32_t address,
                        const ndl::Argument& argument) {
  auto network = std::find_if(attachments.begin(), attachments.end(), [&](std::uint32_t candidate) {
    return pools_[candidate].contains(address);
  });
  if (network == attachments.end()) {
    // A network that declares no pool has no outside.
    network = std::find_if(attachments.begin(), attachments.end(),
                           [&](std::uint32_t candidate) { return pools_[candidate].empty(); });
  }
  if (network == attachments.end()) {
    report_outside(group, place, attachments, address, argument);
    return false;
  }
  append(groups_[group].addresses, {place, 1, *network, address, AddressSource::claimed});
  std::vector<Claim>& claims = claims_[*network];
  if (!claims.empty()) {
    Claim& last = claims.back();
    if (last.group == group && last.argument.span() == argument.span() &&
        last.place + last.count == place && last.address + last.count == address) {
      ++last.count;
      return true;
    }
  }
  claims.push_back({address, 1, group, place, argument});
  return true;
}

void AddressBook::report_outside(std::uint32_t group, std::uint32_t place,
                                 std::span<const std::uint32_t> attachments, std::uint32_t address,
                                 const ndl::Argument& argument) {
  const std::string machine = quoted(machine_name(group, place));
  const std::string wanted = quoted(ndl::format_address(address));
  std::vector<ndl::Note> notes = argument.origin();
  if (attachments.empty()) {
    return diagnostics_.error(
        argument.span(), fmt::format("{} cannot have {}: it is on no network", machine, wanted),
        std::move(notes));
  }
  constexpr std::size_t most_notes = 3;
  for (std::size_t i = std::min(attachments.size(), most_notes); i-- > 0;) {
    const ndl::NetworkDeclaration& network = networks_[attachments[i]].declaration;
    notes.insert(notes.begin(), {network.id_span(),
                                 fmt::format("network {} is declared here", quoted(network.id()))});
  }
  diagnostics_.error(argument.span(),
                     attachments.size() == 1
                         ? fmt::format("{} is outside the pool of network {}", wanted,
                                       quoted(networks_[attachments[0]].declaration.id()))
                         : fmt::format("{} is in no pool of the networks of {}", wanted, machine),
                     std::move(notes));
}

void AddressBook::check_claims() {
  for (std::uint32_t network = 0; network < claims_.size(); ++network) {
    std::vector<Claim>& claims = claims_[network];
    std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) {
      return std::tuple{a.address, a.group, a.place} < std::tuple{b.address, b.group, b.place};
    });
    std::size_t furthest = 0;  // whose addresses reach furthest
    for (std::size_t i = 1; i < claims.size() && diagnostics_.wants_more(); ++i) {
      const Claim& one = claims[furthest];
      const Claim& other = claims[i];
      const std::uint64_t end = std::uint64_t{one.address} + one.count;
      // A machine may name its own address several times.
      const bool is_same_machine =
          one.group == other.group && one.place + (other.address - one.address) == other.place;
      if (other.address < end && !is_same_machine) report_twice(network, one, other);
      if (std::uint64_t{other.address} + other.count > end) furthest = i;
    }
  }
}

void AddressBook::report_twice(std::uint32_t network, const Claim& one, const Claim& other) {
  const std::uint32_t address = other.address;
  const auto place_of = [&](const Claim& claim) { return claim.place + (address - claim.address); };
  const Claim* first = &one;
  const Claim* second = &other;
  if (std::pair{second->group, place_of(*second)} < std::pair{first->group, place_of(*first)}) {
    std::swap(first, second);
  }
  const std::string winner = quoted(machine_name(first->group, place_of(*first)));
  const std::string loser = quoted(machine_name(second->group, place_of(*second)));
  std::vector<ndl::Note> notes = second->argument.origin();
  notes.insert(notes.begin(), {first->argument.span(), fmt::format("{} claims it here", winner)});
  diagnostics_.error(second->argument.span(),
                     fmt::format("{} and {} cannot both have {} on network {}", winner, loser,
                                 quoted(ndl::format_address(address)),
                                 quoted(networks_[network].declaration.id())),
                     std::move(notes));
}

// ===== AddressBook: giving =====

void AddressBook::give() {
  std::vector<AddressRange> spoken_for;
  free_.clear();
  free_.reserve(networks_.size());
  for (std::uint32_t network = 0; network < networks_.size(); ++network) {
    std::vector<AddressRange> claimed;
    claimed.reserve(claims_[network].size());
    for (const Claim& claim : claims_[network]) {
      claimed.push_back({claim.address, claim.address + (claim.count - 1)});
    }
    claims_[network] = {};
    join_ranges(claimed);
    const AddressPool& pool = pools_[network];
    spoken_for.insert(spoken_for.end(), claimed.begin(), claimed.end());
    spoken_for.insert(spoken_for.end(), pool.reserved.begin(), pool.reserved.end());
    free_.emplace_back(pool.ranges, std::move(claimed));
  }
  automatic_ = FreeAddresses{{automatic_addresses}, std::move(spoken_for)};
  for (PlannedGroup& group : groups_) give_to(group);
}

void AddressBook::give_to(PlannedGroup& group) {
  std::vector<Served> served;
  served.reserve(group.addresses.size());
  for (const AddressRun& run : group.addresses) {
    served.push_back({run.network, run.place, run.place + run.count});
  }
  std::sort(served.begin(), served.end(), [](const Served& a, const Served& b) {
    return std::pair{a.network, a.place} < std::pair{b.network, b.place};
  });
  std::size_t joined = 0;
  for (const Served& one : served) {
    if (joined != 0 && served[joined - 1].network == one.network &&
        one.place <= served[joined - 1].end) {
      served[joined - 1].end = std::max(served[joined - 1].end, one.end);
    } else {
      served[joined++] = one;
    }
  }
  served.resize(joined);
  for (const Stretch& stretch : group.stretches) {
    const std::uint32_t end = stretch.place + stretch.count;
    for (std::uint32_t i = 0; i < stretch.networks; ++i) {
      const std::uint32_t network = group.attachments[stretch.first_network + i];
      std::uint32_t place = stretch.place;
      auto next = std::partition_point(served.begin(), served.end(), [&](const Served& one) {
        return std::pair{one.network, one.end} <= std::pair{network, place};
      });
      for (; next != served.end() && next->network == network && place < end; ++next) {
        const std::uint32_t gap_end = std::min(std::max(next->place, place), end);
        if (!give_run(group, network, place, gap_end - place)) return;
        place = std::max(place, next->end);
      }
      if (place < end && !give_run(group, network, place, end - place)) return;
    }
  }
}

bool AddressBook::give_run(PlannedGroup& group, std::uint32_t network, std::uint32_t place,
                           std::uint32_t count) {
  while (count > 0) {
    AddressSource source = AddressSource::pool;
    auto given = free_[network].take(count);
    if (!given) {
      source = AddressSource::automatic;
      given = automatic_.take(count);
    }
    if (!given) {
      diagnostics_.error(group.declaration.span(),
                         fmt::format("no address is left for {} on network {}: 10.0.0.0/8 is used "
                                     "up; declare a pool, for example `[IP subnet='11.0.0.0/8']`",
                                     quoted(group.declaration.name()),
                                     quoted(networks_[network].declaration.id())));
      return false;
    }
    const auto taken = static_cast<std::uint32_t>(given->size());
    append(group.addresses, {place, taken, network, given->first, source});
    place += taken;
    count -= taken;
  }
  return true;
}

}  // namespace elvis
