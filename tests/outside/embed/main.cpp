// SPDX-License-Identifier: MIT
// A simulator of our own: how long do answers take when a link loses more and more?
#include <cstdio>
#include <elvis/simulation.hpp>
#include <elvis/sockets/udp_socket.hpp>
#include <string>
#include <vector>

using namespace elvis;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t clients = 50;
constexpr int questions = 20;

// Answers whatever comes.
Task<Result<>> serve(Application& self) {
  UdpSocket socket{self.machine()};
  if (const Result<> bound = socket.bind({.port = 7}); !bound) co_return bound.error();
  for (;;) {
    Result<Datagram> question = co_await socket.receive();
    if (!question) co_return question.error();
    self.count_message(question->payload.size());
    const Result<> sent = socket.send_to(question->remote, std::move(question->payload));
    if (!sent) co_return sent.error();
  }
}

// Says something to the machine `a`.
Task<Result<>> say(Application& self) {
  UdpSocket socket{self.machine()};
  const auto a = address_of(self.machine(), "a");
  if (!a) co_return Errc::address_not_available;
  self.count_message(5);
  co_return socket.send_to({*a, 7}, Message{"hello"});
}

constexpr const char* scenario = R"(
[Parameters]
    [Parameter name='port' value='9']
[Networks]
    [Network id='lan']
[Machines]
    [Machine name='a' auto-protocol='true']
        [Networks]
            [Network id='lan']
        [Applications]
            [Application name='capture' port='${port}' message='hello']
    [Machine name='b' auto-protocol='true']
        [Networks]
            [Network id='lan']
        [Applications]
            [Application name='say']
)";

struct Experiment {
  std::string loss;
  std::uint64_t seed;
  unsigned threads;
};

SimulationResult run(const Experiment& experiment) {
  // One element for each machine, which nobody else writes: programs run on several threads.
  std::vector<Duration> waited(clients);

  Simulation simulation;
  simulation.network("lan", {{"latency", 2ms}, {"loss", experiment.loss}}).pool("10.0.0.0/24");
  simulation.machine("server").attach("lan").protocol("UDP").program("serve", serve,
                                                                     {.has_end = false});
  simulation.machines("client", clients)
      .attach("lan")
      .protocol("UDP")
      .program("ask", [&waited](Application& self) -> Task<Result<>> {
        UdpSocket socket{self.machine()};
        const auto server = address_of(self.machine(), "server");
        if (!server) co_return Errc::address_not_available;
        if (const Result<> ok = socket.connect({*server, 7}); !ok) co_return ok.error();
        const Time began = self.now();
        for (int answers = 0; answers < questions;) {
          const Message question{"question " + std::to_string(answers)};
          if (const Result<> sent = socket.send(question); !sent) co_return sent.error();
          co_await self.sleep_for(5ms);
          if (!socket.try_receive()) continue;  // lost, there or back: ask again
          self.count_message(question.size());
          ++answers;
        }
        waited[self.machine().place()] = self.now() - began;
        co_return Result<>{};
      });

  SimulationResult result =
      simulation.run({.seed = experiment.seed, .threads = experiment.threads});
  Duration sum{};
  for (const Duration one : waited) sum += one;
  std::printf("loss %-4s %.3f ms an answer, digest %016llx\n", experiment.loss.c_str(),
              std::chrono::duration<double, std::milli>{sum}.count() / (clients * questions),
              static_cast<unsigned long long>(result.digest()));
  return result;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const unsigned threads = argument_count > 1 ? static_cast<unsigned>(std::stoi(arguments[1])) : 1;
  for (const char* const loss : {"0", "5%", "20%"}) {
    const SimulationResult result = run({.loss = loss, .seed = 7, .threads = threads});
    if (result.has_succeeded()) continue;
    std::fputs((result.messages + result.summary()).c_str(), stderr);
    return 1;
  }

  // A scenario in NDL, perhaps from a file, and a program of ours in one of its machines.
  Simulation simulation;
  simulation.include_text("scenario.ndl", scenario);
  simulation.define("say", say, {.needs = {"UDP"}});
  simulation.set("port", "7");
  const SimulationResult result = simulation.run({.threads = threads});
  std::printf("%s", result.json().c_str());
  std::fputs(result.messages.c_str(), stderr);
  return result.has_succeeded() ? 0 : 1;
}
