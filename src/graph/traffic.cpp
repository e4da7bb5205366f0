// SPDX-License-Identifier: MIT
#include "traffic.hpp"

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

// The machine that has `address` on one of the networks of `machine`, or null.
const Machine* neighbour(const Machine& machine, Ipv4Address address) {
  for (const Tap& tap : machine.taps()) {
    if (const Tap* const found = tap.network().tap_with(address)) return &found->machine();
  }
  return nullptr;
}

}  // namespace

Traffic expected_traffic(const World& world) {
  Traffic traffic;
  traffic.work.assign(world.machine_count(), idle_work);
  std::vector<Ipv4Address> targets;
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
        const Machine* const to = neighbour(machine, address);
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
