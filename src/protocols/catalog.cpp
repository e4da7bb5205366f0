// SPDX-License-Identifier: MIT
#include "elvis/protocols/catalog.hpp"

#include <array>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/icmp.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/udp.hpp"

namespace elvis {

namespace {

class NoOptions final : public Options {
 public:
  void visit(OptionVisitor&) override {}
};

std::unique_ptr<Options> no_options() {
  return std::make_unique<NoOptions>();
}

constexpr std::array<std::string_view, 1> needs_ipv4{"IPv4"};

constexpr std::array kinds{
    ProtocolKind{
        .name = "IPv4",
        .summary = "Internet Protocol version 4 (RFC 791)",
        .id = ProtocolId::ipv4,
        .needs = {},
        .bytes = sizeof(Ipv4),
        .make_options = []() -> std::unique_ptr<Options> {
          return std::make_unique<Ipv4Settings>();
        },
        .add = [](World& world, Machine& machine, const Options& options) -> Protocol& {
          return world.add_protocol<Ipv4>(machine, static_cast<const Ipv4Settings&>(options));
        },
    },
    ProtocolKind{
        .name = "ARP",
        .summary = "Address Resolution Protocol (RFC 826); without it the network's table answers",
        .id = ProtocolId::arp,
        .needs = needs_ipv4,
        .bytes = sizeof(Arp),
        .make_options = []() -> std::unique_ptr<Options> { return std::make_unique<ArpOptions>(); },
        .add = [](World& world, Machine& machine, const Options& options) -> Protocol& {
          return world.add_protocol<Arp>(machine, static_cast<const ArpOptions&>(options));
        },
    },
    ProtocolKind{
        .name = "ICMP",
        .summary = "Internet Control Message Protocol (RFC 792); without it nobody hears of errors",
        .id = ProtocolId::icmp,
        .needs = needs_ipv4,
        .bytes = sizeof(Icmp),
        .make_options = no_options,
        .add = [](World& world, Machine& machine, const Options&) -> Protocol& {
          return world.add_protocol<Icmp>(machine,
                                          static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4)));
        },
    },
    ProtocolKind{
        .name = "UDP",
        .summary = "User Datagram Protocol (RFC 768)",
        .id = ProtocolId::udp,
        .needs = needs_ipv4,
        .bytes = sizeof(Udp),
        .make_options = no_options,
        .add = [](World& world, Machine& machine, const Options&) -> Protocol& {
          return world.add_protocol<Udp>(machine,
                                         static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4)));
        },
    },
    ProtocolKind{
        .name = "TCP",
        .summary = "Transmission Control Protocol (RFC 9293)",
        .id = ProtocolId::tcp,
        .needs = needs_ipv4,
        .bytes = sizeof(Tcp),
        .make_options = []() -> std::unique_ptr<Options> {
          return std::make_unique<TcpSettings>();
        },
        .add = [](World& world, Machine& machine, const Options& options) -> Protocol& {
          return world.add_protocol<Tcp>(machine,
                                         static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4)),
                                         static_cast<const TcpSettings&>(options));
        },
    },
};

constexpr std::array<std::string_view, 2> planned{"DHCP", "DNS"};

}  // namespace

std::span<const ProtocolKind> protocol_kinds() {
  return kinds;
}

std::span<const std::string_view> planned_protocols() {
  return planned;
}

}  // namespace elvis
