// SPDX-License-Identifier: MIT
// An application in one file: says hello to somebody, now and then.
#include <elvis/plugin.hpp>
#include <elvis/sockets/udp_socket.hpp>
#include <string>

namespace {

using namespace elvis;

/// What NDL can say about it: each member is an argument, and its value here the default.
struct GreetOptions final : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  std::string greeting = "hello";
  std::uint64_t count = 1;
  Duration interval = std::chrono::seconds{1};

  void visit(OptionVisitor& visitor) override {
    visitor.option({.name = "to", .summary = "who is greeted", .is_required = true}, to);
    visitor.port({.name = "port", .summary = "at which port", .is_required = true}, port);
    visitor.option({.name = "greeting", .summary = "what is said"}, greeting);
    visitor.option({.name = "count", .summary = "how often", .minimum = 1}, count);
    visitor.option({.name = "interval", .summary = "the time between two greetings"}, interval);
  }
};

/// What it does, as a coroutine: where it says `co_await`, simulated time may pass.
Task<Result<>> greet(Application& self, const GreetOptions& options) {
  UdpSocket socket{self.machine()};
  const Result<> connected = socket.connect({options.to.address, options.port});
  if (!connected) co_return connected.error();

  for (std::uint64_t said = 0; said < options.count; ++said) {
    if (said > 0) co_await self.sleep_for(options.interval);
    const Message message{options.greeting + " from " + self.machine().name()};
    if (const Result<> sent = socket.send(message); !sent) co_return sent.error();
    self.count_message(message.size());
  }
  co_return Result<>{};
}

constexpr std::array<std::string_view, 1> needs{"UDP"};
constexpr std::array applications{
    application_kind<greet>("greet", "says hello to a machine", Ends::yes, needs),
};
constexpr Plugin plugin{.applications = applications};

}  // namespace

extern "C" const Plugin* elvis_plugin() {
  return &plugin;
}
