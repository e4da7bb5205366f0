// SPDX-License-Identifier: MIT
// Names: the addresses of machines as a scenario calls them.
#pragma once

#include <string_view>

#include "elvis/graph/machine.hpp"
#include "elvis/util/result.hpp"
#include "elvis/wire/address.hpp"

namespace elvis {

/// The address that `name` means to `asker`: one written in digits, `localhost`, or a machine of
/// the scenario; one of a counted section is called `name-0`, `name-1`, …. Of several addresses it
/// is one on a network that both are on, if there is one, else the first. Costs no virtual time, as
/// a hosts file. Errors: unknown_name; address_not_available if the machine has no address.
Result<Ipv4Address> resolve(const Machine& asker, std::string_view name);

/// Whom a socket means by `remote`: an unspecified address is its own machine, as on Linux.
constexpr Endpoint destination_of(Endpoint remote) {
  if (remote.address.is_unspecified()) remote.address = Ipv4Address{127, 0, 0, 1};
  return remote;
}

}  // namespace elvis
