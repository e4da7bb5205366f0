// SPDX-License-Identifier: MIT
#include "elvis/ndl/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "elvis/ndl/diagnostics.hpp"
#include "whole_number.hpp"

namespace elvis::ndl {

namespace {

__extension__ using Wide = unsigned __int128;

std::string got(std::string_view text) {
  return text.empty() ? std::string{"it is empty"} : "got " + quoted(text);
}

/// All of `text` as an unsigned number in decimal or hex.
std::optional<std::uint64_t> to_number(std::string_view text) {
  const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = is_hex ? text.substr(2) : text;
  std::uint64_t value = 0;
  if (read_whole_number(digits, value, is_hex ? 16 : 10) != std::errc{}) return std::nullopt;
  return value;
}

/// A decimal fraction, `digits` / 10^`decimals`, and what follows it.
struct Decimal {
  Wide digits = 0;
  std::size_t decimals = 0;
  std::string_view number;
  std::string_view unit;
};

/// The most digits that a Decimal keeps: with any unit they still fit into 128 bits.
constexpr std::size_t max_digits = 24;

/// Nothing if `text` does not begin with a number, or with one of too many digits.
std::optional<Decimal> to_decimal(std::string_view text) {
  Decimal result;
  std::size_t at = 0;
  std::size_t digits = 0;
  std::size_t pending_zeros = 0;  // behind the point; they count if another digit follows
  bool has_point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !has_point && digits != 0 && at + 1 < text.size() && text[at + 1] >= '0' &&
        text[at + 1] <= '9') {
      has_point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    ++digits;
    if (has_point && c == '0') {
      ++pending_zeros;
      continue;
    }
    const std::size_t places = has_point ? pending_zeros + 1 : 1;
    for (std::size_t i = 0; i < places; ++i) {
      result.digits *= 10;
      if (result.digits >= Wide{1} << 80) return std::nullopt;
    }
    result.digits += static_cast<unsigned>(c - '0');
    if (has_point) result.decimals += places;
    if (result.decimals > max_digits) return std::nullopt;
    pending_zeros = 0;
  }
  if (digits == 0) return std::nullopt;
  result.number = text.substr(0, at);
  result.unit = text.substr(at);
  return result;
}

Wide power_of_ten(std::size_t exponent) {
  Wide power = 1;
  for (; exponent != 0; --exponent) power *= 10;
  return power;
}

/// A unit and how many of the smallest one it is.
struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// What a reader of numbers with units says in its messages.
struct Words {
  std::string_view what;         ///< "a time"
  std::string_view usual;        ///< The unit that an example takes.
  std::string_view example;      ///< A whole example.
  std::string_view indivisible;  ///< The smallest unit, "1ns".
};

/// A number with one of `units`, as a multiple of the smallest one.
Reading<std::uint64_t> read_with_unit(std::string_view text, std::span<const Unit> units,
                                      const Words& words, std::uint64_t most) {
  using Result = Reading<std::uint64_t>;
  const auto number = to_decimal(text);
  if (!number) {
    return Result::failed(fmt::format("needs {} with its unit, for example `{}`, {}", words.what,
                                      words.example, got(text)));
  }
  if (number->unit.empty()) {
    return Result::failed(fmt::format("needs a unit, for example `{}{}`, {}", number->number,
                                      words.usual, got(text)));
  }
  const auto unit = std::find_if(units.begin(), units.end(),
                                 [&](const Unit& known) { return known.name == number->unit; });
  if (unit == units.end()) {
    std::string names;
    for (const Unit& known : units) {
      if (!names.empty()) names += ", ";
      names += quoted(known.name);
    }
    return Result::failed(fmt::format("has an unknown unit, {}; write one of {}, for example `{}`",
                                      quoted(number->unit), names, words.example));
  }
  const Wide scaled = number->digits * unit->factor;
  const Wide divisor = power_of_ten(number->decimals);
  if (scaled / divisor > most) {
    return Result::failed(fmt::format("is too much, {}", got(text)));
  }
  if (scaled % divisor != 0) {
    return Result::failed(
        fmt::format("must be a multiple of {}, {}", words.indivisible, got(text)));
  }
  return static_cast<std::uint64_t>(scaled / divisor);
}

/// One octet without leading zeros, taken off the front of `text`.
std::optional<std::uint32_t> take_octet(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789"), text.size());
  std::uint32_t value = 0;
  if (length > 3 || (length > 1 && text[0] == '0') ||
      read_whole_number(text.substr(0, length), value) != std::errc{} || value > 255) {
    return std::nullopt;
  }
  text.remove_prefix(length);
  return value;
}

std::optional<std::uint32_t> to_address(std::string_view text) {
  std::uint32_t address = 0;
  for (int i = 0; i < 4; ++i) {
    if (i != 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto octet = take_octet(text);
    if (!octet) return std::nullopt;
    address = address << 8 | *octet;
  }
  return text.empty() ? std::optional{address} : std::nullopt;
}

std::uint32_t mask_of(std::uint8_t length) {
  return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
}

}  // namespace

// ===== Numbers =====

Reading<std::uint64_t> read_integer(std::string_view text, std::uint64_t least,
                                    std::uint64_t most) {
  const auto value = to_number(text);
  if (value && *value >= least && *value <= most) return *value;
  const bool is_bounded = most != std::numeric_limits<std::uint64_t>::max();
  const std::string range = is_bounded   ? fmt::format(" from {} to {}", least, most)
                            : least != 0 ? fmt::format(" of at least {}", least)
                                         : std::string{};
  return Reading<std::uint64_t>::failed(
      fmt::format("needs a whole number{}, {}", range, got(text)));
}

Reading<std::int64_t> read_signed(std::string_view text, std::int64_t least, std::int64_t most) {
  const bool is_negative = text.starts_with('-');
  const auto magnitude = to_number(is_negative ? text.substr(1) : text);
  const std::uint64_t limit =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + (is_negative ? 1 : 0);
  if (magnitude && *magnitude <= limit) {
    const auto value = static_cast<std::int64_t>(is_negative ? 0 - *magnitude : *magnitude);
    if (value >= least && value <= most) return value;
  }
  const bool is_bounded = least != std::numeric_limits<std::int64_t>::min() ||
                          most != std::numeric_limits<std::int64_t>::max();
  return Reading<std::int64_t>::failed(
      fmt::format("needs a whole number{}, {}",
                  is_bounded ? fmt::format(" from {} to {}", least, most) : "", got(text)));
}

Reading<std::uint16_t> read_port(std::string_view text) {
  const auto value = to_number(text);
  if (value && *value >= 1 && *value <= 65535) return static_cast<std::uint16_t>(*value);
  return Reading<std::uint16_t>::failed("needs a port from 1 to 65535, " + got(text));
}

Reading<bool> read_bool(std::string_view text) {
  const auto is = [text](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                      [](char a, char b) { return (a | 0x20) == b; });
  };
  if (is("true") || is("t")) return true;
  if (is("false") || is("f")) return false;
  return Reading<bool>::failed("needs `true` or `false`, " + got(text));
}

