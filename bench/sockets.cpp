// SPDX-License-Identifier: MIT
// Runs a workload of the paper's Table 1 with an API, on one thread, and prints what it took:
//   sockets basic|ping_pong|server sessions|coroutines|asio|asio_callbacks [GROUPS [COUNT]]
// A group is two machines, or 17.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "elvis/graph/world.hpp"
#include "elvis/protocols/ipv4.hpp"
#include "elvis/protocols/tcp.hpp"
#include "elvis/protocols/udp.hpp"
#include "sockets_workloads.hpp"

namespace elvis {
namespace {

constexpr std::uint16_t port = 0xbeef;
constexpr std::uint32_t clients_of_a_server = 16;

class Paper {
 public:
  Paper(const WorkloadPrograms& programs, std::uint64_t count)
      : programs_{programs}, count_{count} {
    LinkProperties properties;
    properties.latency = {std::chrono::milliseconds{1}, std::chrono::milliseconds{1}};
    network_ = &world_.add_network("lan", properties);
  }

  void add(std::string_view workload, std::uint32_t groups) {
    const std::uint32_t size = workload == "server" ? clients_of_a_server + 1 : 2;
    world_.add_group("machine", groups * size, true);
    for (std::uint32_t i = 0; i < groups; ++i) {
      const Endpoint first{Ipv4Address{0x0a00'0001U + i * size}, port};
      if (workload == "basic") {
        run(add_machine(), receiver_, programs_.receiver, {});
        run(add_machine(), sender_, programs_.sender, first);
      } else if (workload == "ping_pong") {
        run(add_machine(), receiver_, programs_.ponger, {});
        run(add_machine(), sender_, programs_.pinger, first);
      } else {
        run(add_machine(), server_, programs_.server, {});
        for (std::uint32_t j = 0; j < clients_of_a_server; ++j) {
          run(add_machine(), sender_, programs_.client, first);
        }
      }
    }
  }

  // Seconds of the run.
  double run() {
    const auto begun = std::chrono::steady_clock::now();
    outcome_ = world_.run({});
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }
  std::uint64_t messages() const {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < world_.machine_count(); ++i) {
      sum += world_.machine(i).first_application()->messages();
    }
    return sum;
  }
  bool is_completed() const { return outcome_.reason == StopReason::completed; }
  std::uint64_t frames() const { return world_.totals().frames_sent; }

 private:
  Machine& add_machine() {
    Network* const networks[] = {network_};
    Machine& machine = world_.add_machine(networks, 3);
    Ipv4& ipv4 = world_.add_protocol<Ipv4>(machine);
    world_.add_protocol<Udp>(machine, ipv4);
    world_.add_protocol<Tcp>(machine, ipv4, settings_);
    world_.claim(machine.taps().front(), Ipv4Address{0x0a00'0001U + added_++});
    return machine;
  }
  void run(Machine& machine, ApplicationKind& kind, WorkloadProgram program, Endpoint remote) {
    kind.run = program;
    auto options = std::make_unique<WorkloadOptions>();
    options->remote = remote;
    options->port = port;
    options->count = count_;
    world_.add_application(machine, kind, world_.keep(std::move(options)));
  }

  WorkloadPrograms programs_;
  std::uint64_t count_;
  TcpSettings settings_;
  ApplicationKind receiver_{"receiver", "", true, nullptr, nullptr};
  ApplicationKind sender_{"sender", "", true, nullptr, nullptr};
  ApplicationKind server_{"server", "", false, nullptr, nullptr};
  World world_;
  Network* network_ = nullptr;
  std::uint32_t added_ = 0;
  Outcome outcome_;
};

}  // namespace
}  // namespace elvis

int main(int count, char** words) {
  using namespace elvis;
  const std::string_view workload = count > 1 ? words[1] : "";
  const std::string_view api = count > 2 ? words[2] : "";
  const bool is_known = workload == "basic" || workload == "ping_pong" || workload == "server";
  const WorkloadPrograms programs = api == "sessions"         ? session_programs()
                                    : api == "coroutines"     ? coroutine_programs()
                                    : api == "asio"           ? asio_programs()
                                    : api == "asio_callbacks" ? asio_callback_programs()
                                                              : WorkloadPrograms{};
  if (!is_known || programs.sender == nullptr) {
    std::fprintf(stderr,
                 "sockets basic|ping_pong|server "
                 "sessions|coroutines|asio|asio_callbacks [GROUPS [COUNT]]\n");
    return 2;
  }
  const auto groups = static_cast<std::uint32_t>(count > 3 ? std::atoi(words[3]) : 1'000);
  const auto times = static_cast<std::uint64_t>(count > 4 ? std::atoll(words[4]) : 1'000);
  auto paper = std::make_unique<Paper>(programs, times);
  paper->add(workload, groups);
  const double run_s = paper->run();
  std::printf("{\"run_s\": %.9f, \"messages\": %llu, \"frames\": %llu, \"is_completed\": %s}\n",
              run_s, static_cast<unsigned long long>(paper->messages()),
              static_cast<unsigned long long>(paper->frames()),
              paper->is_completed() ? "true" : "false");
  return paper->is_completed() ? 0 : 1;
}
