// SPDX-License-Identifier: MIT
#include "elvis/wire/icmp_message.hpp"

#include <algorithm>

#include "elvis/wire/byte_order.hpp"
#include "elvis/wire/checksum.hpp"
#include "elvis/wire/ipv4_header.hpp"

namespace elvis {

namespace {

constexpr std::uint32_t pair(std::uint16_t high, std::uint16_t low) {
  return std::uint32_t{high} << 16 | low;
}

}  // namespace

// ===== IcmpMessage: the header =====

IcmpMessage IcmpMessage::echo(std::uint16_t identifier, std::uint16_t sequence) {
  return {.type = IcmpType::echo, .rest = pair(identifier, sequence)};
}

IcmpMessage IcmpMessage::unreachable(Unreachable reason, std::uint16_t next_hop_mtu) {
  return {.type = IcmpType::destination_unreachable,
          .code = static_cast<std::uint8_t>(reason),
          .rest = next_hop_mtu};
}

IcmpMessage IcmpMessage::time_exceeded(TimeExceeded reason) {
  return {.type = IcmpType::time_exceeded, .code = static_cast<std::uint8_t>(reason)};
}

IcmpMessage IcmpMessage::redirect_to(Ipv4Address gateway, Redirect reason) {
  return {.type = IcmpType::redirect,
          .code = static_cast<std::uint8_t>(reason),
          .rest = gateway.value()};
}

IcmpMessage IcmpMessage::parameter_problem(std::uint8_t pointer) {
  return {.type = IcmpType::parameter_problem, .rest = std::uint32_t{pointer} << 24};
}

IcmpMessage IcmpMessage::timestamp(std::uint16_t identifier, std::uint16_t sequence,
                                   std::uint32_t originate) {
  return {
      .type = IcmpType::timestamp, .rest = pair(identifier, sequence), .times = {originate, 0, 0}};
}

bool IcmpMessage::is_error() const {
  switch (type) {
    case IcmpType::destination_unreachable:
    case IcmpType::source_quench:
    case IcmpType::redirect:
    case IcmpType::time_exceeded:
    case IcmpType::parameter_problem:
      return true;
    default:
      return false;
  }
}

boost::system::result<IcmpMessage, FormatError> IcmpMessage::parse(const std::uint8_t* bytes,
                                                                   std::size_t available) {
  if (available < size) return FormatError::truncated;
  IcmpMessage message{.type = static_cast<IcmpType>(bytes[0]),
                      .code = bytes[1],
                      .checksum = load16(bytes + 2),
                      .rest = load32(bytes + 4)};
  if (!message.is_timestamp()) return message;
  if (available < timestamp_size) return FormatError::truncated;
  for (std::size_t i = 0; i < message.times.size(); ++i) {
    message.times[i] = load32(bytes + size + 4 * i);
  }
  return message;
}

boost::system::result<IcmpMessage, FormatError> IcmpMessage::parse(const Message& message) {
  std::array<std::uint8_t, timestamp_size> scratch;
  const std::size_t available = std::min(message.size(), scratch.size());
  if (available < size) return FormatError::truncated;
  // RFC 1071, 1: the sum over data that contains its checksum is all ones. RFC 1122, 3.2.2 has
  // nothing believed of a message before that.
  if (fold_sum(message.partial_sum()) != 0xffff) return FormatError::bad_checksum;
  return parse(message.front(available, scratch.data()), available);
}

void IcmpMessage::emit(std::uint8_t* bytes) const {
  bytes[0] = static_cast<std::uint8_t>(type);
  bytes[1] = code;
  store16(bytes + 2, checksum);
  store32(bytes + 4, rest);
  if (!is_timestamp()) return;
  for (std::size_t i = 0; i < times.size(); ++i) store32(bytes + size + 4 * i, times[i]);
}

void IcmpMessage::prepend_to(Message& payload) const {
  IcmpMessage header = *this;
  std::array<std::uint8_t, timestamp_size> bytes;
  header.checksum = 0;
  header.emit(bytes.data());
  header.checksum = finish_checksum(elvis::partial_sum(bytes.data(), header_size()) +
                                    fold_sum(payload.partial_sum()));
  header.emit(payload.prepend(header_size()));
}

// ===== QuotedDatagram: what an error is about =====

std::uint16_t QuotedDatagram::source_port() const {
  return load16(payload.data());
}

std::uint16_t QuotedDatagram::destination_port() const {
  return load16(payload.data() + 2);
}

boost::system::result<QuotedDatagram, FormatError> QuotedDatagram::parse(const std::uint8_t* bytes,
                                                                         std::size_t available) {
  if (available < Ipv4Header::min_size) return FormatError::truncated;
  if (bytes[0] >> 4 != 4) return FormatError::bad_version;
  const std::size_t header_size = std::size_t{4} * (bytes[0] & 0xf);
  if (header_size < Ipv4Header::min_size) return FormatError::bad_length;
  if (available < header_size) return FormatError::truncated;
  QuotedDatagram quoted{.source = Ipv4Address{load32(bytes + 12)},
                        .destination = Ipv4Address{load32(bytes + 16)},
                        .total_length = load16(bytes + 2),
                        .identification = load16(bytes + 4),
                        .fragment_offset = static_cast<std::uint16_t>(load16(bytes + 6) & 0x1fff),
                        .time_to_live = bytes[8],
                        .protocol = bytes[9],
                        .header_size = static_cast<std::uint8_t>(header_size)};
  if (quoted.total_length < header_size) return FormatError::bad_length;
  const std::size_t payload_size =
      std::min({available, std::size_t{quoted.total_length}}) - header_size;
  quoted.payload_size = static_cast<std::uint8_t>(std::min(payload_size, quoted.payload.size()));
  std::copy_n(bytes + header_size, quoted.payload_size, quoted.payload.begin());
  return quoted;
}

}  // namespace elvis
