// SPDX-License-Identifier: MIT
// Fuzz target: an ICMP message and the datagram that it quotes, from any bytes, and from the same
// bytes with the checksum made right.
#include "elvis/wire/icmp_message.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using elvis::IcmpMessage;
  elvis::fuzz::parse_emit_parse<IcmpMessage>(data, size);
  elvis::Message message{std::span{data, size}};
  (void)IcmpMessage::parse(message);

  const auto header = IcmpMessage::parse(data, size);
  if (!header) return 0;
  message.remove_front(header->header_size());
  const auto quoted =
      elvis::QuotedDatagram::parse(data + header->header_size(), size - header->header_size());
  if (quoted) {
    ELVIS_ASSERT(quoted->header_size + quoted->payload_size <= message.size());
    ELVIS_ASSERT(!quoted->has_ports() || quoted->payload_size >= 4);
  }
  header->prepend_to(message);
  const auto again = IcmpMessage::parse(message);
  ELVIS_ASSERT(again.has_value());
  ELVIS_ASSERT(again->type == header->type && again->code == header->code);
  ELVIS_ASSERT(again->rest == header->rest && again->times == header->times);
  return 0;
}
