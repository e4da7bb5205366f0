// SPDX-License-Identifier: MIT
// The options of an IPv4 header (RFC 791, 3.1; router alert: RFC 2113).
//
//   +--------+                          end of list (0), no operation (1)
//   |  type  |
//   +--------+--------+--------+--- - - -
//   |  type  | length | pointer|  route data           record route (7), loose (131) and strict
//   +--------+--------+--------+--- - - -              (137) source route
//   +--------+--------+--------+---------+--- - - -
//   |   68   | length | pointer|over|flag|  stamps     timestamp
//   +--------+--------+--------+---------+--- - - -
//   |  148   |   4    |      value       |             router alert
//   +--------+--------+--------+---------+
//
// The highest bit of a type says that the option is copied into every fragment. Pointers count
// octets from the begin of their option, from 1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "elvis/wire/address.hpp"
#include "elvis/wire/message.hpp"

namespace elvis {

/// Types of options (IANA); others are carried along as they are.
enum class IpOptionType : std::uint8_t {
  end = 0,
  no_operation = 1,
  record_route = 7,
  timestamp = 68,
  security = 130,
  loose_source_route = 131,
  stream_id = 136,
  strict_source_route = 137,
  router_alert = 148,
};

/// What a timestamp option collects: its flag field.
enum class TimestampMode : std::uint8_t { times = 0, addresses_and_times = 1, prespecified = 3 };

/// One option inside its list.
struct IpOption {
  IpOptionType type = IpOptionType::end;
  std::uint8_t offset = 0;  ///< Of its first octet in the list.
  std::uint8_t size = 1;    ///< Type and length octets included.

  bool is_copied() const { return (static_cast<std::uint8_t>(type) & 0x80) != 0; }
};

/// The options of one header: up to 40 bytes, which may be nonsense until find_fault() says that
/// they are not.
class Ipv4Options {
 public:
  static constexpr std::size_t max_size = 40;

  Ipv4Options() = default;
  /// Copies the options area of a header; `area` has at most 40 bytes.
  explicit Ipv4Options(std::span<const std::uint8_t> area);
  /// Those of a datagram whose header is there and has been parsed.
  static Ipv4Options of(const Message& datagram);

  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }

  /// The option at `offset`, where one begins, or nothing at the end of the list or before an
  /// option whose length is impossible. No-operations are options of one octet.
  std::optional<IpOption> at(std::size_t offset) const;
  /// The first option of this type.
  std::optional<IpOption> find(IpOptionType type) const;
  bool has_source_route() const;
  /// Whether a source route has addresses left, so that its datagram has not come to its end.
  bool is_on_its_way() const;
  /// The address that the next slot of a timestamp option asks for, if its slots are prespecified.
  std::optional<Ipv4Address> asked_address() const;
  /// Whether routers are asked to look into the datagram (RFC 2113: value 0).
  bool has_router_alert() const;

  /// The position of the first octet at fault, counted from the begin of the options, or nothing:
  /// impossible lengths and pointers, no room for a whole slot, a second route or timestamp. The
  /// pointer of the ICMP parameter problem is this plus 20.
  std::optional<std::uint8_t> find_fault() const;

  /// Who forwards or receives a datagram that carries these options.
  struct Hop {
    Ipv4Address address;                 ///< Of the interface that the datagram leaves by.
    std::uint32_t time = 0;              ///< Milliseconds since midnight UT.
    std::span<const Ipv4Address> own{};  ///< Addresses that prespecified stamps may ask for.
  };
  /// Fills in the next slots of record route and timestamp, or counts the overflow of a timestamp
  /// that is full. Returns the position at fault, as find_fault() does, if the overflow itself
  /// overflows: the datagram is to be discarded. The options have no fault.
  std::optional<std::uint8_t> record(const Hop& hop);

  /// What a reply to the datagram carries on: record route and timestamp, as far as they are filled
  /// (RFC 1122, 3.2.2.6).
  Ipv4Options reflected() const;

  /// Those options that every fragment but the first carries, padded to whole words (RFC 791, 3.2).
  Ipv4Options copied() const;

  // ----- make; false, and nothing changed, if there is no room -----

  /// 1 to 9 empty slots.
  bool add_record_route(std::size_t slots);
  /// 1 to 9 slots of 4 bytes, or 1 to 4 of 8. With `prespecified`, the addresses to be asked for.
  bool add_timestamp(TimestampMode mode, std::size_t slots,
                     std::span<const Ipv4Address> prespecified = {});
  bool add_router_alert();

  /// The addresses that a record route option has collected, up to 9; returns how many.
  std::size_t recorded_route(std::span<Ipv4Address> route) const;
  struct Stamp {
    Ipv4Address address;  ///< 0 where only times are collected.
    std::uint32_t time;   ///< Milliseconds since midnight UT.
  };
  /// The same of a timestamp option.
  std::size_t recorded_stamps(std::span<Stamp> stamps) const;

  friend bool operator==(const Ipv4Options&, const Ipv4Options&) = default;

 private:
  bool add(std::span<const std::uint8_t> option);
  std::optional<std::uint8_t> find_fault_in(const IpOption& option) const;
  std::optional<std::uint8_t> stamp(const IpOption& option, const Hop& hop);

  std::uint8_t size_ = 0;  // a multiple of 4 in a header
  std::array<std::uint8_t, max_size> bytes_{};
};

}  // namespace elvis
