// SPDX-License-Identifier: MIT
// The arguments of the applications above sockets, as NDL and its documentation show them.
#include "common_options.hpp"
#include "elvis/applications/sockets.hpp"

namespace elvis {

namespace {

void visit_server(OptionVisitor& visitor, Target& to, std::uint16_t& port) {
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
  visitor.port({.name = "port", .summary = "remote port", .is_required = true}, port);
}

void visit_local(OptionVisitor& visitor, std::uint16_t& port, OwnAddress& ip) {
  visitor.port({.name = "port", .summary = "port to listen on", .is_required = true}, port);
  visitor.option({.name = "ip", .summary = "own address, from a pool of the machine's networks"},
                 ip);
}

void visit_backlog(OptionVisitor& visitor, std::uint64_t& backlog) {
  visitor.option({.name = "backlog",
                  .summary = "connections that may wait to be accepted",
                  .minimum = 1,
                  .maximum = 65'536},
                 backlog);
}

}  // namespace

void SocketClientOptions::visit(OptionVisitor& visitor) {
  visit_server(visitor, to, port);
  visit_ip(visitor, ip);
  visit_transport(visitor, transport);
  visitor.option({.name = "id", .summary = "number that it tells the server"}, id);
  visitor.option({.name = "count", .summary = "how many questions it asks", .minimum = 1}, count);
  visitor.option({.name = "interval", .summary = "from an answer to the next question"}, interval);
  visitor.option({.name = "timeout", .summary = "how long connecting or an answer may take"},
                 timeout);
  visitor.option({.name = "start", .summary = "when it begins"}, start);
}

void SocketServerOptions::visit(OptionVisitor& visitor) {
  visit_local(visitor, port, ip);
  visit_transport(visitor, transport);
  visit_backlog(visitor, backlog);
}

void TcpStreamClientOptions::visit(OptionVisitor& visitor) {
  visit_server(visitor, to, port);
  visit_ip(visitor, ip);
  visitor.option({.name = "count", .summary = "how many times it sends", .minimum = 1}, count);
  visitor.option(
      {.name = "size", .summary = "bytes each time", .minimum = 1, .maximum = 1'000'000'000}, size);
  visitor.option({.name = "start", .summary = "when it begins"}, start);
}

void TcpListenerServerOptions::visit(OptionVisitor& visitor) {
  visit_local(visitor, port, ip);
  visit_backlog(visitor, backlog);
}

void ThroughputOptions::visit(OptionVisitor& visitor) {
  visit_local(visitor, port, ip);
  visitor.option({.name = "message_count", .summary = "how many messages it takes", .minimum = 1},
                 message_count);
  visitor.option({.name = "min_delay", .summary = "least time between two that is expected"},
                 min_delay);
  visitor.option({.name = "max_delay", .summary = "most time between two; 0: any"}, max_delay);
}

}  // namespace elvis
