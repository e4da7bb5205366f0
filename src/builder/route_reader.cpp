// SPDX-License-Identifier: MIT
#include "route_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "address_ranges.hpp"
#include "elvis/ndl/values.hpp"

namespace elvis {

namespace {

using ndl::quoted;

// Why no route to `prefix` would ever be used; empty if one would be.
std::string fault_of(const ndl::Prefix& prefix) {
  const ndl::AddressRange all = ndl::all_of(prefix);
  if (!is_unusable(all)) return {};
  if (Ipv4Address{all.first}.is_multicast() && Ipv4Address{all.last}.is_multicast()) {
    return "no route leads to groups: what is for them goes out on the machine's first network, or "
           "on that of the own address that it is sent from";
  }
  return fmt::format("no route leads to `{}/{}`, as no machine may have such an address",
                     ndl::format_address(prefix.address), prefix.length);
}

}  // namespace

bool describes_routes(const ndl::MachineGroup& group) {
  bool has_gateway = !group.routes().empty();
  for (const ndl::Section& section : group.networks()) {
    // Read here as well, so that nobody complains of it when other mistakes come first.
    if (section.read("gateway")) has_gateway = true;
  }
  return has_gateway;
}

RouteReader::RouteReader(const Plan& plan, const PlanAddresses& addresses, std::uint32_t group,
                         ndl::Diagnostics& diagnostics)
    : plan_{plan}, addresses_{addresses}, group_{group}, diagnostics_{diagnostics} {}

const std::vector<Route>& RouteReader::read(std::uint32_t place) {
  const PlannedGroup& group = plan_.groups[group_];
  routes_.clear();
  if (has_failed_) return routes_;
  place_ = place;
  group.declaration.write_name(place, name_);
  const auto networks = PlanAddresses::networks_of(group, place);
  for (const ndl::Section& section : group.declaration.networks()) read_gateway(section, networks);
  for (const ndl::Section& section : group.declaration.routes()) read_route(section, networks);
  return routes_;
}

void RouteReader::fail(const Value& value, std::string text) {
  if (value.argument.varies()) text += fmt::format(" (for {})", quoted(name_));
  diagnostics_.error(value.argument.span(), std::move(text), value.argument.origin());
  has_failed_ = true;
}

std::optional<RouteReader::Value> RouteReader::value_of(const ndl::Section& section,
                                                        std::string_view key) {
  const auto argument = section.read(key);
  if (!argument || argument->is_broken()) return std::nullopt;
  varies_ = varies_ || argument->varies();
  std::string buffer;
  const auto text = argument->evaluate({.index = place_, .name = name_}, buffer, diagnostics_);
  if (!text) {
    has_failed_ = true;
    return std::nullopt;
  }
  return Value{*argument, std::string{*text}};
}

// The address that a target means: as it stands, or of the named machine on one of `networks`.
std::optional<std::uint32_t> RouteReader::address_of(const Value& value,
                                                     std::span<const std::uint32_t> networks) {
  if (const auto found = plan_.description->find_machine(value.text); found && !found->is_group) {
    for (const std::uint32_t network : networks) {
      const auto address = addresses_.address_of(static_cast<std::uint32_t>(found->group),
                                                 static_cast<std::uint32_t>(found->index), network);
      if (address) return address;
    }
    fail(value, fmt::format("{} is on none of the machine's networks", quoted(value.text)));
    return std::nullopt;
  }
  const bool is_number = value.text.find_first_not_of("0123456789.") == std::string::npos;
  if (const auto found = plan_.description->find_machine(value.text)) {
    fail(value,
         fmt::format("{} is the name of several machines; name one of them", quoted(value.text)));
  } else if (!is_number) {
    fail(value, fmt::format("no machine is called {}{}", quoted(value.text),
                            plan_.description->suggest_machine(value.text)));
  } else if (const auto address = ndl::read_address(value.text)) {
    return *address;
  } else {
    fail(value, fmt::format("{} {}", quoted(value.argument.key()), address.error()));
  }
  return std::nullopt;
}

bool RouteReader::is_own(std::uint32_t address, std::span<const std::uint32_t> networks) const {
  return std::ranges::any_of(networks, [&](std::uint32_t network) {
    return addresses_.address_of(group_, place_, network) == address;
  });
}

// The default route: `gateway` beside the network that it is on.
void RouteReader::read_gateway(const ndl::Section& section,
                               std::span<const std::uint32_t> networks) {
  const auto gateway = value_of(section, "gateway");
  const auto id = gateway ? value_of(section, "id") : std::nullopt;
  if (!id) return;
  const auto network = plan_.description->find_network(id->text);
  const auto place = std::find(networks.begin(), networks.end(), network.value_or(~std::size_t{}));
  if (place == networks.end()) return;  // reported elsewhere
  const auto via = address_of(*gateway, {place, 1});
  if (!via) return;
  if (!addresses_.has(*place, *via)) {
    return fail(*gateway, fmt::format("nobody has {} on network {}", quoted(gateway->text),
                                      quoted(id->text)));
  }
  if (is_own(*via, networks)) return fail(*gateway, "a machine cannot be its own gateway");
  add(*gateway, {}, *via, static_cast<std::size_t>(place - networks.begin()));
}

void RouteReader::read_route(const ndl::Section& section, std::span<const std::uint32_t> networks) {
  const auto to = value_of(section, "to");
  const auto over = value_of(section, "via");
  if (!to || !over) return;
  const auto prefix = ndl::read_prefix(to->text == "default" ? "0.0.0.0/0" : to->text);
  if (!prefix) return fail(*to, fmt::format("`to` {}", prefix.error()));
  if (const std::string fault = fault_of(*prefix); !fault.empty()) return fail(*to, fault);
  const auto via = address_of(*over, networks);
  if (!via) return;
  if (is_own(*via, networks)) return fail(*over, "a route cannot lead to the machine itself");
  for (std::size_t tap = 0; tap < networks.size(); ++tap) {
    if (addresses_.has(networks[tap], *via)) return add(*to, *prefix, *via, tap);
  }
  fail(*over,
       fmt::format("nobody has {} on the machine's networks", quoted(ndl::format_address(*via))));
}

void RouteReader::add(const Value& at, const ndl::Prefix& to, std::uint32_t via, std::size_t tap) {
  const Route route{
      Ipv4Address{to.address}, to.length, {Ipv4Address{via}, static_cast<std::uint32_t>(tap)}, 0};
  for (const Route& other : routes_) {
    if (other.destination != route.destination || other.prefix_length != route.prefix_length) {
      continue;
    }
    return fail(at, fmt::format("the machine has a route to `{}/{}` already",
                                ndl::format_address(to.address), to.length));
  }
  routes_.push_back(route);
}

}  // namespace elvis
