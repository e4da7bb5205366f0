// SPDX-License-Identifier: MIT
// Applications that look at the network: ping and traceroute.
#pragma once

#include <chrono>
#include <cstdint>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// Asks for echoes and reports how long they took.
struct PingOptions final : ApplicationOptions {
  enum Timestamps : int { times, addresses_and_times };

  Target to;
  std::uint64_t count = 4;                      ///< Requests to send.
  Duration interval = std::chrono::seconds{1};  ///< Between two requests.
  std::uint64_t size = 56;                      ///< Bytes behind the ICMP header.
  Duration timeout = std::chrono::seconds{1};   ///< How long the last one is waited for.
  Duration start{};                             ///< Before the first one.
  bool dont_fragment = false;
  bool record_route = false;  ///< Asks every machine on the way for its address.
  int timestamps = -1;        ///< Timestamps, if every machine is asked for the time.

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
  std::string_view fault() const override;
};

/// Finds the routers on the way to a machine.
struct TracerouteOptions final : ApplicationOptions {
  enum Protocol : int { udp, icmp };

  Target to;
  int protocol = udp;                          ///< Protocol
  std::uint64_t max_hops = 30;                 ///< Where it gives up.
  std::uint64_t queries = 3;                   ///< Probes for each distance.
  Duration timeout = std::chrono::seconds{5};  ///< For each; ARP gives up before.
  std::uint16_t port = 33'434;                 ///< Of the first UDP probe; each adds one.
  Duration start{};

  void visit(OptionVisitor& visitor) override;
};

/// Done when at least one reply came; its detail has the statistics.
Task<Result<>> ping(Application& self, const PingOptions& options);
/// Done when the machine answered; its detail names each router.
Task<Result<>> traceroute(Application& self, const TracerouteOptions& options);

}  // namespace elvis
