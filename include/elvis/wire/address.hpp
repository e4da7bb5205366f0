// SPDX-License-Identifier: MIT
// The addresses of the wire: MacAddress, Ipv4Address, Endpoint.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elvis {

/// A 48-bit IEEE 802 MAC address, kept in the low bits of an integer, first octet highest.
class MacAddress {
 public:
  constexpr MacAddress() = default;
  constexpr explicit MacAddress(std::uint64_t value) : value_{value & 0xffff'ffff'ffffU} {}

  static constexpr MacAddress broadcast() { return MacAddress{0xffff'ffff'ffffU}; }

  constexpr std::uint64_t value() const { return value_; }
  constexpr bool is_broadcast() const { return value_ == 0xffff'ffff'ffffU; }
  /// Whether the group bit is set (IEEE 802: multicast, broadcast included).
  constexpr bool is_group() const { return (value_ >> 40 & 1) != 0; }
  /// For example "02:00:00:00:00:2a".
  std::string to_string() const;

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;

 private:
  std::uint64_t value_ = 0;
};

/// An IPv4 address (RFC 791) in host order.
class Ipv4Address {
 public:
  constexpr Ipv4Address() = default;
  constexpr explicit Ipv4Address(std::uint32_t value) : value_{value} {}
  constexpr Ipv4Address(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
      : value_{std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d} {}

  static constexpr Ipv4Address broadcast() { return Ipv4Address{0xffff'ffffU}; }
  /// Reads a dotted quad, for example "192.168.1.121": four decimal numbers of 0 to 255 without
  /// leading zeros. Nothing else is accepted.
  static std::optional<Ipv4Address> parse(std::string_view text);

  constexpr std::uint32_t value() const { return value_; }
  constexpr bool is_unspecified() const { return value_ == 0; }
  constexpr bool is_broadcast() const { return value_ == 0xffff'ffffU; }
  constexpr bool is_multicast() const { return value_ >> 28 == 0xe; }
  constexpr bool is_loopback() const { return value_ >> 24 == 127; }
  std::string to_string() const;

  friend constexpr auto operator<=>(const Ipv4Address&, const Ipv4Address&) = default;

 private:
  std::uint32_t value_ = 0;
};

/// The address on the link of a group: 01-00-5e and its low 23 bits (RFC 1112, 6.4).
constexpr MacAddress group_mac(Ipv4Address group) {
  return MacAddress{0x0100'5e00'0000U | (group.value() & 0x7f'ffff)};
}

/// An address and a port. Unspecified parts are 0: any address, any port.
struct Endpoint {
  Ipv4Address address{};
  std::uint16_t port = 0;

  /// For example "10.0.0.1:80".
  std::string to_string() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// The two ends of a conversation.
struct Endpoints {
  Endpoint local{};
  Endpoint remote{};
  friend constexpr auto operator<=>(const Endpoints&, const Endpoints&) = default;
};

}  // namespace elvis
