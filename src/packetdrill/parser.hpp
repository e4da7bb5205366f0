// SPDX-License-Identifier: MIT
// Parser: from the text of a script to a Script, or to diagnostics.
//
//   script     = option* command? event+ command?
//   event      = time (packet | call | command | code)
//   time       = ["+"] seconds ["~" ["+"] seconds] | "*"
//   packet     = ("<" | ">") [ip] [port ">" port] (tcp | "udp" … | "icmp" …)
//   tcp        = flags seq ":" end "(" size ")" ["ack" n] ["win" n] ["urg" n] ["<" options ">"]
//   call       = ["..." seconds] name "(" expressions ")" "=" expression [errno] ["(" note ")"]
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "elvis/ndl/diagnostics.hpp"
#include "elvis/ndl/source.hpp"
#include "scanner.hpp"
#include "script.hpp"

namespace elvis::packetdrill {

class Parser {
 public:
  Parser(Scanner& scanner, Definitions& definitions, ndl::Diagnostics& diagnostics)
      : scanner_{scanner}, definitions_{definitions}, diagnostics_{diagnostics} {}

  /// The script, or nothing if there is a mistake: the first one is told.
  std::optional<Script> parse();

 private:
  // ----- parser.cpp: options, times, events -----
  bool parse_options(Script& script);
  bool parse_option(Script& script);
  bool parse_define(Token value);
  bool parse_event(Script& script);
  bool parse_time(EventTime& time);
  bool parse_seconds(Duration& seconds);
  bool parse_call(Event& event);
  bool parse_end_of_call(CallEvent& call);
  static const char* mistake_of(const Event& event);

  // ----- expression_parser.cpp: arguments and results -----
  bool parse_expressions(std::vector<Expression>& list, char ender);
  bool parse_expression(Expression& expression);
  bool parse_operand(Expression& expression);

  // ----- packet_parser.cpp -----
  bool parse_packet(PacketEvent& event);
  bool parse_encapsulation(PacketEvent& event);
  bool parse_ip_info(Packet& packet);
  bool parse_ip_field(Packet& packet, char ender);
  bool parse_ports(Packet& packet);
  bool parse_udp(Packet& packet);
  bool parse_icmp(Packet& packet);
  bool parse_quote(Packet& packet);
  bool parse_quoted(Packet& packet);
  bool parse_tcp(Packet& packet, bool is_inbound);
  bool parse_flags(Packet& packet);
  bool parse_sequence(std::uint32_t& begin, std::uint32_t& bytes);
  bool parse_tcp_options(Packet& packet, bool is_inbound);
  bool parse_tcp_option(Packet& packet);
  bool parse_timestamp(TcpOption& option);
  bool parse_sack(TcpOption& option);
  bool parse_accurate_ecn(TcpOption& option);
  bool parse_bytes(TcpOption& option);

  // ----- everywhere -----
  bool fail(Span span, std::string text);
  bool expect(char symbol, const char* where);
  bool take_if(char symbol);
  bool parse_number(std::int64_t least, std::int64_t most, const char* what, std::int64_t& number);
  /// A whole number that fits `into`.
  template <typename Integer>
  bool parse_integer(const char* what, Integer& into) {
    std::int64_t number = 0;
    if (!parse_number(0, std::numeric_limits<Integer>::max(), what, number)) return false;
    into = static_cast<Integer>(number);
    return true;
  }

  // Expressions nest; a script that nests deeper is not meant seriously.
  static constexpr int most_depth = 50;

  Scanner& scanner_;
  Definitions& definitions_;
  ndl::Diagnostics& diagnostics_;
  int depth_ = 0;
};

/// Reads `file` of `sources`. Words in `definitions`, which the script may add to, are replaced.
std::optional<Script> parse_script(const ndl::SourceSet& sources, ndl::FileId file,
                                   Definitions& definitions, ndl::Diagnostics& diagnostics);

}  // namespace elvis::packetdrill
