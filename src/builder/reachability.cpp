// SPDX-License-Identifier: MIT
#include "elvis/builder/reachability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "address_ranges.hpp"
#include "elvis/protocols/ipv4.hpp"

namespace elvis {

namespace {

using ndl::quoted;

// Collects the targets that it is shown.
class TargetCollector final : public TargetVisitor {
 public:
  std::vector<Ipv4Address> found;

  using TargetVisitor::option;
  void option(const OptionInfo&, Target& target) override { found.push_back(target.address); }
};

// Whether routes that `machine` has not got yet may come while the world runs.
bool finds_routes(const Machine& machine) {
  for (const Application* one = machine.first_application(); one != nullptr;
       one = Machine::next_application(*one)) {
    if (one->kind().finds_routes) return true;
  }
  return false;
}

// Why a datagram from `machine` would not come to whoever has `address`; empty if it would.
std::string obstacle(const Machine& machine, Ipv4Address address) {
  const std::uint32_t value = address.value();
  if (is_unusable({value, value}) && !address.is_loopback() && !address.is_multicast() &&
      !address.is_broadcast()) {
    return "it is reserved, so no machine has it and no router sends on what is for it";
  }
  constexpr std::size_t time_to_live = 64;  // that it starts with: each router takes one off
  std::vector<const Machine*> passed;
  const Machine* at = &machine;
  for (std::size_t hops = 0; hops <= time_to_live; ++hops) {
    if (std::ranges::find(passed, at) != passed.end()) return "routers send it round in a circle";
    passed.push_back(at);
    auto* const ipv4 = static_cast<Ipv4*>(at->find(ProtocolId::ipv4));
    if (ipv4 == nullptr) return fmt::format("{} does not speak IPv4", quoted(at->name()));
    if (ipv4->is_for_several(address)) {
      if (hops == 0 || ipv4->forwards_broadcasts()) return {};
      return fmt::format("{} does not send on what is for all machines of a network",
                         quoted(at->name()));
    }
    if (hops != 0 && !ipv4->is_local(address) && !ipv4->is_router()) {
      return fmt::format("{} is no router: its IPv4 lacks `forwarding='true'`", quoted(at->name()));
    }
    const Result<Ipv4::Step> step = ipv4->step_to(address);
    if (!step) {
      if (finds_routes(*at)) return {};
      return step.error() == Errc::host_unreachable
                 ? fmt::format("nobody has it on the network that {} sends it to",
                               quoted(at->name()))
                 : fmt::format("{} has no route to it", quoted(at->name()));
    }
    if (step->tap == nullptr) return {};
    const Tap* const next = step->tap->network().tap_with(step->next_hop);
    if (next == nullptr) {
      return fmt::format("nobody has {} on network {}", quoted(step->next_hop.to_string()),
                         quoted(step->tap->network().name()));
    }
    const Machine& neighbour = next->machine();
    if (at->find(ProtocolId::arp) != nullptr && neighbour.find(ProtocolId::arp) == nullptr) {
      return fmt::format("{} asks {} by ARP, which that does not speak", quoted(at->name()),
                         quoted(neighbour.name()));
    }
    at = &neighbour;
  }
  return fmt::format("{} routers or more lie between, more than a time to live of {} allows",
                     time_to_live, time_to_live);
}

}  // namespace

void warn_of_unreachable(const Plan& plan, World& world, ndl::Diagnostics& diagnostics) {
  constexpr std::uint32_t most = 1'000;
  constexpr std::size_t most_warnings = 1'000;  // nobody reads more
  const std::size_t enough =
      diagnostics.warning_count() + diagnostics.error_count() + most_warnings;
  world.index_addresses();
  for (const PlannedGroup& group : plan.groups) {
    std::vector<bool> is_told(group.applications.size());
    for (std::uint32_t place = 0; place < std::min(group.count, most); ++place) {
      if (diagnostics.warning_count() + diagnostics.error_count() >= enough) return;
      const Machine& machine = world.machine(group.first + place);
      std::size_t number = 0;
      for (const Application* one = machine.first_application(); one != nullptr;
           one = Machine::next_application(*one), ++number) {
        if (is_told[number]) continue;
        TargetCollector targets;
        // A visitor may change what it visits, for which options are not const; this one does not.
        const_cast<ApplicationOptions&>(one->options()).visit(targets);
        for (const Ipv4Address address : targets.found) {
          if (address.is_unspecified() || is_told[number]) continue;
          const std::string why = obstacle(machine, address);
          if (why.empty()) continue;
          is_told[number] = true;
          const ndl::Section& section = group.applications[number].section;
          const auto argument = section.find("to");
          diagnostics.warning(argument ? argument->span() : section.name_span(),
                              fmt::format("{} cannot reach {}: {}", quoted(machine.name()),
                                          quoted(address.to_string()), why),
                              section.origin());
        }
      }
    }
  }
}

}  // namespace elvis
