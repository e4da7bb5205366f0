// SPDX-License-Identifier: MIT
#include "elvis/wire/ipv4_options.hpp"

#include <algorithm>

#include "elvis/util/assert.hpp"
#include "elvis/wire/byte_order.hpp"

namespace elvis {

namespace {

constexpr std::size_t address_size = 4;

// Octets of an option, by their place in it.
constexpr std::size_t length_octet = 1;
constexpr std::size_t pointer_octet = 2;
constexpr std::size_t flags_octet = 3;

constexpr std::size_t route_data = 3;  // where the slots of routes begin
constexpr std::size_t stamp_data = 4;  // and those of timestamps
constexpr std::uint8_t most_overflow = 0xf0;

std::uint8_t octet(std::size_t value) {
  return static_cast<std::uint8_t>(value);
}

std::optional<std::uint8_t> fault_at(const IpOption& option, std::size_t place) {
  return octet(option.offset + place);
}

bool is_route(IpOptionType type) {
  return type == IpOptionType::record_route || type == IpOptionType::loose_source_route ||
         type == IpOptionType::strict_source_route;
}

/// A bit for each kind of option that a list has once at most.
unsigned lone_kind(IpOptionType type) {
  switch (type) {
    case IpOptionType::record_route:
      return 1;
    case IpOptionType::timestamp:
      return 2;
    case IpOptionType::loose_source_route:
    case IpOptionType::strict_source_route:
      return 4;
    default:
      return 0;
  }
}

std::size_t slot_size(std::uint8_t flags) {
  const auto mode = static_cast<TimestampMode>(flags & 0xf);
  return mode == TimestampMode::times ? 4 : 8;
}

bool is_mode(std::uint8_t flags) {
  const unsigned mode = flags & 0xfU;
  return mode == 0 || mode == 1 || mode == 3;
}

}  // namespace

Ipv4Options::Ipv4Options(std::span<const std::uint8_t> area) : size_{octet(area.size())} {
  ELVIS_ASSERT(area.size() <= max_size);
  std::ranges::copy(area, bytes_.begin());
}

Ipv4Options Ipv4Options::of(const Message& datagram) {
  constexpr std::size_t least_header = 20;
  const std::size_t header = datagram[0] % 16U * 4;
  Ipv4Options options;
  if (header > least_header) {
    options.size_ = octet(header - least_header);
    (void)datagram.copy_to(std::span{options.bytes_}.first(options.size_), least_header);
  }
  return options;
}

// ===== What stands in the list =====

std::optional<IpOption> Ipv4Options::at(std::size_t offset) const {
  if (offset >= size_) return std::nullopt;
  IpOption option{.type = static_cast<IpOptionType>(bytes_[offset]), .offset = octet(offset)};
  if (option.type == IpOptionType::end) return std::nullopt;
  if (option.type == IpOptionType::no_operation) return option;
  if (offset + length_octet >= size_) return std::nullopt;
  option.size = bytes_[offset + length_octet];
  if (option.size < 2 || offset + option.size > size_) return std::nullopt;
  return option;
}

std::optional<IpOption> Ipv4Options::find(IpOptionType type) const {
  for (auto option = at(0); option; option = at(std::size_t{option->offset} + option->size)) {
    if (option->type == type) return option;
  }
  return std::nullopt;
}

bool Ipv4Options::has_source_route() const {
  return find(IpOptionType::loose_source_route) || find(IpOptionType::strict_source_route);
}

bool Ipv4Options::is_on_its_way() const {
  for (auto option = at(0); option; option = at(std::size_t{option->offset} + option->size)) {
    if (option->type != IpOptionType::loose_source_route &&
        option->type != IpOptionType::strict_source_route) {
      continue;
    }
    if (option->size > pointer_octet && bytes_[option->offset + pointer_octet] <= option->size) {
      return true;
    }
  }
  return false;
}

std::optional<Ipv4Address> Ipv4Options::asked_address() const {
  const auto option = find(IpOptionType::timestamp);
  if (!option || find_fault_in(*option)) return std::nullopt;
  const std::uint8_t* const bytes = &bytes_[option->offset];
  const auto mode = static_cast<TimestampMode>(bytes[flags_octet] & 0xf);
  const std::size_t pointer = bytes[pointer_octet];
  if (mode != TimestampMode::prespecified || pointer > option->size) return std::nullopt;
  return Ipv4Address{load32(bytes + pointer - 1)};
}

bool Ipv4Options::has_router_alert() const {
  const auto option = find(IpOptionType::router_alert);
  return option && option->size == 4 && load16(&bytes_[option->offset + 2U]) == 0;
}

std::optional<std::uint8_t> Ipv4Options::find_fault() const {
  unsigned seen = 0;
  std::size_t offset = 0;
  for (auto option = at(0); option; option = at(offset)) {
    offset = std::size_t{option->offset} + option->size;
    if (const auto fault = find_fault_in(*option)) return fault;
    // RFC 791, 3.1: each appears at most once; RFC 1812, 5.3.13.4: one source route of either kind.
    const unsigned kind = lone_kind(option->type);
    if ((seen & kind) != 0) return fault_at(*option, 0);
    seen |= kind;
  }
  // Where the walk stopped is the end of the list, or an impossible length.
  if (offset >= size_ || bytes_[offset] == static_cast<std::uint8_t>(IpOptionType::end)) {
    return std::nullopt;
  }
  return octet(std::min<std::size_t>(offset + length_octet, size_ - 1U));
}

std::optional<std::uint8_t> Ipv4Options::find_fault_in(const IpOption& option) const {
  const std::uint8_t* const bytes = &bytes_[option.offset];
  std::size_t data = 0;
  std::size_t slot = address_size;
  if (is_route(option.type)) {
    data = route_data;
    if (option.size < data) return fault_at(option, length_octet);
  } else if (option.type == IpOptionType::timestamp) {
    data = stamp_data;
    if (option.size < data) return fault_at(option, length_octet);
    if (!is_mode(bytes[flags_octet])) return fault_at(option, flags_octet);
    slot = slot_size(bytes[flags_octet]);
  } else if (option.type == IpOptionType::router_alert) {
    return option.size == 4 ? std::nullopt : fault_at(option, length_octet);
  } else {
    return std::nullopt;
  }
  const std::size_t pointer = bytes[pointer_octet];
  if (pointer <= data) return fault_at(option, pointer_octet);
  // RFC 791, 3.1: room, but not for a whole slot, is an error; no room is not.
  if (pointer <= option.size && pointer - 1 + slot > option.size) {
    return fault_at(option, pointer_octet);
  }
  return std::nullopt;
}

// ===== What a hop adds =====

std::optional<std::uint8_t> Ipv4Options::record(const Hop& hop) {
  for (auto option = at(0); option; option = at(std::size_t{option->offset} + option->size)) {
    if (option->type == IpOptionType::timestamp) {
      if (const auto fault = stamp(*option, hop)) return fault;
    }
    if (option->type != IpOptionType::record_route) continue;
    std::uint8_t* const bytes = &bytes_[option->offset];
    if (bytes[pointer_octet] > option->size) continue;  // full: the datagram goes on as it is
    store32(bytes + bytes[pointer_octet] - 1, hop.address.value());
    bytes[pointer_octet] = octet(bytes[pointer_octet] + address_size);
  }
  return std::nullopt;
}

std::optional<std::uint8_t> Ipv4Options::stamp(const IpOption& option, const Hop& hop) {
  std::uint8_t* const bytes = &bytes_[option.offset];
  const std::size_t slot = slot_size(bytes[flags_octet]);
  const auto mode = static_cast<TimestampMode>(bytes[flags_octet] & 0xf);
  const std::size_t pointer = bytes[pointer_octet];
  if (pointer > option.size) {
    // Prespecified slots that are all used up leave out nobody.
    if (mode == TimestampMode::prespecified) return std::nullopt;
    if ((bytes[flags_octet] & most_overflow) == most_overflow) return fault_at(option, flags_octet);
    bytes[flags_octet] = octet(bytes[flags_octet] + 0x10U);
    return std::nullopt;
  }
  std::uint8_t* at = bytes + pointer - 1;
  if (mode == TimestampMode::prespecified) {
    const Ipv4Address asked{load32(at)};
    if (std::ranges::find(hop.own, asked) == hop.own.end()) return std::nullopt;
  } else if (mode == TimestampMode::addresses_and_times) {
    store32(at, hop.address.value());
  }
  store32(at + slot - 4, hop.time);
  bytes[pointer_octet] = octet(pointer + slot);
  return std::nullopt;
}

Ipv4Options Ipv4Options::reflected() const {
  Ipv4Options result;
  for (auto option = at(0); option; option = at(std::size_t{option->offset} + option->size)) {
    if (option->type != IpOptionType::record_route && option->type != IpOptionType::timestamp) {
      continue;
    }
    const bool has_room = result.add({&bytes_[option->offset], option->size});
    ELVIS_ASSERT(has_room);  // as it fits among others
  }
  return result;
}

Ipv4Options Ipv4Options::copied() const {
  Ipv4Options result;
  for (auto option = at(0); option; option = at(std::size_t{option->offset} + option->size)) {
    if (!option->is_copied()) continue;
    std::copy_n(&bytes_[option->offset], option->size, &result.bytes_[result.size_]);
    result.size_ = octet(result.size_ + option->size);
  }
  result.size_ = octet((result.size_ + 3U) / 4 * 4);  // the rest is 0: the end of the list
  return result;
}

// ===== Making options =====

bool Ipv4Options::add(std::span<const std::uint8_t> option) {
  // A list that was padded goes on behind its last option.
  std::size_t end = 0;
  for (auto next = at(0); next; next = at(end)) end = std::size_t{next->offset} + next->size;
  const std::size_t padded = (end + option.size() + 3) / 4 * 4;
  if (padded > max_size) return false;
  std::ranges::copy(option, &bytes_[end]);
  std::fill(bytes_.begin() + static_cast<std::ptrdiff_t>(end + option.size()), bytes_.end(),
            std::uint8_t{0});
  size_ = octet(padded);
  return true;
}

bool Ipv4Options::add_record_route(std::size_t slots) {
  ELVIS_ASSERT(slots >= 1);
  std::array<std::uint8_t, max_size> option{};
  const std::size_t size = route_data + slots * address_size;
  if (size > max_size) return false;
  option[0] = static_cast<std::uint8_t>(IpOptionType::record_route);
  option[length_octet] = octet(size);
  option[pointer_octet] = octet(route_data + 1);
  return add({option.data(), size});
}

bool Ipv4Options::add_timestamp(TimestampMode mode, std::size_t slots,
                                std::span<const Ipv4Address> prespecified) {
  ELVIS_ASSERT(slots >= 1 && prespecified.size() <= slots);
  ELVIS_ASSERT(prespecified.empty() || mode == TimestampMode::prespecified);
  std::array<std::uint8_t, max_size> option{};
  const auto flags = static_cast<std::uint8_t>(mode);
  const std::size_t size = stamp_data + slots * slot_size(flags);
  if (size > max_size) return false;
  option[0] = static_cast<std::uint8_t>(IpOptionType::timestamp);
  option[length_octet] = octet(size);
  option[pointer_octet] = octet(stamp_data + 1);
  option[flags_octet] = flags;
  for (std::size_t i = 0; i < prespecified.size(); ++i) {
    store32(&option[stamp_data + i * slot_size(flags)], prespecified[i].value());
  }
  return add({option.data(), size});
}

bool Ipv4Options::add_router_alert() {
  const std::array<std::uint8_t, 4> option{static_cast<std::uint8_t>(IpOptionType::router_alert), 4,
                                           0, 0};
  return add(option);
}

std::size_t Ipv4Options::recorded_route(std::span<Ipv4Address> route) const {
  const auto option = find(IpOptionType::record_route);
  if (!option || find_fault_in(*option)) return 0;
  const std::uint8_t* const bytes = &bytes_[option->offset];
  const std::size_t used = std::min<std::size_t>(bytes[pointer_octet] - 1U, option->size);
  const std::size_t count = std::min((used - route_data) / address_size, route.size());
  for (std::size_t i = 0; i < count; ++i) {
    route[i] = Ipv4Address{load32(bytes + route_data + i * address_size)};
  }
  return count;
}

std::size_t Ipv4Options::recorded_stamps(std::span<Stamp> stamps) const {
  const auto option = find(IpOptionType::timestamp);
  if (!option || find_fault_in(*option)) return 0;
  const std::uint8_t* const bytes = &bytes_[option->offset];
  const std::size_t slot = slot_size(bytes[flags_octet]);
  const std::size_t used = std::min<std::size_t>(bytes[pointer_octet] - 1U, option->size);
  const std::size_t count = std::min((used - stamp_data) / slot, stamps.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const at = bytes + stamp_data + i * slot;
    stamps[i] = {Ipv4Address{slot == address_size ? 0 : load32(at)}, load32(at + slot - 4)};
  }
  return count;
}

}  // namespace elvis
