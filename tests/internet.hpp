// SPDX-License-Identifier: MIT
// Several networks with prefixes, hosts and routers between them, for tests of what goes far.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "elvis/protocols/icmp.hpp"
#include "elvis/protocols/route_table.hpp"
#include "lan.hpp"

namespace elvis::testing_lan {

/// Network k has the prefix 10.0.k.0/24. A machine with host number h is 10.0.k.h there.
class Internet {
 public:
  Internet() = default;
  explicit Internet(const WorldOptions& options) : world{options} {}

  static Ipv4Address at(std::size_t network, std::size_t host) {
    return Ipv4Address{10, 0, static_cast<std::uint8_t>(network), static_cast<std::uint8_t>(host)};
  }

  Network& add_network(std::uint32_t mtu = 1'500) {
    LinkProperties properties;
    properties.mtu = mtu;
    return add_network(properties);
  }
  Network& add_network(const LinkProperties& properties) {
    const std::size_t number = world.network_count();
    Network& network = world.add_network("net" + std::to_string(number), properties);
    world.add_prefix(network, {at(number, 0), 24});
    return network;
  }

  /// Adds a machine with IPv4, ICMP and UDP.
  Machine& add(const std::string& name, std::size_t host, std::initializer_list<std::size_t> on,
               bool is_router = false, bool has_arp = false) {
    world.add_group(name, 1, false);
    std::vector<Network*> networks;
    for (const std::size_t number : on) networks.push_back(&world.network(number));
    Machine& machine = world.add_machine(networks, 5);  // with room for TCP
    settings_.forwarding = is_router;
    Ipv4& ipv4 = world.add_protocol<Ipv4>(machine, settings_);
    if (has_arp) world.add_protocol<Arp>(machine, arp_options_);
    world.add_protocol<Icmp>(machine, ipv4);
    world.add_protocol<Udp>(machine, ipv4);
    for (Tap& tap : machine.taps()) world.claim(tap, at(tap.network().index(), host));
    return machine;
  }
  Machine& add_router(const std::string& name, std::size_t host,
                      std::initializer_list<std::size_t> on, bool forwards_broadcasts = false) {
    settings_.directed_broadcasts = forwards_broadcasts;
    return add(name, host, on, true);
  }

  static Ipv4& ipv4(Machine& machine) { return Lan::ipv4(machine); }
  static Icmp& icmp(Machine& machine) {
    return static_cast<Icmp&>(*machine.find(ProtocolId::icmp));
  }

  /// Lets `machine` send what is for `to` to `via`, which is on its network number `tap`.
  static void route(Machine& machine, Ipv4Prefix to, Ipv4Address via, std::uint32_t tap = 0) {
    ipv4(machine).add_route({to.address, to.length, {via, tap}, 0});
  }

  void run_on(Machine& machine, Program program, const ApplicationKind& kind = server_kind) {
    auto options = std::make_unique<ProgramOptions>();
    options->program = std::move(program);
    world.add_application(machine, kind, world.keep(std::move(options)));
  }
  /// Runs until nothing is left to happen.
  Outcome run() {
    const Outcome outcome = world.run({});
    return outcome;
  }

  World world;

 private:
  Ipv4Settings settings_;
  ArpOptions arp_options_;
};

/// A protocol that remembers what failed and what came.
class Listener final : public Protocol {
 public:
  explicit Listener(Machine& machine) : Protocol{machine, ProtocolId::none} {}
  void demux(Message&& message, Arrival& arrival) override {
    heard.push_back(message.to_string());
    arrivals.push_back(arrival);
  }
  void failed(const DeliveryError& error) override { errors.push_back(error); }
  std::vector<std::string> heard;
  std::vector<Arrival> arrivals;
  std::vector<DeliveryError> errors;
};

}  // namespace elvis::testing_lan
