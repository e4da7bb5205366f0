// SPDX-License-Identifier: MIT
// Applications of streams: bulk, request_response and its responder.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// Sends as much as it can over TCP, as the well-known iperf does, to a `sink`.
struct BulkOptions final : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t bytes = 10'000'000;  ///< To send; with a duration, at most.
  Duration duration{};               ///< How long it sends; 0: until `bytes` are sent.
  std::uint64_t chunk = 65'536;      ///< Bytes in one call of send().
  std::uint64_t connections = 1;     ///< At once, each with all of it.
  bool verify = false;            ///< Writes each byte, so that a sink which verifies too can tell.
  int congestion = -1;            ///< Place in congestion_kinds(); -1: the machine's.
  std::uint64_t send_buffer = 0;  ///< Bytes that wait to be sent or acknowledged; 0: the machine's.
  bool no_delay = false;          ///< No Nagle.
  Duration start{};
  std::string trace;  ///< A file for the window of each connection over time.

  Load load() const override;
  std::string_view output_file() const override { return trace; }
  void visit(OptionVisitor& visitor) override;
};

/// Asks and waits for the answer, again and again.
struct RequestResponseOptions final : ApplicationOptions {
  enum Sizes : int { constant, exponential, pareto };

  Target to;
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t count = 100;            ///< Requests.
  std::uint64_t request_size = 100;     ///< Bytes, on average; at least 16.
  std::uint64_t response_size = 1'000;  ///< Bytes, on average.
  int sizes = constant;                 ///< Sizes
  std::uint64_t per_connection = 1;     ///< Requests over one connection.
  std::uint64_t clients = 1;            ///< At once, each with `count` requests.
  Duration interval{};                  ///< Between an answer and the next request.
  Duration hold{};     ///< How long a connection stays open behind the last answer.
  Duration timeout{};  ///< How long a connection may take to be made; 0: as TCP has it.
  Duration start{};

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Answers request_response.
struct ResponderOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  OwnAddress ip;
  std::uint64_t backlog = 1'024;  ///< Connections that wait to be accepted.

  void visit(OptionVisitor& visitor) override;
};

/// Done when all was acknowledged; its detail has goodput, retransmissions and round trip times.
Task<Result<>> bulk(Application& self, const BulkOptions& options);
/// Done when all answers came; its detail has their rate and how long they took.
Task<Result<>> request_response(Application& self, const RequestResponseOptions& options);
Task<Result<>> responder(Application& self, const ResponderOptions& options);

}  // namespace elvis
