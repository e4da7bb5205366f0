// SPDX-License-Identifier: MIT
// The plug-in: the protocol Parcel, and two applications that use it.
#include <elvis/plugin.hpp>

#include "plugin.hpp"
#include "socket.hpp"

namespace parcel {

using namespace elvis;

namespace {

/// Sends messages, and has reached its end when there is a receipt of each.
struct PostOptions final : ApplicationOptions {
  Target to;
  std::uint16_t port = 0;
  Payload message;
  std::uint64_t count = 1;

  void visit(OptionVisitor& visitor) override {
    visitor.option({.name = "to", .summary = "who gets it", .is_required = true}, to);
    visitor.port({.name = "port", .summary = "at which port", .is_required = true}, port);
    visitor.option({.name = "message", .summary = "what is sent", .is_required = true}, message);
    visitor.option({.name = "count", .summary = "how many times", .minimum = 1}, count);
  }
};

Task<Result<>> post(Application& self, const PostOptions& options) {
  Socket socket{self.machine()};
  self.expect_messages(options.count);
  const Result<> connected = socket.connect({options.to.address, options.port});
  if (!connected) co_return connected.error();
  for (std::uint64_t sent = 0; sent < options.count; ++sent) {
    const Result<> result = co_await socket.send(options.message.message());
    if (!result) co_return result.error();
    self.count_message(options.message.text().size());
  }
  co_return co_await socket.settled();
}

/// Takes messages, and has reached its end when all that it waits for have come.
struct MailboxOptions final : ApplicationOptions {
  std::uint16_t port = 0;
  std::uint64_t count = 1;

  void visit(OptionVisitor& visitor) override {
    visitor.port({.name = "port", .summary = "port to listen at", .is_required = true}, port);
    visitor.option({.name = "count", .summary = "messages that satisfy it", .minimum = 1}, count);
  }
};

Task<Result<>> mailbox(Application& self, const MailboxOptions& options) {
  Socket socket{self.machine()};
  self.expect_messages(options.count);
  if (const Result<> bound = socket.bind(options.port); !bound) co_return bound.error();
  for (;;) {  // it goes on answering, so that nobody misses a receipt
    const Result<Delivery> next = co_await socket.receive();
    if (!next) co_return next.error();
    self.count_message(next->message.size());
    if (self.messages() == options.count) self.satisfied();
  }
}

constexpr std::array<std::string_view, 1> needs_ipv4{"IPv4"};
constexpr std::array<std::string_view, 1> needs_parcel{"Parcel"};
constexpr std::array kinds{
    protocol_kind<Parcel, Settings>("Parcel", "messages that arrive once and in order, over IPv4",
                                    Parcel::id, needs_ipv4),
};
constexpr std::array programs{
    application_kind<post>("post", "sends parcels", Ends::yes, needs_parcel),
    application_kind<mailbox>("mailbox", "takes parcels", Ends::yes, needs_parcel),
};

}  // namespace

std::span<const ProtocolKind> protocols() {
  return kinds;
}

std::span<const ApplicationKind> applications() {
  return programs;
}

}  // namespace parcel

extern "C" const elvis::Plugin* elvis_plugin() {
  static constexpr elvis::Plugin plugin{.protocols = parcel::kinds,
                                        .applications = parcel::programs};
  return &plugin;
}
