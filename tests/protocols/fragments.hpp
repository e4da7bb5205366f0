// SPDX-License-Identifier: MIT
// Datagrams and their fragments, for the tests of reassembly and fragmentation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "elvis/protocols/fragmentation.hpp"
#include "elvis/protocols/reassembly.hpp"
#include "elvis/util/rng.hpp"
#include "elvis/wire/ipv4_header.hpp"
#include "elvis/wire/message.hpp"

namespace elvis::test {

inline Ipv4Header header_with_id(std::uint16_t identification) {
  Ipv4Header header;
  header.identification = identification;
  header.protocol = static_cast<std::uint8_t>(IpProtocol::udp);
  header.source = Ipv4Address{10, 0, 0, 1};
  header.destination = Ipv4Address{10, 0, 0, 2};
  return header;
}

inline Message random_payload(Rng& rng, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
  return Message{bytes};
}

/// All fragments of a datagram.
inline std::vector<Message> fragments_of(const Ipv4Header& header, const Message& payload,
                                         std::size_t mtu) {
  std::vector<Message> fragments;
  for (Fragmenter pieces{header, payload, mtu}; !pieces.is_done();) {
    fragments.push_back(pieces.next());
  }
  return fragments;
}

/// Its options are valid until the next call.
inline Ipv4Header header_of(const Message& datagram) {
  static std::uint8_t scratch[Ipv4Header::max_size];
  const std::size_t size = datagram.size() < sizeof scratch ? datagram.size() : sizeof scratch;
  return *Ipv4Header::parse(datagram.front(size, scratch), datagram.size());
}

/// One fragment made by hand: `offset` in bytes.
inline Message fragment(Ipv4Header header, std::size_t offset, bool more, Message payload) {
  header.fragment_offset = static_cast<std::uint16_t>(offset / 8);
  header.more_fragments = more;
  header.total_length = static_cast<std::uint16_t>(header.header_size() + payload.size());
  header.emit(payload.prepend(header.header_size()));
  return payload;
}

inline FragmentResult add(Reassembly& reassembly, const Message& datagram,
                          Time now = start_of_time) {
  return reassembly.add(header_of(datagram), datagram, now);
}

}  // namespace elvis::test
