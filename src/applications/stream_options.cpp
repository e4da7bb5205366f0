// SPDX-License-Identifier: MIT
// The arguments of bulk, request_response and responder, as NDL and its documentation show them.
#include <array>
#include <string_view>
#include <vector>

#include "common_options.hpp"
#include "elvis/applications/streams.hpp"
#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 3> size_kinds{"constant", "exponential", "pareto"};

void visit_remote(OptionVisitor& visitor, Target& to, std::uint16_t& port) {
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
  visitor.port({.name = "port", .summary = "port to connect to", .is_required = true}, port);
}

}  // namespace

void BulkOptions::visit(OptionVisitor& visitor) {
  visit_remote(visitor, to, port);
  visit_ip(visitor, ip);
  visitor.option({.name = "bytes", .summary = "how many it sends over each connection"}, bytes);
  visitor.option({.name = "duration", .summary = "how long it sends; 0: until all is sent"},
                 duration);
  visitor.option({.name = "chunk",
                  .summary = "bytes that it hands over at once",
                  .minimum = 1,
                  .maximum = 16'777'216},
                 chunk);
  visitor.option(
      {.name = "connections", .summary = "how many at once", .minimum = 1, .maximum = 60'000},
      connections);
  visitor.option({.name = "verify", .summary = "writes every byte, for a sink that verifies"},
                 verify);
  std::vector<std::string_view> names;
  for (const TcpCongestionKind& kind : congestion_kinds()) names.push_back(kind.name);
  visitor.choice({.name = "congestion", .summary = "instead of the machine's"}, names, congestion);
  visitor.option({.name = "send_buffer",
                  .summary = "instead of the machine's; 0, or 2048 at least",
                  .maximum = 1'073'741'824},
                 send_buffer);
  visitor.option({.name = "no_delay", .summary = "small segments don't wait (no Nagle)"}, no_delay);
  visitor.option({.name = "start", .summary = "when it connects"}, start);
  visitor.option({.name = "trace", .summary = "CSV file for windows and round trips over time"},
                 trace);
}

void RequestResponseOptions::visit(OptionVisitor& visitor) {
  visit_remote(visitor, to, port);
  visit_ip(visitor, ip);
  visitor.option({.name = "count", .summary = "requests of each client", .minimum = 1}, count);
  visitor.option({.name = "request_size", .summary = "bytes of a request, on average; 16 at least"},
                 request_size);
  visitor.option({.name = "response_size", .summary = "bytes of an answer, on average"},
                 response_size);
  visitor.choice({.name = "sizes", .summary = "how sizes are distributed"}, size_kinds, sizes);
  visitor.option(
      {.name = "per_connection", .summary = "requests over one connection", .minimum = 1},
      per_connection);
  visitor.option(
      {.name = "clients", .summary = "how many at once", .minimum = 1, .maximum = 60'000}, clients);
  visitor.option({.name = "interval", .summary = "from an answer to the next request"}, interval);
  visitor.option({.name = "hold", .summary = "how long the last connection stays open at the end"},
                 hold);
  visitor.option({.name = "timeout", .summary = "how long an answer may take; 0: as TCP has it"},
                 timeout);
  visitor.option({.name = "start", .summary = "when the clients connect"}, start);
}

void ResponderOptions::visit(OptionVisitor& visitor) {
  visitor.port({.name = "port", .summary = "port to listen on", .is_required = true}, port);
  visit_ip(visitor, ip);
  visitor.option({.name = "backlog",
                  .summary = "connections that wait to be accepted",
                  .minimum = 1,
                  .maximum = 1'000'000},
                 backlog);
}

}  // namespace elvis
