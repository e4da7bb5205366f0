// SPDX-License-Identifier: MIT
// Which machines are expected to talk to which, as far as their applications' arguments tell.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace elvis {

class World;

/// A guess, for dividing the work; nothing else may depend on it.
struct Traffic {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> flows;  ///< Sender and receiver, by id.
  std::vector<std::uint32_t> work;                             ///< Of each machine, in any unit.
};

/// Looks at the targets among the arguments of all applications. The networks know their addresses.
Traffic expected_traffic(const World& world);

}  // namespace elvis
