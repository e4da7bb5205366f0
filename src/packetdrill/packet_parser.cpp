// SPDX-License-Identifier: MIT
// The part of the parser that reads packets.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "parser.hpp"

namespace elvis::packetdrill {

using ndl::quoted;

namespace {

bool is_encapsulation(const Token& token) {
  constexpr std::array<std::string_view, 5> kinds{"ipv4", "ipv6", "gre", "GREv0", "mpls"};
  return std::any_of(kinds.begin(), kinds.end(),
                     [&token](std::string_view kind) { return token.is(kind); });
}

}  // namespace

// `ipv4 192.0.2.1 > 192.0.2.2:`, `gre:`, `mpls (label 1, tc 0, [S], ttl 64):`. It is read only.
bool Parser::parse_encapsulation(PacketEvent& event) {
  const Token kind = scanner_.take();
  if (event.encapsulation.empty()) event.encapsulation = kind.text;
  if (kind.is("ipv4") || kind.is("ipv6")) {
    scanner_.take_raw("");
    const Token to = scanner_.take();
    if (!to.is('>')) return fail(to.span, "two addresses and `>` are needed here");
    if (scanner_.take_raw("").text.ends_with(':')) return true;
    const Token end = scanner_.take();
    return end.is(':') || fail(end.span, "`:` is needed behind the addresses");
  }
  scanner_.take_through(':');
  return true;
}

bool Parser::parse_packet(PacketEvent& event) {
  event.is_inbound = scanner_.take().is('<');
  Packet& packet = event.packet;
  while (is_encapsulation(scanner_.peek())) {
    if (!parse_encapsulation(event)) return false;
  }
  const Token& next = scanner_.peek();
  if (next.is("sctp") || next.is("udplite")) {
    return fail(next.span,
                fmt::format("there is no {} here: only TCP, UDP and ICMP", quoted(next.text)));
  }
  if (!parse_ip_info(packet)) return false;
  if (packet.service_check == ServiceCheck::ecn_any && event.is_inbound) {
    return fail(scanner_.peek().span, "`ect01` is for packets that are expected");
  }
  if (scanner_.peek().is("icmp")) return parse_icmp(packet);
  if (scanner_.peek().is("udp")) return parse_udp(packet);
  return parse_tcp(packet, event.is_inbound);
}

// ===== IPv4 =====

bool Parser::parse_ip_info(Packet& packet) {
  const bool is_round = scanner_.peek().is('(');
  if (!is_round && !scanner_.peek().is('[')) return true;
  scanner_.take();
  if (scanner_.peek().kind == Token::Kind::number || scanner_.peek().is("udp")) {
    // As scripts once had it: what an ICMP error quotes stands in front.
    return parse_quoted(packet);
  }
  const char ender = is_round ? ')' : ']';
  for (;;) {
    if (!parse_ip_field(packet, ender)) return false;
    if (take_if(ender)) return true;
    if (!expect(',', "between what is said of the IP header")) return false;
  }
}

bool Parser::parse_ip_field(Packet& packet, char ender) {
  // The values of the two bits (RFC 3168, 5).
  constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> ecn{
      {{"noecn", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}}};
  const Token token = scanner_.take();
  for (const auto& [name, value] : ecn) {
    if (!token.is(name)) continue;
    packet.service_check = ServiceCheck::ecn;
    packet.service = value;
    return true;
  }
  if (token.is("ect01")) {
    packet.service_check = ServiceCheck::ecn_any;
    return true;
  }
  if (token.is("tos")) {
    packet.service_check = ServiceCheck::whole;
    return parse_integer("a type of service", packet.service);
  }
  if (token.is("ttl")) {
    std::uint8_t ttl = 0;
    if (!parse_integer("a time to live", ttl)) return false;
    packet.time_to_live = ttl;
    return true;
  }
  if (token.is("flowlabel")) {
    return fail(token.span, "flow labels are IPv6's, which is not supported");
  }
  return fail(token.span, fmt::format("expected `noecn`, `ect0`, `ect1`, `ect01`, `ce`, `tos`, "
                                      "`ttl` or `{}`, got {}",
                                      ender, quoted(token.text)));
}

bool Parser::parse_ports(Packet& packet) {
  if (scanner_.peek().kind != Token::Kind::number) return true;
  if (scanner_.follows() == '.') return true;  // flags: a counter may stand in front
  return parse_integer("a source port", packet.source_port) && expect('>', "between two ports") &&
         parse_integer("a destination port", packet.destination_port);
}

// ===== UDP =====

bool Parser::parse_udp(Packet& packet) {
  scanner_.take();
  packet.kind = Packet::Kind::udp;
  std::uint16_t size = 0;
  if (!parse_ports(packet)) return false;
  if (!expect('(', "in front of the size of a datagram")) return false;
  if (!parse_integer("a size of payload", size)) return false;
  packet.payload_bytes = size;
  return expect(')', "behind the size of a datagram");
}

// ===== ICMP =====

namespace {

// The number of `type_3` or `code_4`.
std::optional<std::uint8_t> number_behind(const std::string& word, std::string_view front) {
  if (!word.starts_with(front)) return std::nullopt;
  std::uint8_t number = 0;
  const char* const end = word.data() + word.size();
  const auto read = std::from_chars(word.data() + front.size(), end, number);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return number;
}

}  // namespace

bool Parser::parse_icmp(Packet& packet) {
  scanner_.take();
  packet.kind = Packet::Kind::icmp;
  const Token type = scanner_.take();
  std::optional<std::uint8_t> known = icmp_type_of(type.text);
  if (!known) known = number_behind(type.text, "type_");
  if (type.kind != Token::Kind::word || !known) {
    return fail(type.span, fmt::format("there is no ICMP type {}", quoted(type.text)));
  }
  packet.icmp_type = *known;
  for (;;) {
    const Token& token = scanner_.peek();
    if (token.is('[')) return parse_quote(packet);
    if (token.kind != Token::Kind::word) return true;
    const Token word = scanner_.take();
    if (word.is("mtu")) {
      std::uint16_t mtu = 0;
      if (!parse_integer("an MTU", mtu)) return false;
      packet.icmp_mtu = mtu;
    } else if (word.is("id")) {
      std::uint16_t identifier = 0;
      if (!parse_integer("an identifier", identifier)) return false;
      packet.icmp_identifier = identifier;
    } else if (const auto number = number_behind(word.text, "code_")) {
      packet.icmp_code = *number;
    } else if (const auto code = icmp_code_of(packet.icmp_type, word.text)) {
      packet.icmp_code = *code;
    } else {
      return fail(word.span,
                  fmt::format("{} has no code {}", quoted(type.text), quoted(word.text)));
    }
  }
}

// What an error quotes: `[1:1001(1000)]`, `[udp (1000)]`, `[raw (1000)]`.
bool Parser::parse_quote(Packet& packet) {
  scanner_.take();
  return parse_quoted(packet);
}

bool Parser::parse_quoted(Packet& packet) {
  Quote quote;
  const Token& first = scanner_.peek();
  if (first.is("udp") || first.is("raw")) {
    quote.kind = first.is("udp") ? Quote::Kind::udp : Quote::Kind::raw;
    scanner_.take();
    if (!expect('(', "in front of a size")) return false;
    if (!parse_integer("a size", quote.bytes)) return false;
    if (!expect(')', "behind a size")) return false;
  } else if (!parse_sequence(quote.sequence, quote.bytes)) {
    return false;
  }
  packet.quote = quote;
  return expect(']', "behind what an ICMP error quotes");
}

// ===== TCP =====

bool Parser::parse_tcp(Packet& packet, bool is_inbound) {
  packet.kind = Packet::Kind::tcp;
  if (!parse_ports(packet)) return false;
  if (!parse_flags(packet)) return false;
  if (scanner_.peek().kind == Token::Kind::ellipsis) {
    const Span span = scanner_.take().span;
    if (is_inbound) return fail(span, "`...` is for packets that are expected");
    packet.has_any_sequence = true;
    if (!expect('(', "in front of the size of a segment")) return false;
    if (!parse_integer("a size of payload", packet.payload_bytes)) return false;
    if (!expect(')', "behind the size of a segment")) return false;
  } else if (!parse_sequence(packet.sequence, packet.payload_bytes)) {
    return false;
  }
  for (;;) {
    const Token& token = scanner_.peek();
    if (token.is("ack")) {
      scanner_.take();
      if (!parse_integer("an acknowledgment number", packet.acknowledgment)) return false;
    } else if (token.is("win")) {
      scanner_.take();
      std::uint16_t window = 0;
      if (!parse_integer("a window", window)) return false;
      packet.window = window;
    } else if (token.is("urg")) {
      scanner_.take();
      if (!parse_integer("an urgent pointer", packet.urgent_pointer)) return false;
    } else {
      break;
    }
  }
  if (scanner_.peek().is('<') && !parse_tcp_options(packet, is_inbound)) return false;
  if (scanner_.peek().is('{')) {
    return fail(scanner_.peek().span, "packets that are damaged on purpose are not supported");
  }
  return true;
}

bool Parser::parse_flags(Packet& packet) {
  constexpr std::array<std::pair<char, std::uint16_t>, 9> letters{{{'F', Packet::fin},
                                                                   {'S', Packet::syn},
                                                                   {'R', Packet::rst},
                                                                   {'P', Packet::psh},
                                                                   {'.', Packet::ack_flag},
                                                                   {'U', Packet::urg},
                                                                   {'E', Packet::ece},
                                                                   {'W', Packet::cwr},
                                                                   {'A', Packet::ae}}};
  const Token token = scanner_.take_raw("(<>[],");
  if (token.text == "-") return true;
  if (token.text.empty()) return fail(scanner_.peek().span, "expected the flags of a segment");
  for (const char c : token.text) {
    const auto found = std::find_if(letters.begin(), letters.end(),
                                    [c](const auto& letter) { return letter.first == c; });
    if (found != letters.end()) {
      packet.flags |= found->second;
    } else if (c >= '0' && c <= '7' && token.text.find('.') != std::string::npos) {
      // The counter of accurate ECN, in the place of three flags.
      const auto count = static_cast<unsigned>(c - '0');
      packet.flags |= static_cast<std::uint16_t>(((count & 4U) != 0 ? Packet::ae : 0U) |
                                                 ((count & 2U) != 0 ? Packet::cwr : 0U) |
                                                 ((count & 1U) != 0 ? Packet::ece : 0U));
    } else {
      return fail(token.span,
                  fmt::format("{} are no TCP flags: F, S, R, P, `.` for ACK, U, E, W, A, or `-` "
                              "for none",
                              quoted(token.text)));
    }
  }
  return true;
}

// `1:1001(1000)`
bool Parser::parse_sequence(std::uint32_t& begin, std::uint32_t& bytes) {
  const Span span = scanner_.peek().span;
  std::uint32_t end = 0;
  std::uint32_t size = 0;
  if (!parse_integer("a sequence number", begin)) return false;
  if (!expect(':', "between two sequence numbers")) return false;
  if (!parse_integer("a sequence number", end)) return false;
  if (!expect('(', "in front of the size of a segment")) return false;
  if (!parse_integer("a size of payload", size)) return false;
  if (!expect(')', "behind the size of a segment")) return false;
  if (size > 0xffff) return fail(span, "a segment has at most 65535 bytes");
  bytes = size;
  if (end == begin + bytes) return true;
  return fail({span.begin, scanner_.last_end()},
              fmt::format("these do not fit together: {} and {} bytes are {}, not {}", begin, bytes,
                          begin + bytes, end));
}

bool Parser::parse_tcp_options(Packet& packet, bool is_inbound) {
  const Span span = scanner_.take().span;
  if (scanner_.peek().kind == Token::Kind::ellipsis) {
    scanner_.take();
    packet.has_any_options = true;
    if (is_inbound) return fail(span, "`<...>` is for packets that are expected");
    return expect('>', "behind TCP options");
  }
  if (take_if('>')) return true;
  do {
    if (!parse_tcp_option(packet)) return false;
  } while (take_if(','));
  if (!expect('>', "behind TCP options")) return false;
  std::size_t size = 0;
  for (const TcpOption& option : packet.options) size += option.size();
  if (size <= 40) return true;
  return fail({span.begin, scanner_.last_end()},
              fmt::format("TCP options have 40 bytes at most; these have {}", size));
}

bool Parser::parse_tcp_option(Packet& packet) {
  constexpr std::array<std::pair<std::string_view, TcpOption::Kind>, 11> names{
      {{"eol", TcpOption::Kind::eol},
       {"nop", TcpOption::Kind::nop},
       {"mss", TcpOption::Kind::mss},
       {"wscale", TcpOption::Kind::window_scale},
       {"sackOK", TcpOption::Kind::sack_permitted},
       {"sack", TcpOption::Kind::sack},
       {"TS", TcpOption::Kind::timestamp},
       {"md5", TcpOption::Kind::md5},
       {"FO", TcpOption::Kind::fast_open},
       {"ECN", TcpOption::Kind::accurate_ecn_1},
       {"FOEXP", TcpOption::Kind::fast_open_experimental}}};
  const Token name = scanner_.take();
  const auto known = std::find_if(names.begin(), names.end(),
                                  [&name](const auto& one) { return name.is(one.first); });
  const bool is_of_mptcp = name.text.starts_with("mp") || name.is("dss") || name.is("add_address");
  if (known == names.end() && is_of_mptcp) {
    return fail(name.span, "options of MPTCP are not supported: there is no MPTCP here");
  }
  if (known == names.end()) {
    return fail(name.span, fmt::format("there is no TCP option {} here", quoted(name.text)));
  }
  TcpOption option;
  option.kind = known->second;
  bool is_right = true;
  if (option.kind == TcpOption::Kind::mss) {
    std::uint16_t mss = 0;
    is_right = parse_integer("an MSS", mss);
    option.value = mss;
  } else if (option.kind == TcpOption::Kind::window_scale) {
    std::uint8_t shift = 0;
    is_right = parse_integer("a shift", shift);
    option.value = shift;
  } else if (option.kind == TcpOption::Kind::timestamp) {
    is_right = parse_timestamp(option);
  } else if (option.kind == TcpOption::Kind::sack) {
    is_right = parse_sack(option);
  } else if (option.kind == TcpOption::Kind::accurate_ecn_1) {
    is_right = parse_accurate_ecn(option);
  } else if (option.kind >= TcpOption::Kind::md5) {
    is_right = parse_bytes(option);
  }
  packet.options.push_back(std::move(option));
  return is_right;
}

bool Parser::parse_timestamp(TcpOption& option) {
  for (const std::string_view word : {"val", "ecr"}) {
    const Token token = scanner_.take();
    if (!token.is(word)) {
      return fail(token.span, fmt::format("expected `TS val 1 ecr 2`, got {}", quoted(token.text)));
    }
    if (scanner_.peek().kind == Token::Kind::ellipsis) {
      scanner_.take();
      (word == "val" ? option.has_any_value : option.has_any_echo) = true;
    } else if (!parse_integer("a timestamp", word == "val" ? option.value : option.echo)) {
      return false;
    }
  }
  return true;
}

bool Parser::parse_sack(TcpOption& option) {
  while (scanner_.peek().kind == Token::Kind::number) {
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    if (!parse_integer("a sequence number", left) ||
        !expect(':', "between the ends of a SACK block") ||
        !parse_integer("a sequence number", right)) {
      return false;
    }
    option.blocks.emplace_back(left, right);
  }
  if (!option.blocks.empty()) return true;
  return fail(scanner_.peek().span, "`sack` needs blocks: `sack 1001:2001 3001:4001`");
}

// `e0b 1 ceb 0 e1b 1`, or the other way round, or the first of them.
bool Parser::parse_accurate_ecn(TcpOption& option) {
  constexpr std::array<std::string_view, 3> order{"e1b", "ceb", "e0b"};
  bool is_reversed = false;
  for (std::size_t place = 0; place < 3; ++place) {
    const Token& name = scanner_.peek();
    if (name.kind != Token::Kind::word) break;
    if (place == 0) is_reversed = name.is(order[2]);
    if (!name.is(order[is_reversed ? 2 - place : place])) {
      return fail(name.span, "counters of ECN stand as `e0b 1 ceb 0 e1b 1` or `e1b 1 ceb 0 e0b 1`");
    }
    scanner_.take();
    std::uint32_t count = 0;
    if (!parse_integer("a count of bytes", count)) return false;
    for (const unsigned shift : {16U, 8U, 0U}) option.bytes += static_cast<char>(count >> shift);
  }
  if (is_reversed) option.kind = TcpOption::Kind::accurate_ecn_0;
  return true;
}

// Hex digits, perhaps none.
bool Parser::parse_bytes(TcpOption& option) {
  Token digits = scanner_.take_raw(",<>");
  if (option.kind == TcpOption::Kind::md5 && (digits.text == "valid" || digits.text == "invalid")) {
    return fail(digits.span, "digests of TCP-MD5 are not computed: only their bytes can be stated");
  }
  const auto definition = definitions_.find(digits.text);
  if (definition != definitions_.end()) digits.text = definition->second;
  for (std::size_t at = 0; at < digits.text.size(); at += 2) {
    const std::string byte = digits.text.substr(at, 2);
    const bool is_hex = byte.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (byte.size() != 2 || !is_hex) {
      return fail(digits.span, fmt::format("{} are no bytes in hex digits", quoted(digits.text)));
    }
    option.bytes += static_cast<char>(std::stoi(byte, nullptr, 16));
  }
  return true;
}

}  // namespace elvis::packetdrill
