// SPDX-License-Identifier: MIT
#include "traffic.hpp"

#include <span>

#include "elvis/graph/world.hpp"

namespace elvis {

namespace {

// What a machine costs when it does nothing, sends and receives. Measured with UDP: to send a
// message takes a timer and half of the protocols.
constexpr std::uint32_t idle_work = 1;
constexpr std::uint32_t sending_work = 5;
constexpr std::uint32_t receiving_work = 4;

// Collects the targets that it is shown.
class TargetFinder final : public TargetVisitor {
 public:
  explicit TargetFinder(std::vector<Ipv4Address>& found) : found_{found} {}

  using TargetVisitor::option;
  void option(const OptionInfo&, Target& target) override { found_.push_back(target.address); }

 private:
  std::vector<Ipv4Address>& found_;
};

// Finds who has an address on one of a machine's networks. Remembers the last one, as many machines
// on one network often have the same target.
class TargetLookup {
 public:
  // Null if nobody has it.
  const Machine* with(Ipv4Address address, const Machine& machine) {
    const std::span<const Tap> taps = machine.taps();
    if (taps.size() == 1 && &taps.front().network() == network_ && address == address_) {
      return found_;
    }
    network_ = taps.size() == 1 ? &taps.front().network() : nullptr;
    address_ = address;
    found_ = nullptr;
    for (const Tap& tap : taps) {
      const Tap* const there = tap.network().tap_with(address);
      if (there == nullptr) continue;
      found_ = &there->machine();
      break;
    }
    return found_;
  }

 private:
  const Network* network_ = nullptr;
  Ipv4Address address_;
  const Machine* found_ = nullptr;
};

}  // namespace

Traffic expected_traffic(const World& world) {
  Traffic traffic;
  traffic.work.assign(world.machine_count(), idle_work);
  std::vector<Ipv4Address> targets;
  TargetLookup lookup;
  const ApplicationOptions* seen = nullptr;  // equal machines share their options
  for (std::uint32_t id = 0; id < world.machine_count(); ++id) {
    const Machine& machine = world.machine(id);
    for (const Application* next = machine.first_application(); next != nullptr;
         next = Machine::next_application(*next)) {
      if (&next->options() != seen) {
        seen = &next->options();
        targets.clear();
        TargetFinder finder{targets};
        // A visitor may change what it visits, for which options are not const; this one does not.
        const_cast<ApplicationOptions*>(seen)->visit(finder);
      }
      for (const Ipv4Address address : targets) {
        const Machine* const to = lookup.with(address, machine);
        if (to == nullptr || to == &machine) continue;
        traffic.flows.emplace_back(id, to->id());
        traffic.work[id] += sending_work;
        traffic.work[to->id()] += receiving_work;
      }
    }
  }
  return traffic;
}

}  // namespace elvis
