// SPDX-License-Identifier: MIT
#include "elvis/wire/address.hpp"

#include <charconv>

#include <fmt/format.h>

namespace elvis {

std::string MacAddress::to_string() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", value_ >> 40, value_ >> 32 & 0xff,
                     value_ >> 24 & 0xff, value_ >> 16 & 0xff, value_ >> 8 & 0xff, value_ & 0xff);
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint32_t value = 0;
  for (int number = 0; number < 4; ++number) {
    if (number != 0) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    std::uint8_t octet = 0;
    const auto [after, error] = std::from_chars(at, end, octet);
    if (error != std::errc{}) return std::nullopt;
    // A leading zero would say octal to some readers (RFC 6943, 3.1.1).
    if (*at == '0' && after - at != 1) return std::nullopt;
    value = value << 8 | octet;
    at = after;
  }
  if (at != end) return std::nullopt;
  return Ipv4Address{value};
}

std::string Ipv4Address::to_string() const {
  return fmt::format("{}.{}.{}.{}", value_ >> 24, value_ >> 16 & 0xff, value_ >> 8 & 0xff,
                     value_ & 0xff);
}

std::string Endpoint::to_string() const {
  return fmt::format("{}:{}", address.to_string(), port);
}

}  // namespace elvis
