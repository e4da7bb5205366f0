// SPDX-License-Identifier: MIT
// The link properties of a network: one table, that `elvis list links` prints and NDL is read by.
#pragma once

#include <span>
#include <string_view>

#include "elvis/graph/network.hpp"
#include "elvis/ndl/description.hpp"
#include "elvis/ndl/diagnostics.hpp"
#include "link_value.hpp"

namespace elvis {

/// An argument of a `[Network]` of the top level.
struct LinkArgument {
  std::string_view name;
  std::string_view type;
  std::string_view fallback;  ///< What holds without it.
  std::string_view summary;   ///< One line.
  /// Takes the value over, or reports what is wrong with it.
  void (*read)(LinkValue& value, LinkProperties& properties);
  bool may_change;  ///< Whether an `[Event]` may change it.
};

std::span<const LinkArgument> link_arguments();

/// What the network's arguments say; those with mistakes are reported and left at their default.
LinkProperties read_link_properties(const ndl::NetworkDeclaration& network,
                                    ndl::Diagnostics& diagnostics);

}  // namespace elvis
