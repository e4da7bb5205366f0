// SPDX-License-Identifier: MIT
// The original's applications: send_message, capture, forward, ping_pong.
//
// Each is an options struct, which is its manual, its schema in NDL and its defaults, and a
// coroutine, which is its behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "elvis/graph/application.hpp"
#include "elvis/graph/options.hpp"

namespace elvis {

/// What an application sends and receives over: the names of `transport=`.
enum class Transport : int { any = -1, udp, tcp };

/// Sends a message.
struct SendMessageOptions final : ApplicationOptions {
  Payload message;
  Target to;
  std::uint16_t port = 0;
  OwnAddress ip;            ///< Own address; else the machine's.
  int transport = -1;       ///< Transport
  std::uint64_t count = 1;  ///< Messages to send.
  Duration interval{};      ///< Between two messages.
  Duration start{};         ///< Before the first one.
  std::uint64_t ttl = 0;    ///< Time to live; 0: 64, and 1 for a group.

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

/// Waits for messages.
struct CaptureOptions final : ApplicationOptions {
  enum Type : int { count, message_text };

  std::uint16_t port = 0;
  OwnAddress ip;                    ///< Where to listen; else on every address.
  GroupAddress group;               ///< What to listen to instead: what is sent to this group.
  int type = -1;                    ///< Type; unset: message_text if a message is given.
  std::uint64_t message_count = 1;  ///< Messages that satisfy it.
  Payload message;                  ///< What each must be, if type says so.
  std::string factory;              ///< Captures of one factory are satisfied together.
  int transport = -1;

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
  std::string_view satisfied_with() const override { return factory; }
};

/// Sends on whatever arrives.
struct ForwardOptions final : ApplicationOptions {
  Target to;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  OwnAddress ip;
  int transport = -1;

  void visit(OptionVisitor& visitor) override;
};

/// Throws a counter to and fro with another machine until it is used up.
struct PingPongOptions final : ApplicationOptions {
  Target to;
  std::uint16_t local_port = 0;
  std::uint16_t remote_port = 0;
  bool starter = false;  ///< Whether this one throws first.
  OwnAddress ip;
  std::uint64_t count = 255;  ///< Where the counter begins.
  int transport = -1;

  Load load() const override;
  void visit(OptionVisitor& visitor) override;
};

Task<Result<>> send_message(Application& self, const SendMessageOptions& options);
Task<Result<>> capture(Application& self, const CaptureOptions& options);
Task<Result<>> forward(Application& self, const ForwardOptions& options);
Task<Result<>> ping_pong(Application& self, const PingPongOptions& options);

}  // namespace elvis
