// SPDX-License-Identifier: MIT
#include "compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace elvis::packetdrill {

namespace {

class Comparison {
 public:
  Comparison(const Packet& expected, const Packet& seen, const CompareOptions& options)
      : expected_{expected}, seen_{seen}, options_{options} {}

  std::vector<Difference> run() {
    if (expected_.kind != seen_.kind) {
      constexpr std::array<const char*, 3> names{"TCP", "UDP", "ICMP"};
      add("protocol", names[static_cast<std::size_t>(expected_.kind)],
          names[static_cast<std::size_t>(seen_.kind)]);
      return std::move(differences_);
    }
    ip();
    if (expected_.kind == Packet::Kind::icmp) {
      icmp();
      return std::move(differences_);
    }
    if (expected_.source_port != 0 || expected_.destination_port != 0) {
      number("source port", expected_.source_port, seen_.source_port);
      number("destination port", expected_.destination_port, seen_.destination_port);
    }
    if (expected_.kind == Packet::Kind::tcp) tcp();
    number("payload bytes", expected_.payload_bytes, seen_.payload_bytes);
    return std::move(differences_);
  }

 private:
  void add(std::string field, std::string expected, std::string seen) {
    differences_.push_back({std::move(field), std::move(expected), std::move(seen)});
  }

  void number(const char* field, std::uint64_t expected, std::uint64_t seen) {
    if (expected != seen) add(field, fmt::format("{}", expected), fmt::format("{}", seen));
  }

  void ip() {
    constexpr std::array<const char*, 4> names{"noecn", "ect1", "ect0", "ce"};
    const std::uint8_t ecn = seen_.service & 3U;
    switch (expected_.service_check) {
      case ServiceCheck::none:
        break;
      case ServiceCheck::ecn:
        if (ecn != expected_.service) add("ECN", names[expected_.service & 3U], names[ecn]);
        break;
      case ServiceCheck::ecn_any:
        if (ecn != 1 && ecn != 2) add("ECN", "ect0 or ect1", names[ecn]);
        break;
      case ServiceCheck::whole:
        number("type of service", expected_.service, seen_.service);
        break;
    }
    if (expected_.time_to_live) {
      number("time to live", *expected_.time_to_live, seen_.time_to_live.value_or(0));
    }
  }

  void icmp() {
    const std::string expected = icmp_text(expected_.icmp_type, expected_.icmp_code);
    const std::string seen = icmp_text(seen_.icmp_type, seen_.icmp_code);
    if (expected != seen) add("ICMP type", expected, seen);
    if (expected_.icmp_mtu) number("MTU", *expected_.icmp_mtu, seen_.icmp_mtu.value_or(0));
    if (expected_.icmp_identifier) {
      number("identifier", *expected_.icmp_identifier, seen_.icmp_identifier.value_or(0));
    }
  }

  void tcp() {
    std::uint16_t ignored = 0;
    if (!options_.checks_push) ignored |= Packet::psh;
    const auto mask = static_cast<std::uint16_t>(~ignored);
    if ((expected_.flags & mask) != (seen_.flags & mask)) {
      add("flags", flags_text(expected_.flags), flags_text(seen_.flags));
    }
    if (!expected_.has_any_sequence) {
      number("sequence number", expected_.sequence, seen_.sequence);
    }
    if (expected_.has(Packet::ack_flag) && seen_.has(Packet::ack_flag)) {
      number("acknowledgment", expected_.acknowledgment, seen_.acknowledgment);
    }
    if (expected_.window) number("window", *expected_.window, seen_.window.value_or(0));
    number("urgent pointer", expected_.urgent_pointer, seen_.urgent_pointer);
    if (!expected_.has_any_options) options();
  }

  static std::vector<TcpOption> without_padding(const std::vector<TcpOption>& options) {
    std::vector<TcpOption> kept;
    for (const TcpOption& option : options) {
      if (option.kind > TcpOption::Kind::nop) kept.push_back(option);
    }
    std::sort(kept.begin(), kept.end(),
              [](const TcpOption& one, const TcpOption& other) { return one.kind < other.kind; });
    return kept;
  }

  void options() {
    std::vector<TcpOption> expected = expected_.options;
    std::vector<TcpOption> seen = seen_.options;
    if (options_.order == OptionOrder::free) {
      expected = without_padding(expected);
      seen = without_padding(seen);
    } else {
      pad(expected);
    }
    bool is_same = expected.size() == seen.size();
    for (std::size_t at = 0; is_same && at < expected.size(); ++at) {
      is_same = expected[at].kind == seen[at].kind;
    }
    if (!is_same) {
      add("TCP options", '<' + options_text(expected_.options) + '>',
          '<' + options_text(seen_.options) + '>');
      return;
    }
    for (std::size_t at = 0; at < expected.size(); ++at) option(expected[at], seen[at]);
  }

