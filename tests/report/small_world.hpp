// SPDX-License-Identifier: MIT
// A world built by hand, whose applications do as they are told.
#pragma once

#include <coroutine>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "elvis/graph/machine.hpp"
#include "elvis/graph/tap.hpp"
#include "elvis/graph/world.hpp"
#include "elvis/report/report.hpp"

namespace elvis {

/// What an application of a SmallWorld does.
struct Script {
  enum class End { ends, waits, fails, throws };

  int counted = 0;             ///< Messages of 10 bytes that it counts, one each millisecond.
  std::uint64_t expected = 0;  ///< How many it says that it waits for.
  int others = 0;              ///< Messages that are not the ones it waits for.
  std::vector<std::uint32_t> frames_to = {};  ///< Taps that it sends a frame of 19 bytes each.
  End end = End::ends;
  std::string factory = {};
};

struct ScriptOptions final : ApplicationOptions {
  explicit ScriptOptions(Script to_follow) : script{std::move(to_follow)} {}
  std::string_view satisfied_with() const override { return script.factory; }
  void visit(OptionVisitor&) override {}

  Script script;
};

inline Task<Result<>> act(Application& self, const ApplicationOptions& options) {
  const Script& script = static_cast<const ScriptOptions&>(options).script;
  if (script.expected != 0) self.expect_messages(script.expected);
  for (int i = 0; i < script.counted; ++i) {
    co_await self.sleep_for(std::chrono::milliseconds{1});
    self.count_message(10);
  }
  for (int i = 0; i < script.others; ++i) self.count_other_message();
  for (const std::uint32_t to : script.frames_to) {
    Tap& tap = self.machine().taps()[0];
    const auto sent = tap.send(tap.network().mac_of(to), EtherType::ipv4, Message{"hello"});
    if (!sent) co_return sent.error();
  }
  switch (script.end) {
    case Script::End::ends:
      break;
    case Script::End::waits:
      co_await std::suspend_always{};
      break;
    case Script::End::fails:
      co_return Errc::address_in_use;
    case Script::End::throws:
      throw std::runtime_error{"out of luck"};
  }
  co_return Result<>{};
}

inline const ApplicationKind actor{"actor", "", true, nullptr, act};
inline const ApplicationKind server{"server", "", false, nullptr, act};

class SmallWorld {
 public:
  SmallWorld() : lan{world.add_network("lan", {})} {}

  /// Adds `count` machines, each with one application that follows `script`.
  void add(const std::string& name, Script script, std::uint32_t count = 0,
           const ApplicationKind& kind = actor) {
    world.add_group(name, std::max(count, 1U), count != 0);
    const ApplicationOptions& kept = world.keep(std::make_unique<ScriptOptions>(std::move(script)));
    for (std::uint32_t i = 0; i < std::max(count, 1U); ++i) {
      Network* const networks[] = {&lan};
      world.add_application(world.add_machine(networks, 0), kind, kept);
    }
  }

  Report run(RunFacts facts = {}, World::RunOptions options = {}) {
    facts.file = "small.ndl";
    outcome = world.run(std::move(options));
    return collect(world, outcome, std::move(facts));
  }

  World world;
  Network& lan;
  Outcome outcome;
};

}  // namespace elvis
