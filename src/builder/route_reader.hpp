// SPDX-License-Identifier: MIT
// RouteReader: the routes that a machine's description says: its `[Routes]`, and the `gateway` of
// its networks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elvis/builder/plan.hpp"
#include "elvis/protocols/route_list.hpp"
#include "plan_addresses.hpp"

namespace elvis {

/// Whether the machines of `group` have any routes to read.
bool describes_routes(const ndl::MachineGroup& group);

class RouteReader {
 public:
  /// Reads for the machines of group `group`. Mistakes go to `diagnostics`, each once.
  RouteReader(const Plan& plan, const PlanAddresses& addresses, std::uint32_t group,
              ndl::Diagnostics& diagnostics);

  /// The routes of the machine `place`; valid until the next call.
  const std::vector<Route>& read(std::uint32_t place);
  /// Whether all machines have the same routes as the first one that was read.
  bool is_uniform() const { return !varies_ && plan_.groups[group_].stretches.size() < 2; }

 private:
  struct Value {
    ndl::Argument argument;
    std::string text;
  };

  std::optional<Value> value_of(const ndl::Section& section, std::string_view key);
  std::optional<std::uint32_t> address_of(const Value& value,
                                          std::span<const std::uint32_t> networks);
  bool is_own(std::uint32_t address, std::span<const std::uint32_t> networks) const;
  void read_gateway(const ndl::Section& section, std::span<const std::uint32_t> networks);
  void read_route(const ndl::Section& section, std::span<const std::uint32_t> networks);
  void add(const Value& at, const ndl::Prefix& to, std::uint32_t via, std::size_t tap);
  void fail(const Value& value, std::string text);

  const Plan& plan_;
  const PlanAddresses& addresses_;
  std::uint32_t group_;
  ndl::Diagnostics& diagnostics_;
  std::uint32_t place_ = 0;
  std::string name_;
  std::vector<Route> routes_;
  bool varies_ = false;
  bool has_failed_ = false;
};

}  // namespace elvis