  // The header ends at a multiple of 4 bytes, filled with zeros: EOL.
  static void pad(std::vector<TcpOption>& options) {
    TcpOption end;
    end.kind = TcpOption::Kind::eol;
    std::size_t size = 0;
    for (const TcpOption& one : options) size += one.size();
    for (; size % 4 != 0; ++size) options.push_back(end);
  }

  void option(const TcpOption& expected, const TcpOption& seen) {
    if (expected.kind != TcpOption::Kind::timestamp) {
      if (expected != seen) add("TCP option", options_text({expected}), options_text({seen}));
      return;
    }
    // An echo of 0 that is no SYN's is a script that does not care.
    if (!expected.has_any_echo && expected.echo != seen.echo &&
        (expected.echo != 0 || seen_.has(Packet::syn))) {
      add("timestamp echo", fmt::format("{}", expected.echo), fmt::format("{}", seen.echo));
    }
    if (options_.timestamp_tick == 0 || expected.has_any_value) return;
    const auto gap = static_cast<std::int32_t>(seen.value - expected.value);
    const std::uint64_t microseconds =
        std::uint64_t{options_.timestamp_tick} *
        static_cast<std::uint64_t>(gap < 0 ? -std::int64_t{gap} : std::int64_t{gap});
    if (microseconds > options_.tolerance) {
      add("timestamp", fmt::format("{}", expected.value), fmt::format("{}", seen.value));
    }
  }

  const Packet& expected_;
  const Packet& seen_;
  const CompareOptions& options_;
  std::vector<Difference> differences_;
};

// A packet in columns: flags, sequence, ack, win, urg, options.
std::vector<std::string> columns_of(const Packet& packet) {
  if (packet.kind != Packet::Kind::tcp) return {to_text(packet)};
  Packet head = packet;
  head.flags = Packet::syn;
  head.sequence = head.payload_bytes = 0;
  head.window.reset();
  head.urgent_pointer = 0;
  head.options.clear();
  head.has_any_options = false;
  std::string front = to_text(head);
  front.resize(front.size() - std::string_view{"S 0:0(0)"}.size());
  std::vector<std::string> columns{front};
  columns.push_back(flags_text(packet.flags));
  columns.push_back(fmt::format("{}:{}({})", packet.sequence,
                                packet.sequence + packet.payload_bytes, packet.payload_bytes));
  columns.push_back(packet.has(Packet::ack_flag) ? fmt::format("ack {}", packet.acknowledgment)
                                                 : std::string{});
  columns.push_back(packet.window ? fmt::format("win {}", *packet.window) : std::string{});
  columns.push_back(packet.urgent_pointer != 0 ? fmt::format("urg {}", packet.urgent_pointer)
                                               : std::string{});
  if (packet.has_any_options) {
    columns.emplace_back("<...>");
  } else {
    columns.push_back(packet.options.empty() ? std::string{}
                                             : '<' + options_text(packet.options) + '>');
  }
  return columns;
}

// What the script does not state of the IP header, it does not show of the other one either.
Packet only_stated(const Packet& expected, Packet seen) {
  const bool is_whole = expected.service_check == ServiceCheck::whole;
  if (!is_whole) seen.service &= 3U;
  seen.service_check = expected.service_check == ServiceCheck::none
                           ? ServiceCheck::none
                           : (is_whole ? ServiceCheck::whole : ServiceCheck::ecn);
  if (!expected.time_to_live) seen.time_to_live.reset();
  if (expected.source_port == 0 && expected.destination_port == 0) {
    seen.source_port = seen.destination_port = 0;
  }
  return seen;
}

}  // namespace

std::vector<Difference> compare(const Packet& expected, const Packet& seen,
                                const CompareOptions& options) {
  return Comparison{expected, seen, options}.run();
}

std::string aligned(const std::string& expected_time, const Packet& expected,
                    const std::string& seen_time, const Packet& seen,
                    const std::vector<Difference>& differences) {
  std::vector<std::string> above = columns_of(expected);
  std::vector<std::string> below = columns_of(only_stated(expected, seen));
  above.resize(std::max(above.size(), below.size()));
  below.resize(above.size());
  const std::size_t width = std::max(expected_time.size(), seen_time.size());
  std::string first = fmt::format("  expected  {:>{}} >", expected_time, width);
  std::string second = fmt::format("  seen      {:>{}} >", seen_time, width);
  for (std::size_t at = 0; at < above.size(); ++at) {
    const std::size_t column = std::max(above[at].size(), below[at].size());
    if (column == 0) continue;
    fmt::format_to(std::back_inserter(first), " {:<{}}", above[at], column);
    fmt::format_to(std::back_inserter(second), " {:<{}}", below[at], column);
  }
  std::string text;
  for (std::string* const line : {&first, &second}) {
    line->erase(line->find_last_not_of(' ') + 1);
    text += *line + '\n';
  }
  for (const Difference& difference : differences) {
    fmt::format_to(std::back_inserter(text), "    {}: expected {}, seen {}\n", difference.field,
                   difference.expected, difference.seen);
  }
  return text;
}

}  // namespace elvis::packetdrill
