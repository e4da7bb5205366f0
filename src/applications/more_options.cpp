// SPDX-License-Identifier: MIT
// The arguments of probes and sources of traffic, as NDL and its documentation show them.
#include <array>
#include <string_view>

#include "common_options.hpp"
#include "elvis/applications/probes.hpp"
#include "elvis/applications/traffic.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 1> udp_only{"udp"};
constexpr std::array<std::string_view, 2> probe_protocols{"udp", "icmp"};
constexpr std::array<std::string_view, 2> stamp_kinds{"times", "addresses_and_times"};
constexpr std::array<std::string_view, 2> length_kinds{"exponential", "constant"};
constexpr std::uint64_t longest_payload = 65'507;

void visit_target(OptionVisitor& visitor, Target& to) {
  visitor.option({.name = "to", .summary = "address or machine name", .is_required = true}, to);
}

void visit_start(OptionVisitor& visitor, Duration& start) {
  visitor.option({.name = "start", .summary = "time before the first one"}, start);
}

}  // namespace

void PingOptions::visit(OptionVisitor& visitor) {
  visit_target(visitor, to);
  visitor.option({.name = "count", .summary = "how many requests it sends", .minimum = 1}, count);
  visitor.option({.name = "interval", .summary = "time between two requests"}, interval);
  visitor.option({.name = "size",
                  .summary = "bytes of each, behind the ICMP header",
                  .maximum = longest_payload},
                 size);
  visitor.option({.name = "timeout", .summary = "how long it waits after the last one"}, timeout);
  visit_start(visitor, start);
  visitor.option({.name = "dont_fragment", .summary = "whether requests must arrive in one piece"},
                 dont_fragment);
  visitor.option(
      {.name = "record_route", .summary = "whether machines on the way add their address"},
      record_route);
  visitor.choice({.name = "timestamps", .summary = "what machines on the way add, if anything"},
                 stamp_kinds, timestamps);
}

std::string_view PingOptions::fault() const {
  if (record_route && timestamps >= 0) {
    return "a header has no room for both `record_route` and `timestamps`";
  }
  return {};
}

void TracerouteOptions::visit(OptionVisitor& visitor) {
  visit_target(visitor, to);
  visitor.choice({.name = "protocol", .summary = "what the probes are"}, probe_protocols, protocol);
  visitor.option({.name = "max_hops",
                  .summary = "after how many routers it gives up",
                  .minimum = 1,
                  .maximum = 255},
                 max_hops);
  visitor.option({.name = "queries",
                  .summary = "how many probes it sends for each distance",
                  .minimum = 1,
                  .maximum = 100},
                 queries);
  visitor.option({.name = "timeout", .summary = "how long it waits for each"}, timeout);
  visitor.port({.name = "port", .summary = "of the first UDP probe; each further one adds 1"},
               port);
  visit_start(visitor, start);
}

void TrafficOptions::visit_traffic(OptionVisitor& visitor) {
  visit_target(visitor, to);
  visitor.port({.name = "port", .summary = "port to send to", .is_required = true}, port);
  visitor.option({.name = "count", .summary = "how many datagrams it sends", .minimum = 1}, count);
  visitor.option({.name = "size", .summary = "bytes of each", .maximum = longest_payload}, size);
  visit_start(visitor, start);
  visitor.option({.name = "dont_fragment", .summary = "whether datagrams must arrive in one piece"},
                 dont_fragment);
  visitor.option({.name = "ttl",
                  .summary = "how many routers may send it on, and 1; 0: 64, and 1 to a group",
                  .maximum = 255},
                 ttl);
  visitor.choice({.name = "transport", .summary = "UDP"}, udp_only, transport);
}

void CbrOptions::visit(OptionVisitor& visitor) {
  visit_traffic(visitor);
  visitor.option({.name = "interval", .summary = "time between two datagrams"}, interval);
}

void OnOffOptions::visit(OptionVisitor& visitor) {
  visit_traffic(visitor);
  visitor.option({.name = "interval", .summary = "time between two datagrams while it is on"},
                 interval);
  visitor.option({.name = "on", .summary = "mean time that it sends in a row"}, on);
  visitor.option({.name = "off", .summary = "mean time of its pauses"}, off);
  visitor.choice({.name = "lengths", .summary = "how these times are distributed"}, length_kinds,
                 lengths);
}

void SinkOptions::visit(OptionVisitor& visitor) {
  visitor.port({.name = "port", .summary = "port to listen on", .is_required = true}, port);
  visit_ip(visitor, ip);
  visit_transport(visitor, transport);
  visitor.option({.name = "verify", .summary = "over TCP: looks at every byte, as `bulk` wrote it"},
                 verify);
  visitor.option({.name = "receive_buffer",
                  .summary = "over TCP: instead of the machine's; 0, or 2048 at least",
                  .maximum = 1'073'741'824},
                 receive_buffer);
  visitor.option({.name = "group", .summary = "joins this group, and takes what is sent to it"},
                 group);
}

}  // namespace elvis
