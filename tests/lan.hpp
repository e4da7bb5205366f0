// SPDX-License-Identifier: MIT
// A small world for tests: hosts on one network, and programs that are lambdas.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/arp.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/udp.hpp"

namespace elvis::testing_lan {

using Program = std::function<Task<Result<>>(Application&)>;

/// A program as an application's options, so that ProgramKind can run it.
struct ProgramOptions final : ApplicationOptions {
  Program program;
  void visit(OptionVisitor&) override {}
};

inline Task<Result<>> run_program(Application& self, const ApplicationOptions& options) {
  return static_cast<const ProgramOptions&>(options).program(self);
}

inline constexpr ApplicationKind program_kind{"program", "runs a test's code", true, nullptr,
                                              run_program};
inline constexpr ApplicationKind server_kind{"server", "runs a test's code", false, nullptr,
                                             run_program};

inline Message text(std::string_view characters) {
  return Message{characters};
}

inline LinkProperties one_millisecond() {
  LinkProperties properties;
  properties.latency = {std::chrono::milliseconds{1}, std::chrono::milliseconds{1}};
  return properties;
}

class Lan {
 public:
  explicit Lan(const LinkProperties& properties = {}, const WorldOptions& options = {})
      : world{options}, network{world.add_network("lan", properties)} {}

  /// The address of the host that was added as number `host`, from 0.
  static Ipv4Address address(std::size_t host) {
    return Ipv4Address{0x0a00'0001U + static_cast<std::uint32_t>(host)};
  }

  /// Adds a host with IPv4, perhaps ARP, UDP and TCP.
  Machine& add_host(bool has_arp = false) {
    const auto number = world.machine_count();
    world.add_group("host" + std::to_string(number), 1, false);
    Network* const networks[] = {&network};
    Machine& machine = world.add_machine(networks, 4);
    Ipv4& ipv4 = world.add_protocol<Ipv4>(machine);
    if (has_arp) world.add_protocol<Arp>(machine, arp_options);
    world.add_protocol<Udp>(machine, ipv4);
    world.add_protocol<Tcp>(machine, ipv4, tcp_settings);
    world.claim(machine.taps().front(), address(number));
    return machine;
  }

  Application& run_on(Machine& machine, Program program,
                      const ApplicationKind& kind = program_kind) {
    auto options = std::make_unique<ProgramOptions>();
    options->program = std::move(program);
    return world.add_application(machine, kind, world.keep(std::move(options)));
  }

  static Udp& udp(Machine& machine) { return static_cast<Udp&>(*machine.find(ProtocolId::udp)); }
  static Tcp& tcp(Machine& machine) { return static_cast<Tcp&>(*machine.find(ProtocolId::tcp)); }
  static Arp& arp(Machine& machine) { return static_cast<Arp&>(*machine.find(ProtocolId::arp)); }
  static Ipv4& ipv4(Machine& machine) {
    return static_cast<Ipv4&>(*machine.find(ProtocolId::ipv4));
  }

  Outcome run() { return world.run({}); }

  World world;
  Network& network;
  ArpOptions arp_options;
  TcpSettings tcp_settings;  // of all hosts
};

/// A protocol that remembers what comes up to it, and when.
class Ear final : public Protocol {
 public:
  explicit Ear(Machine& machine) : Protocol{machine, ProtocolId::none} {}
  void demux(Message&& message, Arrival& arrival) override {
    heard.push_back(message.to_string());
    times.push_back(machine().now());
    arrivals.push_back(arrival);
  }
  std::vector<std::string> heard;
  std::vector<Time> times;
  std::vector<Arrival> arrivals;
};

}  // namespace elvis::testing_lan
