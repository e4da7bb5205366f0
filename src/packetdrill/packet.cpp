// SPDX-License-Identifier: MIT
#include "packet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace elvis::packetdrill {

namespace {

struct IcmpName {
  std::uint8_t type;
  std::uint8_t code;
  std::string_view type_name;
  std::string_view code_name;  // empty: the type's only code
};

// The names that packetdrill gives to ICMP types and codes.
constexpr std::array<IcmpName, 31> icmp_names{{
    {0, 0, "echo_reply", ""},
    {3, 0, "unreachable", "net_unreachable"},
    {3, 1, "unreachable", "host_unreachable"},
    {3, 2, "unreachable", "protocol_unreachable"},
    {3, 3, "unreachable", "port_unreachable"},
    {3, 4, "unreachable", "frag_needed"},
    {3, 5, "unreachable", "source_route_failed"},
    {3, 6, "unreachable", "net_unknown"},
    {3, 7, "unreachable", "host_unknown"},
    {3, 8, "unreachable", "source_host_isolated"},
    {3, 9, "unreachable", "net_prohibited"},
    {3, 10, "unreachable", "host_prohibited"},
    {3, 11, "unreachable", "net_unreachable_for_tos"},
    {3, 12, "unreachable", "host_unreachable_for_tos"},
    {3, 13, "unreachable", "packet_filtered"},
    {3, 14, "unreachable", "precedence_violation"},
    {3, 15, "unreachable", "precedence_cutoff"},
    {4, 0, "source_quench", ""},
    {5, 0, "redirect", "net"},
    {5, 1, "redirect", "host"},
    {8, 0, "echo_request", ""},
    {11, 0, "time_exceeded", "exc_ttl"},
    {11, 1, "time_exceeded", "exc_fragtime"},
    {12, 0, "parameter_problem", ""},
    {13, 0, "timestamp_request", ""},
    {14, 0, "timestamp_reply", ""},
    {15, 0, "information_request", ""},
    {16, 0, "information_reply", ""},
    {17, 0, "address_mask_request", ""},
    {18, 0, "address_mask_reply", ""},
    {8, 0, "echo", ""},
}};

// Other words for the same codes, which scripts use as well.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> icmp_synonyms{{
    {"net", "net_unreachable"},
    {"host", "host_unreachable"},
    {"protocol", "protocol_unreachable"},
    {"port", "port_unreachable"},
    {"fragmentation_needed", "frag_needed"},
    {"ttl", "exc_ttl"},
    {"ttl_exceeded_in_transit", "exc_ttl"},
    {"fragment_reassembly_time_exceeded", "exc_fragtime"},
    {"frag_reass_exceeded", "exc_fragtime"},
    {"comm_prohibited", "packet_filtered"},
    {"prohibited", "packet_filtered"},
    {"sr_failed", "source_route_failed"},
}};

// `ECN e1b 1 ceb 0 e0b 1`
void append_accurate_ecn(std::string& text, const TcpOption& option) {
  constexpr std::array<std::string_view, 3> names{"e1b", "ceb", "e0b"};
  const bool begins_with_ect1 = option.kind == TcpOption::Kind::accurate_ecn_1;
  text += "ECN";
  for (std::size_t place = 0; place < 3 && 3 * place + 3 <= option.bytes.size(); ++place) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&option.bytes[3 * place]);
    fmt::format_to(std::back_inserter(text), " {} {}", names[begins_with_ect1 ? place : 2 - place],
                   bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
  }
}

void append_option(std::string& text, const TcpOption& option) {
  const auto out = std::back_inserter(text);
  switch (option.kind) {
    case TcpOption::Kind::eol:
      text += "eol";
      return;
    case TcpOption::Kind::nop:
      text += "nop";
      return;
    case TcpOption::Kind::mss:
      fmt::format_to(out, "mss {}", option.value);
      return;
    case TcpOption::Kind::window_scale:
      fmt::format_to(out, "wscale {}", option.value);
      return;
    case TcpOption::Kind::sack_permitted:
      text += "sackOK";
      return;
    case TcpOption::Kind::sack:
      text += "sack";
      for (const auto& [left, right] : option.blocks) fmt::format_to(out, " {}:{}", left, right);
      return;
    case TcpOption::Kind::timestamp:
      fmt::format_to(out, "TS val {} ecr {}", option.value, option.echo);
      return;
    case TcpOption::Kind::accurate_ecn_0:
    case TcpOption::Kind::accurate_ecn_1:
      return append_accurate_ecn(text, option);
    case TcpOption::Kind::md5:
      text += "md5";
      break;
    case TcpOption::Kind::fast_open:
      text += "FO";
      break;
    case TcpOption::Kind::fast_open_experimental:
      text += "FOEXP";
      break;
    default:
      fmt::format_to(out, "option {}", static_cast<int>(option.kind));
      break;
  }
  if (!option.bytes.empty()) text += ' ';
  for (const char byte : option.bytes) {
    fmt::format_to(out, "{:02x}", static_cast<std::uint8_t>(byte));
  }
}

void append_service(std::string& text, const Packet& packet) {
  constexpr std::array<std::string_view, 4> names{"noecn", "ect1", "ect0", "ce"};
  std::string inside;
  if (packet.service_check == ServiceCheck::ecn) inside = names[packet.service & 3U];
  if (packet.service_check == ServiceCheck::ecn_any) inside = "ect01";
  if (packet.service_check == ServiceCheck::whole)
    inside = fmt::format("tos {:#x}", packet.service);
  if (packet.time_to_live) {
    inside += fmt::format("{}ttl {}", inside.empty() ? "" : ", ", *packet.time_to_live);
  }
  if (!inside.empty()) text += '[' + inside + "] ";
}

