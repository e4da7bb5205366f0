// SPDX-License-Identifier: MIT
// A program with the simulator in it that loads a plug-in: `host libgreet.so`.
#include <cstdio>
#include <elvis/simulation.hpp>

int main(int argument_count, char** arguments) {
  elvis::Simulation simulation;
  for (int i = 1; i < argument_count; ++i) simulation.load_plugin(arguments[i]);
  simulation.network("lan", {{"latency", std::chrono::milliseconds{1}}}).pool("10.0.0.0/24");
  simulation.machine("ann").attach("lan").application("greet",
                                                      {{"to", "bob"}, {"port", 7}, {"count", 3}});
  simulation.machine("bob").attach("lan").application("capture",
                                                      {{"port", 7}, {"message_count", 3}});
  const elvis::SimulationResult result = simulation.run({.seed = 1});
  std::fputs(result.messages.c_str(), stderr);
  if (result.has_run) std::printf("%s", result.json().c_str());
  return result.has_succeeded() ? 0 : 1;
}
