// SPDX-License-Identifier: MIT
// Sources of traffic, and where it ends: udp_flood, cbr, on_off, sink.
#pragma once

#include <chrono>
#include <cstdint>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// What all sources say.
struct TrafficOptions : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  std::uint64_t count = 1'000;  ///< Datagrams to send.
  std::uint64_t size = 1'000;   ///< Bytes of each.
  Duration start{};             ///< Before the first one.
  std::uint64_t ttl = 0;        ///< Time to live; 0: 64, and 1 for a group.
  bool dont_fragment = false;   ///< What is too long for the path is not sent then.
  int transport = -1;

 protected:
  void visit_traffic(OptionVisitor& visitor);
};

/// Sends all at once.
struct FloodOptions final : TrafficOptions {
  Load load() const override;
  void visit(OptionVisitor& visitor) override { visit_traffic(visitor); }
};

/// Sends at a constant rate.
struct CbrOptions final : TrafficOptions {
  Duration interval = std::chrono::milliseconds{1};  ///< Between two datagrams.

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Sends at a constant rate while it is on.
struct OnOffOptions final : TrafficOptions {
  enum Lengths : int { exponential, constant };

  Duration interval = std::chrono::milliseconds{1};
  Duration on = std::chrono::seconds{1};   ///< Mean length of what it sends in a row.
  Duration off = std::chrono::seconds{1};  ///< Mean length of the pauses.
  int lengths = exponential;               ///< Lengths

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Takes whatever comes: datagrams, or connections.
struct SinkOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  OwnAddress ip;
  GroupAddress group;  ///< What is sent to this group instead.
  int transport = -1;
  bool verify = false;  ///< Over TCP: whether the bytes are those of a sender that verifies too.
  std::uint64_t receive_buffer = 0;  ///< Over TCP: bytes that wait to be read; 0: the machine's.

  void visit(OptionVisitor& visitor) override;
};

Task<Result<>> udp_flood(Application& self, const FloodOptions& options);
Task<Result<>> cbr(Application& self, const CbrOptions& options);
Task<Result<>> on_off(Application& self, const OnOffOptions& options);
Task<Result<>> sink(Application& self, const SinkOptions& options);

}  // namespace elvis