void append_icmp(std::string& text, const Packet& packet) {
  const auto out = std::back_inserter(text);
  text += "icmp " + icmp_text(packet.icmp_type, packet.icmp_code);
  if (packet.icmp_mtu) fmt::format_to(out, " mtu {}", *packet.icmp_mtu);
  if (packet.icmp_identifier) fmt::format_to(out, " id {}", *packet.icmp_identifier);
  if (!packet.quote) return;
  const Quote& quote = *packet.quote;
  if (quote.kind == Quote::Kind::tcp) {
    fmt::format_to(out, " [{}:{}({})]", quote.sequence, quote.sequence + quote.bytes, quote.bytes);
  } else {
    fmt::format_to(out, " [{} ({})]", quote.kind == Quote::Kind::udp ? "udp" : "raw", quote.bytes);
  }
}

void append_tcp(std::string& text, const Packet& packet) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{} {}:{}({})", flags_text(packet.flags), packet.sequence,
                 packet.sequence + packet.payload_bytes, packet.payload_bytes);
  if (packet.has(Packet::ack_flag)) fmt::format_to(out, " ack {}", packet.acknowledgment);
  if (packet.window) fmt::format_to(out, " win {}", *packet.window);
  if (packet.urgent_pointer != 0) fmt::format_to(out, " urg {}", packet.urgent_pointer);
  if (packet.has_any_options) {
    text += " <...>";
  } else if (!packet.options.empty()) {
    fmt::format_to(out, " <{}>", options_text(packet.options));
  }
}

}  // namespace

std::size_t TcpOption::size() const {
  switch (kind) {
    case Kind::eol:
    case Kind::nop:
      return 1;
    case Kind::mss:
      return 4;
    case Kind::window_scale:
      return 3;
    case Kind::sack_permitted:
      return 2;
    case Kind::sack:
      return 2 + 8 * blocks.size();
    case Kind::timestamp:
      return 10;
    case Kind::fast_open_experimental:
      return 4 + bytes.size();
    default:
      return 2 + bytes.size();
  }
}

const TcpOption* Packet::option(TcpOption::Kind wanted) const {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [wanted](const TcpOption& one) { return one.kind == wanted; });
  return found == options.end() ? nullptr : &*found;
}

TcpOption* Packet::option(TcpOption::Kind wanted) {
  return const_cast<TcpOption*>(std::as_const(*this).option(wanted));
}

std::string flags_text(std::uint16_t flags) {
  constexpr std::array<std::pair<std::uint16_t, char>, 9> letters{{{Packet::syn, 'S'},
                                                                   {Packet::fin, 'F'},
                                                                   {Packet::rst, 'R'},
                                                                   {Packet::psh, 'P'},
                                                                   {Packet::urg, 'U'},
                                                                   {Packet::ece, 'E'},
                                                                   {Packet::cwr, 'W'},
                                                                   {Packet::ae, 'A'},
                                                                   {Packet::ack_flag, '.'}}};
  std::string text;
  for (const auto& [flag, letter] : letters) {
    if ((flags & flag) != 0) text += letter;
  }
  return text.empty() ? "-" : text;
}

std::string options_text(const std::vector<TcpOption>& options) {
  std::string text;
  for (const TcpOption& option : options) {
    if (!text.empty()) text += ',';
    append_option(text, option);
  }
  return text;
}

std::string icmp_text(std::uint8_t type, std::uint8_t code) {
  std::string_view type_name;
  for (const IcmpName& name : icmp_names) {
    if (name.type != type) continue;
    if (type_name.empty()) type_name = name.type_name;
    if (name.code != code) continue;
    return name.code_name.empty() ? std::string{name.type_name}
                                  : fmt::format("{} {}", name.type_name, name.code_name);
  }
  if (type_name.empty()) return fmt::format("type {} code {}", type, code);
  return fmt::format("{} code {}", type_name, code);
}

std::optional<std::uint8_t> icmp_type_of(std::string_view name) {
  for (const IcmpName& known : icmp_names) {
    if (known.type_name == name) return known.type;
  }
  return std::nullopt;
}

std::optional<std::uint8_t> icmp_code_of(std::uint8_t type, std::string_view name) {
  for (const auto& [synonym, meaning] : icmp_synonyms) {
    if (synonym == name) name = meaning;
  }
  for (const IcmpName& known : icmp_names) {
    if (known.type == type && known.code_name == name) return known.code;
  }
  return std::nullopt;
}

std::string to_text(const Packet& packet) {
  std::string text;
  append_service(text, packet);
  if (packet.kind == Packet::Kind::icmp) {
    append_icmp(text, packet);
    return text;
  }
  if (packet.kind == Packet::Kind::udp) text += "udp ";
  if (packet.source_port != 0 || packet.destination_port != 0) {
    fmt::format_to(std::back_inserter(text), "{} > {} ", packet.source_port,
                   packet.destination_port);
  }
  if (packet.kind == Packet::Kind::udp) {
    fmt::format_to(std::back_inserter(text), "({})", packet.payload_bytes);
  } else {
    append_tcp(text, packet);
  }
  return text;
}

}  // namespace elvis::packetdrill
