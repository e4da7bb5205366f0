// SPDX-License-Identifier: MIT
// The arguments of the original's applications, as NDL and its documentation show them.
#include <array>
#include <string_view>

#include "common_options.hpp"
#include "elvis/applications/messages.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 2> capture_types{"count", "message"};

}  // namespace

void SendMessageOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "message", .summary = "what is sent", .is_required = true}, message);
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
  visitor.port({.name = "port", .summary = "remote port", .is_required = true}, port);
  visit_ip(visitor, ip);
  visit_transport(visitor, transport);
  visitor.option({.name = "count", .summary = "how many times it is sent", .minimum = 1}, count);
  visitor.option({.name = "interval", .summary = "time between two messages"}, interval);
  visitor.option({.name = "start", .summary = "when the first one is sent"}, start);
  visitor.option({.name = "ttl",
                  .summary = "how many routers may send it on, and 1; 0: 64, and 1 to a group",
                  .maximum = 255},
                 ttl);
}

void CaptureOptions::visit(OptionVisitor& visitor) {
  visitor.port({.name = "port", .summary = "port to listen on", .is_required = true}, port);
  visit_ip(visitor, ip);
  visitor.option({.name = "group", .summary = "joins this group, and takes what is sent to it"},
                 group);
  visitor.choice({.name = "type", .summary = "any messages, or those equal to `message`"},
                 capture_types, type);
  visitor.option({.name = "message_count", .summary = "how many messages satisfy it", .minimum = 1},
                 message_count);
  visitor.option({.name = "message", .summary = "what each of them must be"}, message);
  visitor.option(
      {.name = "factory", .summary = "captures with the same one are satisfied together"}, factory);
  visit_transport(visitor, transport);
}

void ForwardOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
  visitor.port({.name = "local_port", .summary = "port to listen on", .is_required = true},
               local_port);
  visitor.port({.name = "remote_port", .summary = "port to send to", .is_required = true},
               remote_port);
  visit_ip(visitor, ip);
  visit_transport(visitor, transport);
}

void PingPongOptions::visit(OptionVisitor& visitor) {
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
  visitor.port({.name = "local_port", .summary = "port to listen on", .is_required = true},
               local_port);
  visitor.port({.name = "remote_port", .summary = "port to send to", .is_required = true},
               remote_port);
  visitor.option({.name = "starter", .summary = "whether it throws first", .is_required = true},
                 starter);
  visit_ip(visitor, ip);
  visitor.option(
      {.name = "count", .summary = "where the counter begins", .minimum = 1, .maximum = 255},
      count);
  visit_transport(visitor, transport);
}

}  // namespace elvis
