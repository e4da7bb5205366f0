// SPDX-License-Identifier: MIT
// A whole machine fed with frames while time passes: nothing that arrives crashes it, every frame
// is accounted for, and nothing is left when the world is gone.
//
// Input: records of a 2-byte pause in microseconds, a byte of flags, a length byte and that many
// bytes. Flag 1: the bytes are an IPv4 payload to which right link and IPv4 headers are added; flag
// 2: UDP headers as well; else they are a frame as it is.
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "elvis/applications/messages.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/udp.hpp"
#include "elvis/sockets/udp_socket.hpp"

namespace elvis {
namespace {

constexpr Ipv4Address victim_address{10, 0, 0, 1};
constexpr Ipv4Address attacker_address{10, 0, 0, 2};

struct Feed final : ApplicationOptions {
  std::span<const std::uint8_t> input;
  void visit(OptionVisitor&) override {}
};

void add_headers(Message& payload, std::uint8_t protocol) {
  Ipv4Header header;
  header.total_length = static_cast<std::uint16_t>(Ipv4Header::min_size + payload.size());
  header.protocol = protocol;
  header.source = attacker_address;
  header.destination = victim_address;
  header.emit(payload.prepend(Ipv4Header::min_size));
}

Task<Result<>> feed(Application& self, const ApplicationOptions& options) {
  std::span<const std::uint8_t> input = static_cast<const Feed&>(options).input;
  Tap& tap = self.machine().taps().front();
  const MacAddress victim = tap.network().mac_of(0);
  while (input.size() >= 4) {
    const Duration pause = std::chrono::microseconds{input[0] << 8 | input[1]};
    const std::uint8_t flags = input[2];
    const std::size_t size = std::min<std::size_t>(input[3], input.size() - 4);
    Message bytes{input.subspan(4, size)};
    input = input.subspan(4 + size);
    co_await self.sleep_for(pause);
    if ((flags & 2) != 0) {
      UdpHeader{1000, 7, static_cast<std::uint16_t>(UdpHeader::size + size), 0}.emit(
          bytes.prepend(UdpHeader::size));
      add_headers(bytes, 17);
    } else if ((flags & 1) != 0) {
      add_headers(bytes, 17);
    } else {
      tap.transmit(std::move(bytes));
      continue;
    }
    (void)tap.send((flags & 4) != 0 ? MacAddress::broadcast() : victim, EtherType::ipv4,
                   std::move(bytes));
  }
  co_return Result<>{};
}

// Answers everything, so that the victim's way down is used as well.
Task<Result<>> echo(Application& self, const ApplicationOptions&) {
  UdpSocket socket{self.machine()};
  if (auto bound = socket.bind({{}, 7}); !bound) co_return bound.error();
  for (;;) {
    Result<Datagram> received = co_await socket.receive();
    if (!received) co_return received.error();
    (void)socket.send_to(received->remote, std::move(received->payload));
  }
}

constexpr ApplicationKind feed_kind{"feed", "sends the input", true, nullptr, feed};
constexpr ApplicationKind echo_kind{"echo", "answers", false, nullptr, echo};

void run(std::span<const std::uint8_t> input) {
  Feed options;
  options.input = input;
  ArpOptions arp_options;
  World world;
  Network& network = world.add_network("lan", {});
  Network* const networks[] = {&network};
  for (const Ipv4Address address : {victim_address, attacker_address}) {
    world.add_group(address == victim_address ? "victim" : "attacker", 1, false);
    Machine& machine = world.add_machine(networks, 3);
    Ipv4& ipv4 = world.add_protocol<Ipv4>(machine);
    world.add_protocol<Arp>(machine, arp_options);
    world.add_protocol<Udp>(machine, ipv4);
    world.claim(machine.taps().front(), address);
  }
  world.add_application(world.machine(0), echo_kind, options);
  world.add_application(world.machine(1), feed_kind, options);
  World::RunOptions run_options;
  run_options.engine.max_events = 100'000;
  world.run(std::move(run_options));
  ELVIS_ASSERT(world.conserves_frames());
}

}  // namespace
}  // namespace elvis

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::size_t before = elvis::pool::live_blocks();
  elvis::run({data, size});
  ELVIS_ASSERT(elvis::pool::live_blocks() == before);
  return 0;
}
