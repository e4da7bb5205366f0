// SPDX-License-Identifier: MIT
// What `elvis check` says about a plan.
#include <fmt/format.h>

#include <array>
#include <iterator>

#include "elvis/builder/plan.hpp"
#include "elvis/ndl/values.hpp"
#include "elvis/util/saturated.hpp"

namespace elvis {

namespace {

using ndl::quoted;

std::string counted(std::uint64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

// "`c-0` to `c-9`: 10.0.0.1 to 10.0.0.10 on network `lan`, from its pool".
void describe_run(const Plan& plan, const PlannedGroup& group, const AddressRun& run,
                  std::string& text) {
  const PlannedNetwork& network = plan.networks[run.network];
  const std::uint32_t last = run.count - 1;
  std::string name;
  group.declaration.write_name(run.place, name);
  fmt::format_to(std::back_inserter(text), "    {}", quoted(name));
  if (last != 0) {
    group.declaration.write_name(run.place + last, name);
    fmt::format_to(std::back_inserter(text), " to {}", quoted(name));
  }
  fmt::format_to(std::back_inserter(text), ": {}", ndl::format_address(run.address));
  if (last != 0) {
    fmt::format_to(std::back_inserter(text), " to {}", ndl::format_address(run.address + last));
  }
  fmt::format_to(std::back_inserter(text), " on network {}, {}\n", quoted(network.declaration.id()),
                 run.source == AddressSource::pool ? "from its pool"
                 : network.has_pool                ? "whose pool is used up"
                                                   : "which has no pool");
}

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  std::string number = fmt::format("{:.{}f}", value, value < 9.95 && unit != 0 ? 1 : 0);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return fmt::format("{} {}", number, units[unit]);
}

std::string describe(const Plan& plan, std::size_t most, std::uint64_t held_bytes) {
  std::string text =
      fmt::format("{}, {}, {}, {}\n", counted(plan.machines, "machine"),
                  counted(plan.networks.size(), "network"), counted(plan.taps, "tap"),
                  counted(plan.applications, "application"));
  if (plan.events != 0) {
    fmt::format_to(std::back_inserter(text), "{} while it runs\n", counted(plan.events, "event"));
  }
  std::size_t runs = 0;
  for (const PlannedGroup& group : plan.groups) {
    for (const AddressRun& run : group.addresses) {
      if (run.source == AddressSource::claimed) continue;
      if (runs == 0) text += "addresses given automatically:\n";
      if (++runs <= most) describe_run(plan, group, run, text);
    }
  }
  if (runs > most) {
    fmt::format_to(std::back_inserter(text), "    and {}\n", counted(runs - most, "more range"));
  }
  fmt::format_to(std::back_inserter(text), "expected memory: about {}\n",
                 format_bytes(add_saturated(held_bytes, plan.memory_bytes)));
  return text;
}

}  // namespace elvis
