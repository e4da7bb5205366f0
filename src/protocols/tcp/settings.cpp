// SPDX-License-Identifier: MIT
#include "elvis/protocols/tcp/settings.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "elvis/protocols/tcp/congestion.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 4> fast_open_names{"off", "client", "server", "both"};
constexpr std::array<std::string_view, 3> layout_names{"rfc", "linux", "freebsd"};

}  // namespace

bool TcpSettings::wants_ecn() const {
  return ecn || accurate_ecn || echoes_exactly();
}

bool TcpSettings::echoes_exactly() const {
  return congestion_kinds()[static_cast<std::size_t>(congestion)].needs_marks;
}

void TcpSettings::visit(OptionVisitor& visitor) {
  std::vector<std::string_view> names;
  for (const TcpCongestionKind& kind : congestion_kinds()) names.push_back(kind.name);
  visitor.choice({.name = "congestion", .summary = "how the window grows and gives way"}, names,
                 congestion);
  visitor.option({.name = "sack", .summary = "selective acknowledgements (RFC 2018)"}, sack);
  visitor.option({.name = "rack", .summary = "finds losses by time (RFC 8985); else RFC 6675"},
                 rack);
  visitor.option({.name = "timestamps", .summary = "the timestamps option (RFC 7323)"}, timestamps);
  visitor.option({.name = "window_scale", .summary = "windows beyond 65,535 bytes (RFC 7323)"},
                 window_scale);
  visitor.option({.name = "ecn", .summary = "explicit congestion notification (RFC 3168)"}, ecn);
  visitor.option({.name = "accurate_ecn", .summary = "ECN that counts all marks (RFC 9768)"},
                 accurate_ecn);
  visitor.option({.name = "no_delay", .summary = "small segments don't wait (no Nagle)"}, no_delay);
  visitor.option({.name = "delayed_ack", .summary = "acknowledges every second segment"},
                 delayed_ack);
  visitor.option({.name = "ack_delay",
                  .summary = "how long an acknowledgement waits at most",
                  .maximum = 500'000'000},
                 ack_delay);
  visitor.option({.name = "quick_acks",
                  .summary = "first data segments that are acknowledged at once",
                  .maximum = 65'535},
                 quick_acks);
  visitor.option({.name = "limited_transmit", .summary = "RFC 3042"}, limited_transmit);
  visitor.option({.name = "undo", .summary = "takes back what timeouts and losses did in vain"},
                 undo);
  visitor.option({.name = "initial_window",
                  .summary = "segments before the first acknowledgement (RFC 6928)",
                  .minimum = 1,
                  .maximum = 1'000},
                 initial_window);
  visitor.option({.name = "slow_start_limit",
                  .summary = "segments that one acknowledgement adds (RFC 3465); 0: all of them",
                  .maximum = 1'000},
                 slow_start_limit);
  visitor.option({.name = "slow_start_after_idle", .summary = "RFC 5681, 4.1"},
                 slow_start_after_idle);
  visitor.option({.name = "send_buffer",
                  .summary = "bytes that wait to be sent or acknowledged",
                  .minimum = least_buffer,
                  .maximum = largest_buffer},
                 send_buffer);
  visitor.option({.name = "receive_buffer",
                  .summary = "bytes that wait to be read: the window",
                  .minimum = least_buffer,
                  .maximum = largest_buffer},
                 receive_buffer);
  visitor.option({.name = "auto_tune", .summary = "lets both buffers grow, up to 16 times"},
                 auto_tune);
  visitor.option({.name = "mss",
                  .summary = "bytes in a segment at most; 0: as the MTU allows",
                  .maximum = 65'495},
                 mss);
  visitor.option({.name = "path_mtu_discovery", .summary = "no segment is fragmented (RFC 1191)"},
                 path_mtu_discovery);
  visitor.option({.name = "initial_rto", .summary = "before a round trip was measured"},
                 initial_rto);
  visitor.option({.name = "min_rto", .summary = "retransmission timeout at least"}, min_rto);
  visitor.option({.name = "max_rto", .summary = "retransmission timeout at most"}, max_rto);
  visitor.option(
      {.name = "retries", .summary = "timeouts in a row before it gives up", .maximum = 255},
      retries);
  visitor.option({.name = "syn_retries", .summary = "the same while connecting", .maximum = 255},
                 syn_retries);
  visitor.option({.name = "user_timeout", .summary = "gives up by time instead; 0: by retries"},
                 user_timeout);
  visitor.option({.name = "msl", .summary = "half of how long TIME-WAIT lasts"}, msl);
  visitor.option({.name = "keep_alive", .summary = "probes connections that are silent"},
                 keep_alive);
  visitor.option({.name = "keep_alive_time", .summary = "silence before the first probe"},
                 keep_alive_time);
  visitor.option({.name = "keep_alive_interval", .summary = "time between two probes"},
                 keep_alive_interval);
  visitor.option({.name = "keep_alive_probes",
                  .summary = "unanswered probes before it gives up",
                  .maximum = 255},
                 keep_alive_probes);
  visitor.option({.name = "syn_cookies", .summary = "answers SYNs for which there is no room"},
                 syn_cookies);
  visitor.choice({.name = "fast_open", .summary = "which ends send data in SYNs (RFC 7413)"},
                 fast_open_names, fast_open);
  visitor.option({.name = "fast_open_cookies",
                  .summary = "only for those who have a cookie; else for everybody"},
                 fast_open_cookies);
  visitor.option({.name = "fast_open_queue",
                  .summary = "connections that were let in by cookies and are half open",
                  .maximum = 65'535},
                 fast_open_queue);
  visitor.option({.name = "first_port",
                  .summary = "of the ports given to those who ask for none",
                  .minimum = 1'024,
                  .maximum = 65'535},
                 first_port);
  visitor.choice({.name = "layout", .summary = "in which order options stand"}, layout_names,
                 layout);
}

}  // namespace elvis
