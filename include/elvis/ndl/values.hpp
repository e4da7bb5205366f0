// SPDX-License-Identifier: MIT
// Typed readers of value texts: numbers, ports, times, rates, sizes, probabilities, addresses.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "elvis/util/units.hpp"

namespace elvis::ndl {

/// A value that was read, or a clause that says what is wrong and shows how to write it, ready to
/// follow the argument's name: "needs a unit, for example `10ms`".
template <typename T>
class [[nodiscard]] Reading {
 public:
  Reading(T value) : result_{std::in_place_index<0>, std::move(value)} {}  // NOLINT: meant
  static Reading failed(std::string why) { return Reading{std::in_place_index<1>, std::move(why)}; }

  explicit operator bool() const { return result_.index() == 0; }
  const T& operator*() const { return *std::get_if<0>(&result_); }
  const T* operator->() const { return std::get_if<0>(&result_); }

  /// Why there is no value.
  const std::string& error() const { return *std::get_if<1>(&result_); }

 private:
  template <std::size_t index, typename U>
  Reading(std::in_place_index_t<index> place, U&& value) : result_{place, std::forward<U>(value)} {}

  std::variant<T, std::string> result_;
};

/// A whole number in decimal or `0x` hex, within [least, most].
Reading<std::uint64_t> read_integer(std::string_view text, std::uint64_t least = 0,
                                    std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

/// The same with a sign allowed.
Reading<std::int64_t> read_signed(std::string_view text,
                                  std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                  std::int64_t most = std::numeric_limits<std::int64_t>::max());

/// A port, 1 to 65535.
Reading<std::uint16_t> read_port(std::string_view text);

/// `true`, `t`, `false` or `f`, in any case.
Reading<bool> read_bool(std::string_view text);

/// A time with its unit: `250ns`, `10us`, `1.5ms`, `2s`, `5min`, `1h`. Exact: parts of a
/// nanosecond are an error. `0` needs no unit.
Reading<Duration> read_duration(std::string_view text);

/// A rate with its unit: `bps kbps Mbps Gbps` (bits) or `B/s kB/s MB/s GB/s` (bytes), at least
/// 1bps, powers of ten.
Reading<BitRate> read_bit_rate(std::string_view text);

/// A size with its unit in bytes: `B kB MB GB` or `KiB MiB GiB`.
Reading<std::uint64_t> read_size(std::string_view text);

/// A probability: `0.01` or `1%`, 0 to 1, rounded down to a multiple of 2^-63.
Reading<Probability> read_probability(std::string_view text);

/// A number without a unit and not below 0, `3` or `0.25`, as the nearest double.
Reading<double> read_decimal(std::string_view text);

/// A dotted quad in host order: `10.0.0.1` is 0x0a000001.
Reading<std::uint32_t> read_address(std::string_view text);

/// Addresses from `first` to `last`, both included.
struct AddressRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  constexpr std::uint64_t size() const { return std::uint64_t{last} - first + 1; }
  friend constexpr bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// `123.45.67.89-91` (the last octet runs) or `10.0.0.1-10.0.3.255`.
Reading<AddressRange> read_address_range(std::string_view text);

/// An IPv4 prefix, `10.1.0.0/16`.
struct Prefix {
  std::uint32_t address = 0;
  std::uint8_t length = 0;
  friend constexpr bool operator==(const Prefix&, const Prefix&) = default;
};

/// A prefix whose bits behind its length are all zero.
Reading<Prefix> read_prefix(std::string_view text);

/// All addresses of `prefix`.
AddressRange all_of(Prefix prefix);
/// The addresses that hosts of `prefix` may have: without network and broadcast address for /0 to
/// /30, both for /31 (RFC 3021), the one for /32.
AddressRange hosts_of(Prefix prefix);

/// The hosts of the prefix in `text`.
Reading<AddressRange> read_subnet(std::string_view text);

/// `address` as a dotted quad.
std::string format_address(std::uint32_t address);

}  // namespace elvis::ndl
