// SPDX-License-Identifier: MIT
// ProtocolKind: what NDL's `[Protocol name=…]` can name, and how it comes into a machine.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "elvis/graph/options.hpp"
#include "elvis/graph/protocol.hpp"

namespace elvis {

class World;

struct ProtocolKind {
  std::string_view name;
  std::string_view summary;  ///< One line for people.
  ProtocolId id;
  std::span<const std::string_view> needs;  ///< Names of protocols that must be there too.
  std::size_t bytes;                        ///< Of one instance, for estimates.
  std::unique_ptr<Options> (*make_options)();
  /// Makes the protocol in `machine`, which already has what it needs. `options` outlive the world.
  Protocol& (*add)(World& world, Machine& machine, const Options& options);
};

}  // namespace elvis
