// SPDX-License-Identifier: MIT
// Applications that find routes: rip.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// Tells the neighbours which prefixes it can reach, and learns from what they tell: RIP version 2
/// (RFC 2453). A router with nothing but its interfaces comes to know all prefixes within 15
/// networks. A host, whose IPv4 does not forward, only listens.
struct RipOptions final : ApplicationOptions {
  Duration update = std::chrono::seconds{30};               ///< Between two whole tables.
  Duration jitter = std::chrono::seconds{5};                ///< By which that varies either way.
  Duration timeout = std::chrono::seconds{180};             ///< Of a route that nobody tells of.
  Duration garbage_collection = std::chrono::seconds{120};  ///< For which it is told to be gone.
  Duration damping_from = std::chrono::seconds{1};          ///< Between two updates of changes,
  Duration damping_to = std::chrono::seconds{5};            ///< drawn between these.
  int split_horizon = 0;                                    ///< RipTable::SplitHorizon
  bool redistribute = false;                                ///< Tell of routes from `[Routes]` too.
  std::string password;                                     ///< RFC 2453, 4.1; up to 16 bytes.

  void visit(OptionVisitor& visitor) override;
  std::string_view fault() const override;
};

/// Serves. Its detail says how many prefixes it can reach and when that last changed; what it
/// counts are responses, and as other messages those that it does not accept.
Task<Result<>> rip(Application& self, const RipOptions& options);

}  // namespace elvis
