// SPDX-License-Identifier: MIT
// A whole machine fed with frames while time passes: a router on three networks, one of a small
// MTU, with ARP, ICMP and a server. Nothing that arrives crashes it, every frame is accounted for,
// memory stays under its caps, and nothing is left when the world is gone.
//
// Input: records of a 2-byte pause (in microseconds; in seconds with the first bit), a byte of
// flags, a length byte and that many bytes, which are a frame as it is, or with a flag of 1, 2 or 8
// what an IPv4 datagram carries:
//
//   1  the right link and IPv4 headers are added
//   2  UDP headers as well
//   4  to everybody rather than to the router
//   8  it is ICMP, whose checksum is made right
//  16  it is ARP; a link header is added
//  32  it is for a host behind the router
//  64  it is a fragment: two bytes say where it begins and whether more follow
// 128  it has options: a byte says how many words, which follow
#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>

#include "elvis/protocols/reassembly.hpp"
#include "elvis/sockets/udp_socket.hpp"
#include "tests/internet.hpp"

namespace elvis {
namespace {

using testing_lan::Internet;

enum Flag : std::uint8_t {
  as_ipv4 = 1,
  as_udp = 2,
  to_all = 4,
  as_icmp = 8,
  as_arp = 16,
  to_beyond = 32,
  as_fragment = 64,
  with_options = 128,
};

std::span<const std::uint8_t> take(std::span<const std::uint8_t>& bytes, std::size_t count) {
  const auto taken = bytes.first(std::min(count, bytes.size()));
  bytes = bytes.subspan(taken.size());
  return taken;
}

/// The datagram that a record's bytes describe.
Message datagram_of(std::span<const std::uint8_t> bytes, std::uint8_t flags) {
  Ipv4Header header;
  if ((flags & as_fragment) != 0 && bytes.size() >= 2) {
    const std::uint16_t word = load16(take(bytes, 2).data());
    header.fragment_offset = word & 0x1fff;
    header.more_fragments = (word & 0x2000) != 0;
    header.identification = word >> 14;
  }
  if ((flags & with_options) != 0 && !bytes.empty()) {
    header.options = take(bytes, std::size_t{4} * (take(bytes, 1)[0] % 11));
    header.options = header.options.first(header.options.size() / 4 * 4);
  }
  Message payload{bytes};
  if ((flags & as_udp) != 0) {
    UdpHeader{1000, 7, static_cast<std::uint16_t>(UdpHeader::size + payload.size()), 0}.emit(
        payload.prepend(UdpHeader::size));
  } else if ((flags & as_icmp) != 0 && bytes.size() >= IcmpMessage::size) {
    const auto message = IcmpMessage::parse(bytes.data(), bytes.size());
    if (message) {
      payload.remove_front(message->header_size());
      message->prepend_to(payload);
    }
  }
  header.total_length = static_cast<std::uint16_t>(header.header_size() + payload.size());
  header.protocol = (flags & as_icmp) != 0 ? 1 : 17;
  header.source = Internet::at(0, 9);
  header.destination = (flags & to_beyond) != 0 ? Internet::at(2, 2) : Internet::at(0, 1);
  header.emit(payload.prepend(header.header_size()));
  return payload;
}

Task<Result<>> feed(Application& self, std::span<const std::uint8_t> input) {
  Tap& tap = self.machine().taps().front();
  while (input.size() >= 4) {
    const std::uint32_t pause = load16(take(input, 2).data());
    const std::uint8_t flags = take(input, 1)[0];
    const auto bytes = take(input, take(input, 1)[0]);
    if ((pause & 0x8000) != 0) {
      co_await self.sleep_for(std::chrono::seconds{pause & 0x7f});
    } else {
      co_await self.sleep_for(std::chrono::microseconds{pause});
    }
    const MacAddress to = (flags & to_all) != 0 ? MacAddress::broadcast() : tap.network().mac_of(0);
    if ((flags & as_arp) != 0) {
      (void)tap.send(to, EtherType::arp, Message{bytes});
    } else if ((flags & (as_ipv4 | as_udp | as_icmp)) != 0) {
      (void)tap.send(to, EtherType::ipv4, datagram_of(bytes, flags));
    } else {
      tap.transmit(Message{bytes});
    }
  }
  co_return Result<>{};
}

// Answers everything, so that the router's way down is used as well.
Task<Result<>> echo(Application& self) {
  UdpSocket socket{self.machine()};
  if (auto bound = socket.bind({{}, 7}); !bound) co_return bound.error();
  for (;;) {
    Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    (void)socket.send_to(received->remote, std::move(received->payload));
  }
}

void run(std::span<const std::uint8_t> input) {
  const bool has_arp = input.empty() || input.size() % 2 == 0;
  Internet internet;
  internet.add_network();
  internet.add_network();
  internet.add_network(300);
  Machine& router = internet.add("router", 1, {0, 1, 2}, true, has_arp);
  for (const std::size_t network : {1U, 2U}) {
    internet.add("host" + std::to_string(network), 2, {network}, false, has_arp);
  }
  Machine& attacker = internet.add("attacker", 9, {0}, false, has_arp);
  internet.run_on(router, echo);
  internet.run_on(attacker, [input](Application& self) { return feed(self, input); });
  World::RunOptions options;
  options.engine.max_events = 100'000;
  internet.world.run(std::move(options));
  ELVIS_ASSERT(internet.world.conserves_frames());
  if (const Reassembly* const fragments = Internet::ipv4(router).reassembly()) {
    ELVIS_ASSERT(fragments->memory_bytes() <= ReassemblyLimits{}.memory_bytes);
  }
}

}  // namespace
}  // namespace elvis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t before = elvis::pool::live_blocks();
  elvis::run({data, size});
  ELVIS_ASSERT(elvis::pool::live_blocks() == before);
  return 0;
}