// ===== Quantities =====

Reading<Duration> read_duration(std::string_view text) {
  static constexpr std::array<Unit, 6> units{{{"ns", 1},
                                              {"us", 1'000},
                                              {"ms", 1'000'000},
                                              {"s", 1'000'000'000},
                                              {"min", 60'000'000'000},
                                              {"h", 3'600'000'000'000}}};
  if (text == "0") return Duration{0};
  const auto value = read_with_unit(text, units, {"a time", "ms", "10ms", "1ns"},
                                    static_cast<std::uint64_t>(Duration::max().count()));
  if (!value) return Reading<Duration>::failed(value.error());
  return Duration{static_cast<Duration::rep>(*value)};
}

Reading<BitRate> read_bit_rate(std::string_view text) {
  static constexpr std::array<Unit, 8> units{{{"bps", 1},
                                              {"kbps", 1'000},
                                              {"Mbps", 1'000'000},
                                              {"Gbps", 1'000'000'000},
                                              {"B/s", 8},
                                              {"kB/s", 8'000},
                                              {"MB/s", 8'000'000},
                                              {"GB/s", 8'000'000'000}}};
  const auto value = read_with_unit(text, units, {"a rate", "Mbps", "100Mbps", "1bps"},
                                    std::numeric_limits<std::uint64_t>::max());
  if (!value) return Reading<BitRate>::failed(value.error());
  if (*value == 0) return Reading<BitRate>::failed("must be at least `1bps`, " + got(text));
  return BitRate{*value};
}

Reading<std::uint64_t> read_size(std::string_view text) {
  static constexpr std::array<Unit, 7> units{{{"B", 1},
                                              {"kB", 1'000},
                                              {"MB", 1'000'000},
                                              {"GB", 1'000'000'000},
                                              {"KiB", std::uint64_t{1} << 10},
                                              {"MiB", std::uint64_t{1} << 20},
                                              {"GiB", std::uint64_t{1} << 30}}};
  return read_with_unit(text, units, {"a size", "kB", "256KiB", "1B"},
                        std::numeric_limits<std::uint64_t>::max());
}

Reading<Probability> read_probability(std::string_view text) {
  using Result = Reading<Probability>;
  const auto number = to_decimal(text);
  const bool is_percent = number && number->unit == "%";
  if (!number || (!number->unit.empty() && !is_percent)) {
    return Result::failed("needs a probability from 0 to 1, for example `0.01` or `1%`, " +
                          got(text));
  }
  // 10^19 is the last power of ten below 2^64.
  const std::size_t decimals = number->decimals + (is_percent ? 2 : 0);
  if (decimals > 19)
    return Result::failed("has more decimals than can be told apart, " + got(text));
  const Wide one = power_of_ten(decimals);
  if (number->digits > one) {
    const bool may_be_percent = !is_percent && number->digits <= one * 100;
    return Result::failed(
        fmt::format("needs a probability from 0 to 1, {}{}", got(text),
                    may_be_percent ? fmt::format("; did you mean `{}%`?", text) : ""));
  }
  return Probability::ratio(static_cast<std::uint64_t>(number->digits),
                            static_cast<std::uint64_t>(one));
}

Reading<double> read_decimal(std::string_view text) {
  constexpr std::size_t most_decimals = 19;
  const auto number = to_decimal(text);
  if (!number || !number->unit.empty()) {
    return Reading<double>::failed("needs a number, for example `0.5`, " + got(text));
  }
  if (number->decimals > most_decimals) {
    return Reading<double>::failed("has more decimals than can be told apart, " + got(text));
  }
  return static_cast<double>(number->digits) / static_cast<double>(power_of_ten(number->decimals));
}

// ===== Addresses =====

Reading<std::uint32_t> read_address(std::string_view text) {
  if (const auto address = to_address(text)) return *address;
  return Reading<std::uint32_t>::failed("needs an address, for example `10.0.0.1`, " + got(text));
}

Reading<AddressRange> read_address_range(std::string_view text) {
  using Result = Reading<AddressRange>;
  const std::size_t dash = text.find('-');
  const auto first = to_address(text.substr(0, dash));
  if (dash == std::string_view::npos || !first) {
    const std::size_t slash = text.find('/');
    const bool is_old = slash != std::string_view::npos && to_address(text.substr(0, slash));
    return Result::failed(fmt::format(
        "needs a range, for example `{}` or `10.0.0.1-10.0.3.255`, {}",
        is_old ? fmt::format("{}-{}", text.substr(0, slash), printable(text.substr(slash + 1)))
               : "10.0.0.1-9",
        got(text)));
  }
  std::string_view rest = text.substr(dash + 1);
  auto last = to_address(rest);
  if (!last) {
    const auto octet = take_octet(rest);
    if (!octet || !rest.empty()) {
      return Result::failed(
          "needs the last octet or a whole address behind `-`, for example `10.0.0.1-9` or "
          "`10.0.0.1-10.0.3.255`, " +
          got(text));
    }
    last = (*first & ~std::uint32_t{0xff}) | *octet;
  }
  if (*last < *first) {
    return Result::failed(fmt::format("ends before it begins: {} comes after {}",
                                      quoted(format_address(*first)),
                                      quoted(format_address(*last))));
  }
  return AddressRange{*first, *last};
}

Reading<Prefix> read_prefix(std::string_view text) {
  using Result = Reading<Prefix>;
  const std::size_t slash = text.find('/');
  const auto address = to_address(text.substr(0, slash));
  std::uint32_t length = 0;
  const std::string_view digits =
      slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1);
  if (!address || read_whole_number(digits, length) != std::errc{} || length > 32) {
    return Result::failed("needs a prefix, for example `10.1.0.0/16`, " + got(text));
  }
  const Prefix prefix{*address, static_cast<std::uint8_t>(length)};
  const std::uint32_t network = *address & mask_of(prefix.length);
  if (digits.size() > 1 && digits.starts_with('0')) {
    return Result::failed(fmt::format("has a length that begins with 0, {}; did you mean `{}/{}`?",
                                      got(text), format_address(network), length));
  }
  if (network != *address) {
    return Result::failed(fmt::format("has bits set behind its length, {}; did you mean `{}/{}`?",
                                      got(text), format_address(network), length));
  }
  return prefix;
}

AddressRange all_of(Prefix prefix) {
  return {prefix.address, prefix.address | ~mask_of(prefix.length)};
}

AddressRange hosts_of(Prefix prefix) {
  const AddressRange all = all_of(prefix);
  return prefix.length >= 31 ? all : AddressRange{all.first + 1, all.last - 1};
}

Reading<AddressRange> read_subnet(std::string_view text) {
  const auto prefix = read_prefix(text);
  if (!prefix) return Reading<AddressRange>::failed(prefix.error());
  return hosts_of(*prefix);
}

std::string format_address(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff, address >> 8 & 0xff,
                     address & 0xff);
}

}  // namespace elvis::ndl
