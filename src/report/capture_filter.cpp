// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "elvis/report/capture_plan.hpp"
#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/ethernet.hpp"

namespace elvis {

namespace {

constexpr std::array<std::string_view, 6> protocol_names{"arp",  "ipv4", "icmp",
                                                         "igmp", "tcp",  "udp"};

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_arp = 0x0806;

// What a filter looks at. The protocol is that of the IPv4 header.
struct Seen {
  bool is_arp = false;
  bool is_ipv4 = false;
  std::uint8_t protocol = 0;
  std::optional<std::uint16_t> source_port;
  std::optional<std::uint16_t> destination_port;
};

Seen look_at(const Message& frame) {
  // RFC 791: a header of at most 60 bytes; the ports are the first 4 bytes behind it.
  std::array<std::uint8_t, EthernetHeader::size + 64> bytes;
  const std::size_t size = frame.copy_to(bytes);
  Seen seen;
  if (size < EthernetHeader::size) return seen;
  const std::uint16_t type = load16(bytes.data() + 12);
  seen.is_arp = type == ethertype_arp;
  seen.is_ipv4 = type == ethertype_ipv4;
  const std::uint8_t* const ip = bytes.data() + EthernetHeader::size;
  const std::size_t left = size - EthernetHeader::size;
  if (!seen.is_ipv4 || left < 20) return seen;
  seen.protocol = ip[9];
  const std::size_t header = std::size_t{ip[0] & 0xfU} * 4;
  const bool is_first_fragment = (load16(ip + 6) & 0x1fff) == 0;
  if ((seen.protocol == 6 || seen.protocol == 17) && is_first_fragment && header + 4 <= left) {
    seen.source_port = load16(ip + header);
    seen.destination_port = load16(ip + header + 2);
  }
  return seen;
}

bool is_of(const Seen& seen, CaptureFilter::Protocol protocol) {
  switch (protocol) {
    case CaptureFilter::Protocol::arp:
      return seen.is_arp;
    case CaptureFilter::Protocol::ipv4:
      return seen.is_ipv4;
    case CaptureFilter::Protocol::icmp:
      return seen.is_ipv4 && seen.protocol == 1;
    case CaptureFilter::Protocol::igmp:
      return seen.is_ipv4 && seen.protocol == 2;
    case CaptureFilter::Protocol::tcp:
      return seen.is_ipv4 && seen.protocol == 6;
    case CaptureFilter::Protocol::udp:
      return seen.is_ipv4 && seen.protocol == 17;
  }
  return false;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port, base);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

namespace {

// The text up to the next comma, which is taken off with it. A backslash takes the meaning of what
// follows: `\\,` is a comma in a name. Where the term's kind ends is told in `equals`.
struct Term {
  std::string text;
  std::size_t equals = std::string::npos;
  bool is_last = false;
};

Term next_term(std::string_view& text) {
  Term term;
  while (!text.empty()) {
    char character = text.front();
    text.remove_prefix(1);
    if (character == ',') return term;
    if (character == '\\' && !text.empty()) {
      character = text.front();
      text.remove_prefix(1);
    } else if (character == '=' && term.equals == std::string::npos) {
      term.equals = term.text.size();
    }
    term.text += character;
  }
  term.is_last = true;
  return term;
}

}  // namespace

std::string CaptureFilter::add(std::string_view text) {
  std::string kind;
  for (bool is_last = false; !is_last;) {
    Term term = next_term(text);
    is_last = term.is_last;
    // A term without a kind has that of the one before: port=53,80.
    const bool has_kind = term.equals != std::string::npos;
    if (has_kind) kind = term.text.substr(0, term.equals);
    const std::string value = has_kind ? term.text.substr(term.equals + 1) : term.text;
    if (kind.empty() || value.empty()) {
      return fmt::format("needs terms such as machine=alice or port=53,80, not `{}`", term.text);
    }
    if (std::string mistake = add(kind, value); !mistake.empty()) return mistake;
  }
  return {};
}

std::string CaptureFilter::add(std::string_view kind, const std::string& value) {
  if (kind == "machine") {
    machines.push_back(value);
  } else if (kind == "network") {
    networks.push_back(value);
  } else if (kind == "protocol") {
    const auto found = std::find(protocol_names.begin(), protocol_names.end(), value);
    if (found == protocol_names.end()) {
      return fmt::format("knows the protocols {}, not `{}`", fmt::join(protocol_names, ", "),
                         value);
    }
    protocols.push_back(static_cast<Protocol>(found - protocol_names.begin()));
  } else if (kind == "port") {
    const auto port = port_of(value);
    if (!port) return fmt::format("needs a port from 1 to 65535, not `{}`", value);
    ports.push_back(*port);
  } else {
    return fmt::format("filters by machine, network, protocol and port, not by `{}`", kind);
  }
  return {};
}

bool CaptureFilter::passes(const Message& frame) const {
  if (!looks_at_bytes()) return true;
  const Seen seen = look_at(frame);
  if (!protocols.empty() &&
      std::none_of(protocols.begin(), protocols.end(),
                   [&](Protocol protocol) { return is_of(seen, protocol); })) {
    return false;
  }
  return ports.empty() || std::any_of(ports.begin(), ports.end(), [&](std::uint16_t port) {
           return port == seen.source_port || port == seen.destination_port;
         });
}

}  // namespace elvis
